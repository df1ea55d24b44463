"""Attainment, pace and forecast: the published vectors, and the corners that they leave open."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.calc import BadInputError
from projections.calc_attainment import calc_attainment
from projections.metrics import create_metrics_sql, policies

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "attainment.json").read_text("utf-8"))
RUSSIAN_HOLIDAYS = {"interval": ["2026-01-01", "2026-02-01"], "prorate": "working_days", "country": "RU"}


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(create_metrics_sql())
        yield connection


def reckon(con: duckdb.DuckDBPyConnection, expression: str) -> Any:  # noqa: ANN401  # of several types
    [(value,)] = con.execute(f"SELECT {expression}").fetchall()
    return value


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["id"]))
def test_published_examples_come_out_as_published(vector: dict[str, Any]) -> None:
    answer = calc_attainment(vector["input"])
    assert {name: answer[name] for name in vector["expected"]} == vector["expected"]


class TestMetrics:
    def test_of_no_quota_nothing_is_attained(self, con: duckdb.DuckDBPyConnection) -> None:
        for quota in ("0", "NULL", "-5"):
            assert reckon(con, f"attainment_v1(100, {quota})") is None
            assert reckon(con, f"pace_v1(100, {quota}, 5, 10)") is None

    def test_refunds_may_bring_attainment_below_nothing(self, con: duckdb.DuckDBPyConnection) -> None:
        assert reckon(con, "attainment_v1(-500, 1000)") == Decimal("-50.00")
        assert reckon(con, "forecast_v1(-500, 5, 10)") == -1_000

    def test_halves_are_rounded_to_even_on_both_sides_of_nothing(self, con: duckdb.DuckDBPyConnection) -> None:
        halves = {"5": "0.00", "15": "0.02", "25": "0.02", "-5": "0.00", "-15": "-0.02", "-25": "-0.02"}
        assert {n: str(reckon(con, f"attainment_v1({n}, 100000)")) for n in halves} == halves

    def test_attainment_to_date_is_of_what_is_due_by_now(self, con: duckdb.DuckDBPyConnection) -> None:
        assert reckon(con, "attainment_to_date_v1(300, 1000, 6, 20)") == Decimal("100.00")
        assert reckon(con, "pace_v1(300, 1000, 6, 20)") == Decimal("0.00")
        assert reckon(con, "pace_v1(250, 1000, 6, 20)") == Decimal("-5.00")
        assert reckon(con, "attainment_to_date_v1(300, 1000, 0, 20)") is None

    def test_on_the_last_day_there_is_no_day_to_reach_it_on(self, con: duckdb.DuckDBPyConnection) -> None:
        assert reckon(con, "required_per_day_v1(1, 2, 20, 20)") is None
        assert reckon(con, "required_per_day_v1(3, 2, 19, 20)") == 0

    def test_without_a_quota_there_is_no_gap(self, con: duckdb.DuckDBPyConnection) -> None:
        assert reckon(con, "gap_v1(5, NULL)") is None
        assert reckon(con, "gap_v1(5, 3)") == 0

    def test_the_quotas_of_the_members_may_be_more_than_the_teams(self, con: duckdb.DuckDBPyConnection) -> None:
        assert reckon(con, "over_assignment_v1(120, 100)") == Decimal("20.00")
        assert reckon(con, "over_assignment_v1(90, 100)") == Decimal("-10.00")
        assert reckon(con, "over_assignment_v1(90, NULL)") is None

    @given(st.integers(-(2**53), 2**53), st.integers(1, 2**53), st.integers(1, 366), st.integers(1, 366))
    def test_great_amounts_are_exact(
        self, con: duckdb.DuckDBPyConnection, booked: int, quota: int, elapsed: int, days: int
    ) -> None:
        attained = reckon(con, f"attainment_to_date_v1({booked}, {quota}, {elapsed}, {days})")
        exact = Decimal(10_000 * booked * days) / Decimal(1)
        assert abs(attained * 100 * quota * elapsed - exact) <= Decimal(quota * elapsed) / 2

    def test_each_has_its_formula(self, con: duckdb.DuckDBPyConnection) -> None:
        formulas = {policy.id: policy.formula for policy in policies(con).values()}
        assert {"attainment", "attainment_to_date", "pace", "forecast", "required_per_day", "gap"} <= formulas.keys()
        assert {"expected_share", "over_assignment", "coverage_of_quota", "coverage_of_remaining"} <= formulas.keys()


class TestCalculator:
    def test_the_odd_unit_goes_to_whom_the_rule_names(self) -> None:
        split: dict[str, object] = {"quota": "100", "periods": 3}
        assert calc_attainment(split)["period_quotas"] == ["33.34", "33.33", "33.33"]
        assert calc_attainment(split | {"ties": "last"})["period_quotas"] == ["33.33", "33.33", "33.34"]

    def test_answers_have_the_decimals_of_their_inputs(self) -> None:
        answer = calc_attainment({"quota": "100.50", "credits": ["20", "-5.5"]})
        assert (answer["credited"], answer["gap"], answer["variance"]) == ("14.5", "86.00", "-86.00")

    def test_a_quota_of_nothing_has_no_attainment(self) -> None:
        assert calc_attainment({"quota": "0", "credits": ["5"]})["attainment"] == [None]

    def test_what_is_more_than_asked_leaves_no_gap(self) -> None:
        answer = calc_attainment({"quota": "10", "credits": ["12"], "pipeline": "5", "win_rate": "0"})
        assert (answer["gap"], answer["coverage_of_remaining"], answer["pipeline_needed"]) == ("0", None, None)

    def test_before_the_first_day_there_is_no_pace(self) -> None:
        answer = calc_attainment({"quota": "10", "credits": ["0"], "elapsed_days": 0, "days": 20})
        assert (answer["pace_per_day"], answer["projected"], answer["required_per_day"]) == (None, None, "0.50")

    def test_who_was_there_all_the_time_has_the_whole_quota(self) -> None:
        whole = calc_attainment({"quota": "15", "start": "2020-01-01", **RUSSIAN_HOLIDAYS})
        assert (whole["days"], whole["ratio"], whole["prorated_quota"]) == (15, "1.0000", "15.00")

    def test_working_days_are_those_of_the_country(self) -> None:
        half = calc_attainment({"quota": "15", "start": "2026-01-19", **RUSSIAN_HOLIDAYS})
        assert (half["days"], half["prorated_quota"]) == (10, "10.00")

    def test_a_ramp_may_be_longer_than_the_time(self) -> None:
        assert calc_attainment({"ramp": ["10", "20.5"], "months": 1})["period_quotas"] == ["10"]
        assert calc_attainment({"ramp": ["10", "20.5"], "full": "30", "months": 3})["period_quotas"] == [
            "10.0",
            "20.5",
            "30.0",
        ]

    def test_deals_of_a_month_are_weighed_together_and_rounded_once(self) -> None:
        deals = [["0.01", "0.5", "2026-06"], ["0.01", "0.5", "2026-06"], ["0.01", "0.25", "2026-07"]]
        assert calc_attainment({"deals": deals})["forecast"] == {"2026-06": "0.01", "2026-07": "0.00"}

    @pytest.mark.parametrize(
        ("given_", "field"),
        [
            ({"quota": 1.5, "periods": 3}, "quota"),
            ({"quota": "1e3", "periods": 3}, "quota"),
            ({"quota": "NaN", "periods": 3}, "quota"),
            ({"quota": "0.001", "periods": 3}, "quota"),
            ({"quota": "99999999999999999", "periods": 3}, "quota"),
            ({"periods": 3}, "quota"),
            ({"quota": "1", "periods": 0}, "periods"),
            ({"quota": "1", "periods": "2.5"}, "periods"),
            ({"quota": "1", "periods": 2, "ties": "middle"}, "ties"),
            ({"quota": "1", "periods": 1, "credits": ["1", "1"]}, "credits"),
            ({"quota": "1", "credits": "1"}, "credits"),
            ({"quota": "1", "credits": ["1"], "shares": []}, "shares"),
            ({"quota": "1", "credits": ["1"], "shares": ["-1"]}, "shares"),
            ({"quota": "1", "credits": ["1"], "elapsed_days": 9, "days": 8}, "elapsed_days"),
            ({"quota": "1", "credits": ["1"], "days": 8}, "elapsed_days"),
            ({"quota": "1", "prorate": "moon", "interval": ["2026-01-01", "2026-02-01"], "start": "2026-01-01"}, "pro"),
            ({"quota": "1", "prorate": "working_days", "interval": ["2026-01-01", "2026-02-01"]}, "start"),
            ({"quota": "1", "prorate": "calendar_inclusive", "start": "2026-01-01"}, "interval"),
            ({"quota": "1", "start": "2026-01-01", **RUSSIAN_HOLIDAYS, "country": "Mars"}, "country"),
            ({"ramp": ["1"], "months": 2}, "full"),
            ({"deals": [["1", "2026-06"]]}, "deals"),
            ({"deals": [["1", "x", "2026-06"]]}, "deals"),
        ],
    )
    def test_what_cannot_be_reckoned_with_is_named(self, given_: Mapping[str, object], field: str) -> None:
        with pytest.raises(BadInputError, match=field):
            calc_attainment(given_)
