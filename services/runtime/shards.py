"""Shards: what one chain of ticks covers.

Shard `p` covers partition `p` of every fact topic, so that whoever has the partition has the whole chain; the last
shard covers the decisions, which are one partition.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from projections.cells import Source as Source  # noqa: PLC0414  # passed on: projections fold by it too

FACT_TOPICS = ("kvota.calls", "kvota.agents", "kvota.touches", "kvota.feeds")
DECISIONS = "kvota.decisions"
PROJECTED_TOPICS = (*FACT_TOPICS, DECISIONS)

Positions = Mapping[Source, int]
"""For each source partition, the offset of the next record: all before it have been read."""


@dataclass(frozen=True, slots=True)
class Shards:
    """The division of the log of a company whose fact topics have `partitions` partitions each."""

    partitions: int

    @property
    def every(self) -> range:
        """All shard numbers; they are the partitions of the tick and cells topics."""
        return range(self.partitions + 1)

    def of(self, topic: str, partition: int) -> int:
        """The shard that a source partition belongs to."""
        return self.partitions if topic == DECISIONS else partition

    def sources(self, shard: int) -> tuple[Source, ...]:
        """The source partitions of a shard."""
        if shard == self.partitions:
            return ((DECISIONS, 0),)
        return tuple((topic, shard) for topic in FACT_TOPICS)

    @property
    def all_sources(self) -> tuple[Source, ...]:
        """Every source partition."""
        return tuple(source for shard in self.every for source in self.sources(shard))


def ticks_topic(version: int) -> str:
    """The tick topic of a version of the projector."""
    return f"kvota.projector-{version}.ticks"


def cells_topic(version: int) -> str:
    """The compacted cells topic of a version of the projector."""
    return f"kvota.projector-{version}.cells"


def group_of(version: int) -> str:
    """The consumer group of a version's workers."""
    return f"projector-{version}"
