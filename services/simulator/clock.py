"""The clock of the played day: so many of its seconds in a real one, or as fast as the phone system is listened to."""

import asyncio
import math
from collections.abc import Callable

from services.simulator.plan import SECOND, Micros


class Clock:
    """Tells the time of the day that is played, and never a time before which something is left to be told.

    At a speed it runs by itself from the moment it is started, and as clocks do once the day is over; at speed 0 it
    stands where the phone system is.
    """

    def __init__(self, starts: Micros, ends: Micros, speed: float, real: Callable[[], float]) -> None:
        """Stand at `starts` until told to start, and at `ends` when the day is over; `real` gives seconds."""
        self.is_free = speed == 0
        self.started = asyncio.Event()
        self._ends = ends
        self._speed = speed
        self._real = real
        self._began = 0.0
        self._starts = self._reached = self._next = starts
        self._moved = asyncio.Condition()

    def start(self) -> None:
        """Begin the day, unless it has begun."""
        if not self.started.is_set():
            self._began = self._real()
            self.started.set()

    @property
    def now(self) -> Micros:
        """The moment of the day."""
        if self.is_free or not self.started.is_set():
            return self._reached
        passed = self._real() - self._began
        lasts = (self._ends - self._starts) / SECOND / self._speed
        if passed > lasts:
            return self._ends + math.floor((passed - lasts) * SECOND)
        return self._starts + math.floor(passed * self._speed * SECOND)

    @property
    def told(self) -> Micros:
        """The moment up to which the phone system has told all: what it says when it is asked for the time."""
        return self.now if self._next >= self._ends else min(self.now, self._next)

    async def reach(self, moment: Micros) -> None:
        """Say that all is told up to a moment; at speed 0 the clock stands there."""
        self._next = max(self._next, moment)
        async with self._moved:
            self._reached = max(self._reached, moment)
            self._moved.notify_all()

    async def lead(self, moment: Micros) -> None:
        """Wait for the moment of the next happening; at speed 0 only for the day to begin."""
        self._next = max(self._next, moment)
        await (self.started.wait() if self.is_free else self.until(moment))

    async def until(self, moment: Micros) -> None:
        """Wait for a moment of the day."""
        await self.started.wait()
        if self.is_free:
            async with self._moved:
                await self._moved.wait_for(lambda: self._reached >= moment)
            return
        while (left := min(moment, self._ends) - self.now) > 0:  # noqa: ASYNC110  # time is no event
            await asyncio.sleep(max(left / SECOND / self._speed, 0.001))
