"""Names for the wall: short ones, made of what the vault keeps, and never written down anywhere else."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import Protocol

import httpx
import msgspec
import structlog

_AT_ONCE = 100
_PATRONYMIC = re.compile(r"(вич|ич|вна|ична|оглы|кызы)$", re.IGNORECASE)
_FULL = 3
_SOON = "…"
log = structlog.get_logger()


class People(msgspec.Struct, frozen=True):
    """What the vault answers."""

    people: dict[str, "Person"]


class Person(msgspec.Struct, frozen=True):
    """A person as the vault knows them."""

    name: str


class Names(Protocol):
    """Who is behind an id."""

    version: int
    """Moves with every change."""

    def of(self, person: str) -> str:
        """The short name of a person, or the id where there is none."""


class Ids:
    """Without a vault an id is all there is."""

    version = 0

    def of(self, person: str) -> str:
        """The id."""
        return person


class VaultNames:
    """The vault's names, fetched when somebody unknown appears, and again every minute."""

    def __init__(self, vault: httpx.AsyncClient, retry_s: float = 5.0, refresh_s: float = 60.0) -> None:
        """Know nobody yet. A name that the vault changed or erased is on the wall for no longer than `refresh_s`."""
        self.version = 0
        self._vault, self._retry_s, self._refresh_s = vault, retry_s, refresh_s
        self._known: dict[str, str] = {}
        self._wanted: set[str] = set()
        self._asked: set[str] = set()
        self._missing = asyncio.Event()

    def of(self, person: str) -> str:
        """The short name of a person: "…" until the vault has been asked, the id when it gives none."""
        if person not in self._wanted:
            self._wanted.add(person)
            self._missing.set()
        return self._known.get(person, person if person in self._asked else _SOON)

    async def run(self) -> None:
        """Keep the names up to date, until cancelled. While the vault does not answer, those known before stay."""
        answered = True
        while True:
            wait = self._retry_s if not answered or self._wanted - self._known.keys() else self._refresh_s
            await self._until_wanted(wait)
            try:
                await self._refresh()
            except (httpx.HTTPError, msgspec.DecodeError) as error:
                if answered:
                    log.warning("vault_does_not_answer", reason=type(error).__name__)
                answered = False
            else:
                answered = True

    async def _until_wanted(self, within_s: float) -> None:
        try:
            await asyncio.wait_for(self._missing.wait(), within_s)
        except TimeoutError:
            return

    async def _refresh(self) -> None:
        self._missing.clear()
        asked, known = set(self._wanted), self._known
        try:
            known = short_names(await self._fetch(sorted(asked)))
        except (httpx.HTTPError, msgspec.DecodeError):
            self._take(asked, known)
            raise
        self._take(asked, known)

    def _take(self, asked: set[str], known: dict[str, str]) -> None:
        if (asked, known) != (self._asked, self._known):
            self._asked, self._known = asked, known
            self.version += 1

    async def _fetch(self, people: list[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for start in range(0, len(people), _AT_ONCE):
            answer = await self._vault.get("/v1/people", params={"id": people[start : start + _AT_ONCE]})
            answer.raise_for_status()
            known = msgspec.json.decode(answer.content, type=People).people
            found |= {person: each.name for person, each in known.items()}
        return found


def short_names(names: Mapping[str, str]) -> dict[str, str]:
    """The short name of each person."""
    return {person: short_name(name) for person, name in names.items()}


def short_name(name: str) -> str:
    """A name as a wall shows it: the surname and an initial, "Иванова А."; a single word stays as it is.

    The surname is the last word, or the last from a particle on ("van der Berg"); where the last is a patronymic, names
    are written in the order of documents, and it is the first.
    """
    words = name.split()
    if len(words) < 2:  # noqa: PLR2004  # a single word
        return " ".join(words)
    if len(words) >= _FULL and _PATRONYMIC.search(words[-1]):
        return _shown(words[:1], words[1])
    start = _surname_starts(words)
    return _shown(words[start:], words[0])


def _surname_starts(words: list[str]) -> int:
    particles = (place for place, word in enumerate(words[1:-1], start=1) if word.islower())
    return next(particles, len(words) - 1)


def _shown(surname: Iterable[str], given: str) -> str:
    return f"{' '.join(surname)} {given[0].upper()}."
