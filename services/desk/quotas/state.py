"""What is remembered of quotas. Pure."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import assert_never
from uuid import uuid5

from events.goals import (
    HolderKind,
    Measure,
    PeriodTarget,
    QuotaAmended,
    QuotaAssigned,
    QuotaEvent,
    QuotaRelieved,
    QuotaWithdrawn,
)
from events.ids import KVOTA, AbsenceId, QuotaId

RATIOS = frozenset({"conversion", "skill"})
"""Measures whose months do not add up."""

Holding = tuple[HolderKind, str, Measure, str]
"""Whose quota it is, and of what, with the skill for a quota of one: there is one at a time."""


def holding_of(terms: QuotaAssigned) -> Holding:
    """What a quota holds its holder to."""
    return terms.holder_kind, terms.holder, terms.measure, terms.skill or ""


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota by its terms of today, and what of it is not asked for after all."""

    terms: QuotaAssigned
    relieved: dict[str, int] = field(default_factory=dict[str, int])
    """By period."""
    absences: frozenset[AbsenceId] = frozenset()
    """Those that were made up for."""
    withdrawn: frozenset[str] = frozenset()
    """The periods in which it is no longer asked for."""

    @property
    def asked(self) -> tuple[PeriodTarget, ...]:
        """The periods in which it is still asked for; what is relieved is not taken off."""
        return tuple(period for period in self.terms.periods if period.period not in self.withdrawn)

    def left(self, period: PeriodTarget) -> int:
        """What is asked for in a period once relief is taken off."""
        return period.target - self.relieved.get(period.period, 0)

    def asks_between(self, start: date, end: date) -> bool:
        """Whether it asks for something on a day from `start` to before `end`."""
        return any(period.starts_on < end and start < period.ends_on for period in self.asked)


def evolve(quota: Quota, event: QuotaAmended | QuotaRelieved | QuotaWithdrawn) -> Quota:
    """A quota after an event."""
    match event:
        case QuotaAmended(now=now):
            return replace(quota, terms=now)
        case QuotaRelieved(reliefs=reliefs):
            more = {relief.period: quota.relieved.get(relief.period, 0) + relief.relieved for relief in reliefs}
            made_up = set() if event.absence is None else {event.absence}
            return replace(quota, relieved=quota.relieved | more, absences=quota.absences | made_up)
        case QuotaWithdrawn(periods=periods):
            return replace(quota, withdrawn=quota.withdrawn | {period.period for period in periods})
        case _:
            assert_never(event)


def quota_id(holding: Holding, number: int) -> QuotaId:
    """The id of a holder's `number`-th quota of a measure, from 1.

    It derives from what must not be doubled: of two who assign a quota to one holder at the same time, both write the
    first version of the same stream, so one of them loses, decides again, and sees the other's.
    """
    return str(uuid5(KVOTA, "\x1f".join(("quota", *filter(None, holding), str(number)))))


@dataclass(slots=True)
class Quotas:
    """Every quota, and which each holder was ever given."""

    quotas: dict[QuotaId, Quota] = field(default_factory=dict[QuotaId, Quota])
    given: dict[Holding, tuple[QuotaId, ...]] = field(default_factory=dict[Holding, tuple[QuotaId, ...]])

    def of(self, holding: Holding) -> tuple[QuotaId, ...]:
        """The quotas that a holder was given, in that order."""
        return self.given.get(holding, ())

    def take(self, event: QuotaEvent) -> None:
        """Remember an event."""
        if isinstance(event, QuotaAssigned):
            holding = holding_of(event)
            self.given[holding] = (*self.of(holding), event.quota)
            self.quotas[event.quota] = Quota(event)
        elif event.quota in self.quotas:
            self.quotas[event.quota] = evolve(self.quotas[event.quota], event)
