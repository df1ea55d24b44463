"""Asking our own services over HTTP, until they answer: one that is away for a moment is asked again."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
import structlog

from services.runtime.auth.credentials import bearer
from services.runtime.errors import ClearError

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 2.0
_AGAIN = frozenset({408, 425, 429, 502, 503, 504})
"""What is said by a service that cannot answer now."""

log = structlog.get_logger()


class RefusedError(ClearError):
    """A service said no to what should be right."""

    def __init__(self, service: str, what: str, reason: str) -> None:
        """Say who refused what, and why."""
        super().__init__(f"{service} refused {what}: {reason}")


class UnreachableError(ClearError):
    """A service did not answer for too long."""

    def __init__(self, service: str, url: str, reason: str) -> None:
        """Say who was asked, and what came instead of an answer."""
        super().__init__(f"{service} does not answer at {url}: {reason}; start it, or say where it is")


@dataclass(frozen=True, slots=True)
class Where:
    """A service, and what it is told of who asks."""

    name: str
    url: str
    token: str | None = None
    """A token or an API key."""


class Service:
    """One service at its URL; whatever is sent may be sent again, and says by itself that it is the same."""

    def __init__(self, client: httpx.AsyncClient, where: Where, patience_s: float) -> None:
        """Ask the service there; give up when it has not answered for `patience_s` seconds."""
        self._client = client
        self._name = where.name
        self._url = where.url.rstrip("/")
        self._who = bearer(where.token)
        self._patience_s = patience_s

    async def post(self, what: str, path: str, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Send something; `what` says to people what it is.

        Raises RefusedError for an answer that asking again does not change, UnreachableError for none.
        """
        loop = asyncio.get_running_loop()
        deadline, pause = loop.time() + self._patience_s, _FIRST_PAUSE_S
        while True:
            said = await self._once(path, content, headers)
            if isinstance(said, httpx.Response):
                if said.is_success:
                    return said
                if said.status_code not in _AGAIN:
                    raise RefusedError(self._name, what, _reason(said))
            if loop.time() > deadline:
                raise UnreachableError(self._name, self._url, _reason(said))
            log.info("asked_again", service=self._name, what=what, reason=_reason(said))
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _once(
        self, path: str, content: bytes, headers: Mapping[str, str]
    ) -> httpx.Response | httpx.TransportError:
        try:
            return await self._client.post(self._url + path, content=content, headers={**self._who, **headers})
        except httpx.TransportError as error:
            return error


def _reason(said: httpx.Response | httpx.TransportError) -> str:
    if isinstance(said, httpx.TransportError):
        return type(said).__name__
    try:
        problem = said.json()
    except ValueError:
        problem = {}
    told = problem if isinstance(problem, dict) else {}
    return " ".join(str(part) for part in (said.status_code, told.get("type"), told.get("detail")) if part)
