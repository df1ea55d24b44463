"""The notebook opens a mart and needs nothing of ours; it comes to the report's own rows."""

import ast
from collections.abc import Iterator, Mapping
from datetime import date
from importlib import util
from pathlib import Path
from typing import Any

import pytest
from marimo import App

from events.deals import Credit, DealLost
from events.people import UnitFormed
from services.history.archive import Archive
from services.history.mart.making import make_mart, mart_folder
from services.history.questions import load_questions
from tests.events.examples.dates import when
from tests.history.asking import Row, ask, decide, empty_archive, tell
from tests.telling import (
    ANNA,
    BORIS,
    DECEMBER,
    JANUARY,
    NOVEMBER,
    abandoned,
    amended,
    answered,
    assigned,
    period,
    refunded,
    relieved,
    won,
)

NOTEBOOK = Path(__file__).parents[2] / "docs/notebooks/report.py"
OCTOBER, REPORT = date(2026, 10, 1), "rep_performance"
HALVES = (Credit(rep=ANNA, share_bp=5_000, amount_minor=300), Credit(rep=BORIS, share_bp=5_000, amount_minor=300))


def fill(archive: Archive) -> None:
    """Two months in two currencies, of reps with a quota and without, and of one who only called."""
    quota = assigned(period(1_000, OCTOBER, NOVEMBER), period(900), period(800, DECEMBER, JANUARY))
    lost = DealLost(
        **when(14),
        deal="d9",
        customer="x",
        rep="vera",
        amount_minor=700,
        currency="EUR",
        reason="price",
        stage_left="offer",
        days_in_stage=3,
    )
    calls = [answered(10, 60), answered(20, 45, day=OCTOBER), abandoned(rep=BORIS, direction="outbound")]
    tell(archive, *calls, answered(5, 30, rep="gleb"))
    decide(
        archive,
        UnitFormed(**when(5), unit="north", kind="team", title="North", starts_on=OCTOBER),
        quota,
        relieved(90, quota),
        assigned(period(5_000), holder="north"),
        assigned(period(70), quota="quota-euro", currency="EUR"),
        won(600, credits=HALVES),
        won(35, "d2", currency="EUR"),
        won(400, "d3", day=date(2026, 10, 31)),
        refunded(50),
        amended(won(35, "d2", currency="EUR"), won(21, "d2", currency="EUR")),
        lost,
    )


def run(mart: Path, **chosen: object) -> tuple[tuple[object, ...], Mapping[str, Any]]:
    """Run the notebook without a browser: what its cells show, and what they name."""
    spec = util.spec_from_file_location("notebook", NOTEBOOK)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app: App = module.app
    shown, named = app.run(defs={"mart": str(mart)} | chosen)
    return tuple(shown), named


def reported(archive: Archive, starts_on: date, ends_on: date) -> list[Row]:
    """Give the report's rows of a month, without the days, which are the same for all of them."""
    rows = ask(archive, REPORT, **{"from": starts_on, "to": ends_on})
    return [{name: value for name, value in row.items() if name not in {"starts_on", "ends_on"}} for row in rows]


@pytest.fixture(scope="module")
def filled() -> Iterator[Archive]:
    """An archive that these tests only read."""
    with empty_archive() as archive:
        fill(archive)
        yield archive


@pytest.fixture(scope="module")
def mart(filled: Archive) -> Path:
    return Path(make_mart(filled, mart_folder(filled)).folder) / "mart.duckdb"


@pytest.mark.parametrize(("starts_on", "ends_on"), [(OCTOBER, NOVEMBER), (NOVEMBER, DECEMBER)])
def test_it_comes_to_the_rows_of_the_report(filled: Archive, mart: Path, starts_on: date, ends_on: date) -> None:
    _, named = run(mart, month=f"{starts_on:%Y-%m}")
    wanted = reported(filled, starts_on, ends_on)
    assert named["rows"] == [{name: row[name] for name in named["TITLES"]} for row in wanted]
    assert sum(row["attainment"] is not None for row in named["rows"]) == (1 if starts_on == OCTOBER else 2)


def test_it_begins_with_the_last_month_that_the_log_tells_of(mart: Path) -> None:
    _, named = run(mart)
    assert (named["month"], list(named["months"].options)) == ("2026-11", ["2026-11", "2026-10"])
    assert [row["rep"] for row in named["rows"]] == [ANNA, ANNA, BORIS, "gleb", "vera"]


def test_its_picture_shows_what_has_a_quota(mart: Path) -> None:
    _, named = run(mart)
    drawn = {
        (mark["rep"], mark["currency"]): mark["attainment"] for mark in named["picture"].to_dict()["data"]["values"]
    }
    assert drawn == {(ANNA, "EUR"): 30.0, (ANNA, "RUB"): round(100 * 250 / 810, 2)}


@pytest.mark.parametrize(("language", "said"), [(0, "What each rep did in"), (1, "Что сделал каждый продавец за")])
def test_it_speaks_both_languages(mart: Path, language: int, said: str) -> None:
    shown, named = run(mart, language=language)
    assert any(said in str(getattr(each, "text", "")) for each in shown)
    titles = {column.name: column.title for column in load_questions()[REPORT].columns}
    assert named["titles"] == {name: titles[name][language] for name in named["TITLES"]}


def test_a_mart_of_nothing_is_an_empty_table(archive: Archive, tmp_path: Path) -> None:
    made = make_mart(archive, tmp_path / "marts")
    _, named = run(Path(made.folder) / "mart.duckdb")
    assert (named["month"], named["rows"]) == (None, [])


def test_without_a_mart_it_says_how_to_make_one(tmp_path: Path) -> None:
    shown, _ = run(tmp_path / "mart.duckdb")
    assert any("make one with" in str(getattr(each, "text", "")) for each in shown)


def test_it_needs_duckdb_marimo_and_altair_alone() -> None:
    nodes = [*ast.walk(ast.parse(NOTEBOOK.read_text("utf-8")))]
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported == {"altair", "duckdb", "marimo", "pathlib"}
