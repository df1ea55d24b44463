"""A log in memory, and desks that read it when they must: what races are made of, step by step."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any

from events.codec import Decoded, decode
from events.envelope import Envelope
from events.law import Ledger, Verdict
from services.desk.commandid import CommandId, command_id
from services.desk.company import Company
from services.desk.deciding import Command, Decision
from services.desk.fold import Fold
from services.desk.handler import Asked, Handler
from services.desk.log import DecisionLog
from services.runtime.settings import KafkaSettings
from tests.events.examples.dates import at
from tests.telling import decided

Records = list[bytes]
Meanwhile = Callable[[], Awaitable[object]]


@dataclass
class Replica:
    """One desk's view of a log that others write to as well: it is read after an append, or when it has to be."""

    records: Records
    fold: Fold = field(default_factory=Fold)
    meanwhile: list[Meanwhile] = field(default_factory=list[Meanwhile])
    """What others do before the next appends arrive."""

    async def catch_up(self) -> None:
        while self.fold.position < len(self.records):
            self.fold.take(self.fold.position, self.records[self.fold.position])

    async def append(self, record: Decoded) -> None:
        assert decode(record.json) == record  # whoever appends it knows it as whoever reads it does
        if self.meanwhile:
            await self.meanwhile.pop(0)()
        self.records.append(record.json)
        await self.catch_up()


class LaggingLog(DecisionLog):
    """A whole desk's view of a log in memory, which it reads no further than it has to."""

    def __init__(self, records: Records) -> None:
        super().__init__(KafkaSettings())
        self.records = records
        self.meanwhile: list[Meanwhile] = []

    async def end(self) -> int:
        return len(self.records)

    async def reached(self, position: int) -> None:
        for offset in range(self.fold.position, position):
            self.fold.take(offset, self.records[offset])

    async def append(self, record: Decoded) -> None:
        assert decode(record.json) == record  # whoever appends it knows it as whoever reads it does
        if self.meanwhile:
            await self.meanwhile.pop(0)()
        self.records.append(record.json)
        await self.catch_up()


def handler(log: Replica, patience_s: float = 5) -> Handler:
    """The handler of a desk."""
    return Handler(log, lambda: at(12), patience_s)


def asked(command: Command, key: str, **more: Any) -> Asked:  # noqa: ANN401  # fields of Asked
    """A command under a key."""
    return Asked(command=identity(command, key), caller="local", decide=partial(decide, command), in_turn="", **more)


def decide(command: Command, company: Company) -> Decision:
    """What the decider of the command's own noun says."""
    noun, _, _ = type(command).__module__.rpartition(".")
    decision: Decision = import_module(f"{noun}.decider").decide(command, company)
    return decision


def identity(command: object, key: str) -> CommandId:
    """The identity of a command under a key."""
    return command_id("local", key, "", {"asked": repr(command)})


def log_of(*events: tuple[Any, str]) -> Records:
    """A log of first versions: events with their streams."""
    return [decided(event, stream, 1) for event, stream in events]


def counting(records: Records) -> list[Envelope]:
    """The records that count, by the law."""

    ledger = Ledger()
    envelopes = [decode(record).envelope for record in records]
    return [envelope for envelope in envelopes if ledger.judge(envelope) is Verdict.COUNTS]
