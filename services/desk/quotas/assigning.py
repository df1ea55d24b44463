"""How a quota is assigned: of whom, as a part of what, and how much of it in each month. Pure."""

from collections.abc import Iterator
from datetime import date

from events.goals import (
    QuotaAssigned,
)
from events.ids import QuotaId, UnitId
from projections.calendar import calendar_version
from services.desk.company import Company
from services.desk.deciding import Decision, stream
from services.desk.goals.refusals import GoalUnknown
from services.desk.people.present import holding as held_by
from services.desk.people.state import Hired, People
from services.desk.quotas.commands import AssignQuota
from services.desk.quotas.periods import (
    Month,
    Presence,
    months_between,
    ramped,
    shared,
    there,
    weights_of,
)
from services.desk.quotas.refusals import (
    NothingToSplitBy,
    NotOfRatios,
    OnlyOfReps,
    ParentDiffers,
    QuotaOverlaps,
    QuotaUnknown,
)
from services.desk.quotas.state import RATIOS, Holding, Quota, Quotas, quota_id


def assign(command: AssignQuota, company: Company) -> Decision:
    """Ask a rep or a unit for so much."""
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
    terms = known_quota(parent, company.quotas).terms
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


def known_quota(quota: QuotaId, quotas: Quotas) -> Quota:
    """A quota that was assigned; raises QuotaUnknown."""
    known = quotas.quotas.get(quota)
    if known is None:
        raise QuotaUnknown(quota)
    return known
