"""Bodies of requests: read within bounds, as strict JSON, into the model that a route asks for."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

import jiter
from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from events.event import Instant
from services.runtime.problems import Problem, validation_problem

BODY_BYTES = 64 * 1024
_READ_BYTES = 64 * 1024 * 1024
"""How much of a body that is too large is still read, so that its sender listens to the refusal."""
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def _within_reason(moment: datetime) -> datetime:
    if not _EARLIEST <= moment < _LATEST:
        message = "should be a moment between 2000 and 9000"
        raise ValueError(message)
    return moment


Moment = Annotated[Instant, AfterValidator(_within_reason)]
"""When something is to have happened."""


STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)
"""How bodies are read, and parts of events inside them: a field that is not known is refused, or somebody would believe
that it had an effect."""


class BodyPart(BaseModel):
    """A value inside a body."""

    model_config = STRICT


class Body(BodyPart):
    """What every command may say."""

    at: Moment | None = None
    """When it happened; now, when left out."""

    def asked(self) -> dict[str, object]:
        """What was asked for, as it was written, without personal data: what tells one use of a key from another."""
        told: dict[str, object] = self.model_dump(mode="json", exclude_unset=True)
        return told


B = TypeVar("B", bound=Body)


def body_of(model: type[B]) -> Callable[[Request], Awaitable[B]]:
    """The dependency that reads a request's body into `model`; an empty body is an object with nothing in it."""

    async def read(request: Request) -> B:
        raw = await _limited(request) or b"{}"
        try:
            jiter.from_json(raw, catch_duplicate_keys=True)
        except ValueError as error:
            en, ru = f"the body is not JSON: {error}", f"тело запроса — не JSON: {error}"
            raise Problem(HTTPStatus.BAD_REQUEST, "not-json", en, ru) from None
        try:
            return model.model_validate_json(raw)
        except ValidationError as error:
            raise validation_problem(error.errors(include_url=False, include_input=False)) from None

    return read


def documented(model: type[Body], example: Mapping[str, object] | None = None) -> dict[str, Any]:
    """What the API's description says of the body."""
    content: dict[str, Any] = {"schema": model.model_json_schema(ref_template="#/components/schemas/{model}")}
    if example is not None:
        content["example"] = dict(example)
    needed = any(field.is_required() for field in model.model_fields.values())
    return {"requestBody": {"required": needed, "content": {"application/json": content}}}


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
        en, ru = f"a body has {BODY_BYTES} bytes at the most", f"в теле запроса не больше {BODY_BYTES} байт"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", en, ru)
    return bytes(kept)
