"""What an owner has written lands after its successor has gone on, and lines break: the cells do not mind."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

import pytest

from services.runtime.log import end_positions
from services.runtime.shards import Source, cells_topic, ticks_topic
from tests.projector.agreement import caught_up, recomputed
from tests.projector.busy_day import a_busy_day
from tests.projector.forked import Forked, forking
from tests.projector.load import growing
from tests.projector.proxy import Proxy, proxied
from tests.projector.workers import SHARDS, append_to, make_topics, settings_for

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

QUICK = {"INSTANCE": "one", "TICK_MS": "20", "STATE_EVERY_S": "0.2", "BEAT_S": "0.05"}
TICKS, CELLS = ticks_topic(1), cells_topic(1)


async def until(holds: Callable[[], bool]) -> None:
    """Look until it is so."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  another process's doing
            await asyncio.sleep(0.01)


@asynccontextmanager
async def two_owners(bootstrap: str, home: Path) -> AsyncGenerator[tuple[Proxy, Forked, Forked]]:
    """Have one worker behind a proxy, and another of the same name that reaches the broker itself."""
    await make_topics(bootstrap)
    async with (
        proxied(bootstrap) as proxy,
        forking(proxy.address, home, **QUICK) as first,
        forking(bootstrap, home, **QUICK) as second,
    ):
        yield proxy, first, second


async def length_of(bootstrap: str, topic: str) -> int:
    """Count what was ever appended to a topic of the projector."""
    ends = await end_positions(settings_for(bootstrap), [(topic, shard) for shard in SHARDS.every])
    return sum(ends.values())


async def agree(bootstrap: str) -> bool:
    """Tell whether a reader that starts now sees what plain Python computes."""
    return await caught_up(bootstrap) == await recomputed(bootstrap)


@pytest.mark.parametrize("topic", [TICKS, CELLS])
async def test_what_a_dead_owner_wrote_lands_after_its_successor_has_gone_on(
    fresh_bootstrap: str, tmp_path: Path, topic: str
) -> None:
    day, bootstrap = a_busy_day(seed=7, count=10**6), fresh_bootstrap
    async with two_owners(bootstrap, tmp_path) as (proxy, first, second):
        await append_to(bootstrap, islice(day, 500))
        first.start()
        await caught_up(bootstrap)
        proxy.holding = topic.encode()
        await append_to(bootstrap, islice(day, 500))
        await until(lambda: proxy.held > 0)
        await first.kill()

        second.start()
        await append_to(bootstrap, islice(day, 500))
        assert await agree(bootstrap)
        await second.kill()  # so that nothing else is written
        before = await length_of(bootstrap, topic)
        await proxy.let_go()
        assert await length_of(bootstrap, topic) > before
        assert await agree(bootstrap)

        second.start()
        await append_to(bootstrap, islice(day, 500))
        assert await agree(bootstrap)
        assert await second.stop() == 0
        assert await agree(bootstrap)


async def test_an_opening_that_lands_late_takes_the_shard_from_nobody(fresh_bootstrap: str, tmp_path: Path) -> None:
    day, bootstrap = a_busy_day(seed=8, count=10**6), fresh_bootstrap
    async with two_owners(bootstrap, tmp_path) as (proxy, first, second):
        await append_to(bootstrap, islice(day, 500))
        proxy.holding = TICKS.encode()
        first.start()
        await until(lambda: proxy.held > 0)
        await first.kill()
        second.start()
        async with growing(bootstrap, day):
            await caught_up(bootstrap)
            await proxy.let_go()
        assert await agree(bootstrap)
        assert await second.stop() == 0


async def test_an_owner_that_lives_and_is_heard_too_late_ends(fresh_bootstrap: str, tmp_path: Path) -> None:
    day, bootstrap = a_busy_day(seed=9, count=10**6), fresh_bootstrap
    async with two_owners(bootstrap, tmp_path) as (proxy, first, second):
        await append_to(bootstrap, islice(day, 500))
        first.start()
        await caught_up(bootstrap)
        proxy.holding = TICKS.encode()
        await append_to(bootstrap, islice(day, 100))
        await until(lambda: proxy.held > 0)
        second.start()
        await append_to(bootstrap, islice(day, 500))
        assert await agree(bootstrap)
        await proxy.let_go()
        assert await first.ended() == 1
        await append_to(bootstrap, islice(day, 500))
        assert await agree(bootstrap)
        assert await second.stop() == 0


async def test_lines_that_break_under_load_cost_nothing_but_time(fresh_bootstrap: str, tmp_path: Path) -> None:
    bootstrap = fresh_bootstrap
    day: Iterator[tuple[Source, bytes]] = a_busy_day(seed=10, count=10**6)
    await make_topics(bootstrap)
    async with proxied(bootstrap) as proxy, forking(proxy.address, tmp_path, **QUICK) as worker:
        worker.start()
        async with growing(bootstrap, day):
            for _ in range(12):
                before = await length_of(bootstrap, TICKS)
                proxy.drop()
                while await length_of(bootstrap, TICKS) < before + 6:
                    if await worker.ended(within_s=0.2) is not None:
                        worker.start()
        assert await agree(bootstrap)
        assert await worker.stop() == 0
