"""A day of calls that can be told again as any other: the same floor, with its dates and ids changed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from events.codec import encode
from services.feeds.appender import key_of, partition_of
from tests.bench.projector.workload import Size, day_of, told_on

_FIRST = 1
_ID = b'"id":"'
_DIGITS_OF_DAY = 4
_NUMBERS = 16**_DIGITS_OF_DAY


@dataclass(slots=True)
class Day:
    """The records of one day, and how many calls it has for each rep."""

    partitions: Sequence[list[bytes]]
    """In the order of the log; an id leaves room for the number of the day."""
    calls_of_reps: Counter[str] = field(default_factory=Counter[str])

    @classmethod
    def of(cls, size: Size, records: int) -> Self:
        """Make it."""
        day = cls([[] for _ in range(size.partitions)])
        for told in told_on(size, _FIRST, records):
            raw = encode(told.envelope)
            day.partitions[partition_of(key_of(told.envelope.subject), size.partitions)].append(raw)
            if told.event.rep is not None and not told.again:
                day.calls_of_reps[told.event.rep] += 1
        return day

    @property
    def records(self) -> int:
        """How many there are."""
        return sum(map(len, self.partitions))

    def told_as(self, number: int, partition: int, start: int, end: int) -> list[bytes]:
        """Some records of a partition, as of another day."""
        date, other, mark = _written(_FIRST), _written(number), b"%04x" % (number % _NUMBERS)
        return [_marked(raw.replace(date, other), mark) for raw in self.partitions[partition][start:end]]


def _written(number: int) -> bytes:
    return day_of(number).isoformat().encode()


def _marked(raw: bytes, mark: bytes) -> bytes:
    """The same with an id of its own: its first digits are the number of the day."""
    start = raw.index(_ID) + len(_ID)
    return raw[:start] + mark + raw[start + _DIGITS_OF_DAY :]
