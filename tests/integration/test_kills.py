"""Workers that are killed at named points, again and again: the cells are those that plain Python computes."""

import os
import random
import signal
from collections.abc import Iterator
from itertools import chain, cycle, islice
from pathlib import Path

import pytest

from services.runtime.shards import Source
from tests.projector.agreement import caught_up, recomputed
from tests.projector.busy_day import CALLS, a_busy_day
from tests.projector.forked import Forked, forking
from tests.projector.load import growing
from tests.projector.points import POINTS, Fate
from tests.projector.workers import AT_ONCE, append_to, make_topics

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(3_000)]

KILLS = int(os.environ.get("KVOTA_TEST_KILLS", 1 + len(POINTS)))
"""Once at every point, after one that leaves something to recover from; more where somebody has the time."""
_COMPARED_EVERY = 20
_PASSES = {"statement": 30, "recovering": 1, "recovered": 1}
"""The pass at which a worker dies, at most, where that is not the third: some points are passed often, some once."""


def fates(seed: int) -> Iterator[Fate]:
    """Every point in turn, each time at a pass that chance decides."""
    chance = random.Random(seed)
    for point in cycle(chance.sample(POINTS, len(POINTS))):
        yield Fate(point, chance.randint(1, _PASSES.get(point.split()[0], 3)))


def a_day_with_poison(seed: int) -> Iterator[tuple[Source, bytes]]:
    """Tell a day without end, with something here and there that nobody can read."""
    for number, told in enumerate(a_busy_day(seed, 10**9)):
        if number % 20 == 10:
            yield (CALLS, number % 2), b"{poison"
        yield told


async def test_killed_at_every_named_point_the_cells_are_still_exact(fresh_bootstrap: str, tmp_path: Path) -> None:
    bootstrap, day, killed = fresh_bootstrap, a_day_with_poison(2), list[str]()
    await make_topics(bootstrap, compacted=AT_ONCE)
    settings = {"INSTANCE": "one", "TICK_MS": "20", "STATE_EVERY_S": "0.4", "BEAT_S": "0.03"}
    async with forking(bootstrap, tmp_path, **settings) as worker:
        await append_to(bootstrap, islice(day, 500))
        coming = islice(chain([Fate("mark appended", 9)], fates(3)), KILLS)
        for first in coming:
            async with growing(bootstrap, day):
                for fate in chain([first], islice(coming, _COMPARED_EVERY - 1)):
                    killed.append(await _killed(worker, fate))
            worker.start()
            assert await caught_up(bootstrap) == await recomputed(bootstrap), killed
            await worker.kill()
    assert len(killed) == KILLS
    assert {*killed} == {*POINTS}


async def _killed(worker: Forked, fate: Fate) -> str:
    """Run a worker until it dies as it is fated to."""
    worker.start(fate)
    assert await worker.ended() == -signal.SIGKILL, f"never came to {fate}"
    return fate.point
