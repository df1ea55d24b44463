"""The company calendar: which days are working days in a country. Pure, and the same on every machine.

Public holidays come from the library `holidays`. A government that moves a day off, or makes a Saturday a working day,
is followed: Russia's yearly decrees are in there. Years that no decree has been given for yet go by the standing law.
"""

from bisect import bisect_left
from datetime import date
from functools import cache
from importlib.metadata import version

import holidays


class UnknownCountryError(ValueError):
    """There is no calendar of a country."""

    def __init__(self, country: str) -> None:
        """Name the country, and say how one is written."""
        super().__init__(f"there is no calendar of {country!r}: write a country as ISO 3166 does, as in RU")


def working_days(country: str, start: date, end: date) -> int:
    """How many days from `start` to before `end` are working days; 0 where `end` is not later.

    Raises UnknownCountryError for a country without a calendar.
    """
    return len(working_dates(country, start, end))


def working_dates(country: str, start: date, end: date) -> list[date]:
    """The working days from `start` to before `end`, in order."""
    years = range(start.year, end.year + 1)
    dates = [day for year in years for day in _of_year(country, year)]
    return dates[bisect_left(dates, start) : bisect_left(dates, end)]


def calendar_version(country: str) -> str:
    """How a calendar is named beside what was counted by it: `RU, holidays 0.109`."""
    return f"{country}, holidays {version('holidays')}"


def require_country(country: str) -> None:
    """Raise UnknownCountryError for a country without a calendar."""
    if country not in holidays.list_supported_countries(include_aliases=False):
        raise UnknownCountryError(country)


@cache
def _of_year(country: str, year: int) -> tuple[date, ...]:
    require_country(country)
    calendar = holidays.country_holidays(country, years=year)
    first = date(year, 1, 1).toordinal()
    every = map(date.fromordinal, range(first, date(year, 12, 31).toordinal() + 1))
    return tuple(day for day in every if calendar.is_working_day(day))
