"""Shards that move from worker to worker, and facts that come again when nobody expects them."""

import asyncio
import os
import signal
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from services.projector.folding import MAX_BYTES
from services.runtime.seen import HOT_DAYS
from services.runtime.shards import Source, ticks_topic
from services.runtime.ticks import decode_tick
from tests.events.examples.dates import TODAY, at
from tests.projector.agreement import caught_up, recomputed
from tests.projector.busy_day import CALLS, a_busy_day
from tests.projector.forked import Forked, forking
from tests.projector.load import growing
from tests.projector.workers import SHARDS, append_to, make_topics, values_in
from tests.telling import answered, offered, raw, restated
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

QUICK = {"TICK_MS": "20", "STATE_EVERY_S": "0.2", "BEAT_S": "0.05"}


@pytest.fixture
async def bootstrap(fresh_bootstrap: str) -> str:
    """Give each test a log of its own."""
    await make_topics(fresh_bootstrap)
    return fresh_bootstrap


async def openings(bootstrap: str) -> int:
    """Count how often a shard was taken over."""
    ticks = [await values_in(bootstrap, (ticks_topic(1), shard)) for shard in SHARDS.every]
    return sum(bool(decode_tick(value).made_by) for shard in ticks for value in shard)


async def taken_over(bootstrap: str, worker: Forked, before: int) -> None:
    """Wait until every shard was taken over since, as a rebalance does; a worker that was overtaken is started again.

    Not until one was: the others would be taken for the next rebalance, which might then never come.
    """
    async with asyncio.timeout(60):
        while await openings(bootstrap) < before + len(SHARDS.every):
            if await worker.ended(within_s=0.1) is not None:
                worker.start()


async def test_workers_that_join_and_leave_all_the_time_count_everything_once(bootstrap: str, tmp_path: Path) -> None:
    day = a_busy_day(seed=12, count=10**6)  # the same reps and queues in both partitions
    async with (
        forking(bootstrap, tmp_path, **QUICK) as steady,
        forking(bootstrap, tmp_path, **QUICK) as guest,
    ):
        steady.start()
        async with growing(bootstrap, day):
            for turn in range(6):
                before = await openings(bootstrap)
                guest.start()
                await taken_over(bootstrap, steady, before)
                before = await openings(bootstrap)
                if turn % 3 == 2:
                    await guest.kill()
                else:
                    await guest.stop()
                await taken_over(bootstrap, steady, before)
        assert await caught_up(bootstrap) == await recomputed(bootstrap)


def a_month(*, repeated: bool) -> Iterator[tuple[Source, bytes]]:
    """Tell some calls of each of 35 days, in the order of the days or from the last to the first."""
    days = [TODAY - timedelta(days=before) for before in range(34, -1, -1)]
    for day in reversed(days) if repeated else days:
        for number in range(4):
            call = answered(number, 60, joined=_on(day), day=day)
            told = [call, restated(call, answered(number, 90, joined=_on(day), day=day), number)]
            for event in told:
                yield (CALLS, number % 2), raw(event, 100 * day.toordinal() + number)


def _on(day: date) -> datetime:
    return at(9) - (TODAY - day)


async def test_what_comes_again_after_hours_or_34_days_counts_once(bootstrap: str, tmp_path: Path) -> None:
    async with forking(bootstrap, tmp_path, INSTANCE="one", **QUICK) as worker:
        worker.start()
        await append_to(bootstrap, a_month(repeated=False))
        once = await caught_up(bootstrap)
        assert once == await recomputed(bootstrap)
        settled = 2 * (35 - HOT_DAYS)
        assert await asyncio.to_thread(eventually, lambda: len([*tmp_path.rglob("*.ids")]) == settled)
        await append_to(bootstrap, a_month(repeated=True))
        assert await caught_up(bootstrap) == once
        await worker.kill()
        worker.start()
        await append_to(bootstrap, a_month(repeated=True))
        assert await caught_up(bootstrap) == once == await recomputed(bootstrap)
        assert await worker.stop() == 0


async def test_a_tick_that_would_be_too_large_is_split(bootstrap: str, tmp_path: Path) -> None:
    calls = [((CALLS, 0), raw(offered(call=f"a call with a name {number}"), number)) for number in range(20_000)]
    await append_to(bootstrap, calls)
    async with forking(bootstrap, tmp_path, TICK_RECORDS="100000", TICK_MS="1000") as worker:
        worker.start()
        assert await caught_up(bootstrap) == await recomputed(bootstrap)
        assert await worker.stop() == 0
    ticks = await values_in(bootstrap, (ticks_topic(1), 0))
    assert max(map(len, ticks)) <= MAX_BYTES < sum(map(len, ticks))


async def test_a_worker_that_wakes_up_after_others_took_its_shards_changes_nothing(
    bootstrap: str, tmp_path: Path
) -> None:
    day = a_busy_day(seed=13, count=10**6)
    async with (
        forking(bootstrap, tmp_path, **QUICK) as sleeper,
        forking(bootstrap, tmp_path, **QUICK) as heir,
    ):
        sleeper.start()
        async with growing(bootstrap, day):
            await taken_over(bootstrap, sleeper, 0)
            os.kill(sleeper.pid, signal.SIGSTOP)
            heir.start()
            before = await openings(bootstrap)
            await taken_over(bootstrap, heir, before)
            await caught_up(bootstrap)
            os.kill(sleeper.pid, signal.SIGCONT)
            await caught_up(bootstrap)
        assert await caught_up(bootstrap) == await recomputed(bootstrap)
