"""Which business day each topic's log has come to, and what came late for one that is closed. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from events.plain import PlainRecord
from events.window import begun
from services.projector.judging import Judged
from services.runtime.ticks import CLOSED


@dataclass(frozen=True, slots=True)
class Dated:
    """What some records say of days."""

    days: dict[str, date] = field(default_factory=dict[str, date])
    """By topic, the business day that its log has come to, where it moved on."""
    late: dict[date, int] = field(default_factory=dict[date, int])
    """How many of them came for closed days, by the day that their log had come to."""


def date_records(judged: Iterable[Judged], days: Mapping[str, date]) -> Dated:
    """Date records that follow on each other in the log of each topic, which has come to `days` so far.

    A log has come to the greatest business day of the records that count, each taken as no later than the day that had
    begun anywhere when the log took it: so that no record of a wrong day closes others. What is set aside has no part.
    """
    dated = Dated()
    for record in judged:
        if record.counted is None or not record.adds:
            continue
        counted = record.counted.record
        day = counted.told[1] if isinstance(counted, PlainRecord) else counted.envelope.day
        known = dated.days.get(record.topic) or days.get(record.topic)
        if day != known:
            _date(dated, record, day, known)
    return dated


def _date(dated: Dated, record: Judged, day: date, known: date | None) -> None:
    told = begun(day, record.appended_ms)
    if known is None or told > known:
        dated.days[record.topic] = told
    elif day.isoformat() < CLOSED.first(known):
        dated.late[known] = dated.late.get(known, 0) + 1
