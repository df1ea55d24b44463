"""The day that the examples are about: Tuesday, 24 November 2026, in Moscow."""

from datetime import UTC, date, datetime, time
from typing import TypedDict

TODAY = date(2026, 11, 24)


class When(TypedDict):
    """The two fields of every event that say when it happened."""

    occurred_at: datetime
    day: date


def at(hour: int, minute: int = 0, second: int = 0, day: date = TODAY) -> datetime:
    """Give a moment of a business day, in UTC."""
    return datetime.combine(day, time(hour, minute, second), UTC)


def when(hour: int, minute: int = 0, second: int = 0, day: date = TODAY) -> When:
    """Give the moment and the business day of an event."""
    return When(occurred_at=at(hour, minute, second, day), day=day)
