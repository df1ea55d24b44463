"""What is to be reached, by whom and until when; how far it is; and who is told when it goes wrong."""

from typing import Literal, Self

from pydantic import Field, model_validator

from events.event import (
    BasisPoints,
    Count,
    Currency,
    Day,
    Event,
    IntervalEvent,
    Name,
    Ordinal,
    Part,
    Text,
    Whole,
    check_days,
)
from events.ids import AbsenceId, GoalId, QuotaId, RepId

HolderKind = Literal["rep", "team", "department", "company"]
Measure = Literal["revenue", "conversion", "deals", "calls", "meetings", "skill"]
"""What a quota counts: revenue in minor units, conversion and skill in basis points, the others in pieces."""

_RATIOS = ("conversion", "skill")


class GoalSet(IntervalEvent):
    """The company set itself a goal that can be measured, with somebody who answers for it."""

    type: Literal["goal.set"] = "goal.set"
    version: Literal[1] = 1
    goal: GoalId
    statement: Text
    """The goal in the words of those who set it."""
    metric: Name
    metric_version: Ordinal
    """The metric by which it is measured, in the version that holds for this goal however the metric changes."""
    measured_in: Literal["minor_units", "basis_points", "pieces", "seconds"]
    currency: Currency | None = None
    """For a goal in money."""
    target: Whole
    direction: Literal["at_least", "at_most"] = "at_least"
    """Whether to reach the target or to stay within it."""
    holder: Name
    """Whose goal it is: a rep or a unit."""
    holder_kind: HolderKind
    accountable: RepId
    """The one person who answers for the result."""


class GoalLinked(Event):
    """A goal was tied to what is to bring it about, or to the larger goal that it serves."""

    type: Literal["goal.linked"] = "goal.linked"
    version: Literal[1] = 1
    goal: GoalId
    linked_to: Name
    linked_kind: Literal["strategy", "tactic", "goal"]
    reason: Text = ""


class GoalSignedOff(Event):
    """Somebody agreed to a goal: it was made with the people who are to reach it."""

    type: Literal["goal.signed_off"] = "goal.signed_off"
    version: Literal[1] = 1
    goal: GoalId
    signed_by: RepId
    role: Literal["holder", "accountable", "approver"]
    remark: Text = ""


class PeriodTarget(Part):
    """What a quota asks for in one period of its interval."""

    period: Name
    """How the period is called, such as 2026-11."""
    starts_on: Day
    ends_on: Day
    """The first day after the period."""
    target: Count

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_days(self.starts_on, self.ends_on)
        return self


class RampStep(Part):
    """What part of the full quota is asked of a newcomer in one month of tenure."""

    tenure_month: Ordinal
    factor_bp: BasisPoints


class QuotaAssigned(IntervalEvent):
    """A rep or a unit is to bring so much in an interval, period by period."""

    type: Literal["quota.assigned"] = "quota.assigned"
    version: Literal[1] = 1
    quota: QuotaId
    holder: Name
    """The rep or the unit that is to bring it."""
    holder_kind: HolderKind
    measure: Measure
    skill: Name | None = None
    """For the measure `skill`: which one."""
    currency: Currency | None = None
    """For the measure `revenue`."""
    target: Count
    """The quota of the whole interval, after ramp and pro-rating."""
    full_target: Count
    """What is asked of somebody who is there all the time and past the ramp."""
    periods: tuple[PeriodTarget, ...] = Field(min_length=1)
    """The periods, which follow one another without a gap; what they ask for sums to the target, save for ratios."""
    seasonality: tuple[Count, ...] = ()
    """The weight of each period in the split; empty for an even one."""
    ramp: tuple[RampStep, ...] = ()
    prorating: Literal["none", "calendar_days", "working_days"] = "none"
    """How the target of somebody who was there for a part of the interval was reckoned."""
    calendar: Name | None = None
    """By which calendar working days were counted, where they were: the country, and the version of the calendar."""
    goal: GoalId | None = None
    """The goal that it serves."""
    parent: QuotaId | None = None
    """The quota of the manager or unit above that it is a part of."""

    @model_validator(mode="after")
    def _currency_of_revenue(self) -> Self:
        if (self.currency is not None) != (self.measure == "revenue"):
            message = "a quota of revenue, and no other, has a currency"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _periods_tile_the_interval(self) -> Self:
        borders = [self.starts_on, *(period.ends_on for period in self.periods)]
        if [period.starts_on for period in self.periods] != borders[:-1] or borders[-1] != self.ends_on:
            message = "periods must cover the interval, one after the other"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _periods_sum_to_the_target(self) -> Self:
        if self.measure not in _RATIOS and sum(period.target for period in self.periods) != self.target:
            message = "the targets of the periods must sum to the target"
            raise ValueError(message)
        return self


class QuotaAmended(Event):
    """The terms of a quota were changed by decision: `was` stops counting and `now` counts in its place."""

    type: Literal["quota.amended"] = "quota.amended"
    version: Literal[1] = 1
    quota: QuotaId
    reason: Text
    was: QuotaAssigned
    now: QuotaAssigned

    @model_validator(mode="after")
    def _of_one_quota(self) -> Self:
        if not self.quota == self.was.quota == self.now.quota:
            message = "was and now must be terms of the quota that is amended"
            raise ValueError(message)
        return self


class PeriodRelief(Part):
    """How much less is asked in one period."""

    period: Name
    relieved: Count


class QuotaRelieved(Event):
    """Less is asked of somebody for a reason, such as leave; the quota itself stays as it was assigned."""

    type: Literal["quota.relieved"] = "quota.relieved"
    version: Literal[1] = 1
    quota: QuotaId
    holder: Name
    holder_kind: HolderKind
    measure: Measure
    skill: Name | None = None
    """For the measure `skill`: which one."""
    currency: Currency | None = None
    reliefs: tuple[PeriodRelief, ...] = Field(min_length=1)
    absence: AbsenceId | None = None
    """The absence that it makes up for."""
    reason: Text


class QuotaWithdrawn(Event):
    """A quota, or what is left of it, is no longer asked for."""

    type: Literal["quota.withdrawn"] = "quota.withdrawn"
    version: Literal[1] = 1
    quota: QuotaId
    holder: Name
    holder_kind: HolderKind
    measure: Measure
    skill: Name | None = None
    """For the measure `skill`: which one."""
    currency: Currency | None = None
    periods: tuple[PeriodTarget, ...] = Field(min_length=1)
    """What is no longer asked for in each period, relief already taken off."""
    reason: Text


class MilestoneReached(Event):
    """The holder of a quota has come a round part of the way; said once for each part and period."""

    type: Literal["milestone.reached"] = "milestone.reached"
    version: Literal[1] = 1
    quota: QuotaId
    holder: Name
    holder_kind: HolderKind
    measure: Measure
    currency: Currency | None = None
    period: Name
    percent: Ordinal
    """The part of the way: 50, 90, 100."""
    attained: Whole
    target: Count
    """What is asked for in the period, relief taken off."""
    metric: Name
    metric_version: Ordinal
    """How attainment was reckoned."""


class PaceAlertRaised(Event):
    """The holder of a quota is behind where the rule says they should be by now."""

    type: Literal["pace_alert.raised"] = "pace_alert.raised"
    version: Literal[1] = 1
    quota: QuotaId
    holder: Name
    holder_kind: HolderKind
    measure: Measure
    currency: Currency | None = None
    period: Name
    rule: Name
    """The rule that raised it, with its version."""
    attained: Whole
    expected: Count
    """What would have been on pace on this day."""
    target: Count
    working_days_left: Count


class PaceAlertCleared(Event):
    """An alert no longer holds."""

    type: Literal["pace_alert.cleared"] = "pace_alert.cleared"
    version: Literal[1] = 1
    quota: QuotaId
    holder: Name
    holder_kind: HolderKind
    measure: Measure
    currency: Currency | None = None
    period: Name
    rule: Name
    cause: Literal["caught_up", "period_over", "quota_changed"]
    attained: Whole
    target: Count


AimEvent = GoalSet | GoalLinked | GoalSignedOff
"""What is to be reached."""

QuotaEvent = QuotaAssigned | QuotaAmended | QuotaRelieved | QuotaWithdrawn
"""Who is to bring how much of it."""

PaceEvent = MilestoneReached | PaceAlertRaised | PaceAlertCleared
"""How far it is."""

GoalEvent = AimEvent | QuotaEvent | PaceEvent
