"""Whoever restates: follows the facts, and goes back where a mapping begins in the past. One process of a home does."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from events.envelope import Envelope
from services.feeds.appender import ROUND, Appender
from services.feeds.directory.directory import Directory
from services.feeds.directory.following import PARTITION, Following
from services.feeds.directory.passes import Appended, Correcting, Found
from services.feeds.live.feed import append
from services.runtime.durable import write_whole
from services.runtime.log import consumer
from services.runtime.settings import KafkaSettings
from services.runtime.topics import partition_counts

FILE_NAME = "directory.checkpoint"
_TOPICS = ("kvota.calls", "kvota.agents")
"""Where the facts are that names stand in."""
_MARGIN_MS = timedelta(days=1) // timedelta(milliseconds=1)
"""How much earlier than it happened, by its source's clock, the log may have taken a fact."""
_MOST = 100_000
"""How many records are corrected at a time."""
_STRETCH = 1_000_000
"""How many records are looked at before it is written down how far all is corrected."""
_READ = 2_000
"""How many records are looked at before others get their turn."""
_LOOK_S = 0.5
_WAIT_MS = 50
"""How long the end of one partition is waited at before the next is read."""
_SAVE_S = 1.0
_LAYOUT = 1

_log = structlog.get_logger()


class _Checkpoint(msgspec.Struct):
    """Up to where all is corrected, by the decisions up to where."""

    layout: int = _LAYOUT
    decided: int = 0
    positions: dict[str, dict[int, int]] = msgspec.field(default_factory=dict[str, dict[int, int]])


@dataclass(slots=True)
class Restater:
    """Restates facts by the directory until it is cancelled."""

    kafka: KafkaSettings
    following: Following
    folder: Path
    """Where the checkpoint lies; no other process has it."""
    appender: Appender
    _checkpoint: _Checkpoint = field(default_factory=_Checkpoint)
    _saved: bytes = b""
    _saved_at: float = 0

    async def run(self) -> None:
        """Correct all there is, and then what comes; the topics exist.

        While the log does not answer it is asked again: the door and the phone systems of this process go on without.
        """
        self._checkpoint = await asyncio.to_thread(_load, self.folder / FILE_NAME)
        async with consumer(self.kafka, wait_ms=_WAIT_MS) as reader:
            places = await self._places()
            while True:
                try:
                    await self._round(reader, places)
                except KafkaError as error:
                    _log.warning("log_does_not_answer", reason=str(error) or type(error).__name__)
                await self._save()
                await asyncio.sleep(_LOOK_S)

    async def _save(self) -> None:
        """Write down how far all is corrected, where that is news, and not too often."""
        now, clock = msgspec.json.encode(self._checkpoint), asyncio.get_running_loop().time
        if now != self._saved and clock() - self._saved_at >= _SAVE_S:
            await asyncio.to_thread(write_whole, self.folder / FILE_NAME, now)
            self._saved, self._saved_at = now, clock()

    async def _places(self) -> list[TopicPartition]:
        counts = await partition_counts(self.kafka.bootstrap_servers, _TOPICS)
        return [TopicPartition(topic, number) for topic, count in sorted(counts.items()) for number in range(count)]

    async def _round(self, reader: AIOKafkaConsumer, places: Sequence[TopicPartition]) -> None:
        """Correct what lies before the ends of now, by a directory that knows what whoever told it may have known."""
        ends = await reader.end_offsets([*places, PARTITION])
        await self.following.reached(ends[PARTITION])
        await self._go_back(reader, places, ends)
        for place in places:
            await self._correct(reader, place, ends[place])

    def _position(self, place: TopicPartition) -> int | None:
        return self._checkpoint.positions.get(place.topic, {}).get(place.partition)

    def _come_to(self, place: TopicPartition, position: int) -> None:
        self._checkpoint.positions.setdefault(place.topic, {})[place.partition] = position

    async def _go_back(
        self, reader: AIOKafkaConsumer, places: Sequence[TopicPartition], ends: dict[TopicPartition, int]
    ) -> None:
        """Go back to where the facts may begin that new decisions are about."""
        directory = self.following.directory
        new, decided = directory.since(self._checkpoint.decided), directory.position
        for place in places:
            known = self._position(place)
            position = ends[place] if known is None else known
            if new:
                earliest = min(mapping.starts_at for mapping in new)
                position = min(position, await _offset_at(reader, place, earliest, position))
            self._come_to(place, position)
        self._checkpoint.decided = decided

    async def _correct(self, reader: AIOKafkaConsumer, place: TopicPartition, end: int) -> None:
        """Correct a stretch of a partition, as much at a time as can be held."""
        while (position := self._position(place) or 0) < end:
            if not self.following.directory.latest:
                self._come_to(place, end)
                return
            found, reached = Found(), position
            async for after, records in _records(reader, place, position, end):
                await asyncio.to_thread(found.look_at, records, self.following.directory)
                reached = after
                if len(found.ids) >= _MOST or reached - position >= _STRETCH:
                    break
            if found.earliest is not None:
                start = await _offset_at(reader, place, found.earliest, position)
                await self._tell(reader, place, found, min(start, position), reached)
            self._come_to(place, reached)
            await self._save()

    async def _tell(self, reader: AIOKafkaConsumer, place: TopicPartition, found: Found, start: int, end: int) -> None:
        correcting, told = Correcting(set(found.ids)), 0
        async for _, records in _records(reader, place, start, end):
            envelopes = await asyncio.to_thread(_corrected, correcting, records, self.following.directory)
            told += len(envelopes)
            for begin in range(0, len(envelopes), ROUND):
                await append(self.appender, envelopes[begin : begin + ROUND], None)
        _log.info("names_restated", topic=place.topic, partition=place.partition, facts=len(found.ids), told=told)


def _corrected(correcting: Correcting, records: Sequence[Appended], directory: Directory) -> list[Envelope]:
    return list(correcting.correct(records, directory))


async def _records(
    reader: AIOKafkaConsumer, place: TopicPartition, start: int, end: int
) -> AsyncIterator[tuple[int, list[Appended]]]:
    """The records of a stretch, some at a time, each time with the offset up to which they go."""
    reader.assign([place])
    reader.seek(place, start)
    while await reader.position(place) < end:
        for records in (await reader.getmany(place, timeout_ms=_READ, max_records=_READ)).values():
            within = [(record.value or b"", int(record.timestamp)) for record in records if record.offset < end]
            yield min(end, records[-1].offset + 1), within


async def _offset_at(reader: AIOKafkaConsumer, place: TopicPartition, happened: datetime, otherwise: int) -> int:
    """The first offset at which the log may hold what happened at a moment; `otherwise`, where all of it is earlier."""
    moment = max(0, int(happened.timestamp() * 1000) - _MARGIN_MS)
    found = (await reader.offsets_for_times({place: moment}))[place]
    return otherwise if found is None else int(found.offset)


def _load(file: Path) -> _Checkpoint:
    try:
        found = msgspec.json.decode(file.read_bytes(), type=_Checkpoint)
    except (FileNotFoundError, msgspec.DecodeError):
        return _Checkpoint()
    return found if found.layout == _LAYOUT else _Checkpoint()
