"""Projector processes for tests: started, killed without warning, and followed from outside."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from aiokafka import TopicPartition

from projections.projection import load_projections
from services.runtime.cells_reader import CellsReader
from services.runtime.log import consumer, producer, read_to_end
from services.runtime.settings import KafkaSettings
from services.runtime.shards import Shards, Source
from services.runtime.topics import ensure_topics, projector_topics, source_topics

PARTITIONS = 2
SHARDS = Shards(PARTITIONS)
PROJECTIONS = load_projections()


@dataclass(slots=True)
class Worker:
    """One `python -m services.projector`."""

    bootstrap: str
    settings: Mapping[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, under the same name as before."""
        own = {"KVOTA_PROJECTOR_PORT": "0"} | {
            f"KVOTA_PROJECTOR_{name}": value for name, value in self.settings.items()
        }
        environment = {**os.environ, "KVOTA_KAFKA_BOOTSTRAP_SERVERS": self.bootstrap, **own}
        self.process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.projector", env=environment)

    async def kill(self) -> None:
        """Kill it where it stands."""
        assert self.process is not None
        assert self.process.returncode is None, "the worker ended by itself"
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """Ask it to stop; its exit code."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 30)


@asynccontextmanager
async def working(bootstrap: str, **settings: str) -> AsyncGenerator[Worker]:
    """Run a worker for a block; however the block ends, nothing of it stays."""
    worker = Worker(bootstrap, settings)
    await worker.start()
    try:
        yield worker
    finally:
        if worker.process is not None and worker.process.returncode is None:
            worker.process.kill()
            await worker.process.wait()


@asynccontextmanager
async def following(bootstrap: str) -> AsyncGenerator[CellsReader]:
    """Follow the live cells for a block, as a wallboard does."""
    async with CellsReader(settings_for(bootstrap), 1, PROJECTIONS) as reader:
        await reader.load(SHARDS.every)
        follow = asyncio.create_task(reader.follow())
        try:
            yield reader
        finally:
            follow.cancel()
            await asyncio.gather(follow, return_exceptions=True)


def settings_for(bootstrap: str) -> KafkaSettings:
    """How a test reaches Kafka."""
    return KafkaSettings(bootstrap_servers=bootstrap, client_id="test")


AT_ONCE = {
    "segment.ms": "500",
    "min.cleanable.dirty.ratio": "0",
    "delete.retention.ms": "0",
    "max.compaction.lag.ms": "1",
}
"""What a compacted topic is told whose old values are to go soon."""


async def make_topics(bootstrap: str, *, compacted: Mapping[str, str] | None = None) -> None:
    """Make the log and the first projector's topics."""
    ticks, cells = projector_topics(1, PARTITIONS)
    cells = replace(cells, config={**cells.config, **(compacted or {})})
    await ensure_topics(bootstrap, (*source_topics(PARTITIONS), ticks, cells))


async def append_to(bootstrap: str, records: Iterable[tuple[Source, bytes]]) -> None:
    """Append raw values, each to the partition that it names."""
    async with producer(settings_for(bootstrap)) as writer:
        sent = [await writer.send(topic, value, partition=partition) for (topic, partition), value in records]
        await asyncio.gather(*sent)


async def values_in(bootstrap: str, source: Source) -> list[bytes]:
    """Everything that lies in a partition, in its order."""
    return [value or b"" for _, value in await records_in(bootstrap, source)]


async def records_in(bootstrap: str, source: Source) -> list[tuple[bytes | None, bytes | None]]:
    """The key and value of everything that lies in a partition, in its order."""
    async with consumer(settings_for(bootstrap)) as reader:
        return [(record.key, record.value) async for record in read_to_end(reader, TopicPartition(*source))]
