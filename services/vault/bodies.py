"""What the vault is asked over HTTP, and how a body is read without a word of it in a refusal."""

from http import HTTPStatus
from typing import Annotated, Any, Literal, Self, TypeVar

import jiter
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from services.runtime.problems import Problem, validation_problem
from services.vault.contacts import NoContactError, address, e164
from services.vault.look_up import Kind
from services.vault.people import ToldContact

AT_ONCE = 1_000
"""So many people, texts or payloads can be asked about in one request."""
BODY_BYTES = 8 * 1024 * 1024
"""The greatest body; of a single person far less is needed."""
_READ_BYTES = 64 * 1024 * 1024
"""How much of a body that is too large is still read, so that its sender listens to the refusal."""

PersonId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_Told = Annotated[str, StringConstraints(min_length=1, max_length=320)]
_Ref = Annotated[str, StringConstraints(pattern=r"^[a-z_]+/[\x21-\x7e]{1,200}$")]


class Body(BaseModel):
    """A body: no more fields than these, each of just its type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class PersonBody(Body):
    """A name for a person whose id is known."""

    name: _Name
    kind: Kind = "rep"


class ContactBody(Body):
    """What is told of one person."""

    kind: Literal["candidate", "customer", "lead", "caller"]
    """As what they are met."""
    number: _Told | None = None
    """A telephone number, with its country or as it is dialled in the vault's region."""
    email: _Told | None = None
    name: _Name | None = None
    ref: _Ref | None = None
    """What they are mentioned in, such as `lead/…` or `call/…`: for 35 days a repeat means the same person, an erased
    one too. It must not be made of a number, an address or a name."""

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if self.number is None and self.email is None and self.ref is None:
            message = "should have a number, an email or a ref: nobody is looked up by a name"
            raise ValueError(message)
        return self

    def told(self, region: str) -> ToldContact | None:
        """The same as it is compared; raises NoContactError, which names the field.

        None for a caller whose number is none: a phone system tells what it was told, and whoever asks has nobody else
        to ask.
        """
        if self.kind == "caller" and self.number is not None and not _is_number(self.number, region):
            return None
        return ToldContact(
            kind=self.kind,
            name=self.name,
            number=None if self.number is None else _of("number", e164, self.number, region),
            email=None if self.email is None else _of("email", address, self.email),
            ref=self.ref,
        )


class ContactsBody(Body):
    """People to be looked up."""

    people: Annotated[list[ContactBody], Field(min_length=1, max_length=AT_ONCE)]

    def told(self, region: str) -> list[ToldContact | None]:
        """The same as they are compared; raises a Problem that names the first which cannot be."""
        return [_at(index, contact, region) for index, contact in enumerate(self.people)]


class PeopleBody(Body):
    """People to be read."""

    people: Annotated[list[PersonId], Field(min_length=1, max_length=AT_ONCE)]


class TextBody(Body):
    """A text about a person, as long as events may have it."""

    person: PersonId
    text: Annotated[str, StringConstraints(max_length=4_000)]


class TextsBody(Body):
    """Texts to be sealed."""

    texts: Annotated[list[TextBody], Field(min_length=1, max_length=AT_ONCE)]


class SealedTextBody(Body):
    """A sealed text about a person."""

    person: PersonId
    text: Annotated[str, StringConstraints(max_length=24_000)]


class SealedTextsBody(Body):
    """Texts to be opened."""

    texts: Annotated[list[SealedTextBody], Field(min_length=1, max_length=AT_ONCE)]


class PayloadsBody(Body):
    """Parked payloads to be opened."""

    payloads: Annotated[list[str], Field(min_length=1, max_length=AT_ONCE)]


B = TypeVar("B", bound=Body)


def documented(model: type[Body]) -> dict[str, Any]:
    """The part of OpenAPI that says what a body holds."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model.model_json_schema()}}}}


async def body_of(request: Request, model: type[B]) -> B:
    """Read the body; no refusal repeats what stands in it."""
    raw = await _limited(request)
    try:
        jiter.from_json(raw, catch_duplicate_keys=True)
    except ValueError:
        raise Problem(HTTPStatus.BAD_REQUEST, "not-json", "the body is not JSON") from None
    try:
        return model.model_validate_json(raw)
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


def _of(field: str, write: Any, *told: str) -> str:  # noqa: ANN401  # one of two functions of texts
    try:
        return str(write(*told))
    except NoContactError as error:
        message = f"{field} {error}"
        raise NoContactError(message) from None


def _is_number(number: str, region: str) -> bool:
    try:
        e164(number, region)
    except NoContactError:
        return False
    return True


def _at(index: int, contact: ContactBody, region: str) -> ToldContact | None:
    try:
        return contact.told(region)
    except NoContactError as error:
        detail = f"people.{index}: {error}"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "not-a-contact", detail, index=index) from None
