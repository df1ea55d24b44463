"""The one reader of live cells: the worker, the wallboard and `verify` all see what it sees."""

import asyncio
import gc
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import AsyncExitStack, contextmanager
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from projections.cells import Boards
from projections.projection import Projection
from services.runtime.errors import ClearError
from services.runtime.live_boards import LiveBoards
from services.runtime.log import Record, after_last_records, consumer, read_to_end
from services.runtime.settings import KafkaSettings
from services.runtime.shard_cells import Lying, ShardCells
from services.runtime.shards import DECISIONS, Positions, Source, cells_topic, ticks_topic
from services.runtime.ticks import LATE
from services.runtime.topics import partition_count

_BRIEFLY_MS = 10
_TAIL_MS = 100


class LostTicksError(ClearError):
    """The tick topic is not the one that the cells were made of, or has lost its end."""

    def __init__(self, ticks: TopicPartition, tick: int) -> None:
        """Say which tick is missing."""
        what = f"{ticks.topic}/{ticks.partition} does not hold tick {tick}, as of which cells were written"
        super().__init__(f"{what}: make the next version with `kvota projections rebuild`")


class NotReadError(RuntimeError):
    """Somebody waits for ticks of a shard that is not read, or no longer."""

    def __init__(self, shard: int) -> None:
        """Name it."""
        super().__init__(f"shard {shard} is not read here")


class CellsReader:
    """Live cells by shard, kept up to date by `follow`. For use inside one event loop, as a context manager."""

    def __init__(self, kafka: KafkaSettings, version: int, projections: Mapping[str, Projection]) -> None:
        """Read the cells of one version of the projector."""
        self.version, self.projections = version, projections
        self.shards: dict[int, ShardCells] = {}
        self.live = LiveBoards({})
        """The cells of all shards, added up, unless they are remembered."""
        self.kafka = kafka
        self._ticks, self._cells = ticks_topic(version), cells_topic(version)
        self._connections = AsyncExitStack()
        self._tail: AIOKafkaConsumer
        self._next: dict[int, int] = {}
        self._some = asyncio.Event()
        self._moved = asyncio.Condition()
        self._looks = 0
        self._failure: BaseException | None = None

    async def __aenter__(self) -> Self:
        """Connect; raises TopicError when the projector's topics do not exist."""
        await partition_count(self.kafka.bootstrap_servers, self._ticks)
        self._tail = await self._connections.enter_async_context(consumer(self.kafka, wait_ms=_TAIL_MS))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._connections.aclose()

    async def load(
        self, shards: Iterable[int], *, remember: bool = False, loaded: Callable[[int], object] | None = None
    ) -> None:
        """Take in shards as they stand at this moment, in place of what there was.

        With `remember`, each has cells of its own and the ids that it has seen, and other shards stay as they are.
        `loaded` is told of each as soon as it is followed, while others are still to be read.
        Raises LostTicksError when the ticks are not those that the cells were made of.
        """
        wanted = list(shards)
        await self.drop(wanted if remember else list(self.shards))
        self.live = LiveBoards({**self.projections, LATE.name: LATE})
        async with consumer(self.kafka, wait_ms=_BRIEFLY_MS) as reader:
            for shard in wanted:
                live = None if remember else self.live
                cells = ShardCells(self.projections, remember=remember, live=live)
                with _without_collecting():
                    await self._load(reader, shard, cells)
                if loaded is not None:
                    self._assign()
                    loaded(shard)
        self._assign()

    async def _load(self, reader: AIOKafkaConsumer, shard: int, cells: ShardCells) -> None:
        ticks = TopicPartition(self._ticks, shard)
        cells.restore(*await _statements(reader, TopicPartition(self._cells, shard), cells))
        if cells.last >= (await reader.end_offsets([ticks]))[ticks]:
            raise LostTicksError(ticks, cells.last)
        self._next[shard] = cells.last + 1
        self.shards[shard] = cells
        async for record in read_to_end(reader, ticks, cells.last + 1):
            self._apply(record)
        if any(tick > cells.last for tick in cells.stated.values()):
            raise LostTicksError(ticks, max(cells.stated.values()))
        cells.stated.clear()

    async def drop(self, shards: Iterable[int]) -> None:
        """Forget shards; who waits for one hears of it."""
        for shard in shards:
            self.shards.pop(shard, None)
            self._next.pop(shard, None)
        self._assign()
        await self._tell()

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
        """Apply ticks as they come in, until cancelled; whoever waits hears of it when this fails."""
        try:
            while True:
                await self._some.wait()
                for records in (await self._tail.getmany(timeout_ms=100)).values():
                    for record in records:
                        self._apply(record)
                self._looks += 1
                await self._tell()
        except BaseException as error:
            self._failure = error
            await self._tell()
            raise

    async def _tell(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with self._moved:
            await self._moved.wait_for(lambda: self._failure is not None or holds())
        if self._failure is not None:
            message = "nobody follows the ticks any more"
            raise RuntimeError(message) from self._failure

    async def reached(self, shard: int, offset: int) -> None:
        """Wait until the tick topic has been read up to and including `offset`; raises NotReadError."""

        def holds() -> bool:
            if shard not in self._next:
                raise NotReadError(shard)
            return self._next[shard] > offset

        await self._until(holds)

    async def moved(self) -> None:
        """Wait until ticks have been looked for once more."""
        before = self._looks
        await self._until(lambda: self._looks > before)

    async def caught_up(self, wanted: Positions) -> None:
        """Wait until the cells hold all records before these positions."""
        if missing := self._missing(wanted):
            wanted = await after_last_records(self.kafka, missing)
        await self._until(lambda: not self._missing(wanted))

    def _missing(self, wanted: Positions) -> Positions:
        live = self.positions()
        return {source: offset for source, offset in wanted.items() if live.get(source, 0) < offset}

    def _apply(self, record: Record) -> None:
        cells = self.shards.get(record.partition)
        if cells is None or record.offset < self._next[record.partition] or record.value is None:
            return
        cells.apply(record.offset, cells.read(record.value))
        self._next[record.partition] = record.offset + 1

    def boards(self) -> Boards:
        """The live cells of all shards, added up: what the whole company's numbers are as of `positions`."""
        return {name: cells for name, cells in self.live.boards.items() if name in self.projections}

    def positions(self) -> dict[Source, int]:
        """The cut that `boards` shows: for each source partition, the offset of the next record."""
        return {
            (topic, 0 if topic == DECISIONS else shard): offset
            for shard, cells in self.shards.items()
            for topic, offset in cells.positions.items()
        }


async def _statements(
    reader: AIOKafkaConsumer, partition: TopicPartition, cells: ShardCells
) -> tuple[dict[bytes, Lying], int]:
    """The last record of every wanted key, and where the partition ends, read on until the end no longer moves.

    Ids go to `cells` as they come: there are many, and a second time they would not be held. The cleaner may remove a
    key's record because of a newer one beyond the end that was asked for first.
    """
    statements: dict[bytes, Lying] = {}
    start = 0
    while start < (end := (await reader.end_offsets([partition]))[partition]):
        async for record in read_to_end(reader, partition, start):
            if record.key is None or not cells.wants(record.key):
                continue
            if record.value is None:
                statements.pop(record.key, None)
            elif not cells.took_ids(record.key, record.value):
                statements[record.key] = record.offset, record.value
        start = end
    return statements, start


@contextmanager
def _without_collecting() -> Generator[None]:
    """Do not look for garbage in a block that makes millions of objects and no cycles: it would take as long again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
