"""The base of every event, and the scalar types that events are made of.

A value is written in one way only, so that every reader of the log, be it Python or SQL, reads the same from it.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


def in_utc(moment: datetime) -> datetime:
    """Give the same instant in UTC; raises ValueError where it has no zone, or the calendar no such day."""
    if moment.tzinfo is None:
        message = "should have a zone"
        raise ValueError(message)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        message = "should be within the calendar in UTC"
        raise ValueError(message) from None


def written_instant(moment: datetime) -> str:
    """Write an instant for people and programs, in UTC: 2026-11-24T09:00:00Z."""
    return in_utc(moment).isoformat().replace("+00:00", "Z")


def is_instant(text: object) -> bool:
    """Tell whether a text is an instant as the log writes it: with a zone, and microseconds at the most."""
    return isinstance(text, str) and _INSTANT.fullmatch(text) is not None


def _instant(value: object, _lenient: ValidatorFunctionWrapHandler) -> datetime:
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return in_utc(datetime.fromisoformat(value))
    if isinstance(value, datetime):
        return in_utc(value)
    message = "should be an instant with its zone, written like 2026-11-24T09:00:00Z"
    raise ValueError(message)


def _day(value: object, _lenient: ValidatorFunctionWrapHandler) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        return date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    message = "should be a day, written like 2026-11-24"
    raise ValueError(message)


def _event_id(value: object, _lenient: ValidatorFunctionWrapHandler) -> UUID:
    if isinstance(value, str) and _UUID.fullmatch(value):
        return UUID(value)
    if isinstance(value, UUID):
        return value
    message = "should be a UUID, written like 01234567-89ab-cdef-0123-456789abcdef"
    raise ValueError(message)


Instant = Annotated[datetime, WrapValidator(_instant)]
"""A moment with a zone; kept in UTC with microseconds."""

Day = Annotated[date, WrapValidator(_day)]
"""A day of the calendar."""

EventId = Annotated[UUID, WrapValidator(_event_id)]
"""The id of another event."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A short text that a person or another system gave: a queue, a stage, a reason code."""

Text = Annotated[str, StringConstraints(max_length=4000)]
"""Free text in a person's words; may be empty."""

Sealed = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
"""What only the vault can open: text that was sealed under a key of its own."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code, such as RUB."""

# What any JSON reader holds exactly. A cell overflows with a thousand of the greatest, which no business counts.
Whole = Annotated[int, Field(ge=-(2**53 - 1), le=2**53 - 1)]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Ordinal = Annotated[int, Field(ge=1, le=2**53 - 1)]
"""A number of things of which there is at least one, or a place in an order that begins with 1."""

Seconds = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A duration in whole seconds."""

AmountMinor = Annotated[int, Field(ge=0, lt=10**14)]
"""An amount of money in the currency's minor units (kopecks, cents): never negative, and under a million million."""

BasisPoints = Annotated[int, Field(ge=0, le=1_000_000)]
"""Hundredths of a percent: 10,000 is the whole."""


class Part(BaseModel):
    """A value inside an event: frozen, and open to fields that a later version adds."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Event(Part):
    """Something that happened to the business, said once and kept for ever.

    A subclass fixes `type` (the name in the log), `version` (raised when its meaning or shape changes) and adds what
    happened. Ids, positions and causes belong to the record around the event (`events.envelope`).
    """

    occurred_at: Instant
    """When it happened, by the clock of whoever saw it."""
    day: Day
    """The business day it belongs to, by the company calendar; fixed by whoever appended it."""


class EffectiveEvent(Event):
    """Something that holds from a day on, perhaps until another; half-open: the next may begin on the day it ends."""

    starts_on: Day
    """The first day on which it holds."""
    ends_on: Day | None = None
    """The first day on which it no longer holds; empty while no end is known."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_days(self.starts_on, self.ends_on)
        return self


class IntervalEvent(Event):
    """Something that holds for an interval whose end is part of what was decided; half-open."""

    starts_on: Day
    """The first day of the interval."""
    ends_on: Day
    """The first day after the interval."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_days(self.starts_on, self.ends_on)
        return self


def check_days(starts_on: date, ends_on: date | None) -> None:
    """Make sure that an interval has at least one day; raises ValueError."""
    if ends_on is not None and ends_on <= starts_on:
        message = "ends_on must be later than starts_on"
        raise ValueError(message)
