"""The one reader of live cells: the worker, the wallboard and `verify` all see what it sees."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from projections.cells import Boards, merge_boards
from projections.projection import Projection
from services.runtime.log import Record, consumer, read_to_end
from services.runtime.settings import KafkaSettings
from services.runtime.shards import DECISIONS, Positions, Source, cells_topic, ticks_topic
from services.runtime.ticks import ShardCells, decode_tick


class CellsReader:
    """Live cells by shard, kept up to date by `follow`. For use inside one event loop, as a context manager."""

    def __init__(self, kafka: KafkaSettings, version: int, projections: Mapping[str, Projection]) -> None:
        """Read the cells of one version of the projector."""
        self.projections = projections
        self.shards: dict[int, ShardCells] = {}
        self._kafka = kafka
        self._ticks, self._cells = ticks_topic(version), cells_topic(version)
        self._connections = AsyncExitStack()
        self._tail: AIOKafkaConsumer
        self._next: dict[int, int] = {}
        self._some = asyncio.Event()
        self._moved = asyncio.Condition()

    async def __aenter__(self) -> Self:
        """Connect."""
        self._tail = await self._connections.enter_async_context(consumer(self._kafka))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._connections.aclose()

    async def load(self, shards: Iterable[int]) -> None:
        """Take in shards as they stand at this moment: statements first, then the ticks since the mark."""
        wanted = list(shards)
        self.drop(wanted)
        async with consumer(self._kafka) as reader:
            for shard in wanted:
                await self._load(reader, shard)
        self._assign()

    async def _load(self, reader: AIOKafkaConsumer, shard: int) -> None:
        statements: dict[bytes, bytes] = {}
        async for record in read_to_end(reader, TopicPartition(self._cells, shard)):
            _take(statements, record)
        cells = ShardCells(self.projections)
        cells.restore(statements)
        self._next[shard] = cells.last + 1
        self.shards[shard] = cells
        async for record in read_to_end(reader, TopicPartition(self._ticks, shard), cells.last + 1):
            self._apply(record)

    def drop(self, shards: Iterable[int]) -> None:
        """Forget shards."""
        for shard in shards:
            self.shards.pop(shard, None)
            self._next.pop(shard, None)
        self._assign()

    def _assign(self) -> None:
        partitions = {shard: TopicPartition(self._ticks, shard) for shard in self.shards}
        self._tail.assign(list(partitions.values()))
        for shard, partition in partitions.items():
            self._tail.seek(partition, self._next[shard])
        if partitions:
            self._some.set()
        else:
            self._some.clear()

    async def follow(self) -> None:
        """Apply ticks as they come in, until cancelled."""
        while True:
            await self._some.wait()
            for records in (await self._tail.getmany(timeout_ms=100)).values():
                for record in records:
                    self._apply(record)
            async with self._moved:
                self._moved.notify_all()

    async def reached(self, shard: int, offset: int) -> None:
        """Wait until the tick topic has been read up to and including `offset`."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._next.get(shard, 0) > offset)

    async def moved(self) -> None:
        """Wait until ticks have been looked for once more."""
        async with self._moved:
            await self._moved.wait()

    async def caught_up(self, wanted: Positions) -> None:
        """Wait until the cells hold all records before these positions."""

        def holds() -> bool:
            live = self.positions()
            return all(live.get(source, 0) >= offset for source, offset in wanted.items())

        async with self._moved:
            await self._moved.wait_for(holds)

    def _apply(self, record: Record) -> None:
        cells = self.shards.get(record.partition)
        if cells is None or record.offset < self._next[record.partition] or record.value is None:
            return
        cells.apply(record.offset, decode_tick(record.value))
        self._next[record.partition] = record.offset + 1

    def boards(self) -> Boards:
        """The cells of all shards, added up: what the whole company's numbers are as of `positions`."""
        total: Boards = {}
        for cells in self.shards.values():
            own = {name: board for name, board in cells.boards.items() if name in self.projections}
            merge_boards(self.projections, total, own)
        return total

    def positions(self) -> dict[Source, int]:
        """The cut that `boards` shows: for each source partition, the offset of the next record."""
        return {
            (topic, 0 if topic == DECISIONS else shard): offset
            for shard, cells in self.shards.items()
            for topic, offset in cells.positions.items()
        }


def _take(statements: dict[bytes, bytes], record: Record) -> None:
    if record.key is None:
        return
    if record.value is None:
        statements.pop(record.key, None)
    else:
        statements[record.key] = record.value
