"""The directory of this process: the decisions read to their end, and followed from there."""

import asyncio
from dataclasses import dataclass, field

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.feeds.directory.directory import Directory
from services.runtime.errors import ClearError
from services.runtime.log import consumer, read_to_end
from services.runtime.settings import KafkaSettings
from services.runtime.shards import DECISIONS
from services.runtime.topics import partition_counts

PARTITION = TopicPartition(DECISIONS, 0)
_POLL_MS = 200
_LOOK_S = 0.5
_AT_ONCE = 200
"""How many decisions are folded before others get their turn."""

_log = structlog.get_logger()


async def read_directory(kafka: KafkaSettings, directory: Directory) -> None:
    """Read all that is decided by now, where anything can be."""
    if not await partition_counts(kafka.bootstrap_servers, [DECISIONS]):
        return
    async with consumer(kafka) as reader:
        async for record in read_to_end(reader, PARTITION, directory.position):
            directory.take(record.offset, record.value, record.timestamp)


@dataclass(slots=True)
class Following:
    """One directory for all who tell facts in this process, and how far it is read."""

    kafka: KafkaSettings
    directory: Directory = field(default_factory=Directory)
    known: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once all is read that was decided before this process began."""
    _moved: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self) -> None:
        """Follow the decisions until cancelled, as soon as there are any to follow."""
        await self._there()
        async with consumer(self.kafka, wait_ms=_POLL_MS) as reader:
            reader.assign([PARTITION])
            reader.seek(PARTITION, self.directory.position)
            begun_at = (await reader.end_offsets([PARTITION]))[PARTITION]
            while True:
                if self.directory.position >= begun_at:
                    self.known.set()
                await self._read(reader)

    async def _there(self) -> None:
        while True:
            try:
                if await partition_counts(self.kafka.bootstrap_servers, [DECISIONS]):
                    return
            except (ClearError, OSError) as error:
                _log.info("log_not_ready", reason=str(error))
            await asyncio.sleep(_LOOK_S)

    async def _read(self, reader: AIOKafkaConsumer) -> None:
        for records in (await reader.getmany(timeout_ms=_POLL_MS, max_records=_AT_ONCE)).values():
            for record in records:
                self.directory.take(record.offset, record.value, record.timestamp)
            async with self._moved:
                self._moved.notify_all()
        await asyncio.sleep(0)

    async def reached(self, position: int) -> None:
        """Wait until the decisions are read up to an offset."""
        async with self._moved:
            await self._moved.wait_for(lambda: self.directory.position >= position)
