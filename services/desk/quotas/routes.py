"""Quotas over HTTP."""

from functools import partial
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import Field, model_validator

from events.event import AmountMinor, Count, Currency, Day, Name, Text, check_days
from events.goals import HolderKind, Measure, PeriodRelief, RampStep
from events.ids import AbsenceId, GoalId, QuotaId, RepId, UnitId
from services.desk.asking import AnyAsk, AnyDesk, Ask, shown
from services.desk.bodies import STRICT, Body, body_of
from services.desk.deciding import stream
from services.desk.describing import AN_ID, decision, list_of, reading
from services.desk.listing import AnyListing, Filter, has
from services.desk.people.present import holder_stream
from services.desk.quotas.decider import (
    AmendQuota,
    AssignQuota,
    RelieveForAbsence,
    RelieveQuota,
    WithdrawQuota,
    decide,
)
from services.desk.quotas.periods import LONGEST, Prorating, Split, months_between
from services.desk.quotas.state import Quota
from services.runtime.auth.guard import AnyPermit
from services.runtime.plain_route import PlainRoute

router = APIRouter(prefix="/v1", route_class=PlainRoute)
_YEARS = range(1970, 9000)
_QUOTA = {
    "holder": AN_ID,
    "holder_kind": "rep",
    "currency": "RUB",
    "starts_on": "2027-01-01",
    "ends_on": "2028-01-01",
    "target": 1_200_000_000,
}


class RampStepBody(RampStep):
    """What part of the full quota is asked of a newcomer in one month of tenure."""

    model_config = STRICT


class PeriodReliefBody(PeriodRelief):
    """How much less is asked in one period."""

    model_config = STRICT


class QuotaBody(Body):
    """A quota to be assigned."""

    holder: RepId | UnitId
    """The rep or the unit that is to bring it."""
    holder_kind: HolderKind
    measure: Measure = "revenue"
    skill: Name | None = None
    """For the measure `skill`: which one."""
    currency: Currency | None = None
    """For the measure `revenue`."""
    starts_on: Day
    ends_on: Day
    """The first day after it."""
    target: AmountMinor
    """What is asked for in the whole interval of somebody who is there all the time and past the ramp.

    In minor units of the currency for revenue, in basis points for conversion and skill, else in pieces.
    """
    split: Split = "evenly"
    """How the target is shared out among the calendar months: each the same, or by the company's working days."""
    weights: Annotated[tuple[Count, ...], Field(max_length=LONGEST + 1)] = ()
    """The weight of each calendar month instead, as for a season."""
    ramp: Annotated[tuple[RampStepBody, ...], Field(max_length=60)] = ()
    """What part of the quota is asked of a newcomer by month of tenure; the whole in months that are not named."""
    prorating: Prorating = "none"
    """How the months are reckoned in which a rep joins or leaves: in full, or by the part of their days."""
    goal: GoalId | None = None
    """The goal that it serves."""
    parent: QuotaId | None = None
    """The quota of a unit above that it is a part of."""

    @model_validator(mode="after")
    def _some_months(self) -> Self:
        check_days(self.starts_on, self.ends_on)
        if not _YEARS.start <= self.starts_on.year <= self.ends_on.year < _YEARS.stop:
            message = f"a quota is for days between {_YEARS.start} and {_YEARS.stop}"
            raise ValueError(message)
        months = (self.ends_on.year - self.starts_on.year) * 12 + self.ends_on.month - self.starts_on.month
        if months > LONGEST:
            message = f"ends_on must come within {LONGEST} months"
            raise ValueError(message)
        if self.weights and len(self.weights) != len(months_between(self.starts_on, self.ends_on)):
            message = "weights must be one for each calendar month of the interval"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _measured_in_something(self) -> Self:
        if (self.currency is not None) != (self.measure == "revenue"):
            message = "a quota of revenue, and no other, has a currency"
            raise ValueError(message)
        if (self.skill is not None) != (self.measure == "skill"):
            message = "a quota of the measure skill, and no other, names a skill"
            raise ValueError(message)
        if self.weights and self.split != "evenly":
            message = "weights and a split by working days exclude each other"
            raise ValueError(message)
        if len({step.tenure_month for step in self.ramp}) != len(self.ramp):
            message = "a ramp names each month of tenure once"
            raise ValueError(message)
        return self


class AmendBody(Body):
    """What is asked for instead, from a day on."""

    from_on: Day
    """Months that have begun by this day stay as they are."""
    target: AmountMinor
    """For the months after it together, shared out as they were; of a ratio, for each."""
    reason: Annotated[Text, Field(min_length=1)]


class RelieveBody(Body):
    """What is let go: either so much in each period, or what belongs to the working days of an absence."""

    reliefs: Annotated[tuple[PeriodReliefBody, ...], Field(max_length=LONGEST + 1)] = ()
    absence: AbsenceId | None = None
    reason: Annotated[Text, Field(min_length=1)]

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.reliefs) == (self.absence is not None):
            message = "a relief names either periods or an absence"
            raise ValueError(message)
        if len({relief.period for relief in self.reliefs}) != len(self.reliefs):
            message = "a relief names each period once"
            raise ValueError(message)
        return self


class WithdrawBody(Body):
    """From when on nothing more is asked for."""

    from_on: Day
    """Months that have begun by this day stay as they are."""
    reason: Annotated[Text, Field(min_length=1)]


@router.post("/quotas", **decision(QuotaBody, "quotas.assign", makes="quota", example=_QUOTA))
async def assign_quota(ask: AnyAsk, body: Annotated[QuotaBody, Depends(body_of(QuotaBody))]) -> Response:
    """Assign a quota."""
    if body.currency is not None:
        ask.desk.accept(body.currency)
    command = AssignQuota(
        **ask.when(body),
        holder=body.holder,
        holder_kind=body.holder_kind,
        measure=body.measure,
        skill=body.skill,
        currency=body.currency,
        full_target=body.target,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        split=body.split,
        weights=body.weights,
        ramp=body.ramp,
        prorating=body.prorating,
        goal=body.goal,
        parent=body.parent,
        country=ask.desk.country,
    )
    in_turn = f"quotas of {body.holder_kind} {body.holder}"
    holder = holder_stream(body.holder_kind, body.holder)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=in_turn, thing=holder)


@router.post(
    "/quotas/{quota}/amend",
    **decision(
        AmendBody,
        "quotas.amend",
        makes="quota",
        example={"from_on": "2026-12-01", "target": 90_000_000, "reason": "a new territory"},
    ),
)
async def amend_quota(quota: str, ask: AnyAsk, body: Annotated[AmendBody, Depends(body_of(AmendBody))]) -> Response:
    """Ask for something else from a month on."""
    command = AmendQuota(**ask.when(body), quota=quota, from_on=body.from_on, target=body.target, reason=body.reason)
    return await _answer(ask, body, command)


@router.post(
    "/quotas/{quota}/relieve",
    **decision(
        RelieveBody,
        "quotas.amend",
        makes="quota",
        example={"reliefs": [{"period": "2026-12", "relieved": 10_000_000}], "reason": "illness"},
    ),
)
async def relieve_quota(
    quota: str, ask: AnyAsk, body: Annotated[RelieveBody, Depends(body_of(RelieveBody))]
) -> Response:
    """Ask for less, for a reason; the quota itself stays as it was assigned."""
    if body.absence is None:
        reliefs = RelieveQuota(**ask.when(body), quota=quota, reliefs=body.reliefs, reason=body.reason)
        return await _answer(ask, body, reliefs)
    command = RelieveForAbsence(
        **ask.when(body), quota=quota, absence=body.absence, reason=body.reason, country=ask.desk.country
    )
    return await _answer(ask, body, command)


@router.post(
    "/quotas/{quota}/withdraw",
    **decision(
        WithdrawBody, "quotas.amend", makes="quota", example={"from_on": "2026-12-01", "reason": "another team"}
    ),
)
async def withdraw_quota(
    quota: str, ask: AnyAsk, body: Annotated[WithdrawBody, Depends(body_of(WithdrawBody))]
) -> Response:
    """Ask for nothing more from a month on."""
    command = WithdrawQuota(**ask.when(body), quota=quota, from_on=body.from_on, reason=body.reason)
    return await _answer(ask, body, command)


async def _answer(
    ask: Ask, body: Body, command: AmendQuota | RelieveQuota | RelieveForAbsence | WithdrawQuota
) -> Response:
    about = stream("quota", command.quota)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)


@router.get("/quotas", **list_of("quotas.read", "quota"))
async def list_quotas(page: AnyListing, holder: Filter = None, holder_kind: HolderKind | None = None) -> Response:
    """The quotas, the oldest first."""
    quotas = page.desk.log.fold.company.quotas.quotas
    return page.answer("quota", quotas, _quota, has(holder=holder, holder_kind=holder_kind))


@router.get("/quotas/{quota}", **reading("quotas.read", "quota"))
async def get_quota(quota: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A quota, with the months in which it is still asked for."""
    known = desk.log.fold.company.quotas.quotas.get(quota)
    return shown(desk, permit, stream("quota", quota), None if known is None else _quota(known))


def _quota(quota: Quota) -> dict[str, object]:
    terms = quota.terms.model_dump(mode="json", exclude={"type", "version", "quota", "occurred_at", "day", "periods"})
    periods = [{**period.model_dump(mode="json"), "left": quota.left(period)} for period in quota.asked]
    return {**terms, "relieved": sum(quota.relieved.values()), "periods": periods}
