"""A month passes, day by day, through a real broker and a real worker: what is live stays small, whole and true."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from events.event import Event
from projections.cells import Boards
from services.history.agreement import agreement
from services.history.archive import Archive
from services.history.archiver import Archiver
from services.history.seeding import Seeding
from services.runtime.cells_reader import CellsReader
from services.runtime.log import end_positions
from services.runtime.shards import Source, cells_topic
from services.runtime.ticks import divided
from services.runtime.topics import make_new_topics, projector_topics
from tests.events.examples.dates import TODAY, at
from tests.projector.workers import (
    PARTITIONS,
    PROJECTIONS,
    SHARDS,
    append_to,
    following,
    make_topics,
    records_in,
    settings_for,
    working,
)
from tests.telling import ANNA, BORIS, CALLS, abandoned, answered, decided, offered, raw, won

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

DAYS = [TODAY - timedelta(days=back) for back in reversed(range(30))]
CALLS_A_DAY = 6


@pytest.fixture
async def bootstrap(fresh_bootstrap: str) -> str:
    """Give each test a log of its own."""
    await make_topics(fresh_bootstrap)
    return fresh_bootstrap


async def pass_day(bootstrap: str, number: int, day: date) -> None:
    """Let a day pass: calls of two reps in both partitions, each with somebody who gives up, and a sale."""
    told: list[tuple[Source, Event]] = []
    for call in range(CALLS_A_DAY):
        source, joined = (CALLS, call % PARTITIONS), at(9 + call, day=day)
        about: dict[str, Any] = {"joined": joined, "day": day, "call": f"c{day}-{call}"}
        told.append((source, answered(10, rep=(ANNA, BORIS)[call // 2 % 2], **about)))
        told += [(source, offered(**about)), (source, abandoned(20, **about))]
    records = [(source, raw(event, 100 * number + place)) for place, (source, event) in enumerate(told)]
    sale = decided(won(1_000, deal=f"d{number}", day=day, occurred_at=at(12, day=day)), f"deal/d{number}", 1)
    await append_to(bootstrap, [*records, (("kvota.decisions", 0), sale)])


@asynccontextmanager
async def caught_up(bootstrap: str) -> AsyncGenerator[CellsReader]:
    """Give the live cells once they hold all that the log holds."""
    ends = await end_positions(settings_for(bootstrap), SHARDS.all_sources)
    async with following(bootstrap) as reader:
        await asyncio.wait_for(reader.caught_up(ends), 60)
        yield reader


async def stated(bootstrap: str) -> dict[str, int]:
    """How many statements of each projection's cells the cells topic has, as compaction will leave it."""
    counts: dict[str, int] = {}
    for shard in SHARDS.every:
        left: dict[bytes, bytes | None] = {}
        for key, value in await records_in(bootstrap, (cells_topic(1), shard)):
            left[key or b""] = value
        for key in (key for key, value in left.items() if value is not None):
            match divided(key):
                case [_, what, _]:
                    counts[what[1:-1].decode()] = counts.get(what[1:-1].decode(), 0) + 1
                case _:
                    pass
    return counts


def days_of(boards: Boards, name: str, place: int) -> set[str]:
    """The days, or months, of which a board shows something."""
    return {str(key[place]) for key in boards[name]}


async def compared(bootstrap: str, archive: Archive, version: int = 1) -> int:
    """Compare live and history, which agree; how many cells were compared."""
    found = await agreement(settings_for(bootstrap), version, archive, PROJECTIONS)
    assert found.differences == []
    return found.cells


async def test_a_month_passes_and_what_is_live_stays_small_and_equal_to_history(bootstrap: str, tmp_path: Path) -> None:
    with Archive(tmp_path / "history.duckdb", PROJECTIONS) as archive:
        async with working(bootstrap, STATE_EVERY_S="0.1") as worker:
            counts: list[int] = []
            for number, day in enumerate(DAYS):
                await pass_day(bootstrap, number, day)
                if number >= 20 and number % 3 == 0:
                    async with caught_up(bootstrap) as reader:
                        counts.append(sum(map(len, reader.boards().values())))
            async with caught_up(bootstrap) as reader:
                live = reader.boards()
                assert days_of(live, "rep_day", 1) == {str(day) for day in DAYS[-8:]}
                assert days_of(live, "deal_day", 1) == {str(day) for day in DAYS[-8:]}
                assert days_of(live, "rep_month", 1) == {"2026-10", "2026-11"}
                assert {interval[:10] for interval in days_of(live, "queue_interval", 1)} == {*map(str, DAYS[-2:])}
                assert "queue_waiting" not in live
                assert reader.live.late_events() == 0
            assert max(counts) == min(counts)
            assert await compared(bootstrap, archive) == counts[-1]
            await tell_late(bootstrap)
            await compared(bootstrap, archive)
            assert await worker.stop() == 0
        left = await stated(bootstrap)
        assert (left["rep_day"], left["deal_day"]) == (8 * 2 * PARTITIONS + 8, 8)
        assert left["late"] == 1
        assert "queue_waiting" not in left
        await seeded_alike(bootstrap, archive)


async def tell_late(bootstrap: str) -> None:
    """Tell of calls of a closed day, and of one that is not: the closed day stays hidden, and they are counted."""
    closed, live_still = DAYS[-9], DAYS[-8]
    late = [answered(10, day=day, joined=at(20, day=day), call=f"late-{day}") for day in (closed, closed, live_still)]
    await append_to(bootstrap, [((CALLS, 0), raw(event, 9_000 + place)) for place, event in enumerate(late)])
    async with caught_up(bootstrap) as reader:
        before = calls_by_day(reader.boards())
        assert (before[str(live_still)], reader.live.late_events()) == (CALLS_A_DAY + 1, 2)
        assert str(closed) not in before


def calls_by_day(boards: Boards) -> Mapping[str, int]:
    """Everybody's calls, by day."""
    calls: dict[str, int] = {}
    for key, values in boards["rep_day"].items():
        assert isinstance(values[0], int)
        calls[str(key[1])] = calls.get(str(key[1]), 0) + values[0]
    return calls


async def seeded_alike(bootstrap: str, archive: Archive) -> None:
    """A version that is seeded from history shows the same, with the same number of late events."""
    async with following(bootstrap) as reader:
        served, late = reader.boards(), reader.live.late_events()
    await make_new_topics(bootstrap, projector_topics(2, PARTITIONS))
    await Archiver(settings_for(bootstrap), archive).catch_up()
    await Seeding(archive, settings_for(bootstrap), 2).run()
    async with CellsReader(settings_for(bootstrap), 2, PROJECTIONS) as reader:
        await reader.load(SHARDS.every)
        assert reader.boards() == served
        assert reader.live.late_events() == late == 2


async def test_a_shard_that_is_behind_shows_no_part_of_what_another_has_dropped(bootstrap: str, tmp_path: Path) -> None:
    old, last, far = TODAY - timedelta(days=9), TODAY - timedelta(days=1), TODAY
    told = [(CALLS, 0, old), (CALLS, 1, old), (CALLS, 1, last)]
    records = [((topic, part), raw(answered(day=day), place)) for place, (topic, part, day) in enumerate(told)]
    with Archive(tmp_path / "history.duckdb", PROJECTIONS) as archive:
        async with working(bootstrap, STATE_EVERY_S="0.1") as worker:
            await append_to(bootstrap, records)
            async with caught_up(bootstrap) as reader:
                assert calls_by_day(reader.boards()) == {str(last): 1}
            await append_to(bootstrap, [((CALLS, 0), raw(answered(day=old), 50))])
            async with caught_up(bootstrap) as reader:
                assert reader.shards[0].days == {CALLS: old}
                assert calls_by_day(reader.boards()) == {str(last): 1}
            await compared(bootstrap, archive)
            await worker.kill()
            await worker.start()
            await append_to(bootstrap, [((CALLS, 0), raw(answered(day=far), 51))])
            async with caught_up(bootstrap) as reader:
                assert calls_by_day(reader.boards()) == {str(last): 1, str(far): 1}
                assert reader.live.late_events() == 0
            await compared(bootstrap, archive)
