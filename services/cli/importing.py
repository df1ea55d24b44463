"""Appending facts of any age: plain ones, for which the ids decide, and decisions about those of days long past.

What was appended is asked for again until history says that it counts: another run may have come in between, or a day
may have become too long past meanwhile.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from events.envelope import Envelope
from services.cli.history import History
from services.feeds.accepting import NoFactError, fact
from services.feeds.appender import HEADERS, ROUND, Appender, AppendError, Record, partition_of, record_of
from services.runtime.imports import Standing, beginning, following
from services.runtime.log import end_positions, producer
from services.runtime.settings import KafkaSettings
from services.runtime.shards import FACT_TOPICS, Positions, Source
from services.runtime.topics import partition_count

AT_ONCE = 50_000
"""How many facts are held in memory, asked about and appended together."""
_ROUNDS = 5
_COUNTS = ("counts", "parked")
"""The verdicts that leave a decision its version."""


@dataclass(slots=True)
class Imported:
    """What became of a file."""

    appended: int = 0
    """Facts that count now and did not before."""
    long_past: int = 0
    """Those of them that only an import can bring."""
    told_before: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """Lines that were not appended, or do not count: their numbers, from 1, and why."""


@dataclass(frozen=True, slots=True)
class _Fact:
    line: int
    envelope: Envelope
    raw: bytes


_Facts = Mapping[UUID, _Fact]


class Importing:
    """One run of the command."""

    def __init__(self, kafka: KafkaSettings, history: History, *, dry_run: bool, at_once: int = AT_ONCE) -> None:
        """Do nothing yet."""
        self._kafka, self._history, self._dry_run, self._at_once = kafka, history, dry_run, at_once
        self._done = Imported()
        self._partitions = 0
        self._appender: Appender
        self._producer: AIOKafkaProducer

    async def run(self, lines: Iterable[bytes]) -> Imported:
        """Import a file; raises ClearError when the log or history cannot be reached, and then it can be run again."""
        self._partitions = await partition_count(self._kafka.bootstrap_servers, FACT_TOPICS[0])
        numbered = ((number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip())
        async with self._connected():
            while some := list(islice(numbered, self._at_once)):
                await self._import(self._read(some))
        return self._done

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[None]:
        async with AsyncExitStack() as open_ones:
            self._appender = await open_ones.enter_async_context(Appender(self._kafka))
            self._producer = await open_ones.enter_async_context(producer(self._kafka))
            yield

    def _read(self, lines: Iterable[tuple[int, bytes]]) -> _Facts:
        """The facts of some lines; of one that stands there twice, the first."""
        facts: dict[UUID, _Fact] = {}
        for number, line in lines:
            try:
                envelope = fact(line)
            except NoFactError as error:
                self._done.refused.append((number, str(error)))
                continue
            if facts.setdefault(envelope.id, read := _Fact(number, envelope, line)) is not read:
                self._done.told_before += 1
        return facts

    async def _import(self, facts: _Facts) -> None:
        standings, left = await self._asked(facts)
        self._done.told_before += len(facts) - len(left)
        if self._dry_run:
            self._count(left, self._long_past(left, standings))
            return
        for _round in range(_ROUNDS):
            if not left:
                return
            long_past = self._long_past(left, standings)
            await self._append(left, long_past, standings)
            standings, later = await self._asked(left)
            self._count(left.keys() - later.keys(), long_past)
            left = later
        why = "it is on the log and does not count: see `kvota parked list`, or import it again"
        self._done.refused += [(each.line, why) for each in left.values()]

    def _count(self, now_told: Iterable[UUID], long_past: Iterable[UUID]) -> None:
        told = set(now_told)
        self._done.appended += len(told)
        self._done.long_past += len(told.intersection(long_past))

    async def _asked(self, facts: _Facts) -> tuple[Mapping[Source, Standing], _Facts]:
        """How each partition stands, and after that, which of these facts have not been told."""
        standings = await asyncio.to_thread(self._history.standings, await self._ends())
        told = await asyncio.to_thread(self._history.told, list(facts))
        return standings, {each: one for each, one in facts.items() if each not in told}

    async def _ends(self) -> Positions:
        sources = [(topic, partition) for topic in FACT_TOPICS for partition in range(self._partitions)]
        return await end_positions(self._kafka, sources)

    def _long_past(self, facts: _Facts, standings: Mapping[Source, Standing]) -> dict[UUID, _Fact]:
        """Those of some facts that cannot count as they are."""
        return {
            each: one
            for each, one in facts.items()
            if standings.get(self._source(one), Standing()).is_long_past(one.envelope.day)
        }

    def _source(self, one: _Fact) -> Source:
        record = record_of(one.envelope, one.raw)
        return record.topic, partition_of(record.key, self._partitions)

    async def _append(self, facts: _Facts, long_past: _Facts, standings: Mapping[Source, Standing]) -> None:
        plain = [record_of(one.envelope, one.raw) for each, one in facts.items() if each not in long_past]
        await self._append_all(iter(plain))
        by_source: dict[Source, list[Envelope]] = {}
        for one in long_past.values():
            by_source.setdefault(self._source(one), []).append(one.envelope)
        begun = await self._begin({source: (standings[source], each[0]) for source, each in by_source.items()})
        for source in begun:
            others = following(by_source[source][1:], standings[source].runs + 1)
            await self._append_all(map(record_of, others))

    async def _begin(self, first: Mapping[Source, tuple[Standing, Envelope]]) -> Sequence[Source]:
        """Begin a run in each of these partitions; those where it has begun, and no other has in its place."""
        if not first:
            return []
        try:
            sent = {
                source: await self._send(source, record_of(beginning(envelope, standing)))
                for source, (standing, envelope) in first.items()
            }
        except KafkaError as error:
            message = f"facts may not be in the log of Kafka at {self._kafka.bootstrap_servers}: import them again"
            raise AppendError(message) from error
        said = await asyncio.to_thread(self._history.verdicts, sent)
        return [source for source in first if said.get(source) in _COUNTS]

    async def _send(self, source: Source, record: Record) -> int:
        topic, partition = source
        sent = await self._producer.send_and_wait(
            topic, record.value, key=record.key, partition=partition, headers=HEADERS
        )
        return int(sent.offset)

    async def _append_all(self, records: Iterator[Record]) -> None:
        while some := list(islice(records, ROUND)):
            await self._appender.append(some)
