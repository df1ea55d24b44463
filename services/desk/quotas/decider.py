"""What may be asked about quotas, and what it makes true. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, assert_never

from events.event import Currency
from events.goals import (
    HolderKind,
    Measure,
    PeriodRelief,
    PeriodTarget,
    QuotaAmended,
    QuotaAssigned,
    QuotaRelieved,
    QuotaWithdrawn,
    RampStep,
)
from events.ids import AbsenceId, GoalId, QuotaId, UnitId
from events.money import share_out
from projections.calendar import calendar_version, working_days
from services.desk.company import Company
from services.desk.deciding import Command, Decision, stream
from services.desk.goals.refusals import GoalUnknown
from services.desk.people.decider import holding as held_by
from services.desk.people.state import Hired, People
from services.desk.quotas.periods import (
    Month,
    Presence,
    Prorating,
    Split,
    months_between,
    ramped,
    shared,
    there,
    weights_of,
)
from services.desk.quotas.refusals import (
    AbsenceMadeUpFor,
    AbsenceOfOther,
    NothingToSplitBy,
    NotOfRatios,
    OnlyOfReps,
    ParentDiffers,
    PeriodUnknown,
    QuotaOver,
    QuotaOverlaps,
    QuotaUnknown,
    ReliefExceedsQuota,
    TermsUnchanged,
)
from services.desk.quotas.state import Holding, Quota, Quotas, quota_id

RATIOS = frozenset({"conversion", "skill"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignQuota(Command):
    """Ask a rep or a unit for so much in an interval."""

    holder: str
    holder_kind: HolderKind
    measure: Measure = "revenue"
    skill: str | None = None
    currency: Currency | None = None
    full_target: int
    """What is asked of somebody who is there all the time and past the ramp."""
    starts_on: date
    ends_on: date
    split: Split = "evenly"
    weights: tuple[int, ...] = ()
    """The weight of each month, where it is neither even nor by working days."""
    ramp: tuple[RampStep, ...] = ()
    prorating: Prorating = "none"
    goal: GoalId | None = None
    parent: QuotaId | None = None
    country: str
    """Whose calendar says which days are working days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendQuota(Command):
    """Ask for something else from a day on; what was asked for before stays."""

    quota: QuotaId
    from_on: date
    """The first day that it is for: months that have begun by then stay as they are."""
    target: int
    """For those months together; of a ratio, for each."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelieveQuota(Command):
    """Ask for less, for a reason."""

    quota: QuotaId
    reliefs: tuple[PeriodRelief, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelieveForAbsence(Command):
    """Ask for less, in proportion to the working days of an absence."""

    quota: QuotaId
    absence: AbsenceId
    reason: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawQuota(Command):
    """Ask for nothing more from a day on."""

    quota: QuotaId
    from_on: date
    """The first day that it is for: months that have begun by then stay as they are."""
    reason: str


QuotaCommand = AssignQuota | AmendQuota | RelieveQuota | RelieveForAbsence | WithdrawQuota


def decide(command: QuotaCommand, company: Company) -> Decision:
    """Decide a command about quotas."""
    match command:
        case AssignQuota():
            return _assign(command, company)
        case AmendQuota():
            return _amend(command, company.quotas)
        case RelieveQuota():
            return _relieve(command, _quota(command.quota, company.quotas), command.reliefs)
        case RelieveForAbsence():
            return _relieve_absence(command, company)
        case WithdrawQuota():
            return _withdraw(command, company.quotas)
        case _:
            assert_never(command)


# -- Assigning


def _assign(command: AssignQuota, company: Company) -> Decision:
    days = (command.starts_on, command.ends_on)
    relies_on = {held_by(command.holder_kind, command.holder, *days, company.people)}
    relies_on |= _serving(command, company)
    holding: Holding = (command.holder_kind, command.holder, command.measure, command.skill or "")
    given = company.quotas.of(holding)
    for quota in given:
        if company.quotas.quotas[quota].asks_between(*days):
            raise QuotaOverlaps(quota)
    identity = quota_id(holding, len(given) + 1)
    return Decision(stream("quota", identity), _assigned(command, identity, company.people), frozenset(relies_on))


def _serving(command: AssignQuota, company: Company) -> set[str]:
    """Make sure of the goal and the quota above that it is a part of; the streams that say so."""
    found = set[str]()
    if command.goal is not None:
        if command.goal not in company.goals.goals:
            raise GoalUnknown(command.goal)
        found.add(stream("goal", command.goal))
    if command.parent is not None:
        found |= _below(command, command.parent, company)
    return found


def _below(command: AssignQuota, parent: QuotaId, company: Company) -> set[str]:
    terms = _quota(parent, company.quotas).terms
    same = (terms.measure, terms.skill, terms.currency) == (command.measure, command.skill, command.currency)
    within = terms.starts_on <= command.starts_on and command.ends_on <= terms.ends_on
    between = _between(command, terms.holder, company.people)
    if not same or not within or between is None:
        raise ParentDiffers(parent)
    return {stream("quota", parent), *(stream("unit", unit) for unit in between)}


def _between(command: AssignQuota, above: UnitId, people: People) -> list[UnitId] | None:
    """The units between the holder and one above, on the first day of the interval on which it is; None without such.

    The holder's own stream says where the holder is: of a rep in which unit, of a unit below which.
    """
    for day in sorted({command.starts_on, *_moves(command, people)}):
        chain = _chain(command, day, people)
        if above in chain:
            return chain[: chain.index(above)]
    return None


def _moves(command: AssignQuota, people: People) -> Iterator[date]:
    """The later days of the interval on which the org tree changes, or the rep's place in it."""
    rep = people.rep(command.holder)
    days = people.borders() | (set(rep.placements.borders()) if isinstance(rep, Hired) else set())
    return (day for day in days if command.starts_on < day < command.ends_on)


def _chain(command: AssignQuota, day: date, people: People) -> list[UnitId]:
    """The units that the holder is part of on a day, from the bottom up."""
    if command.holder_kind != "rep":
        return people.above(command.holder, day)[1:]
    rep = people.rep(command.holder)
    placement = rep.placement(day) if isinstance(rep, Hired) else None
    return [] if placement is None else people.above(placement.unit, day)


def _assigned(command: AssignQuota, quota: QuotaId, people: People) -> QuotaAssigned:
    months = months_between(command.starts_on, command.ends_on)
    if command.measure in RATIOS:
        _as_it_is(command)
        weights, targets = (1,) * len(months), (command.full_target,) * len(months)
        target = command.full_target
    else:
        weights, targets = _targets(command, months, people)
        target = sum(targets)
    counted = "working_days" in (command.split, command.prorating)
    return QuotaAssigned(
        occurred_at=command.at,
        day=command.day,
        quota=quota,
        holder=command.holder,
        holder_kind=command.holder_kind,
        measure=command.measure,
        skill=command.skill,
        currency=command.currency,
        starts_on=command.starts_on,
        ends_on=command.ends_on,
        target=target,
        full_target=command.full_target,
        periods=tuple(month.asks(part) for month, part in zip(months, targets, strict=True)),
        seasonality=() if len(set(weights)) == 1 else weights,
        ramp=command.ramp,
        prorating=command.prorating,
        calendar=calendar_version(command.country) if counted else None,
        goal=command.goal,
        parent=command.parent,
    )


def _as_it_is(command: AssignQuota) -> None:
    """Make sure that nothing is asked for that a ratio cannot have."""
    if command.weights or command.split != "evenly" or command.ramp or command.prorating != "none":
        raise NotOfRatios(command.measure)


def _targets(
    command: AssignQuota, months: tuple[Month, ...], people: People
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The weight of each month, and what is asked for in it."""
    weights = command.weights or weights_of(command.split, months, command.country)
    ramp = {step.tenure_month: step.factor_bp for step in command.ramp}
    presence = _presence(command, people)
    parts = [
        ramped(ramp, presence, month) * there(command.prorating, presence, month, command.country) for month in months
    ]
    try:
        return weights, shared(command.full_target, weights, parts)
    except ValueError:
        raise NothingToSplitBy from None


def _presence(command: AssignQuota, people: People) -> Presence:
    if command.holder_kind != "rep":
        if command.ramp or command.prorating != "none":
            raise OnlyOfReps
        return Presence()
    rep = people.rep(command.holder)
    return Presence(rep.starts_on, rep.ends_on) if isinstance(rep, Hired) else Presence()


# -- What comes after


def _amend(command: AmendQuota, quotas: Quotas) -> Decision:
    quota = _quota(command.quota, quotas)
    ahead = _ahead(command.quota, quota, command.from_on)
    targets = _amended(command, quota, ahead)
    periods = tuple(_asking(period, targets.get(period.period, period.target)) for period in quota.terms.periods)
    if periods == quota.terms.periods:
        raise TermsUnchanged(command.quota)
    ratio = quota.terms.measure in RATIOS
    target = command.target if ratio else sum(period.target for period in periods)
    changes = {"occurred_at": command.at, "day": command.day, "periods": periods, "target": target}
    event = QuotaAmended(
        occurred_at=command.at,
        day=command.day,
        quota=command.quota,
        reason=command.reason,
        was=quota.terms,
        now=_with(quota.terms, **changes),
    )
    return Decision(stream("quota", command.quota), event)


def _amended(command: AmendQuota, quota: Quota, ahead: tuple[PeriodTarget, ...]) -> dict[str, int]:
    """What is asked for in each month ahead: in proportion to what was, or evenly where that was nothing."""
    if quota.terms.measure in RATIOS:
        return {period.period: command.target for period in ahead}
    weights = {period.period: period.target for period in ahead}
    targets = share_out(command.target, weights if any(weights.values()) else dict.fromkeys(weights, 1))
    for period in ahead:
        if targets[period.period] < quota.relieved.get(period.period, 0):
            raise ReliefExceedsQuota(period.period, targets[period.period])
    return targets


def _with(terms: QuotaAssigned, **changes: Any) -> QuotaAssigned:  # noqa: ANN401  # fields
    return QuotaAssigned.model_validate({**dict(terms), **changes})


def _relieve(
    command: RelieveQuota | RelieveForAbsence,
    quota: Quota,
    reliefs: tuple[PeriodRelief, ...],
    relies_on: frozenset[str] = frozenset(),
) -> Decision:
    terms = quota.terms
    if terms.measure in RATIOS:
        raise NotOfRatios(terms.measure)
    asked = {period.period: quota.left(period) for period in quota.asked}
    for relief in reliefs:
        if relief.period not in asked:
            raise PeriodUnknown(command.quota, relief.period)
        asked[relief.period] -= relief.relieved
        if asked[relief.period] < 0:
            raise ReliefExceedsQuota(relief.period, asked[relief.period] + relief.relieved)
    event = QuotaRelieved(
        occurred_at=command.at,
        day=command.day,
        quota=command.quota,
        holder=terms.holder,
        holder_kind=terms.holder_kind,
        measure=terms.measure,
        skill=terms.skill,
        currency=terms.currency,
        reliefs=reliefs,
        absence=command.absence if isinstance(command, RelieveForAbsence) else None,
        reason=command.reason,
    )
    return Decision(stream("quota", command.quota), event, relies_on)


def _relieve_absence(command: RelieveForAbsence, company: Company) -> Decision:
    quota = _quota(command.quota, company.quotas)
    rep = company.people.rep(quota.terms.holder)
    if quota.terms.holder_kind != "rep" or not isinstance(rep, Hired):
        raise AbsenceOfOther(command.absence)
    absence = next((each for each in rep.absences if each.absence == command.absence), None)
    if absence is None:
        raise AbsenceOfOther(command.absence)
    if command.absence in quota.absences:
        raise AbsenceMadeUpFor(command.absence)
    away, own = Presence(absence.starts_on, absence.ends_on), _days_asked_of(quota.terms, rep)
    reliefs = tuple(
        PeriodRelief(period=period.period, relieved=relieved)
        for period in quota.asked
        if (relieved := _relief(period, away, own, command.country))
    )
    if not reliefs:
        raise AbsenceOfOther(command.absence)
    return _relieve(command, quota, reliefs, frozenset({stream("rep", quota.terms.holder)}))


def _days_asked_of(terms: QuotaAssigned, rep: Hired) -> Presence:
    """The days that the targets are for: of a quota that was pro-rated the rep's own, as they were known by then."""
    if terms.prorating == "none":
        return Presence()
    known = rep.left_at is not None and rep.left_at <= terms.occurred_at
    return Presence(rep.starts_on, rep.ends_on if known else None)


def _relief(period: PeriodTarget, away: Presence, own: Presence, country: str) -> int:
    """The part of a month's target that belongs to the working days of an absence, half to even.

    The target is for the working days of `own`, and the absence is none of the others.
    """
    month = Month(period.period, *own.within(Month(period.period, period.starts_on, period.ends_on)))
    days = working_days(country, month.starts_on, month.ends_on)
    return round(period.target * Fraction(working_days(country, *away.within(month)), days)) if days else 0


def _withdraw(command: WithdrawQuota, quotas: Quotas) -> Decision:
    quota = _quota(command.quota, quotas)
    terms = quota.terms
    ahead = _ahead(command.quota, quota, command.from_on)
    periods = tuple(_asking(period, quota.left(period)) for period in ahead)
    event = QuotaWithdrawn(
        occurred_at=command.at,
        day=command.day,
        quota=command.quota,
        holder=terms.holder,
        holder_kind=terms.holder_kind,
        measure=terms.measure,
        skill=terms.skill,
        currency=terms.currency,
        periods=periods,
        reason=command.reason,
    )
    return Decision(stream("quota", command.quota), event)


def _ahead(name: QuotaId, quota: Quota, day: date) -> tuple[PeriodTarget, ...]:
    """The months from a day on in which it is still asked for; raises QuotaOver when there is none."""
    ahead = tuple(period for period in quota.asked if period.starts_on >= day)
    if not ahead:
        raise QuotaOver(name, day)
    return ahead


def _asking(period: PeriodTarget, target: int) -> PeriodTarget:
    return PeriodTarget(period=period.period, starts_on=period.starts_on, ends_on=period.ends_on, target=target)


def _quota(quota: QuotaId, quotas: Quotas) -> Quota:
    known = quotas.quotas.get(quota)
    if known is None:
        raise QuotaUnknown(quota)
    return known
