"""Working days: weekends, public holidays, and what the government moved."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.calendar import UnknownCountryError, working_dates, working_days

dates = st.dates(date(1995, 1, 1), date(2040, 12, 31))
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)

DECREED = {
    2016: 247,
    2017: 247,
    2018: 247,
    2019: 247,
    2021: 247,
    2022: 247,
    2023: 247,
    2024: 248,
    2025: 247,
    2026: 247,
}
"""Working days of a year of five-day weeks, as Russia's production calendars print them."""


@pytest.mark.parametrize(("year", "printed"), DECREED.items())
def test_a_russian_year_has_the_working_days_that_its_decree_leaves(year: int, printed: int) -> None:
    assert working_days("RU", date(year, 1, 1), date(year + 1, 1, 1)) == printed


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 1, 9), False),  # For Saturday, 3 January.
        (date(2026, 12, 31), False),  # For Sunday, 4 January.
        (date(2026, 3, 9), False),  # 8 March is a Sunday.
        (date(2026, 11, 4), False),
        (date(2026, 11, 24), True),
        (date(2025, 5, 2), False),
        (date(2025, 5, 8), False),
        (date(2025, 6, 13), False),
        (date(2025, 11, 3), False),
        (date(2025, 11, 1), True),  # A Saturday that is worked for 3 November.
        (date(2024, 4, 27), True),
        (date(2024, 4, 29), False),
        (date(2024, 12, 28), True),
        (date(2024, 12, 30), False),
    ],
)
def test_days_that_a_decree_moved_are_followed(day: date, works: bool) -> None:  # noqa: FBT001  # a column of the table
    assert working_days("RU", day, day + timedelta(days=1)) == int(works)


def test_november_2026_has_20_of_them() -> None:
    assert working_days("RU", NOVEMBER, DECEMBER) == 20
    assert working_dates("RU", NOVEMBER, DECEMBER)[:3] == [date(2026, 11, day) for day in (2, 3, 5)]


def test_another_country_has_other_days() -> None:
    assert working_days("US", date(2026, 7, 3), date(2026, 7, 4)) == 0
    assert working_days("RU", date(2026, 7, 3), date(2026, 7, 4)) == 1


def test_the_end_is_left_out_and_nothing_lies_before_the_start() -> None:
    assert working_days("RU", DECEMBER, DECEMBER) == 0
    assert working_days("RU", DECEMBER, NOVEMBER) == 0
    assert working_days("RU", date(2026, 12, 30), date(2027, 1, 12)) == 2


@given(dates, dates, dates)
def test_what_is_counted_in_two_parts_is_counted_in_one(first: date, second: date, third: date) -> None:
    start, middle, end = sorted((first, second, third))
    assert working_days("RU", start, end) == working_days("RU", start, middle) + working_days("RU", middle, end)


@pytest.mark.parametrize("country", ["XX", "", "Russia", "ru"])
def test_a_country_without_a_calendar_is_refused(country: str) -> None:
    with pytest.raises(UnknownCountryError, match="as in RU"):
        working_days(country, NOVEMBER, DECEMBER)
