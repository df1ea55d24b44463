"""The calendar months of an interval, and what is asked for in each. Pure.

What is asked for in a month is its share of the full target by weight, times the ramp's factor for the month of tenure,
times the part of the month's days on which the holder is there. The exact sum of these is rounded once, half to even,
and shared out among the months by their exact parts, with the method of largest remainders: so the months always sum to
the quota.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import lcm
from typing import Literal

from events.goals import PeriodTarget
from events.money import share_out
from projections.calendar import working_days

LONGEST = 120
"""In how many months a quota ends at the latest."""

Split = Literal["evenly", "working_days"]
Prorating = Literal["none", "calendar_days", "working_days"]
_WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, or the part of it that an interval covers."""

    name: str
    starts_on: date
    ends_on: date
    """The first day after it."""

    def asks(self, target: int) -> PeriodTarget:
        """The month as it stands in a quota."""
        return PeriodTarget(period=self.name, starts_on=self.starts_on, ends_on=self.ends_on, target=target)


@dataclass(frozen=True, slots=True)
class Presence:
    """From when to when somebody is there; half-open, and open to either side."""

    starts_on: date | None = None
    ends_on: date | None = None

    def within(self, month: Month) -> tuple[date, date]:
        """The days of a month on which somebody is there; empty where the end is not later."""
        start = month.starts_on if self.starts_on is None else max(self.starts_on, month.starts_on)
        return start, month.ends_on if self.ends_on is None else min(self.ends_on, month.ends_on)

    def tenure_month(self, month: Month) -> int:
        """The number of a month at the company: the calendar month of the first day is the first."""
        if self.starts_on is None:
            return _LONG_HERE
        return (month.starts_on.year - self.starts_on.year) * 12 + month.starts_on.month - self.starts_on.month + 1


_LONG_HERE = 10_000


def months_between(start: date, end: date) -> tuple[Month, ...]:
    """The calendar months from `start` to before `end`; the first and the last may be parts of months."""
    return tuple(Month(f"{begin:%Y-%m}", begin, stop) for begin, stop in _pieces(start, end))


def _pieces(start: date, end: date) -> Iterator[tuple[date, date]]:
    while start < end:
        stop = min(_next_month(start), end)
        yield start, stop
        start = stop


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def weights_of(split: Split, months: Sequence[Month], country: str) -> tuple[int, ...]:
    """The weight of each month: the same, or its working days."""
    if split == "evenly":
        return (1,) * len(months)
    return tuple(working_days(country, month.starts_on, month.ends_on) for month in months)


def ramped(ramp: Mapping[int, int], presence: Presence, month: Month) -> Fraction:
    """The part of the full quota that is asked for in a month, by the ramp's factors by month of tenure.

    Where there is a ramp, nothing is asked for in a month before the first.
    """
    if ramp and presence.tenure_month(month) < 1:
        return Fraction(0)
    return Fraction(ramp.get(presence.tenure_month(month), _WHOLE_BP), _WHOLE_BP)


def there(rule: Prorating, presence: Presence, month: Month, country: str) -> Fraction:
    """The part of a month's days on which somebody is there; all of it where a month has no day that counts."""
    start, end = presence.within(month)
    match rule:
        case "none":
            return Fraction(1)
        case "calendar_days":
            return Fraction(max((end - start).days, 0), (month.ends_on - month.starts_on).days)
        case "working_days":
            days = working_days(country, month.starts_on, month.ends_on)
            return Fraction(working_days(country, start, end), days) if days else Fraction(1)


def shared(full_target: int, weights: Sequence[int], parts: Sequence[Fraction]) -> tuple[int, ...]:
    """What is asked for in each month, where only a part of its share is.

    Raises ValueError when no month has a weight, or nothing is left to ask for in any.
    """
    whole = sum(weights)
    exact = [weight * part for weight, part in zip(weights, parts, strict=True)]
    if not whole or not any(exact):
        message = "there is nothing to share the target out by"
        raise ValueError(message)
    total = round(full_target * sum(exact, Fraction()) / whole)
    scale = lcm(*(part.denominator for part in exact))
    return tuple(share_out(total, {place: int(part * scale) for place, part in enumerate(exact)}).values())
