"""How much memory processes have, over time."""

import asyncio
import time
from bisect import bisect_left
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psutil

_EVERY_S = 1.0
_MB = 2**20


@dataclass(slots=True)
class Memory:
    """What each process had, second by second."""

    processes: Mapping[str, psutil.Process]
    seen: list[tuple[float, dict[str, int]]] = field(default_factory=list[tuple[float, dict[str, int]]])

    def look(self) -> None:
        """Note what each has now."""
        self.seen.append((time.monotonic(), {name: each.memory_info().rss for name, each in self.processes.items()}))

    def at(self, share: float) -> Mapping[str, int]:
        """What each had after a share of the time, in bytes."""
        began, ended = self.seen[0][0], self.seen[-1][0]
        place = bisect_left([at for at, _ in self.seen], began + share * (ended - began))
        return self.seen[min(place, len(self.seen) - 1)][1]

    def told(self, events: int) -> dict[str, dict[str, float]]:
        """What each had at the start, in the middle and at the end, and what an event of the second half added.

        The start is a tenth of the way: before that, processes come to what they need at all.
        """
        start, middle, end = self.at(0.1), self.at(0.5), self.at(1.0)
        return {
            name: {
                "start_mb": start[name] // _MB,
                "middle_mb": middle[name] // _MB,
                "end_mb": end[name] // _MB,
                "end_to_middle": round(end[name] / middle[name], 3),
                "bytes_per_event": round((end[name] - middle[name]) / max(1, events // 2), 1),
            }
            for name in self.processes
        }


@asynccontextmanager
async def watched(processes: Mapping[str, psutil.Process]) -> AsyncGenerator[Memory]:
    """Look at processes for the life of a block."""
    memory = Memory(processes)
    memory.look()
    looking = asyncio.create_task(_look(memory))
    try:
        yield memory
        memory.look()
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _look(memory: Memory) -> None:
    while True:
        await asyncio.sleep(_EVERY_S)
        memory.look()
