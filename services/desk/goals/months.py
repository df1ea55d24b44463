"""The calendar months of an interval, and how much each weighs. Pure."""

from collections.abc import Callable, Iterator
from datetime import date

from services.desk.goals.decider import Month

LONGEST = 120
"""In how many months a quota ends at the latest."""

Weigh = Callable[[date, date], int]
"""The weight of the days from one to before another."""


def evenly(_start: date, _end: date) -> int:
    """Every month weighs the same."""
    return 1


def months_between(start: date, end: date, weigh: Weigh) -> tuple[Month, ...]:
    """The calendar months from `start` to before `end`; the first and the last may be parts of months."""
    return tuple(Month(f"{begin:%Y-%m}", begin, stop, weigh(begin, stop)) for begin, stop in _pieces(start, end))


def _pieces(start: date, end: date) -> Iterator[tuple[date, date]]:
    while start < end:
        stop = min(_next_month(start), end)
        yield start, stop
        start = stop


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
