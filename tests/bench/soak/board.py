"""What a board sees of the log, and when: the live cells, read as the wallboard reads them."""

import asyncio
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import quantiles

from aiokafka import TopicPartition

from projections.projection import load_projections
from services.runtime.cells_reader import CellsReader
from services.runtime.log import consumer, read_to_end
from services.runtime.shards import Shards
from services.wallboard.__main__ import shown
from tests.bench.projector.contenders import CALLS
from tests.bench.projector.kafka import settings_for

_NOTHING = ((0, 0.0),)


@dataclass(slots=True)
class Board:
    """How far the cells are, and how far they were when."""

    reader: CellsReader
    visible: dict[int, list[tuple[int, float]]] = field(default_factory=dict[int, list[tuple[int, float]]])
    """By shard: up to which offset calls could be seen, and since when, in epoch seconds."""

    async def note(self) -> None:
        """Note how far the cells are whenever they have been looked at, until cancelled."""
        while True:
            await self.reader.moved()
            now = time.time()
            for (topic, shard), offset in self.reader.positions().items():
                if topic == CALLS and offset > self.visible.get(shard, _NOTHING)[-1][0]:
                    self.visible.setdefault(shard, []).append((offset, now))

    @property
    def calls_of_reps(self) -> Counter[str]:
        """How many calls of each rep the cells have."""
        projection = self.reader.projections["rep_day"]
        rep, calls = projection.keys.index("rep"), [each.name for each in projection.measures].index("calls")
        found = Counter[str]()
        for key, values in self.reader.boards().get("rep_day", {}).items():
            value = values[calls]
            found[str(key[rep])] += value if isinstance(value, int) else 0
        return found


@asynccontextmanager
async def following(bootstrap: str, version: int, partitions: int) -> AsyncGenerator[Board]:
    """A board that is kept up to date for a block."""
    async with CellsReader(settings_for(bootstrap), version, shown(load_projections())) as reader:
        await reader.load(Shards(partitions).every)
        board = Board(reader)
        tasks = [asyncio.create_task(reader.follow()), asyncio.create_task(board.note())]
        try:
            yield board
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def lags(bootstrap: str, visible: Mapping[int, Sequence[tuple[int, float]]]) -> list[float]:
    """Seconds from when each call was appended, by its record's own time, until a board could show it."""
    found = list[float]()
    async with consumer(settings_for(bootstrap)) as reader:
        for shard, seen in visible.items():
            offsets = [offset for offset, _ in seen]
            async for record in read_to_end(reader, TopicPartition(CALLS, shard)):
                place = bisect_left(offsets, record.offset + 1)
                if place < len(seen):
                    found.append(seen[place][1] - record.timestamp / 1000)
    return found


def shares(times: Sequence[float]) -> dict[str, float]:
    """The middle, the slow end and the slowest, in milliseconds."""
    cuts = quantiles(times, n=100)
    told = {"p50_ms": cuts[49], "p99_ms": cuts[98], "max_ms": max(times)}
    return {name: round(value * 1000, 1) for name, value in told.items()}
