"""A name is mapped at the desk while the feeds' process dies again and again: the cells become those of the rep."""

import asyncio
from pathlib import Path

import pytest

from events.envelope import Envelope
from projections.cells import without_zeros
from projections.fold_file import fold_file
from projections.projection import load_projections
from services.feeds.directory.restating import is_correction
from tests.desk.desks import desk_running
from tests.desk.test_http import post, rep
from tests.feeds.test_service_kafka import answers, process, told
from tests.feeds.watching import Watched, watch
from tests.feeds.webhooks.test_assembling_kafka import deliveries, secret_in, send

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]
REP_DAY = load_projections()["rep_day"]
AGENT = "7"
"""What the source calls the agent."""
BEFORE, AFTER = 30, 5
EARLY = "2026-11-01T00:00:00Z"


def calls(log: Watched) -> dict[str, tuple[int, int]]:
    """By rep: how many calls the log adds up to, and how many seconds were talked."""
    cells = without_zeros(REP_DAY, fold_file(log.raw, REP_DAY).cells)
    measures = [measure.name for measure in REP_DAY.measures]
    found = {str(key[0]): dict(zip(measures, map(str, values), strict=True)) for key, values in cells.items()}
    return {rep: (int(numbers["calls"]), int(numbers["talk_seconds"])) for rep, numbers in found.items()}


def corrections(found: list[Envelope]) -> int:
    return sum(is_correction(each.source) for each in found)


def talked(count: int) -> tuple[int, int]:
    """So many calls, of which each lasts a second longer than the one before."""
    return count, count * (count + 1) // 2


async def test_calls_of_an_unknown_name_are_the_reps_once_it_is_mapped(fresh_bootstrap: str, tmp_path: Path) -> None:
    settings = told(fresh_bootstrap, tmp_path)
    await asyncio.to_thread(secret_in, tmp_path)
    async with desk_running(fresh_bootstrap, tmp_path) as desk:
        anna, boris, log = await rep(desk), await rep(desk), await watch(fresh_bootstrap)
        async with process("-m", "services.feeds", **settings) as feed:
            assert await answers(settings, "/readyz")
            for number in range(1, BEFORE + 1):
                await send(settings, deliveries(number))
            assert await log.holds(lambda _found: calls(log) == {AGENT: talked(BEFORE)})
            name = {"named_by": "/aircall", "kind": "agent", "name": AGENT, "starts_at": EARLY}
            assert (await post(desk, "/v1/directory", **name, to=anna)).status_code == 201
            assert await log.holds(lambda found: corrections(found) > 0)
            feed.kill()
        assert (await post(desk, "/v1/directory", **name, to=boris)).status_code == 201
        async with process("-m", "services.feeds", **settings) as feed:
            assert await log.holds(lambda found: corrections(found) > BEFORE * 2)
            feed.kill()
        (tmp_path / "feeds" / "directory.checkpoint").unlink(missing_ok=True)  # what it holds is found out again
        async with process("-m", "services.feeds", **settings):
            assert await answers(settings, "/readyz")
            for number in range(BEFORE + 1, BEFORE + AFTER + 1):
                await send(settings, deliveries(number))
            assert await log.holds(lambda _found: calls(log) == {boris: talked(BEFORE + AFTER)})
