"""The benchmark runs, and refuses to give figures for a contender that came to other totals."""

import inspect
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from events.codec import encode
from events.law import SeenIds
from services.cli import bench as command
from services.runtime.errors import ClearError
from tests.bench.projector.bench import Plan, bench, of_day, require_equal
from tests.bench.projector.contender import BenchError
from tests.bench.projector.contenders import InPython, Row, contenders
from tests.bench.projector.folds import contributions, decode
from tests.bench.projector.latency import Rate, latency
from tests.bench.projector.stages import stage_of
from tests.bench.projector.totals import Totals, add, count, digest
from tests.bench.projector.workload import SIZES, Told, day_of, told_on
from tests.cli.commands import kvota

SMALL, LARGE = SIZES["small"], SIZES["large"]
EVENTS = 3_000


def account(told: Iterator[Told]) -> Totals:
    """Count what is told for the first time."""
    totals: Totals = {}
    for each in told:
        if not each.again:
            count(totals, each.event)
    return totals


@pytest.mark.kafka
@pytest.mark.timeout(120)
def test_ours_and_a_hand_written_loop_come_to_the_totals_of_the_account(tmp_path: Path) -> None:
    asked = ["--events", str(EVENTS), "--runs", "1", "--days", "2", "--peers", "kvota,aiokafka_loop"]
    done = kvota("bench", "projector", *asked, "--cost-only", "--json", home=tmp_path)
    assert done.code == 0, done.err
    figures = done.json
    ours, loop = figures["contenders"]
    assert (ours["name"], ours["read"]) == ("kvota", 2 * EVENTS)
    assert (loop["name"], loop["read"]) == ("aiokafka_loop", EVENTS)
    assert {ours["totals_sha256"], loop["totals_sha256"]} == {digest(account(told_on(SMALL, 2, EVENTS)))}
    assert min(ours["us_cpu_per_event"], loop["us_cpu_per_event"], figures["ratios"]["aiokafka_loop"]) > 0
    assert figures["missing"] == {}


@pytest.mark.kafka
@pytest.mark.timeout(120)
async def test_a_contender_that_came_to_other_totals_gives_no_figures() -> None:
    right = contenders()["aiokafka_loop"]
    assert isinstance(right, InPython)
    read = right.row

    def one_too_many(topic: str, key: bytes, value: bytes) -> Row | None:
        row = read(topic, key, value)
        if row is None or not row[0].startswith("tactic_day|cold"):
            return row
        cell, (calls, *rest) = row
        return cell, (calls + 1, *rest)

    wrong = replace(right, row=one_too_many)
    plan = Plan(size=SMALL, events=EVENTS, runs=1, days=1, contenders=[wrong], more=False)
    with pytest.raises(
        BenchError, match=r"aiokafka_loop came to other totals: 1 of \d+ differ, such as tactic_day\|cold"
    ):
        await bench(plan, lambda _line: None)


@pytest.mark.kafka
@pytest.mark.timeout(120)
async def test_latency_is_told_of_every_record_but_those_of_the_beginning(tmp_path: Path) -> None:
    rate = Rate(per_s=400, tick_ms=20, seconds=3.0, left_out_s=1.0)
    found = await latency(SMALL, rate, tmp_path)
    assert found["records"] == pytest.approx(800, abs=2)
    assert 0 < found["p50_ms"] <= found["p99_ms"]
    assert found["us_cpu_per_event"] > 0


def test_the_folds_by_hand_and_the_account_agree() -> None:
    told = list(told_on(LARGE, 3, EVENTS))
    totals: Totals = {}
    seen: set[str] = set()
    for each in told:
        read = decode(encode(each.envelope))
        if read.id not in seen:
            seen.add(read.id)
            for table, key, numbers in contributions(read):
                add(totals, f"{table}|{key}", numbers)
    require_equal("by hand", totals, account(iter(told)))
    assert of_day(totals, str(day_of(3))) == totals


def test_a_day_is_told_the_same_again_and_one_record_in_two_hundred_is_told_twice() -> None:
    day = list(told_on(SMALL, 1, 40_000))
    assert day[:500] == list(told_on(SMALL, 1, 40_000))[:500]
    assert 150 < sum(each.again for each in day) < 250
    assert len({each.envelope.id for each in day}) == sum(not each.again for each in day)
    assert 450 < sum(len(encode(each.envelope)) for each in day) / len(day) < 600


def test_totals_that_lack_a_key_or_have_one_more_are_refused() -> None:
    with pytest.raises(BenchError, match=r"2 of 1 differ, such as a: None and not \(1,\), b: \(1,\) and not None"):
        require_equal("somebody", {"b": (1,)}, {"a": (1,)})


def test_where_time_goes_is_told_by_the_innermost_known_frame() -> None:
    found = [stage_of(inspect.currentframe())]

    def load(_day: date) -> list[UUID]:
        found.append(stage_of(inspect.currentframe()))
        return []

    SeenIds(load).of(day_of(1))
    assert found == ["loop", "seen"]


def test_without_a_checkout_the_command_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_CHECKOUT", tmp_path)
    with pytest.raises(ClearError, match="run it from a clone"):
        command.projector()


def test_a_contender_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = kvota("bench", "projector", "--peers", "nobody", home=tmp_path)
    assert (done.code, done.err) == (2, f"kvota: there is no contender nobody; there are: {', '.join(contenders())}\n")
