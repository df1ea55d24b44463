"""How long cells stay live: the first that are, and the last that no longer are."""

from dataclasses import replace
from datetime import date

import pytest

from projections.cells import Cells, still_live
from projections.horizon import Horizon, read_horizon, written
from projections.projection import load_projections

TODAY = date(2026, 11, 24)
PROJECTIONS = load_projections()


@pytest.mark.parametrize(
    ("said", "day", "first"),
    [
        ("8 days of day", TODAY, "2026-11-17"),
        ("1 day of day", TODAY, "2026-11-24"),
        ("8 days of day", date(2026, 1, 3), "2025-12-27"),
        ("48 hours of interval", TODAY, "2026-11-22T00:00:00Z"),
        ("30 hours of interval", TODAY, "2026-11-22T18:00:00Z"),
        ("2 months of month", date(2026, 11, 30), "2026-10"),
        ("2 months of month", date(2026, 12, 1), "2026-11"),
        ("2 months of month", date(2027, 1, 1), "2026-12"),
        ("14 months of month", date(2027, 1, 31), "2025-12"),
        ("8 days of day", date(1, 1, 2), "0001-01-01"),
        ("48 hours of interval", date(1, 1, 1), "0001-01-01T00:00:00Z"),
    ],
)
def test_the_first_that_is_live_follows_from_the_day(said: str, day: date, first: str) -> None:
    horizon = read_horizon(said)
    assert horizon is not None
    assert horizon.first(day) == first
    assert written(horizon) == said


@pytest.mark.parametrize(
    "said", ["", "8 days", "8 weeks of day", "0 days of day", "-1 days of day", "ever", "8 days of"]
)
def test_what_says_no_horizon_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="neither like '8 days of day' nor 'for ever'"):
        read_horizon(said)


def test_the_eighth_day_is_live_and_the_ninth_is_not() -> None:
    eighth, ninth = ("anna", "2026-11-17", None), ("anna", "2026-11-16", None)
    cells: Cells = {eighth: (1,) * 13, ninth: (1,) * 13}
    assert list(still_live(PROJECTIONS["rep_day"], cells, TODAY)) == [eighth]
    assert still_live(PROJECTIONS["rep_day"], cells, None) == cells


def test_the_interval_that_began_24_hours_before_the_day_is_live_and_the_one_before_is_not() -> None:
    exactly, before = ("sales", "2026-11-23T00:00:00Z", 3), ("sales", "2026-11-22T23:45:00Z", 3)
    cells: Cells = {exactly: (1,) * 5, before: (1,) * 5}
    assert list(still_live(PROJECTIONS["queue_handle"], cells, TODAY)) == [exactly]


def test_cells_that_stay_for_ever_are_live_on_any_day() -> None:
    cells: Cells = {("/pbx1",): (1,)}
    assert still_live(PROJECTIONS["feed_now"], cells, date(9999, 12, 31)) == cells


def test_what_no_part_of_the_key_dates_stays() -> None:
    assert still_live(PROJECTIONS["rep_day"], {("anna", None, None): (1,) * 13}, TODAY)


def test_the_length_is_a_part_of_the_definition() -> None:
    rep_day = PROJECTIONS["rep_day"]
    assert replace(rep_day, live=Horizon(9, "days", "day")).digest != rep_day.digest
