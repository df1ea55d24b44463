"""Where one worker stands in the partitions of one assignment: what was handed over, and what came back."""

from collections import deque
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple, Protocol, TypeVar

from faust.types import TP


class PositionLostError(RuntimeError):
    """The log does not hold the offset to resume at: reading on from elsewhere would skip or repeat history."""

    def __init__(self, tp: TP, wanted: int, beginning: int, end: int) -> None:
        """Name the partition, the offset that was wanted, and what is there."""
        super().__init__(f"{tp.topic}/{tp.partition}: offset {wanted} is not within {beginning}..{end}")


class Placed(Protocol):
    """What a record is to this module."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""


class Acknowledged(Placed, Protocol):
    """What a message is to this module; a batch lies where its last record does."""

    @property
    def acked(self) -> bool:
        """Whether all that got it have given it back."""


R = TypeVar("R", bound=Placed)


class _Out(NamedTuple):
    message: Acknowledged
    size: int


class Progress:
    """The bookkeeping of one assignment. A new one starts with every assignment, so nothing old can stall it."""

    def __init__(self) -> None:
        """Start with no partition: nothing may be handed over."""
        self._next: dict[TP, int] = {}
        self._out: dict[TP, deque[_Out]] = {}
        self._done: dict[TP, int] = {}
        self.unacked_bytes = 0

    def open(self, starts: Mapping[TP, int]) -> None:
        """Begin each partition at its offset."""
        self._next.update(starts)
        self._done.update(starts)
        self._out.update({tp: deque() for tp in starts})

    def close(self) -> None:
        """Hand over no more; what is out may still come back."""
        self._next.clear()

    @property
    def reading(self) -> AbstractSet[TP]:
        """The partitions whose records may be handed over."""
        return self._next.keys()

    @property
    def partitions(self) -> AbstractSet[TP]:
        """The partitions that have a position to commit."""
        return self._done.keys()

    def position(self, tp: TP) -> int | None:
        """Return the offset expected next; None if the partition is not read."""
        return self._next.get(tp)

    def take(self, tp: TP, records: Sequence[R]) -> Sequence[R]:
        """Return those that are new, and expect what follows them next."""
        start = self._next[tp]
        if records and records[0].offset < start:
            records = [record for record in records if record.offset >= start]
        if records:
            self._next[tp] = records[-1].offset + 1
        return records

    def hand_over(self, tp: TP, message: Acknowledged, size: int) -> None:
        """Remember a message until it comes back."""
        self._out[tp].append(_Out(message, size))
        self.unacked_bytes += size

    def settle(self, tp: TP) -> None:
        """Advance over what came back without a gap; messages of an earlier assignment are not among them."""
        out = self._out.get(tp)
        while out and out[0].message.acked:
            message, size = out.popleft()
            self._done[tp] = message.offset + 1
            self.unacked_bytes -= size

    def done(self, tp: TP) -> int | None:
        """Return the offset up to which all came back: the one to commit."""
        self.settle(tp)
        return self._done.get(tp)


def starting_points(
    wanted: Mapping[TP, int],
    committed: Mapping[TP, int | None],
    beginnings: Mapping[TP, int],
    ends: Mapping[TP, int],
) -> dict[TP, int]:
    """Decide where to read from: as wanted, else as committed, else from the beginning. It must still exist."""
    starts = {tp: wanted.get(tp, max(committed.get(tp) or 0, beginning)) for tp, beginning in beginnings.items()}
    for tp, start in starts.items():
        require_kept(tp, start, beginnings[tp], ends[tp])
    return starts


def require_kept(tp: TP, position: int, beginning: int, end: int) -> None:
    """Raise PositionLostError unless the log, as it lies there now, can be read on from a position."""
    if not beginning <= position <= end:
        raise PositionLostError(tp, position, beginning, end)
