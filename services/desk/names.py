"""Names, numbers and addresses of people: they go to the vault, and nowhere else."""

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Literal, TypedDict
from urllib.parse import quote

import httpx
import structlog

from events.ids import CandidateId, CustomerId, PersonId, RepId
from services.desk.handler import BeforehandError

Kind = Literal["rep", "candidate", "customer", "lead"]
"""As what somebody is met: the names of reps, and of nobody else, are on the wall."""

_log = structlog.get_logger()


class NamesUnavailableError(BeforehandError):
    """The vault did not keep a name."""


class OtherNameError(BeforehandError):
    """The person is known by another name."""


class ErasedPersonError(BeforehandError):
    """The person was erased, and does not come back."""


class NoContactError(Exception):
    """It is no number or address by which anybody could be reached; the text says why, and does not repeat it."""


class Contact(TypedDict, total=False):
    """What is told of a person who is to be found, or to become known."""

    number: str
    email: str
    name: str
    ref: str
    """What the person is mentioned in: while it is remembered, a repeat means the same person, an erased one too."""


class Names:
    """The way to the vault."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        """Use a client whose base URL is the vault's."""
        self._client = client

    async def keep(self, person: RepId | CandidateId | CustomerId, name: str, kind: Kind = "rep") -> None:
        """Let the vault know a new person by name, and as what they are met; the same again is fine.

        Raises OtherNameError when the person has another name there, ErasedPersonError, and NamesUnavailableError.
        """
        path = f"/v1/people/{quote(person, safe='')}"
        answer = await self._asked("PUT", path, {"name": name, "kind": kind}, {"If-None-Match": "*"})
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            raise OtherNameError
        if answer.status_code == HTTPStatus.GONE:
            raise ErasedPersonError
        _require_success(answer)

    async def recognise(self, person: RepId | CandidateId | CustomerId, name: str, kind: Kind = "rep") -> None:
        """Make sure that nobody is called otherwise than when they became known; raises OtherNameError.

        Whoever was erased since, or cannot be asked about now, is taken for the same.
        """
        with suppress(ErasedPersonError, NamesUnavailableError):
            await self.keep(person, name, kind)

    async def find(self, contact: Contact, kind: Kind) -> PersonId:
        """The id of the person who is reached so; whoever is not known yet becomes a person.

        Raises NoContactError, ErasedPersonError for a person who was erased since what they are mentioned in, and
        NamesUnavailableError.
        """
        answer = await self._asked("POST", "/v1/people/look-ups", {"people": [{**contact, "kind": kind}]})
        if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise NoContactError(answer.json()["detail"].removeprefix("people.0: "))
        _require_success(answer)
        found = answer.json()["people"][0]
        if found["erased"]:
            raise ErasedPersonError
        return str(found["person"])

    async def _asked(
        self, method: str, path: str, body: Mapping[str, object], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        try:
            return await self._client.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            _log.warning("vault_unreachable", error=type(error).__name__)
            raise NamesUnavailableError from error


def _require_success(answer: httpx.Response) -> None:
    if not answer.is_success:
        _log.warning("vault_refused", status=answer.status_code)
        raise NamesUnavailableError
