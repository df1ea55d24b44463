"""How a quota is amended, relieved and withdrawn: always for the months ahead, or by month. Pure."""

from datetime import date
from fractions import Fraction
from typing import Any

from events.goals import (
    PeriodRelief,
    PeriodTarget,
    QuotaAmended,
    QuotaAssigned,
    QuotaRelieved,
    QuotaWithdrawn,
)
from events.ids import QuotaId
from events.money import share_out
from projections.calendar import working_days
from services.desk.company import Company
from services.desk.deciding import Decision, stream
from services.desk.people.state import Hired
from services.desk.quotas.assigning import known_quota
from services.desk.quotas.commands import AmendQuota, RelieveForAbsence, RelieveQuota, WithdrawQuota
from services.desk.quotas.periods import (
    Month,
    Presence,
)
from services.desk.quotas.refusals import (
    AbsenceMadeUpFor,
    AbsenceOfOther,
    NotOfRatios,
    PeriodUnknown,
    QuotaOver,
    ReliefExceedsQuota,
    TermsUnchanged,
)
from services.desk.quotas.state import RATIOS, Quota, Quotas


def amend(command: AmendQuota, quotas: Quotas) -> Decision:
    """Ask for something else in the months ahead."""
    quota = known_quota(command.quota, quotas)
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


def relieve(
    command: RelieveQuota | RelieveForAbsence,
    quota: Quota,
    reliefs: tuple[PeriodRelief, ...],
    relies_on: frozenset[str] = frozenset(),
) -> Decision:
    """Ask for so much less in each of these months."""
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


def relieve_absence(command: RelieveForAbsence, company: Company) -> Decision:
    """Ask for less by the working days of an absence, once."""
    quota = known_quota(command.quota, company.quotas)
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
    return relieve(command, quota, reliefs, frozenset({stream("rep", quota.terms.holder)}))


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


def withdraw(command: WithdrawQuota, quotas: Quotas) -> Decision:
    """Ask for nothing more in the months ahead."""
    quota = known_quota(command.quota, quotas)
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
