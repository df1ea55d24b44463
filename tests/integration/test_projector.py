"""The projector against a real broker: whatever happens to it, the cells are those that plain Python computes."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from services.broker.broker import Broker
from services.projector.owner import OtherProjectionsError, ShardOwner
from services.runtime.cells_reader import CellsReader
from services.runtime.log import producer
from services.runtime.parked import parked_records
from tests.projector.agreement import caught_up, recomputed
from tests.projector.busy_day import AGENTS, CALLS, a_busy_day
from tests.projector.workers import PROJECTIONS, append_to, make_topics, settings_for, working
from tests.telling import answered, lasted, raw

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


@pytest.fixture
async def bootstrap(fresh_bootstrap: str) -> str:
    """Give each test a log of its own."""
    await make_topics(fresh_bootstrap)
    return fresh_bootstrap


async def test_what_is_told_is_live_and_equals_the_recomputation(bootstrap: str) -> None:
    await append_to(bootstrap, a_busy_day(seed=1, count=2_000))
    async with working(bootstrap) as worker:
        live = await caught_up(bootstrap)
        assert live == await recomputed(bootstrap)
        assert {"rep_day", "rep_month", "queue_interval", "queue_handle", "agent_interval", "agent_now"} <= set(live)
        assert await worker.stop() == 0


async def test_one_queue_and_one_agent_in_two_partitions_of_one_worker_add_up(bootstrap: str) -> None:
    told = [((CALLS, partition), raw(answered(10, 60), partition)) for partition in (0, 1)]
    told += [((AGENTS, partition), raw(lasted("talking", 30), partition)) for partition in (0, 1)]
    await append_to(bootstrap, told)
    async with working(bootstrap):
        live = await caught_up(bootstrap)
    [rep_day] = live["rep_day"].values()
    [agent_interval] = live["agent_interval"].values()
    assert rep_day[0] == 2
    assert agent_interval == (60, 2)
    assert live == await recomputed(bootstrap)


async def test_what_cannot_be_read_is_parked_with_its_position_and_nothing_else_is_lost(bootstrap: str) -> None:
    good = raw(answered(10, 60), 1)
    negative = good.replace(b'"talk_seconds":60', b'"talk_seconds":-1')
    bad = [good[:-5], b"\xff\xfe", negative, b"", b'{"a":' * 100_000]
    await append_to(bootstrap, [((CALLS, 0), value) for value in (*bad, good, raw(answered(10, 60), 2))])
    async with working(bootstrap):
        live = await caught_up(bootstrap)
        parked = await parked_records(settings_for(bootstrap))
    assert [(str(each), each.event.length) for each in parked] == [
        (f"kvota.calls/0@{place}", len(value)) for place, value in enumerate(bad)
    ]
    [rep_day] = live["rep_day"].values()
    assert rep_day[0] == 2
    assert live == await recomputed(bootstrap)


async def test_two_workers_share_the_log_and_one_takes_over_from_the_other(bootstrap: str) -> None:
    day = list(a_busy_day(seed=4, count=4_000))
    async with working(bootstrap) as first:
        await append_to(bootstrap, day[:1_500])
        await caught_up(bootstrap)
        async with working(bootstrap) as second:
            await append_to(bootstrap, day[1_500:3_000])
            await caught_up(bootstrap)
            assert await first.stop() == 0
            await append_to(bootstrap, day[3_000:])
            live = await caught_up(bootstrap)
            assert live == await recomputed(bootstrap)
            assert await second.stop() == 0


async def test_a_worker_whose_kafka_is_gone_ends_when_it_is_told(home: Path, tmp_path: Path) -> None:
    kafka = Broker(home=home, data_dir=tmp_path / "gone")
    with ExitStack() as up:
        bootstrap = up.enter_context(kafka.running())
        await make_topics(bootstrap)
        await append_to(bootstrap, a_busy_day(seed=6, count=50))
        async with working(bootstrap) as worker:
            await caught_up(bootstrap)
            up.close()
            assert await worker.stop() in {0, 1}


async def test_other_projections_than_those_that_made_the_cells_are_refused(bootstrap: str, tmp_path: Path) -> None:
    await append_to(bootstrap, a_busy_day(seed=5, count=50))
    async with working(bootstrap) as worker:
        await caught_up(bootstrap)
        assert await worker.stop() == 0
    fewer = {name: each for name, each in PROJECTIONS.items() if name != "rep_day"}
    kafka = settings_for(bootstrap)
    async with CellsReader(kafka, 1, fewer) as reader, producer(kafka) as writer:
        await reader.load([0], remember=True)
        with pytest.raises(OtherProjectionsError, match=r"rep_day differ.*kvota projections rebuild"):
            await ShardOwner(0, 1, reader, writer, tmp_path).open()
