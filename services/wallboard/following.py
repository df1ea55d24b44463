"""What the board follows: the cells of every shard, and when the log took the tick that they stand at."""

from collections.abc import Mapping
from typing import Protocol

from projections.projection import Projection
from services.runtime.cells_reader import CellsReader
from services.runtime.live_boards import LiveBoards
from services.runtime.log import Record
from services.runtime.settings import KafkaSettings
from services.runtime.shard_cells import ShardCells


class LiveCells(Protocol):
    """Live cells by shard that somebody keeps up to date."""

    shards: dict[int, ShardCells]
    live: LiveBoards
    """The cells of all of them, added up."""
    ticked_ms: dict[int, int]
    """By shard, when the log took the last tick that counts, in epoch milliseconds; a shard without one is missing."""

    async def moved(self) -> None:
        """Wait until ticks have been looked for once more."""


class TimedReader(CellsReader):
    """The shared reader, which also keeps the time of each shard's last tick.

    Of a shard of which nothing has been seen but its statements, the time is that of the last record they were made of.
    """

    def __init__(self, kafka: KafkaSettings, version: int, projections: Mapping[str, Projection]) -> None:
        """Read the cells of one version of the projector."""
        super().__init__(kafka, version, projections)
        self.ticked_ms: dict[int, int] = {}

    def _apply(self, record: Record) -> None:
        super()._apply(record)
        shard = self.shards.get(record.partition)
        if shard is not None and shard.last == record.offset:
            self.ticked_ms[record.partition] = record.timestamp

    def stand_by_statements(self) -> None:
        """Give each shard whose last tick was not read again the time of what it was made of."""
        for number, shard in self.shards.items():
            if number not in self.ticked_ms and shard.appended_ms:
                self.ticked_ms[number] = shard.appended_ms
