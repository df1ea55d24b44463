"""The vault over HTTP: names in, names out."""

from http import HTTPStatus
from typing import Annotated

import jiter
from fastapi import FastAPI, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from services.runtime.health import answer_health
from services.runtime.problems import Problem, answer_problems, validation_problem
from services.vault.store import NameTakenError, Vault

BODY_BYTES = 8 * 1024
_READ_BYTES = 64 * 1024 * 1024
"""How much of a body that is too large is still read, so that its sender listens to the refusal."""

PersonId = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Person(BaseModel):
    """What is kept of a person."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


def vault_app(vault: Vault) -> FastAPI:
    """The vault's app; it can serve from the start."""
    app = FastAPI(title="Kvota vault")
    answer_problems(app)
    answer_health(app, lambda: True)

    @app.put("/v1/people/{person}", openapi_extra={"requestBody": _BODY})
    async def put_person(
        person: Annotated[PersonId, Path()],
        request: Request,
        response: Response,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> dict[str, str]:
        """Give a person a name, in place of any other; with `If-None-Match: *` another name is kept and it is a 412."""
        told = await _person(request)
        try:
            new = await vault.put(person, told.name, replace=if_none_match != "*")
        except NameTakenError:
            detail = "the person is known by another name"
            raise Problem(HTTPStatus.PRECONDITION_FAILED, "name-taken", detail) from None
        response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
        return {"person": person}

    @app.get("/v1/people")
    async def get_people(
        people: Annotated[list[PersonId] | None, Query(alias="id")] = None,
    ) -> dict[str, dict[str, dict[str, str]]]:
        """The people with these ids, or all; ids that are not known are left out."""
        names = await vault.names(people or ())
        return {"people": {person: {"name": name} for person, name in names.items()}}

    return app


_BODY = {"required": True, "content": {"application/json": {"schema": Person.model_json_schema()}}}


async def _person(request: Request) -> Person:
    """Read the body; no refusal repeats what stands in it."""
    raw = await _limited(request)
    try:
        jiter.from_json(raw, catch_duplicate_keys=True)
    except ValueError:
        raise Problem(HTTPStatus.BAD_REQUEST, "not-json", "the body is not JSON") from None
    try:
        return Person.model_validate_json(raw)
    except ValidationError as error:
        raise validation_problem(error.errors(include_url=False, include_input=False, include_context=False)) from None


async def _limited(request: Request) -> bytes:
    """The body; one that is too large is not kept."""
    kept, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= BODY_BYTES:
            kept += chunk
        elif size > _READ_BYTES:
            break
    if size > BODY_BYTES:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", f"a body has {BODY_BYTES} bytes at the most")
    return bytes(kept)
