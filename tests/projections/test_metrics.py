"""Metrics: the published vectors, and the corners that they leave open."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from projections.calc import BadInputError, calc_service_level
from projections.metrics import create_metrics_sql, policies, policies_of

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "service_level.json").read_text("utf-8"))


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(create_metrics_sql())
        yield connection


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["id"]))
def test_published_examples_come_out_as_published(vector: dict[str, Any]) -> None:
    answer = calc_service_level(vector["input"])
    assert {name: answer[name] for name in vector["expected"]} == vector["expected"]


def test_thresholds_are_met_by_those_who_waited_exactly_so_long() -> None:
    answer = calc_service_level({"answered": [10, 11], "abandoned": [5, 6, 10, 11], "threshold": 10, "short": 5})
    assert answer == {
        "asa": "10.50",
        "abandon_rate": "66.67",
        "answered_only": "50.00",
        "offered": "16.67",
        "removed": "66.67",
        "ignore_abandon_within_threshold": "33.33",
        "abandon_after_threshold": "33.33",
        "exclude_short": "20.00",
    }


def test_halves_are_rounded_to_even(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute("SELECT quotient(n, 1000) FROM (VALUES (5), (15), (25), (35), (26)) AS t(n)").fetchall()
    assert [row[0] for row in rows] == [Decimal(text) for text in ("0.00", "0.02", "0.02", "0.04", "0.03")]


def test_nothing_is_divided_by_nothing(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("SELECT percent(1, 0), quotient(0, 0), percent(1, NULL)").fetchall() == [(None, None, None)]


def test_large_numbers_stay_exact(con: duckdb.DuckDBPyConnection) -> None:
    [(value,)] = con.execute("SELECT quotient(900719925474099301, 100)").fetchall()
    assert value == Decimal("9007199254740993.01")


def test_who_left_in_another_way_was_offered_but_did_not_abandon(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "CREATE TABLE cells AS FROM (VALUES ('answered', 1, 5, 6), ('timed_out', 0, 60, 2), ('abandoned', 0, 30, 2))"
        " AS t(outcome, answered, wait, calls)"
    )
    row = con.execute(
        "SELECT service_level_offered_v1(calls, outcome, answered, wait, 20, 5),"
        " service_level_removed_v1(calls, outcome, answered, wait, 60, 5),"
        " service_level_abandon_after_threshold_v1(calls, outcome, answered, wait, 20, 5),"
        " abandon_rate_v1(calls, outcome, answered) FROM cells"
    ).fetchall()[0]
    assert [str(value) for value in row] == ["60.00", "100.00", "75.00", "20.00"]


def test_cells_know_which_thresholds_they_can_answer(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "SELECT threshold FROM (SELECT unnest([0, 20, 60, 61, 65, 120, 300, 301, 305, 360, 3600]) AS threshold)"
        " WHERE is_wait_edge(threshold) ORDER BY ALL"
    ).fetchall()
    assert [row[0] for row in rows] == [0, 20, 60, 65, 120, 300, 360, 3600]


def test_every_policy_has_an_id_a_version_and_a_formula(con: duckdb.DuckDBPyConnection) -> None:
    listed = policies(con)
    levels = {name for name, _ in listed if name.startswith("service_level_")}
    assert len(levels) == 6
    assert {"asa", "aht", "abandon_rate"} <= {name for name, _ in listed}
    assert all(policy.formula and policy.version >= 1 for policy in listed.values())


def test_a_statement_tells_its_policies(con: duckdb.DuckDBPyConnection) -> None:
    used = policies_of("SELECT asa_v1(calls, answered, wait), percent(1, 2), other_v1(3)", con)
    assert [(policy.id, policy.version) for policy in used] == [("asa", 1)]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"answered": [1.5]}, "answered"),
        ({"answered": "1"}, "answered"),
        ({"answered": [-1]}, "answered"),
        ({"answered": [True]}, "answered"),
        ({"abandoned": [None]}, "abandoned"),
        ({"threshold": "20"}, "threshold"),
        ({"edges": [10, 5]}, "edges"),
    ],
)
def test_what_cannot_be_reckoned_with_is_named(given: dict[str, object], field: str) -> None:
    with pytest.raises(BadInputError, match=field):
        calc_service_level(given)
