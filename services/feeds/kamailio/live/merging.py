"""The partitions of a topic read as one stream, in the order of the timestamps of their records."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Generic, Protocol, TypeVar


class Stamped(Protocol):
    """A record with the moment at which it was written, in milliseconds."""

    timestamp: int


Item = TypeVar("Item", bound=Stamped)


class Merging(Generic[Item]):
    """Holds what was fetched and is not told yet, because an earlier record may still come from another partition."""

    def __init__(self, partitions: Iterable[int]) -> None:
        """Begin with nothing of these partitions."""
        self._held: dict[int, deque[Item]] = {partition: deque() for partition in partitions}

    @property
    def wanted(self) -> list[int]:
        """The partitions of which nothing is held: only these are to be fetched, which bounds what is in memory."""
        return [partition for partition, held in self._held.items() if not held]

    def take(self, fetched: Mapping[int, Iterable[Item]]) -> None:
        """Take what was fetched of each partition, in its order."""
        for partition, records in fetched.items():
            self._held[partition].extend(records)

    def next(self, at_end: Collection[int]) -> Iterator[tuple[int, Item]]:
        """Give the records that are next, with their partitions, for as long as that is certain.

        It is, while something is held of each partition that is not `at_end`, which has no more to give now.
        """
        while all(held or partition in at_end for partition, held in self._held.items()):
            first = min(
                ((held[0].timestamp, partition) for partition, held in self._held.items() if held), default=None
            )
            if first is None:
                return
            yield first[1], self._held[first[1]].popleft()
