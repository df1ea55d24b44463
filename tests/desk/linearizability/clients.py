"""Clients that ask for things at any of the desks, again under the same key when they do not learn what came of it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from uuid import UUID

import httpx

from tests.desk.linearizability.arenas import Asking
from tests.desk.linearizability.history import Operation

_TRIES = 4
_UNKNOWN = "unknown"


@dataclass(slots=True)
class Progress:
    """How many operations are over; faults go by it, and by no clock."""

    over: int = 0
    ended: bool = False
    _moved: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def one_more(self) -> None:
        """An operation is over."""
        self.over += 1
        async with self._moved:
            self._moved.notify_all()

    async def end(self) -> None:
        """All of them are."""
        self.ended = True
        async with self._moved:
            self._moved.notify_all()

    async def further(self, number: int, within_s: float) -> None:
        """Wait until so many more are over, or all of them, or for so long: some faults let none come to its end."""
        wanted = self.over + number
        try:
            async with asyncio.timeout(within_s), self._moved:
                await self._moved.wait_for(lambda: self.ended or self.over >= wanted)
        except TimeoutError:
            return


@dataclass(frozen=True, slots=True)
class Seen:
    """An operation, and the event that one or two desks said records it."""

    operation: Operation
    events: frozenset[UUID]


@dataclass(slots=True)
class Clients:
    """Any number of them, and what they saw."""

    desks: Sequence[str]
    """Where they answer."""
    roles: Mapping[str, Mapping[str, str]]
    """What somebody in a role shows of themselves."""
    patience_s: float
    progress: Progress = field(default_factory=Progress)
    seen: list[Seen] = field(default_factory=list[Seen])

    async def run(self, askings: Sequence[Asking], number: int, seed: int) -> None:
        """Ask for all of it, `number` things at a time, in their order."""
        left = iter(enumerate(askings))
        async with asyncio.TaskGroup() as group:
            for client in range(number):
                group.create_task(self._work(client, left, Random(f"{seed} {client}")))  # no secret
        await self.progress.end()

    async def _work(self, client: int, left: Iterator[tuple[int, Asking]], chance: Random) -> None:
        async with self._connected() as http:
            for number, asking in left:
                self.seen += await self._one(http, client, f"operation {number}", asking, chance)
                await self.progress.one_more()

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[httpx.AsyncClient]:
        async with httpx.AsyncClient(trust_env=False, timeout=self.patience_s) as http:
            yield http

    async def _one(self, http: httpx.AsyncClient, client: int, key: str, asking: Asking, chance: Random) -> list[Seen]:
        """Ask until something is known; a refusal by one desk says nothing of another that is silent."""
        call, answers = time.monotonic_ns(), list[tuple[str, UUID | None]]()
        for _ in range(_TRIES):
            desks = chance.sample(self.desks, chance.choice((1, 1, 1, 2)))
            answers += await asyncio.gather(*(self._ask(http, desk, key, asking) for desk in desks))
            if any(answer != _UNKNOWN for answer, _ in answers):
                break
        told = [answer for answer, _ in answers]
        events = frozenset(event for _, event in answers if event is not None)
        back, arena = time.monotonic_ns(), asking.arena

        def seen(answer: str | None) -> Seen:
            until = None if answer is None else back
            return Seen(Operation(arena.kind, arena.name, client, asking.asked, answer, call, until), events)

        if "done" in told:
            return [seen("done")]
        refused = [seen(answer) for answer in told if answer != _UNKNOWN]
        return [*refused[:1], *([seen(None)] if _UNKNOWN in told else [])]

    async def _ask(self, http: httpx.AsyncClient, desk: str, key: str, asking: Asking) -> tuple[str, UUID | None]:
        headers = {**self.roles[asking.role], "Idempotency-Key": key}
        try:
            answer = await http.post(f"{desk}{asking.path}", json=dict(asking.body), headers=headers)
        except httpx.TransportError:
            return _UNKNOWN, None
        if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            return _UNKNOWN, None
        assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, answer.text
        said = answer.json()
        if answer.status_code == HTTPStatus.CREATED:
            return "done", UUID(said["event"])
        return str(said["type"]).rpartition(":")[2], None
