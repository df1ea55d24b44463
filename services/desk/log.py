"""The log as the desk has it: its own tail folded in memory, and one way to append."""

import asyncio
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Self, TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from events.codec import Decoded
from services.desk.fold import Fold
from services.runtime.decision_writer import Writer
from services.runtime.log import consumer, read_to_end
from services.runtime.settings import KafkaSettings
from services.runtime.shards import DECISIONS

PARTITION = TopicPartition(DECISIONS, 0)
_PAUSE_S = 0.2
_POLL_MS = 200
_REST_S = 0.02

_log = structlog.get_logger()


_Consumer: TypeAlias = AIOKafkaConsumer


async def goes_on(reader: _Consumer, fold: Fold) -> bool:
    """Whether a log goes on where a fold ends: it has the fold's last record at that place."""
    if fold.position == 0:
        return True
    async for record in read_to_end(reader, PARTITION, fold.position - 1):
        return bool(record.offset == fold.position - 1 and record.value == fold.last)
    return False


class DecisionLog:
    """The decisions so far, kept up to date by `follow`. For use inside one event loop, as a context manager."""

    def __init__(self, kafka: KafkaSettings, writer: Writer | None = None, fold: Fold | None = None) -> None:
        """Know what `fold` does, as far as this log is the one that it was made of."""
        self.fold = fold or Fold()
        self._kafka = kafka
        self._writer = writer or Writer(kafka)
        self._connections = AsyncExitStack()
        self._tail: _Consumer
        self._asker: _Consumer
        self._loaded_at = 0
        self._moved = asyncio.Condition()
        self._waiting = 0
        self._awaited = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Connect, and see how much there is to read."""
        self._tail = await self._connections.enter_async_context(consumer(self._kafka))
        self._asker = await self._connections.enter_async_context(
            consumer(self._kafka)
        )  # not behind the tail's fetches
        self._connections.push_async_callback(self._writer.close)
        if not await goes_on(self._asker, self.fold):
            _log.warning("snapshot_of_another_log", position=self.fold.position)
            self.fold = Fold()
        self._tail.assign([PARTITION])
        self._tail.seek(PARTITION, self.fold.position)
        self._loaded_at = await self.end()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._connections.aclose()

    @property
    def ready(self) -> bool:
        """Whether everything has been read that was there at the start."""
        return self.fold.position >= self._loaded_at

    async def follow(self) -> None:
        """Fold records as they come in, until cancelled; raises LogMovedError when it is another log."""
        while True:
            records = (await self._tail.getmany(timeout_ms=_POLL_MS)).get(PARTITION, ())
            news = [record for record in records if record.offset >= self.fold.position]
            for record in news:
                self.fold.take(record.offset, record.value)
            async with self._moved:
                self._moved.notify_all()
            if records and not news:
                await self._rest()

    async def _rest(self) -> None:
        """Let some more come in before reading on, unless somebody waits for it.

        What was read is what this desk has appended itself: a fetch for each would come between it and the next.
        """
        if not self._waiting:
            self._awaited.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_REST_S):
                    await self._awaited.wait()

    async def end(self) -> int:
        """Where the log ends now: the offset that its next record will have. Asks until a broker answers."""
        while True:
            try:
                return int((await self._asker.end_offsets([PARTITION]))[PARTITION])
            except KafkaError as error:
                _log.warning("log_end_unknown", error=type(error).__name__)
                await asyncio.sleep(_PAUSE_S)

    async def reached(self, position: int) -> None:
        """Wait until every record before `position` has been folded."""
        if self.fold.position < position:
            self._waiting += 1
            self._awaited.set()
            try:
                async with self._moved:
                    await self._moved.wait_for(lambda: self.fold.position >= position)
            finally:
                self._waiting -= 1

    async def catch_up(self) -> None:
        """Wait until everything has been folded that is in the log now."""
        await self.reached(await self.end())

    async def append(self, record: Decoded) -> None:
        """Append a decision, and return once it is folded: whether it counts, the fold knows.

        What was acknowledged as the very next record need not be read to be known. Runs until it knows or is cancelled;
        cancelled, the outcome is unknown.
        """
        offset = await self._writer.append(record.envelope.stream or "", record.json)
        if offset == self.fold.position:
            self.fold.take_decoded(offset, record.json, record)
        await (self.catch_up() if offset < 0 else self.reached(offset + 1))
