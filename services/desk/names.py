"""Names of people: they go to the vault, and nowhere else."""

from http import HTTPStatus
from typing import Literal
from urllib.parse import quote

import httpx
import structlog

from events.ids import CandidateId, CustomerId, RepId

Kind = Literal["rep", "candidate", "customer"]
"""As what somebody is met: the names of reps, and of nobody else, are on the wall."""

_log = structlog.get_logger()


class NamesUnavailableError(Exception):
    """The vault did not keep a name."""


class OtherNameError(Exception):
    """The person is known by another name."""


class ErasedPersonError(Exception):
    """The person was erased, and does not come back."""


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
        try:
            answer = await self._client.put(path, json={"name": name, "kind": kind}, headers={"If-None-Match": "*"})
        except httpx.HTTPError as error:
            _log.warning("vault_unreachable", error=type(error).__name__)
            raise NamesUnavailableError from error
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            raise OtherNameError
        if answer.status_code == HTTPStatus.GONE:
            raise ErasedPersonError
        if not answer.is_success:
            _log.warning("vault_refused", status=answer.status_code)
            raise NamesUnavailableError
