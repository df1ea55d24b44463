"""What is remembered of quotas. Pure."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import assert_never
from uuid import uuid5

from events.event import Currency
from events.goals import (
    GoalEvent,
    GoalLinked,
    GoalSet,
    GoalSignedOff,
    HolderKind,
    Measure,
    MilestoneReached,
    PaceAlertCleared,
    PaceAlertRaised,
    PeriodTarget,
    QuotaAmended,
    QuotaAssigned,
    QuotaRelieved,
    QuotaWithdrawn,
)
from events.ids import KVOTA, QuotaId

Holding = tuple[HolderKind, str, Measure]
"""Whose quota it is, and of what: there is one at a time."""


@dataclass(frozen=True, slots=True)
class Unassigned:
    """No such quota."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """A quota, with the periods in which it is still asked for; none when all of it was withdrawn."""

    holding: Holding
    currency: Currency | None
    target: int
    periods: tuple[PeriodTarget, ...]
    relieved: int = 0

    def asks_between(self, start: date, end: date) -> bool:
        """Whether it asks for something on a day from `start` to before `end`."""
        return any(period.starts_on < end and start < period.ends_on for period in self.periods)


Quota = Unassigned | Assigned


def evolve(quota: Quota, event: QuotaAssigned | QuotaAmended | QuotaRelieved | QuotaWithdrawn) -> Quota:
    """A quota after an event."""
    match event:
        case QuotaAssigned():
            return _assigned(event)
        case QuotaAmended(now=now):
            return _assigned(now)
        case QuotaRelieved(reliefs=reliefs):
            return _relieved(quota, sum(relief.relieved for relief in reliefs))
        case QuotaWithdrawn(periods=periods):
            return _withdrawn(quota, {period.period for period in periods})
        case _:
            assert_never(event)


def _assigned(event: QuotaAssigned) -> Quota:
    holding = (event.holder_kind, event.holder, event.measure)
    return Assigned(holding, event.currency, event.target, event.periods)


def _relieved(quota: Quota, by: int) -> Quota:
    return replace(quota, relieved=quota.relieved + by) if isinstance(quota, Assigned) else quota


def _withdrawn(quota: Quota, names: set[str]) -> Quota:
    if not isinstance(quota, Assigned):
        return quota
    return replace(quota, periods=tuple(period for period in quota.periods if period.period not in names))


def quota_id(holding: Holding, number: int) -> QuotaId:
    """The id of a holder's `number`-th quota of a measure, from 1.

    It derives from what must not be doubled: of two who assign a quota to one holder at the same time, both write the
    first version of the same stream, so one of them loses, decides again, and sees the other's.
    """
    return str(uuid5(KVOTA, "\x1f".join(("quota", *holding, str(number)))))


@dataclass(slots=True)
class Quotas:
    """Every quota, and which each holder was ever given."""

    quotas: dict[QuotaId, Quota] = field(default_factory=dict[QuotaId, Quota])
    given: dict[Holding, tuple[QuotaId, ...]] = field(default_factory=dict[Holding, tuple[QuotaId, ...]])

    def quota(self, quota: QuotaId) -> Quota:
        """A quota as it is now."""
        return self.quotas.get(quota, Unassigned())

    def of(self, holding: Holding) -> tuple[QuotaId, ...]:
        """The quotas that a holder was given, in that order."""
        return self.given.get(holding, ())

    def take(self, event: GoalEvent) -> None:
        """Remember an event."""
        match event:
            case QuotaAssigned():
                holding = (event.holder_kind, event.holder, event.measure)
                self.given[holding] = (*self.of(holding), event.quota)
                self.quotas[event.quota] = evolve(self.quota(event.quota), event)
            case QuotaAmended() | QuotaRelieved() | QuotaWithdrawn():
                self.quotas[event.quota] = evolve(self.quota(event.quota), event)
            case GoalSet() | GoalLinked() | GoalSignedOff():
                pass
            case MilestoneReached() | PaceAlertRaised() | PaceAlertCleared():
                pass
            case _:
                assert_never(event)
