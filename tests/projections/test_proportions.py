"""Shares and what two of them differ by: the published examples, a recomputation in Python, and the laws."""

from functools import cache
from math import inf, sqrt

import duckdb
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from projections.metrics import create_metrics_sql, policies
from tests.shares import POWER, Sample, Z, difference


@cache
def macros() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(create_metrics_sql())
    return connection


def said(macro: str, *values: float | None) -> float | str | None:
    """Ask a macro for its one value, as it does in a report: of columns."""
    row = macros().execute(f"SELECT {macro}({', '.join('?' * len(values))})", list(values)).fetchone()
    assert row is not None
    value: float | str | None = row[0]
    return value


def number(macro: str, *values: float) -> float:
    value = said(macro, *values)
    assert isinstance(value, float)
    return value


def wilson(hits: int, tries: int) -> tuple[float, float]:
    return number("wilson_lower_v1", hits, tries), number("wilson_upper_v1", hits, tries)


def newcombe(one: Sample, other: Sample) -> tuple[float, float]:
    return number("newcombe_lower_v1", *one, *other), number("newcombe_upper_v1", *one, *other)


@st.composite
def drawn(draw: st.DrawFn, most: int = 100_000) -> Sample:
    """Draw a sample of at least one try."""
    tries = draw(st.integers(1, most))
    return draw(st.integers(0, tries)), tries


@pytest.mark.parametrize(
    ("hits", "tries", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_as_newcombe_published_it(hits: int, tries: int, lower: float, upper: float) -> None:
    """Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3."""
    assert wilson(hits, tries) == pytest.approx((lower, upper), abs=0.00005)


@pytest.mark.parametrize(
    ("one", "other", "lower", "upper"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_difference_is_as_newcombe_published_it(one: Sample, other: Sample, lower: float, upper: float) -> None:
    """Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10."""
    assert newcombe(one, other) == pytest.approx((lower, upper), abs=0.00005)


@pytest.mark.parametrize(("share", "other", "rounded"), [(0.06, 0.05, 8_200), (0.07, 0.05, 2_200)])
def test_samples_are_as_practitioners_publish_them(share: float, other: float, rounded: int) -> None:
    assert round(number("sample_per_arm_v1", share, other), -2) == rounded


@given(drawn())
def test_the_limits_of_a_share_are_where_it_is_just_credible(sample: Sample) -> None:
    hits, tries = sample
    lower, upper = wilson(hits, tries)
    assert 0 <= lower <= hits / tries <= upper <= 1
    for limit in (lower, upper):
        assert abs(hits / tries - limit) == pytest.approx(Z * sqrt(limit * (1 - limit) / tries), abs=1e-7)


@given(drawn(), drawn())
def test_the_difference_is_what_a_person_reckons(one: Sample, other: Sample) -> None:
    assert newcombe(one, other) == pytest.approx(difference(one, other), abs=1e-6)


@given(drawn(), drawn())
def test_the_difference_lies_within_its_limits_and_turns_with_the_arms(one: Sample, other: Sample) -> None:
    lower, upper = newcombe(one, other)
    assert -1 <= lower <= one[0] / one[1] - other[0] / other[1] <= upper <= 1
    assert newcombe(other, one) == pytest.approx((-upper, -lower), abs=1e-12)


@given(st.integers(0, 1_000), st.integers(0, 1_000), st.integers(1, 1_000))
def test_more_hits_than_tries_and_no_tries_have_no_limits(hits: int, tries: int, others: int) -> None:
    assume(tries == 0 or hits > tries)
    for macro in ("wilson_lower_v1", "wilson_upper_v1"):
        assert said(macro, hits, tries) is None
    for macro in ("newcombe_lower_v1", "newcombe_upper_v1"):
        assert said(macro, hits, tries, others, others) is None
        assert said(macro, others, others, hits, tries) is None
    assert said("share_difference_v1", hits, 0, others, others) is None


@given(st.integers(0, 1_000), st.integers(0, 1_000))
def test_the_sample_is_the_first_that_is_large_enough(one: int, other: int) -> None:
    p1, p2 = one / 1_000, other / 1_000
    if p1 == p2:
        assert said("sample_per_arm_v1", p1, p2) is None
        return
    middle = (p1 + p2) / 2
    noise = Z * sqrt(2 * middle * (1 - middle)) + POWER * sqrt(p1 * (1 - p1) + p2 * (1 - p2))
    sample = number("sample_per_arm_v1", p1, p2)
    assert sqrt(sample) * abs(p1 - p2) >= noise - 1e-9
    assert sqrt(sample - 1) * abs(p1 - p2) < noise + 1e-9
    assert number("sample_per_arm_v1", p2, p1) == pytest.approx(sample, abs=1)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.0001, 0.5))
def test_what_is_looked_for_is_a_share_at_least_so_far_away(share: float, other: float, worth: float) -> None:
    wanted = number("share_to_tell_v1", share, other, worth)
    assert 0 <= wanted <= 1
    assert abs(wanted - other) >= worth - 1e-12
    assert wanted == share or abs(share - other) < worth
    assert said("share_to_tell_v1", None, other, worth) is said("share_to_tell_v1", share, None, worth) is None


@pytest.mark.parametrize(
    ("limits", "tries", "needed", "verdict"),
    [
        ((0.01, 0.05), (100, 100), 100.0, "better"),
        ((-0.05, -0.01), (100, 100), 100.0, "worse"),
        ((-0.01, 0.01), (100, 100), 100.0, "no difference seen"),
        ((0.00, 0.01), (100, 100), 100.0, "no difference seen"),
        ((0.01, 0.05), (99, inf), 100.0, "too early to tell"),
        ((0.01, 0.05), (inf, 99), 100.0, "too early to tell"),
        ((None, None), (0, 100), None, None),
    ],
)
def test_nothing_is_said_before_there_are_enough(
    limits: tuple[float | None, float | None], tries: Sample, needed: float | None, verdict: str | None
) -> None:
    assert said("comparison_v1", *limits, *tries, needed) == verdict


def test_every_formula_names_its_source() -> None:
    formulas = {name: policy.formula for (name, _), policy in policies(macros()).items()}
    assert all("Wilson 1927" in formulas[f"wilson_{side}"] for side in ("lower", "upper"))
    assert all("17:873-890, method 10" in formulas[f"newcombe_{side}"] for side in ("lower", "upper"))
    assert "Fleiss" in formulas["sample_per_arm"]
