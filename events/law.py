"""The law: which records of a log count. Pure, and the same for every reader.

A fact from outside counts once: the first readable record with an id is the event. Ids of days long past are forgotten,
so that a fact of such a day cannot be known to be new, and does not count (`events.window`). A decision counts if and
only if it is the next version of its stream and every head that it expects still holds. Readers fold the log in order
and agree.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import starmap
from typing import Protocol
from uuid import UUID

from events.envelope import read_expects
from events.window import begun, first_known


class Verdict(StrEnum):
    """What the law says of one record."""

    COUNTS = "counts"
    REPEATED = "repeated"
    """Its id was on the log before."""
    EXPIRED = "expired"
    """A fact of a day so long past that nobody remembers whether it was told: it has to be imported."""
    OVERTAKEN = "overtaken"
    """A decision that is not the next version of its stream: another was appended first."""
    EXPECTATION_BROKEN = "expectation_broken"
    """A decision that relies on a head of another stream which has moved."""
    UNREADABLE = "unreadable"
    """Not an event at all, or not one that its type allows. Given by the reader, never by `judge`."""
    PARKED = "parked"
    """Readable, but set aside by its position, since the projections could not fold it. Given by the reader.

    A fact that is parked was never told: the next record with its id may count. A decision keeps its version, which
    its writer has long relied on, and adds nothing to any number.
    """


def _nothing(_day: date) -> Iterable[UUID]:
    return ()


Told = tuple[bytes, date]
"""A fact's id, as 16 bytes, and the event's own day."""

Appended = Callable[[], Sequence[int | None]]
"""Says when the log took each of some records, in epoch milliseconds; None: that one brings the log to no other day.

It is asked only where that makes a difference.
"""


class Judgeable(Protocol):
    """What the law wants to know of a record; `Envelope` says it."""

    @property
    def told(self) -> Told:
        """Its id and day."""
        ...

    @property
    def stream(self) -> str | None:
        """The stream of a decision; None for a fact."""
        ...

    @property
    def streamversion(self) -> int | None:
        """Which version of its stream a decision is."""
        ...

    @property
    def expects(self) -> str | None:
        """The heads that a decision relies on."""
        ...


class Seen(Protocol):
    """The ids that a reader has seen."""

    def first_ones(self, facts: Sequence[Told]) -> Sequence[bool]:
        """Whether each of these facts, in the order of the log, is the first with its id."""
        ...


@dataclass(slots=True)
class SeenIds:
    """The ids seen, by the event's own day: a duplicate has its original's day, so only that day is looked at.

    `load` gives the ids of a day that is not in memory; it is asked once for each day.
    """

    load: Callable[[date], Iterable[UUID]] = _nothing
    days: dict[date, set[bytes]] = field(default_factory=dict[date, set[bytes]])

    def first_ones(self, facts: Sequence[Told]) -> Sequence[bool]:
        """Remember the ids; whether each was new."""
        return list(starmap(self._first, facts))

    def _first(self, event_id: bytes, day: date) -> bool:
        ids = self.of(day)
        known = len(ids)
        ids.add(event_id)
        return len(ids) > known

    def of(self, day: date) -> set[bytes]:
        """Give the ids of a day, loaded when first asked for."""
        if day not in self.days:
            self.days[day] = {event_id.bytes for event_id in self.load(day)}
        return self.days[day]


@dataclass(slots=True)
class Ledger:
    """What a reader remembers of the log so far: the ids seen, and the version of each stream (absent: 0)."""

    seen: Seen = field(default_factory=SeenIds)
    heads: dict[str, int] = field(default_factory=dict[str, int])
    day: date | None = None
    """The business day that the log has come to; None: to none, so that nothing has expired."""
    expires: bool = True
    """Whether its facts expire; those beside the desk's decisions do not."""

    def judge(self, record: Judgeable, appended_ms: int | None = None) -> Verdict:
        """Say whether the next record of the log counts, and remember it if it does."""
        [verdict] = self.judge_all([record], lambda: [appended_ms])
        return verdict

    def judge_all(self, records: Sequence[Judgeable], appended: Appended | None = None) -> list[Verdict]:
        """Say of each of the next records whether it counts, and remember those that do."""
        told = [record.told for record in records]
        days = {day for _, day in told}
        if not days:
            return []
        if self.expires and min(days) < first_known(max(days) if self.day is None else max(self.day, *days)):
            return self._judge_each(records, told, _times(appended, records))
        facts = [each for each, record in zip(told, records, strict=True) if record.stream is None]
        first = iter(self.seen.first_ones(facts) if facts else ())
        verdicts = [
            _OF_FACT[next(first)] if record.stream is None else self._decision(record.stream, record)
            for record in records
        ]
        if self.expires and (self.day is None or max(days) > self.day):
            for (_, day), verdict, appended_ms in zip(told, verdicts, _times(appended, records), strict=True):
                if verdict is Verdict.COUNTS:
                    self.come_to(day, appended_ms)
        return verdicts

    def _judge_each(
        self, records: Sequence[Judgeable], told: Sequence[Told], times: Sequence[int | None]
    ) -> list[Verdict]:
        """The same of records of which some may have expired: each by the day that those before it have come to.

        What has expired stays so, hence of the facts with one id those that have not come first.
        """
        known = _first_known(self.day)
        facts = [each for each, record in zip(told, records, strict=True) if record.stream is None and each[1] >= known]
        first = iter(self.seen.first_ones(facts) if facts else ())
        verdicts: list[Verdict] = []
        for record, (_, day), appended_ms in zip(records, told, times, strict=True):
            if record.stream is not None:
                verdict = self._decision(record.stream, record)
            else:
                verdict = _OF_FACT[next(first)] if day >= known else Verdict.EXPIRED
                verdict = verdict if day >= _first_known(self.day) else Verdict.EXPIRED
            if verdict is Verdict.COUNTS:
                self.come_to(day, appended_ms)
            verdicts.append(verdict)
        return verdicts

    def come_to(self, day: date, appended_ms: int | None) -> None:
        """Have the log come to the day of a record that counts."""
        if self.expires and appended_ms is not None and (self.day is None or day > self.day):
            day = begun(day, appended_ms)
            self.day = day if self.day is None else max(day, self.day)

    def _decision(self, stream: str, record: Judgeable) -> Verdict:
        version = self.heads.get(stream, 0) + 1
        if record.streamversion != version:
            return Verdict.OVERTAKEN
        if any(self.heads.get(other, 0) != head for other, head in read_expects(record.expects).items()):
            return Verdict.EXPECTATION_BROKEN
        self.heads[stream] = version
        return Verdict.COUNTS


def _times(appended: Appended | None, records: Sequence[Judgeable]) -> Sequence[int | None]:
    return [None] * len(records) if appended is None else appended()


_OF_FACT = (Verdict.REPEATED, Verdict.COUNTS)
"""By whether it is the first with its id."""


def _first_known(day: date | None) -> date:
    return date.min if day is None else first_known(day)
