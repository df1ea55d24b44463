"""What an app says of itself to programs (OpenAPI 3.1): who may ask, and each answer, refusals included."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from services.runtime.auth.guard import entrances
from services.runtime.problems import MEDIA_TYPE
from services.runtime.request_ids import HEADER

_COMMAND = (400, 401, 403, 409, 413, 422, 503)
_QUESTION = (401, 403, 422, 503)
_OF_ONE_THING = (404,)
_OF_ONE_VERSION = (412,)
_SECURITY: list[dict[str, list[str]]] = [{"token": []}, {"key": []}]
_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of the OpenID Connect issuer, or of `kvota token`; or an API key of `kvota key add`.",
    },
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key of `kvota key add`."},
}
_PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457). `type` names its kind for programs, `detail` says it to people.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:kvota:problem:[a-z]+(-[a-z]+)*$"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Of input that is invalid: each field that is wrong.",
            "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}
_REQUEST_ID = {
    "description": "The request's own id, or the one that its sender gave it.",
    "schema": {"type": "string"},
}
_PROBLEM_HEADERS = {
    HEADER: _REQUEST_ID,
    "Content-Language": {"description": "en, or ru where Accept-Language prefers it.", "schema": {"type": "string"}},
}
_MEANINGS = {
    400: ("The body is not JSON.", "not-json", "the body is not JSON: expected value at line 1 column 1"),
    401: ("Nobody says who asks, or they cannot be believed.", "token-refused", "the token has expired"),
    403: ("The caller's role may not do this, or reaches not so far.", "out-of-reach", "this role reaches only so far"),
    404: ("There is no such thing.", "deal-unknown", "there is no deal 7f3c"),
    409: ("The business says no.", "deal-not-open", "the deal 7f3c is won"),
    412: ("It is no longer at the version that If-Match names.", "stale-version", "it is at version 3"),
    413: ("The body is too large.", "too-large", "a body has 65536 bytes at the most"),
    422: ("Something in the request is not as it has to be.", "invalid-input", "rep: Field required"),
    503: ("Not now; nothing is known to have happened.", "too-busy", "time ran out and nothing was recorded"),
}


def describe(app: FastAPI, about: str) -> None:
    """Have an app describe itself: `about` says what it is for, in Markdown."""
    usual = app.openapi
    app.description = about

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(usual(), _permissions(app))
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way


def _permissions(app: FastAPI) -> Mapping[tuple[str, str], str]:
    return {(each.method, each.path): each.permission for each in entrances(app) if each.permission is not None}


def _completed(schema: dict[str, Any], permissions: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    components: dict[str, Any] = schema.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    components["securitySchemes"] = _SCHEMES
    components["responses"] = {str(status): _refusal(status) for status in _MEANINGS}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _complete(operation, method.upper(), path, permissions[method.upper(), path])
            _hoist(operation, schemas)
    return schema


def _refusal(status: int) -> dict[str, Any]:
    description, kind, detail = _MEANINGS[status]
    example = {
        "type": f"urn:kvota:problem:{kind}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    headers: dict[str, Any] = dict(_PROBLEM_HEADERS)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}, "example": 'Bearer realm="kvota"'}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    return {"description": description, "headers": headers, "content": content}


def _complete(operation: dict[str, Any], method: str, path: str, permission: str) -> None:
    operation["security"] = _SECURITY
    operation["x-permission"] = permission
    answers: dict[str, Any] = operation["responses"]
    for answer in answers.values():
        answer.setdefault("headers", {})[HEADER] = _REQUEST_ID
    answers |= {str(status): {"$ref": f"#/components/responses/{status}"} for status in _refusals(method, path)}


def _refusals(method: str, path: str) -> Iterable[int]:
    """How a route may refuse: by what it does, and whether it is about one thing."""
    is_command = method == "POST"
    yield from _COMMAND if is_command else _QUESTION
    if "{" in path:
        yield from (*_OF_ONE_THING, *_OF_ONE_VERSION) if is_command else _OF_ONE_THING


def _hoist(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put what a body's schema refers to where its references look for it."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schemas |= content["schema"].pop("$defs", {})
