"""The benchmark of history gives figures for those whose answers are the account's, and for nobody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.history.__main__ import table
from tests.bench.history.account import Account
from tests.bench.history.bench import Plan, Spooled, asked_in_turn, bench, spool
from tests.bench.history.contenders import CONTENDERS, Process
from tests.bench.history.questions import QUESTIONS, Way
from tests.bench.projector.contender import BenchError
from tests.bench.projector.workload import SIZES
from tests.cli.commands import kvota

EVENTS, DAYS = 3_000, 12  # in two months
PLAN = Plan(size=SIZES["small"], events=EVENTS, runs=1, days=DAYS, contenders=[CONTENDERS["sqlite"]])


@pytest.mark.timeout(180)
def test_whoever_is_here_gives_the_answers_of_the_account(tmp_path: Path) -> None:
    done = kvota("bench", "history", f"--events={EVENTS}", f"--days={DAYS}", "--runs=1", "--json", home=tmp_path)
    assert done.code == 0, done.err
    figures = done.json
    names = [each["name"] for each in figures["contenders"]]
    assert {*names, *figures["missing"]} == {*CONTENDERS}
    assert {"kvota", "postgres", "sqlite"} <= {*names}
    assert all("make bench" in why for why in figures["missing"].values())
    for each in figures["contenders"]:
        assert {path: {*asked} for path, asked in each["queries"].items()} == {p: {*q} for p, q in QUESTIONS.items()}
        assert min(ms for asked in each["queries"].values() for ms in asked.values()) > 0
        assert min(each["load_cpu_s"], each["load_events_per_cpu_s"], each["rss_mb"]) > 0
    assert figures["calls"] < figures["events"] == EVENTS  # some are told twice
    assert min(figures["contenders"][0]["ingest_rows_per_cpu_s"], figures["replay_events_per_core_s"]) > 0
    assert min(figures["median_ratio_rollup"], figures["median_ratio_scan"]) > 0
    assert min(*figures["as_of_ms"].values(), *figures["growing_ms"].values()) > 0


def test_one_alone_has_its_figures_and_nothing_to_be_compared_with() -> None:
    figures = bench(PLAN, lambda _line: None)
    assert [each["name"] for each in figures["contenders"]] == ["sqlite"]
    assert not {"ratios", "median_ratio_scan", "as_of_ms", "growing_ms"} & {*figures}
    assert table(figures).count("\n") == 1 + sum(map(len, QUESTIONS.values())) + 4


@pytest.fixture
def told(tmp_path: Path) -> Spooled:
    return spool(PLAN, tmp_path / "calls.ndjson")


@pytest.fixture
def sqlite(tmp_path: Path, told: Spooled) -> Iterator[Process]:
    with Process(CONTENDERS["sqlite"], tmp_path / "sqlite", told.path, PLAN.asked) as process:
        process.load()
        yield process


def test_another_answer_ends_the_benchmark_and_is_named(told: Spooled, sqlite: Process) -> None:
    last = [each.event for each in PLAN.told() if each.event.rep is not None and not each.again][-1]
    told.account.add(last)  # told once, and counted twice
    with pytest.raises(BenchError, match=rf'sqlite, rollup/reps: another answer, (\d+) rows of \1: .*"{last.rep}"'):
        asked_in_turn([sqlite], told.account, 1, lambda _line: None)


def test_a_contender_that_ends_is_named_with_what_it_said_last(sqlite: Process) -> None:
    with pytest.raises(BenchError, match=r"(?s)sqlite ended before it answered.*KeyError: 'unheard of'"):
        sqlite.ask("scan", "unheard of")


@pytest.mark.parametrize("path", QUESTIONS)
def test_the_account_answers_every_question_of_a_path(told: Spooled, path: Way) -> None:
    answers = told.account.answers(path)
    assert {*answers} == {*QUESTIONS[path]}
    assert all(answers.values())


def test_a_percentile_is_the_least_wait_that_so_many_do_not_exceed() -> None:
    account = Account(PLAN.asked)
    waits = [0, 20, 61, 64, 64, 64, 64, 64, 301, 600]
    calls = [
        each.event for each in PLAN.told() if each.event.queue is not None and str(each.event.day) == PLAN.asked.day
    ]
    for call, wait in zip(calls, waits, strict=False):
        account.add(call.model_copy(update={"wait_seconds": wait}))
    assert account.answers("scan")["waits"] == [[64, 301]]
    assert account.answers("rollup")["waits"] == [[65, 360]]


def test_a_contender_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = kvota("bench", "history", "--peers=nobody", home=tmp_path)
    assert (done.code, done.err) == (2, f"kvota: there is no contender nobody; there are: {', '.join(CONTENDERS)}\n")
