"""The projector against a real broker: whatever happens to it, the cells are those that plain Python computes."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from events.event import Event
from projections.cells import Boards, without_zeros
from services.broker.broker import Broker
from services.projector.owner import OtherProjectionsError, ShardOwner
from services.runtime.cells_reader import CellsReader
from services.runtime.log import end_positions, producer
from services.runtime.parked import parked_records
from services.runtime.shards import Source
from tests.events.examples.dates import at
from tests.projector.workers import (
    PROJECTIONS,
    SHARDS,
    append_to,
    following,
    make_topics,
    settings_for,
    values_in,
    working,
)
from tests.recompute import recompute_logs
from tests.telling import ANNA, abandoned, answered, decided, entered, lasted, raw, restated, won

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

CALLS, AGENTS = "kvota.calls", "kvota.agents"
DECISIONS: Source = ("kvota.decisions", 0)


@pytest.fixture
async def bootstrap(fresh_bootstrap: str) -> str:
    """Give each test a log of its own."""
    await make_topics(fresh_bootstrap)
    return fresh_bootstrap


async def caught_up(bootstrap: str) -> Boards:
    """Wait until the live cells hold all that the log holds, and give them without their zeros."""
    ends = await end_positions(settings_for(bootstrap), SHARDS.all_sources)
    async with following(bootstrap) as reader:
        await asyncio.wait_for(reader.caught_up(ends), 60)
        return without_noughts(reader.boards())


async def recomputed(bootstrap: str) -> Boards:
    """Give what plain Python makes of all that the log holds."""
    logs = [await values_in(bootstrap, source) for source in SHARDS.all_sources]
    return without_noughts(recompute_logs(logs))


def without_noughts(boards: Boards) -> Boards:
    """Leave out cells that say nothing."""
    said = {name: without_zeros(PROJECTIONS[name], cells) for name, cells in boards.items()}
    return {name: cells for name, cells in said.items() if cells}


def a_busy_day(seed: int, count: int) -> Iterator[tuple[Source, bytes]]:
    """Tell calls, states and sales: one in ten twice, one in twenty restated, in an order that no clock would give."""
    chance = random.Random(seed)
    version = 0
    for number in range(count):
        partition = chance.randrange(SHARDS.partitions)
        told = _one(chance, number)
        copies = 2 if chance.random() < 0.1 else 1
        source = (AGENTS if told.model_dump()["type"].startswith("agent") else CALLS, partition)
        yield from [(source, raw(told, number))] * copies
        if number % 20 == 0:
            version += 1
            yield DECISIONS, decided(won(chance.randrange(10**6), deal="d1"), "deal/d1", version)
            yield DECISIONS, decided(won(7, deal="d1"), "deal/d1", version)  # came second: does not count


def _one(chance: random.Random, number: int) -> Event:
    joined = at(9) + timedelta(seconds=chance.randrange(8 * 3600))
    rep = chance.choice([ANNA, "boris", "Ирина Петрова"])
    kinds = number % 5
    if kinds == 0:
        return abandoned(chance.randrange(90), joined=joined)
    if kinds == 1:
        return lasted(chance.choice(["talking", "paused"]), chance.randrange(900), rep=rep)
    if kinds == 2:
        return entered(chance.choice(["ready", "talking"]), joined, rep)
    call = answered(chance.randrange(90), chance.randrange(600), joined=joined, rep=rep)
    return restated(call, answered(3, 4, joined=joined, rep=rep), number) if number % 20 == 3 else call


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


async def test_killed_twenty_times_in_a_replay_the_cells_are_still_exact(bootstrap: str) -> None:
    day = list(a_busy_day(seed=2, count=21_000))
    pieces = [day[start::21] for start in range(21)]
    chance = random.Random(3)
    kills = 0
    settings = {"INSTANCE": "one", "TICK_RECORDS": "50", "STATE_EVERY_S": "0.2"}
    async with working(bootstrap, **settings) as worker, following(bootstrap) as reader:
        for piece in pieces[:-1]:
            before = sum(reader.positions().values())
            await append_to(bootstrap, piece)
            await _until_read(reader, before + chance.randrange(1, len(piece)))
            await worker.kill()
            kills += 1
            await worker.start()
        await append_to(bootstrap, pieces[-1])
        live = await caught_up(bootstrap)
        assert kills == 20
        assert live == await recomputed(bootstrap)
        assert await worker.stop() == 0


async def _until_read(reader: CellsReader, records: int) -> None:
    """Wait until the worker has made ticks of so many records; the rest of what was appended is still to come."""
    async with asyncio.timeout(60):
        while sum(reader.positions().values()) < records:
            await reader.moved()


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


async def test_other_projections_than_those_that_made_the_cells_are_refused(bootstrap: str) -> None:
    await append_to(bootstrap, a_busy_day(seed=5, count=50))
    async with working(bootstrap) as worker:
        await caught_up(bootstrap)
        assert await worker.stop() == 0
    fewer = {name: each for name, each in PROJECTIONS.items() if name != "rep_day"}
    kafka = settings_for(bootstrap)
    async with CellsReader(kafka, 1, fewer) as reader, producer(kafka) as writer:
        await reader.load([0])
        with pytest.raises(OtherProjectionsError, match=r"rep_day differ.*kvota projections rebuild"):
            await ShardOwner(0, 1, reader, writer).open()
