"""Giving a report the company calendar: it is no part of the log, so it comes in as a small table beside it."""

from collections.abc import Iterable
from datetime import date, timedelta

import pyarrow as pa

from projections.calendar import working_dates
from services.history.archive import Reading

CALENDAR = range(1990, 2101)
"""The years that may be asked about by name: each year of a calendar takes milliseconds to make."""
_MARGIN = timedelta(days=366)
"""How far beyond what the log speaks of a period may reach that is named by the calendar alone."""
_SPAN = """
SELECT min(day), max(day)
FROM (SELECT unnest([starts_on, ends_on])::DATE AS day FROM quota UNION ALL SELECT day FROM counted
      UNION ALL SELECT unnest($asked::DATE[]))
"""


def register_working_days(reading: Reading, country: str, asked: Iterable[date] = ()) -> None:
    """Let the reading's `working_days(day)` be the working days of a country, in every period that it may ask about.

    These are the periods that the log speaks of, and those around the days that are `asked` about. Raises
    UnknownCountryError for a country without a calendar.
    """
    first, last = reading.con.execute(_SPAN, {"asked": list(asked)}).fetchall()[0]
    reading.con.register("working_days", pa.table({"day": pa.array(_days(country, first, last), pa.date32())}))


def _days(country: str, first: date | None, last: date | None) -> list[date]:
    return working_dates(country, _shifted(first, -_MARGIN), _shifted(last, _MARGIN))


def _shifted(day: date | None, by: timedelta) -> date:
    """A day moved within what the calendar has; nothing is asked about without a day."""
    return date.fromordinal(min(max((day or date.min).toordinal() + by.days, 1), date.max.toordinal()))
