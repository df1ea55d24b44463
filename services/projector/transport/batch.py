"""What the transport hands over, and what it asks of whoever owns the progress."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from faust.types import TP


class Record(Protocol):
    """One record as it lies in Kafka: key, value and headers are the bytes that were appended."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """When it was appended or made, in ms since the epoch; the topic's settings decide which."""

    @property
    def timestamp_type(self) -> int:
        """0 if its producer set the time, 1 if the broker did."""

    @property
    def key(self) -> bytes | None:
        """What chose its partition, if anything."""

    @property
    def value(self) -> bytes | None:
        """What it says; None is a deletion in a compacted topic."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """What was said beside the value, in order; names may repeat."""

    @property
    def serialized_value_size(self) -> int:
        """Length of the value in bytes; -1 if there is none."""


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """What one fetch brought of one partition: never empty, in order, offsets possibly with gaps."""

    tp: TP
    first: int
    """Where it was read from: where the batch before ended, also if the log has a gap there."""
    last: int
    records: Sequence[Record]

    @classmethod
    def of(cls, tp: TP, records: Sequence[Record], first: int) -> Self:
        """Wrap what was fetched from an offset on."""
        return cls(tp, first, records[-1].offset, records)

    def __len__(self) -> int:
        """Count the records."""
        return len(self.records)


class Owner(Protocol):
    """Whoever knows how far each partition has truly been processed."""

    async def resume(self, partitions: frozenset[TP]) -> Mapping[TP, int]:
        """Return the offset to read next, per partition of the new assignment: all it holds, kept ones included.

        Partitions left out are read from the committed offset, or else from the beginning. May take long: reading
        waits. Is cancelled when the partitions are taken away meanwhile, or asked again.
        """

    async def revoked(self, partitions: frozenset[TP]) -> None:
        """Finish or drop what is in hand: after this somebody else may own the partitions.

        Nothing more is handed over. What has been acknowledged is committed already, what gets acknowledged here will
        be. Gets `Fetching.release_timeout_s`, then is cancelled. Not called when the worker crashes.
        """


class Committed:
    """The owner of an application that keeps no progress of its own: reads on from the committed offsets."""

    async def resume(self, partitions: frozenset[TP]) -> Mapping[TP, int]:  # noqa: ARG002  the protocol's
        """Leave all of them to the committed offsets."""
        return {}

    async def revoked(self, partitions: frozenset[TP]) -> None:
        """Nothing to finish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """How much to read at a time, and how long to wait for it."""

    min_bytes: int = 1 << 20
    """A fetch is answered as soon as this much waits,"""
    max_wait_ms: int = 25
    """or this long after it was asked if anything waits: the cost of a tick is shared by all its records."""
    unacked_bytes: int = 16 << 20
    """No more is handed over while values of this many bytes are not acknowledged."""
    release_timeout_s: float = 5.0
    """How long `Owner.revoked` may take; well under the rebalance time-out of the group."""
