"""Asking the vault whom numbers mean: many at once, whoever asks, and each call once."""

import asyncio
import time
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Self

import httpx
import msgspec
import structlog

from services.feeds.callers.heard import NOBODY, keep

PATIENCE_S = 2.0
"""How long facts wait for the vault."""
_AWAY_S = 5.0
"""How long it is left alone when it did not answer: facts go on without it."""
_AT_ONCE = 1_000

_log = structlog.get_logger()


class _Person(msgspec.Struct):
    person: str


class _Answer(msgspec.Struct):
    people: list[_Person | None]


class CallerVault:
    """The way to the vault, for all who hear of callers."""

    def __init__(self, client: httpx.AsyncClient, clock: Callable[[], float] = time.monotonic) -> None:
        """Use a client whose base URL is the vault's, and which says who asks."""
        self._client, self._clock = client, clock
        self._turn = asyncio.Lock()
        self._asked: dict[str, str] = {}
        self._found: dict[str, str] = {}
        self._away_until = float("-inf")
        self.missed = 0
        """How often a number could not be asked about."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Hang up."""
        await self._client.aclose()

    async def look_up(self, numbers: Mapping[str, str]) -> Mapping[str, str]:
        """Whom each number means, by what it is mentioned in; what the vault did not say is left out."""
        self._asked |= {about: number for about, number in numbers.items() if about not in self._found}
        async with self._turn:  # whoever comes first asks for all who wait
            while self._asked.keys() & numbers.keys():
                await self._ask()
        found = {about: self._found[about] for about in numbers if about in self._found}
        self.missed += len(numbers) - len(found)
        return found

    async def _ask(self) -> None:
        part = dict(islice(self._asked.items(), _AT_ONCE))
        for about in part:
            del self._asked[about]
        if self._clock() < self._away_until:
            return
        asked = [{"kind": "caller", "number": number, "ref": about} for about, number in part.items()]
        try:
            answer = await self._client.post("/v1/people/look-ups", json={"people": asked}, timeout=PATIENCE_S)
            told = msgspec.json.decode(answer.raise_for_status().content, type=_Answer).people
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            self._away_until = self._clock() + _AWAY_S
            _log.warning("callers_not_looked_up", calls=len(part), error=type(error).__name__)
            return
        people = [NOBODY if person is None else person.person for person in told]
        keep(self._found, dict(zip(part, people, strict=True)))


def caller_vault(url: str, credentials: httpx.Auth) -> CallerVault:
    """The way to the vault at an address; nothing is connected yet."""
    return CallerVault(httpx.AsyncClient(base_url=url, auth=credentials, trust_env=False))
