"""The archiver: reads every topic of the log into the archive, from wherever the archive stands."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Literal

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, KafkaTimeoutError

from services.history.archive import Archive
from services.history.errors import (
    HistoryBehindError,
    HistoryError,
    HistoryMismatchError,
    NotClosedError,
    UnknownNameError,
)
from services.history.judging import LogRecord
from services.history.room import NoMemoryError, NoRoomError
from services.runtime.errors import NoBrokerError
from services.runtime.log import Record, consumer
from services.runtime.settings import KafkaSettings
from services.runtime.shards import Positions, Source
from services.runtime.stopping import unless
from services.runtime.topics import partition_counts

TOPICS = (
    "kvota.decisions",
    "kvota.calls",
    "kvota.agents",
    "kvota.touches",
    "kvota.feeds",
    "kvota.records",
    "kvota.parked",
)
"""All that is kept for ever; those that do not exist yet are looked for again."""

BATCH = 20_000
_POLL_MS = 500
_LINGER_S = 0.25
_LOOK_FOR_TOPICS_S = 30.0
_NOTE_ENDS_S = 1.0
_BEHIND = timedelta(seconds=1)
"""How far the clock of Kafka may be behind ours, and how long a record may take from its time to where readers see it.

Where it is more, what comes late was not known at that moment, and stays so in this file; one made anew may differ.
"""
_AGAIN_S = 1.0
"""How long to wait before asking again for a Kafka that is away."""

_Lack = Literal["room", "memory"]
_NO: Mapping[_Lack, str] = {"room": "no_room", "memory": "no_memory"}
_AGAIN: Mapping[_Lack, str] = {"room": "room_again", "memory": "memory_again"}

log = structlog.get_logger()


class Archiver:
    """One reader of the log. It belongs to no group: the archive itself remembers how far it got."""

    def __init__(self, kafka: KafkaSettings, archive: Archive, topics: Sequence[str] = TOPICS) -> None:
        """Read nothing yet."""
        self._kafka, self._archive, self._topics = kafka, archive, topics
        self._moved = asyncio.Condition()
        self.following = False
        """Whether it has found the log."""
        self._lacks: _Lack | None = None
        """What there is too little of to take what comes in."""

    async def catch_up(self, until: Positions | None = None) -> dict[Source, int]:
        """Archive what the log holds now, and at least up to `until`; how far each partition is archived then."""
        async with consumer(self._kafka) as reader:
            targets = await _targets(reader, await self._take(reader), until or {})
            while not await _reached(reader, targets):
                await self._archive_batch(await _poll(reader, BATCH))
            moment = _clock() - _BEHIND
            await self._note_ends(moment, await _read_to_end(reader))
        return self._archive.positions()

    @property
    def is_ready(self) -> bool:
        """Whether it archives what comes in."""
        return self.following and self._lacks is None

    async def run(self, stop: asyncio.Event) -> None:
        """Archive whatever comes in, until told to stop; what goes away is waited for: Kafka, room, memory.

        It connects anew each time that it looks for topics: whatever has befallen a connection ends there.
        """
        while not stop.is_set():
            try:
                self._archive.require_room()
                await self._connect_and_follow(stop)
            except NoRoomError as error:
                await self._wait_for("room", error, stop)
            except NoMemoryError as error:
                await self._wait_for("memory", error, stop)

    async def _wait_for(self, lack: _Lack, error: HistoryError, stop: asyncio.Event) -> None:
        if self._lacks != lack:
            log.error(_NO[lack], reason=str(error))
        self._lacks = lack
        await unless(stop, asyncio.sleep(_AGAIN_S))

    async def _connect_and_follow(self, stop: asyncio.Event) -> None:
        async with AsyncExitStack() as connection:
            reader = await unless(stop, self._connected(connection))
            if reader is not None:
                self.following = True
                await self._follow(reader, stop)

    def _has_written(self) -> None:
        if self._lacks is not None:
            log.info(_AGAIN[self._lacks], folder=str(self._archive.path.parent))
        self._lacks = None

    async def reached(self, positions: Positions, within_s: float) -> None:
        """Wait until all before these positions is archived; raises HistoryBehindError when it takes longer."""
        try:
            async with asyncio.timeout(within_s), self._moved:
                await self._moved.wait_for(lambda: _holds(self._archive.positions(), positions))
        except TimeoutError:
            raise HistoryBehindError(self._archive.positions(), positions) from None

    async def closed(self, moment: datetime, within_s: float) -> None:
        """Wait until it is certain what was known at a moment; raises NotClosedError when that takes longer."""
        try:
            async with (
                asyncio.timeout(within_s if moment <= _clock() + timedelta(seconds=within_s) else 0),
                self._moved,
            ):
                await self._moved.wait_for(lambda: _not_before(self._archive.closed_until(), moment))
        except TimeoutError:
            raise NotClosedError(moment, self._archive.closed_until()) from None

    async def _follow(self, reader: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        """Archive what comes in until it is time to look for new topics."""
        end, noted = _now() + _LOOK_FOR_TOPICS_S, _now()
        while _now() < end and not stop.is_set():
            await self._archive_batch(await _gather(reader, BATCH, stop))
            if _now() >= noted + _NOTE_ENDS_S:
                await self._close_moment(reader, stop)
                noted = _now()

    async def _close_moment(self, reader: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        """Note what has been read to its end, unless told to stop before Kafka answers; where it is away, later."""
        moment = _clock() - _BEHIND
        try:
            read = await unless(stop, _read_to_end(reader))
        except KafkaError as error:
            if not _passes(error):
                raise
            log.warning("kafka_away", reason=str(error))
        else:
            await self._note_ends(moment, read or ())

    async def _note_ends(self, moment: datetime, read: Sequence[TopicPartition]) -> None:
        """Close a moment for partitions that have been read to where they ended after it."""
        await asyncio.to_thread(self._archive.note_ends, moment, read)
        self._has_written()
        async with self._moved:
            self._moved.notify_all()

    async def _connected(self, connection: AsyncExitStack) -> AIOKafkaConsumer:
        """A reader of every partition there is; raises NoBrokerError where none answers and none ever did."""
        while True:
            try:
                reader = await connection.enter_async_context(consumer(self._kafka))
                await self._take(reader)
            except (NoBrokerError, KafkaError) as error:
                if not (self.following and _passes(error)):
                    raise
                log.warning("kafka_away", reason=str(error))
                await connection.aclose()
                await asyncio.sleep(_AGAIN_S)
            else:
                return reader

    async def _take(self, reader: AIOKafkaConsumer) -> list[TopicPartition]:
        """Read every partition of the topics that exist, each from where the archive stands."""
        counts = await partition_counts(self._kafka.bootstrap_servers, self._topics)
        partitions = [TopicPartition(topic, number) for topic, count in counts.items() for number in range(count)]
        archived = self._archive.positions()
        await _check(reader, partitions, archived)
        reader.assign(partitions)
        for partition in partitions:
            reader.seek(partition, archived.get(partition, 0))
        await asyncio.to_thread(self._archive.note_new, partitions)
        return partitions

    async def _archive_batch(self, records: Sequence[LogRecord]) -> None:
        if records:
            new = await asyncio.to_thread(self._archive.ingest, records)
            self._has_written()
            log.debug("archived", records=new)
            async with self._moved:
                self._moved.notify_all()


def _passes(error: NoBrokerError | KafkaError) -> bool:
    """Whether what Kafka could not do, it may do later."""
    return isinstance(error, NoBrokerError | KafkaTimeoutError) or error.retriable


def _not_before(until: datetime | None, moment: datetime) -> bool:
    return until is not None and until >= moment


def _holds(archived: Positions, wanted: Positions) -> bool:
    return all(archived.get(source, 0) >= before for source, before in wanted.items())


async def _check(reader: AIOKafkaConsumer, partitions: Sequence[TopicPartition], archived: Positions) -> None:
    """Make sure that the log still has what comes next: a gap would be a wrong number for ever."""
    first = await reader.beginning_offsets(partitions)
    end = await reader.end_offsets(partitions)
    for partition in partitions:
        wanted = archived.get(partition, 0)
        if not first[partition] <= wanted <= end[partition]:
            raise HistoryMismatchError(partition, wanted, range(first[partition], end[partition]))


async def _targets(
    reader: AIOKafkaConsumer, partitions: Sequence[TopicPartition], until: Positions
) -> Mapping[TopicPartition, int]:
    ends: dict[TopicPartition, int] = await reader.end_offsets(partitions)
    for source, before in until.items():
        partition = TopicPartition(*source)
        if partition not in ends:
            raise UnknownNameError(_written(partition), kind="partition", known=map(_written, ends))
        ends[partition] = max(ends[partition], before)
    return ends


def _written(partition: TopicPartition) -> str:
    return f"{partition.topic}/{partition.partition}"


async def _reached(reader: AIOKafkaConsumer, targets: Mapping[TopicPartition, int]) -> bool:
    return all([await reader.position(partition) >= before for partition, before in targets.items()])


async def _read_to_end(reader: AIOKafkaConsumer) -> list[TopicPartition]:
    """The partitions that have been read to where they end now."""
    ends: dict[TopicPartition, int] = await reader.end_offsets(reader.assignment())
    return [partition for partition, end in ends.items() if await reader.position(partition) >= end]


async def _gather(reader: AIOKafkaConsumer, most: int, stop: asyncio.Event) -> list[LogRecord]:
    """What comes in within a moment of the first record: few large transactions, not many small ones."""
    gathered = await _poll(reader, most)
    end = _now() + _LINGER_S
    while gathered and len(gathered) < most and _now() < end and not stop.is_set():
        gathered += await _poll(reader, most - len(gathered), within_ms=50)
    return gathered


async def _poll(reader: AIOKafkaConsumer, most: int, within_ms: int = _POLL_MS) -> list[LogRecord]:
    """What comes in now; nothing after a while without a record."""
    by_partition = await reader.getmany(timeout_ms=within_ms, max_records=most)
    return [_record(record) for records in by_partition.values() for record in records]


def _record(record: Record) -> LogRecord:
    return LogRecord(record.topic, record.partition, record.offset, record.timestamp, record.value)


def _clock() -> datetime:
    return datetime.now(UTC)


def _now() -> float:
    return asyncio.get_running_loop().time()
