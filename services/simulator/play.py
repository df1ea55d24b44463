"""Playing a day through the doors: each door gets what is for it when the clock says so."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import httpx
import structlog

from services.simulator.ami import Manager
from services.simulator.asking import Desk, Door
from services.simulator.clock import Clock
from services.simulator.day import Day
from services.simulator.facts import Delivery, Facts
from services.simulator.manager import ManagerServer
from services.simulator.plan import Micros
from services.simulator.queue_log import QueueLog
from services.simulator.settings import SimulatorSettings
from services.simulator.web import Service, Where

_BATCH = 500
"""So many events at the most go to the door in one request."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the doors are told of who asks."""

    desk: str | None = None
    """Of the manager who sets up the company, and whose people sell."""
    door: str | None = None
    """Of the feed that tells facts."""


NO_TOKENS = Tokens()


@dataclass(frozen=True, slots=True)
class Played:
    """What playing a day came to."""

    reps: Mapping[str, str] = field(default_factory=dict)
    """The rep id of each agent; empty without a desk."""
    handed_in: int = 0
    """Events that the door accepted, copies included."""


class Player:
    """Plays one day."""

    def __init__(self, day: Day, settings: SimulatorSettings, tokens: Tokens = NO_TOKENS) -> None:
        """Play it as the settings say, as whoever the tokens stand for."""
        self._day = day
        self._settings = settings
        self._tokens = tokens
        self._clock = Clock(day.starts, day.ends, settings.speed, time.monotonic)
        secret = settings.secret_file.read_text("utf-8").strip() if settings.secret_file is not None else None
        self.server = ManagerServer(self._clock, day.plan.system, secret)
        self.listening = asyncio.Event()
        """Set once the company is set up and the phone system can be listened to."""

    @asynccontextmanager
    async def playing(self) -> AsyncGenerator[Played]:
        """Play the day; inside the block it has been played, and the phone system still answers.

        Raises ClearError when a service refuses or does not answer, or the address is taken.
        """
        settings = self._settings
        if settings.queue_log is not None:
            settings.queue_log.write_bytes(b"")  # Whoever reads it looks for it before the day.
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            desk = self._desk(client) if settings.desk else None
            if desk is not None:
                await self._set_up(desk)
            reps = desk.reps() if desk is not None else {}
            door = Door(self._service(client, self._door)) if settings.door else None
            async with self.server.listening(settings.address()):
                log.info("phone_system_listens", port=self.server.port)
                self.listening.set()
                await self._all_doors(desk, door, reps)
                log.info("day_played", at=self._clock.now, commands=len(self._day.commands))
                yield Played(reps, door.handed_in if door is not None else 0)

    async def drained(self) -> None:
        """Wait until the clients of the phone system have read all."""
        await self.server.drained(self._settings.drain_s)

    async def _all_doors(self, desk: Desk | None, door: Door | None, reps: Mapping[str, str]) -> None:
        try:
            async with asyncio.TaskGroup() as doors:
                doors.create_task(self._phone_system(reps))
                if desk is not None:
                    doors.create_task(self._ask(desk))
                if door is not None:
                    doors.create_task(self._hand_in(door, Facts(self._day, reps).deliveries()))
        except ExceptionGroup as group:
            raise group.exceptions[0] from group

    async def _set_up(self, desk: Desk) -> None:
        for command in self._day.setup:
            await desk.ask(command)
        if self._settings.roster is not None:
            _write(self._settings.roster, json.dumps(desk.reps(), indent=1))
        log.info("company_set_up", reps=len(desk.reps()))

    async def _phone_system(self, reps: Mapping[str, str]) -> None:
        members = reps if self._settings.roster is None else {}
        heard = Manager(self._day.plan.system, members).told(self._day.happenings)
        kept = _Log(self._settings.queue_log, QueueLog(members).told(self._day.happenings))
        with kept:
            for at, messages in heard:
                await self._clock.lead(at)
                kept.write(at)
                await self.server.tell(messages)
                await self._clock.reach(at)
        await self._clock.reach(self._day.ends)

    async def _ask(self, desk: Desk) -> None:
        for command in self._day.commands:
            await self._clock.until(command.at)
            await desk.ask(command)

    async def _hand_in(self, door: Door, deliveries: list[Delivery]) -> None:
        waiting = _Due(deliveries)
        while (at := waiting.next_at) is not None:
            await self._clock.until(at)
            await door.hand_in([each.envelope for each in waiting.take(self._clock.now)])

    def _desk(self, client: httpx.AsyncClient) -> Desk:
        where = Where("the desk", self._settings.desk, self._tokens.desk)
        return Desk(self._service(client, where), self._day.plan)

    @property
    def _door(self) -> Where:
        return Where("the door", self._settings.door, self._tokens.door)

    def _service(self, client: httpx.AsyncClient, where: Where) -> Service:
        return Service(client, where, self._settings.patience_s)


class _Due:
    """Deliveries, taken when their time has come."""

    def __init__(self, deliveries: Iterable[Delivery]) -> None:
        self._left = list(reversed(list(deliveries)))

    @property
    def next_at(self) -> Micros | None:
        return self._left[-1].at if self._left else None

    def take(self, now: Micros) -> list[Delivery]:
        """Take what is due, at least one and not too many."""
        return list(islice(self._pop(now), _BATCH)) or [self._left.pop()]

    def _pop(self, now: Micros) -> Iterator[Delivery]:
        while self._left and self._left[-1].at <= now:
            yield self._left.pop()


class _Log:
    """A queue_log that grows as the day goes on, a line always whole; none without a path."""

    def __init__(self, path: Path | None, lines: Iterator[tuple[Micros, bytes]]) -> None:
        self._file = path.open("wb", buffering=0) if path is not None else None
        self._lines = lines
        self._next = next(lines, None)

    def write(self, until: Micros) -> None:
        while self._next is not None and self._next[0] <= until:
            if self._file is not None:
                self._file.write(self._next[1])
            self._next = next(self._lines, None)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_raised: object) -> None:
        if self._file is not None:
            self._file.close()


def _write(path: Path, text: str) -> None:
    """Write a file so that nobody sees half of it."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, "utf-8")
    partial.replace(path)
