"""The benchmark of endurance tells days that are days of their own, and gives figures for what was really counted."""

import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from events.codec import decode
from tests.bench.endurance import __main__ as endurance
from tests.bench.endurance.__main__ import PARTS, OtherTotalsError, Plan, endure
from tests.bench.endurance.days import Day
from tests.bench.projector.workload import SIZES, Size, day_of
from tests.cli.commands import kvota

SMALL = SIZES["small"]


def test_a_day_told_as_another_has_its_dates_and_ids_of_its_own() -> None:
    day = Day.of(SMALL, 2_000)
    first, other = (
        [decode(raw).envelope for part in range(SMALL.partitions) for raw in day.told_as(number, part, 0, 2_000)]
        for number in (1, 9)
    )
    assert len(first) == len(other) == day.records == 2_000
    assert {each.day for each in other} == {each.time.date() for each in other} == {day_of(9)}
    ids = [{each.id for each in told} for told in (first, other)]
    assert len(ids[0]) == len(ids[1]) < day.records  # some are told twice
    assert not ids[0] & ids[1]


async def test_a_part_ends_where_a_fiftieth_is_read_and_the_first_does_not_hold_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(endurance, "LOOK_EVERY_S", 0.0)
    read = iter([0, 3, 7, 12, 12, 13, 51, 54, 55, 97, 100])

    async def done_by_now() -> int:
        return next(read)

    parts = await endurance.watched(100, done_by_now, psutil.Process())
    assert [part.events for part in parts] == [7, 12, 51, 54, 97, 100]


@pytest.mark.kafka
@pytest.mark.timeout(180)
def test_each_part_has_its_cost_and_memory(tmp_path: Path) -> None:
    done = kvota("bench", "endurance", "--events", "40000", "--a-day", "20000", "--minutes", "0.1", home=tmp_path)
    assert done.code == 0, done.err
    figures = done.json
    parts = figures["parts"]
    assert 1 <= len(parts) <= PARTS
    assert parts[-1]["events"] == figures["events"] == 40_000
    assert all(min(part["us_cpu_per_event"], part["rss_mb"]) > 0 for part in parts)
    assert figures["live_cells"] > 1_000
    assert figures["most_rss_mb"] == max(part["rss_mb"] for part in parts)
    assert figures["within_memory"] is (figures["most_rss_mb"] <= figures["allowed_rss_mb"])
    assert figures["last_to_first_cost"] == pytest.approx(
        parts[-1]["us_cpu_per_event"] / parts[0]["us_cpu_per_event"], abs=0.001
    )


@pytest.mark.kafka
@pytest.mark.timeout(180)
async def test_cells_that_are_not_those_of_the_account_give_no_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Day.of(SMALL, 1_000)
    rep = next(iter(day.calls_of_reps))
    wrong = replace(day, calls_of_reps=day.calls_of_reps + Counter({rep: 1}))

    def told(_size: Size, _records: int) -> Day:
        return wrong

    monkeypatch.setattr(Day, "of", told)
    with pytest.raises(OtherTotalsError):
        await endure(Plan(SMALL, events=1_000, a_day=1_000, minutes=0.01), tmp_path)


@pytest.mark.parametrize(("within", "code"), [("within", 0), ("beyond", 1)])
def test_a_worker_that_had_more_memory_than_it_may_have_ends_the_run_with_1(
    within: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {"within_memory": within == "within"}

    async def endure(_plan: Plan, _folder: Path) -> dict[str, bool]:
        return figures

    monkeypatch.setattr(endurance, "endure", endure)
    monkeypatch.setattr(sys, "argv", ["kvota bench endurance"])
    assert endurance.main() == code
    assert json.loads(capsys.readouterr().out) == figures
