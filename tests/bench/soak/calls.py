"""Calls without end: those of one floor, told again and again as other calls."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import Self
from uuid import uuid4

from events.codec import encode
from tests.bench.projector.workload import Size, told_on

_POOL = 20_000
_DAY = 1


@dataclass(slots=True)
class Calls:
    """Bodies for the door, and an account of what they hold."""

    pool: list[tuple[bytes, bytes, str | None]]
    """Of each call what stands before and after its id, and its rep."""
    told: int = 0
    calls_of_reps: Counter[str] = field(default_factory=Counter[str])

    @classmethod
    def of(cls, size: Size) -> Self:
        """Make the calls of a floor."""
        pool = list[tuple[bytes, bytes, str | None]]()
        for told in islice((told for told in told_on(size, _DAY, _POOL) if not told.again), _POOL):
            before, _, after = encode(told.envelope).partition(str(told.envelope.id).encode())
            pool.append((before, after, told.event.rep))
        return cls(pool)

    def body(self, number: int) -> bytes:
        """So many of them, a line each."""
        lines = list[bytes]()
        for _ in range(number):
            before, after, rep = self.pool[self.told % len(self.pool)]
            lines.append(before + str(uuid4()).encode() + after)
            self.told += 1
            if rep is not None:
                self.calls_of_reps[rep] += 1
        return b"\n".join(lines)
