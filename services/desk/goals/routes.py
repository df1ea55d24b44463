"""Quotas over HTTP."""

from functools import partial
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Response
from pydantic import model_validator

from events.event import AmountMinor, Currency, Day, check_days
from events.goals import HolderKind
from events.ids import RepId, UnitId
from projections.calendar import working_days
from services.desk.asking import AnyAsk, AnyDesk, shown
from services.desk.bodies import Body, body_of
from services.desk.deciding import stream
from services.desk.describing import decision, list_of, reading
from services.desk.goals.decider import AssignQuota, decide
from services.desk.goals.months import LONGEST, evenly, months_between
from services.desk.goals.state import Assigned, Quota
from services.desk.listing import AnyListing, Filter, has
from services.runtime.auth.guard import AnyPermit

router = APIRouter(prefix="/v1")
_YEARS = range(1970, 9000)
_EXAMPLE = {
    "holder": "5d0c1b0e-7a52-5e0c-9d6c-0b8a4d5f1c22",
    "holder_kind": "rep",
    "currency": "RUB",
    "starts_on": "2026-01-01",
    "ends_on": "2027-01-01",
    "target_minor": 1_200_000_000,
}


class QuotaBody(Body):
    """A quota to be assigned."""

    holder: RepId | UnitId
    """The rep or the unit that is to bring it."""
    holder_kind: HolderKind
    measure: Literal["revenue"] = "revenue"
    currency: Currency
    starts_on: Day
    ends_on: Day
    """The first day after it."""
    target_minor: AmountMinor
    """What is asked for in the whole interval, in minor units of the currency."""
    split: Literal["evenly", "working_days"] = "evenly"
    """How the target is shared out among the calendar months: each the same, or by the company's working days."""

    @model_validator(mode="after")
    def _some_months(self) -> Self:
        check_days(self.starts_on, self.ends_on)
        months = (self.ends_on.year - self.starts_on.year) * 12 + self.ends_on.month - self.starts_on.month
        if months > LONGEST:
            message = f"ends_on must come within {LONGEST} months"
            raise ValueError(message)
        if not _YEARS.start <= self.starts_on.year <= self.ends_on.year < _YEARS.stop:
            message = f"a quota is for days between {_YEARS.start} and {_YEARS.stop}"
            raise ValueError(message)
        return self


@router.post("/quotas", **decision(QuotaBody, "quotas.assign", makes="quota", example=_EXAMPLE))
async def assign_quota(ask: AnyAsk, body: Annotated[QuotaBody, Depends(body_of(QuotaBody))]) -> Response:
    """Assign a quota."""
    ask.desk.accept(body.currency)
    weigh = evenly if body.split == "evenly" else partial(working_days, ask.desk.country)
    command = AssignQuota(
        **ask.when(body),
        holder=body.holder,
        holder_kind=body.holder_kind,
        currency=body.currency,
        target_minor=body.target_minor,
        months=months_between(body.starts_on, body.ends_on, weigh),
    )
    in_turn = f"quotas of {body.holder_kind} {body.holder}"
    holder = stream("rep" if body.holder_kind == "rep" else "unit", body.holder)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=in_turn, day=command.day, thing=holder)


@router.get("/quotas", **list_of("quotas.read", "quota"))
async def list_quotas(page: AnyListing, holder: Filter = None, holder_kind: HolderKind | None = None) -> Response:
    """The quotas, the oldest first."""
    quotas = page.desk.log.fold.company.quotas.quotas
    return page.answer("quota", quotas, _quota, has(holder=holder, holder_kind=holder_kind))


@router.get("/quotas/{quota}", **reading("quotas.read", "quota"))
async def get_quota(quota: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A quota, with the months in which it is still asked for."""
    return shown(desk, permit, stream("quota", quota), _quota(desk.log.fold.company.quotas.quota(quota)))


def _quota(quota: Quota) -> dict[str, object] | None:
    if not isinstance(quota, Assigned):
        return None
    kind, holder, measure = quota.holding
    return {
        "holder": holder,
        "holder_kind": kind,
        "measure": measure,
        "currency": quota.currency,
        "target_minor": quota.target,
        "relieved_minor": quota.relieved,
        "periods": [period.model_dump(mode="json") for period in quota.periods],
    }
