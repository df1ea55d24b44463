"""How a route of the desk is declared: what it is called with, who may call it, and what it answers."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypedDict

from fastapi.params import Depends

from services.desk.bodies import Body, documented
from services.desk.headers import of_commands, of_questions
from services.desk.permissions import allowed

AN_ID = "8b7f8f6e-3d0c-5b6a-9b7e-2f1f5a0c9d11"
"""What an id looks like, for examples."""
_VERSION = {"type": "integer", "minimum": 0, "description": "How many decisions were made about it itself."}
_POSITION = {
    "description": "Where the log has got to: sent as `after`, whatever was decided up to here is seen, anywhere.",
    "schema": {"type": "string"},
    "example": "kvota.decisions/0@17",
}
_ETAG = {"description": "The version, to be sent as If-Match.", "schema": {"type": "string"}, "example": '"2"'}


class Declared(TypedDict):
    """The words of a route besides its path."""

    status_code: int
    dependencies: Sequence[Depends]
    responses: dict[int | str, dict[str, Any]]
    openapi_extra: dict[str, Any]


def decision(body: type[Body], permission: str, *, makes: str, example: Mapping[str, object]) -> Declared:
    """A command: what it is told, by whom, and the noun of what its decision is about."""
    made = {
        makes: AN_ID,
        "version": 2,
        "event": "f3b2c5f0-5a64-5b70-8f0d-6a3e0d0f7c55",
    }
    recorded = {
        "type": "object",
        "required": [makes, "version", "event"],
        "properties": {
            makes: {"type": "string", "description": "The id of what the decision is about."},
            "version": _VERSION,
            "event": {"type": "string", "format": "uuid", "description": "The event that says so."},
        },
    }
    headers = {
        "Location": {"description": "Where it can be read.", "schema": {"type": "string"}},
        "ETag": _ETAG,
        "Kvota-Position": _POSITION,
        "Idempotency-Key": {"description": "Asked again with it, the same is answered.", "schema": {"type": "string"}},
    }
    return Declared(
        status_code=HTTPStatus.CREATED,
        dependencies=[allowed(permission)],
        responses={201: _answer("It is decided, and on the log.", recorded, made, headers)},
        openapi_extra={**documented(body, example), "parameters": of_commands()},
    )


def reading(permission: str, noun: str) -> Declared:
    """A question about one thing."""
    return Declared(
        status_code=HTTPStatus.OK,
        dependencies=[allowed(permission)],
        responses={200: _answer("As it is now.", _state(noun), None, {"ETag": _ETAG, "Kvota-Position": _POSITION})},
        openapi_extra={"parameters": of_questions()},
    )


def list_of(permission: str, noun: str) -> Declared:
    """A question about all there are, page by page."""
    page = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": _state(noun)},
            "next": {"type": ["string", "null"], "description": "The next page; null: that was all for now."},
        },
    }
    link = {"description": 'The next page, with rel="next".', "schema": {"type": "string"}}
    return Declared(
        status_code=HTTPStatus.OK,
        dependencies=[allowed(permission)],
        responses={
            200: _answer("Those within the caller's reach.", page, None, {"Link": link, "Kvota-Position": _POSITION})
        },
        openapi_extra={"parameters": of_questions()},
    )


def _state(noun: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [noun, "version"],
        "properties": {noun: {"type": "string"}, "version": _VERSION},
    }


def _answer(
    description: str, schema: Mapping[str, object], example: Mapping[str, object] | None, headers: Mapping[str, object]
) -> dict[str, Any]:
    shown = {} if example is None else {"example": example}
    content = {"application/json": {"schema": schema, **shown}}
    return {"description": description, "headers": dict(headers), "content": content}
