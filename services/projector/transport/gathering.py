"""Ticks for an agent: what came in since the last one."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Protocol

from services.projector.transport.batch import RecordBatch
from services.projector.transport.consumer import is_current


class Batch(Protocol):
    """What an agent gets: Faust's event, as far as an agent needs it."""

    @property
    def value(self) -> RecordBatch:
        """The records."""

    def ack(self) -> object:
        """Say that all of it is processed for good; without effect once its partition has changed hands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """When a tick is full."""

    within_s: float = 0.05
    """This long after its first batch,"""
    records: int = 20_000
    """or as soon as it holds this many;"""
    idle_s: float = 1.0
    """and an empty one when nothing came for this long."""


async def gather(
    events: AsyncIterable[Batch],
    pace: Pace,
    current: Callable[[Batch], bool] = is_current,
) -> AsyncGenerator[Sequence[Batch], None]:
    """Yield what came in, a tick at a time, without what was taken away meanwhile; ends when the events end."""
    async with aclosing(_Arrivals(events)) as arrivals:
        while (gathered := await _tick(arrivals, pace)) or not arrivals.ended:
            yield [event for event in gathered if current(event)]


async def _tick(arrivals: "_Arrivals", pace: Pace) -> list[Batch]:
    now = asyncio.get_running_loop().time
    gathered: list[Batch] = []
    missing = pace.records
    deadline = now() + pace.idle_s
    while missing > 0 and (event := await arrivals.next_before(deadline)):
        if not gathered:
            deadline = now() + pace.within_s
        gathered.append(event)
        missing -= len(event.value)
    return gathered


class _Arrivals:
    """One read that outlives its time-outs: cancelling it would end the stream for good."""

    def __init__(self, events: AsyncIterable[Batch]) -> None:
        self._events = aiter(events)
        self._reading: asyncio.Task[Batch | None] | None = None
        self.ended = False

    async def next_before(self, deadline: float) -> Batch | None:
        """Return the next one; None if the deadline passes before, or there will be none."""
        if self.ended:
            return None
        reading = self._reading = self._reading or asyncio.create_task(self._read())
        timeout = deadline - asyncio.get_running_loop().time()
        await asyncio.wait({reading}, timeout=max(0.0, timeout))
        if not reading.done():
            return None
        self._reading = None
        event = reading.result()
        self.ended = event is None
        return event

    async def _read(self) -> Batch | None:
        return await anext(self._events, None)

    async def aclose(self) -> None:
        if self._reading:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):  # ours
                await self._reading
