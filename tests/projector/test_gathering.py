"""Ticks: what an agent gets from a stream of batches, and when."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import cast

import pytest
from faust.types import TP

from services.projector.transport import Batch, Pace, Record, RecordBatch, gather

CALLS = TP("calls", 3)
SOON = Pace(within_s=0.01, records=10, idle_s=0.02)


@dataclass
class At:
    """A record, as far as a batch looks at it."""

    offset: int


@dataclass
class Arrival:
    """An event, as far as a tick looks at it."""

    value: RecordBatch

    def ack(self) -> None:
        """Not what is tested here."""


def arrival(*offsets: int) -> Batch:
    return Arrival(RecordBatch.of(CALLS, cast("Sequence[Record]", [At(offset) for offset in offsets]), offsets[0]))


ONE, TWO, THREE = arrival(1), arrival(2), arrival(3)
FIVE = arrival(1, 2, 3, 4, 5)


class Feed:
    """Events that the test lets arrive; `None` ends them."""

    def __init__(self, *events: Batch | None) -> None:
        self._queue: asyncio.Queue[Batch | None] = asyncio.Queue()
        self.arrive(*events)

    def arrive(self, *events: Batch | None) -> None:
        for event in events:
            self._queue.put_nowait(event)

    async def __aiter__(self) -> AsyncIterator[Batch]:
        while event := await self._queue.get():
            yield event


def anything(_event: Batch) -> bool:
    return True


async def ticks(feed: Feed, pace: Pace = SOON) -> list[list[Batch]]:
    return [list(gathered) async for gathered in gather(feed, pace, anything)]


async def test_a_tick_holds_what_came_within_its_time() -> None:
    assert await ticks(Feed(ONE, TWO, THREE, None)) == [[ONE, TWO, THREE]]


async def test_a_tick_ends_when_it_is_full() -> None:
    assert await ticks(Feed(FIVE, FIVE, ONE, None)) == [[FIVE, FIVE], [ONE]]


async def test_a_batch_is_never_split_over_ticks() -> None:
    assert await ticks(Feed(ONE, FIVE, FIVE, None)) == [[ONE, FIVE, FIVE]]


async def test_without_traffic_ticks_are_empty_and_the_stream_goes_on() -> None:
    feed = Feed()
    gathered = gather(feed, SOON, anything)
    assert await anext(gathered) == []
    assert await anext(gathered) == []
    feed.arrive(ONE, None)
    assert await anext(gathered) == [ONE]
    assert await anext(gathered, None) is None


async def test_the_last_batch_is_not_kept_waiting_for_more() -> None:
    gathered = gather(Feed(ONE), Pace(within_s=0.01, records=1_000, idle_s=3_600), anything)
    assert await anext(gathered) == [ONE]
    await gathered.aclose()


async def test_what_was_taken_away_meanwhile_is_left_out() -> None:
    gathered = gather(Feed(ONE, TWO, None), SOON, lambda event: event is not ONE)
    assert [list(tick) async for tick in gathered] == [[TWO]]


async def test_an_error_in_the_stream_reaches_the_agent() -> None:
    async def broken() -> AsyncIterator[Batch]:
        yield ONE
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _ = [tick async for tick in gather(broken(), SOON, anything)]
