"""What tactics cost, over HTTP."""

from functools import partial
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import Field, model_validator

from events.event import AmountMinor, Currency, Day, Name, Text, check_days
from events.tactics import TacticCostRecorded
from services.desk.asking import AnyAsk, AnyDesk, shown
from services.desk.bodies import Body, body_of
from services.desk.deciding import stream
from services.desk.describing import decision, list_of, reading
from services.desk.listing import AnyListing, Filter, has
from services.desk.tactics.decider import AmendCost, RecordCost, decide
from services.runtime.auth.guard import AnyPermit
from services.runtime.plain_route import PlainRoute

router = APIRouter(prefix="/v1", route_class=PlainRoute)


class CostBody(Body):
    """Money that was spent on a tactic, for some days."""

    tactic: Name
    """The tactic, as calls and sales name it."""
    purpose: Name
    """What the money was for; it must not name a person."""
    amount_minor: AmountMinor
    """The pay of those who work by the tactic left out."""
    currency: Currency
    starts_on: Day
    """The first day that bears a part of it: each bears an equal one."""
    ends_on: Day
    """The first day after them."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_days(self.starts_on, self.ends_on)
        return self


class CostAmendmentBody(Body):
    """What is to hold of a cost instead, as if it always had; what is left out stays. What was not spent is 0."""

    tactic: Name | None = None
    purpose: Name | None = None
    amount_minor: AmountMinor | None = None
    currency: Currency | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    reason: Annotated[Text, Field(min_length=1)]


_COST = {
    "tactic": "cold calls",
    "purpose": "a list of companies",
    "amount_minor": 3_000_000,
    "currency": "RUB",
    "starts_on": "2026-11-01",
    "ends_on": "2026-12-01",
}
_AMENDED = {"amount_minor": 2_800_000, "reason": "the invoice says less"}


@router.post("/tactics/costs", **decision(CostBody, "tactic_costs.record", makes="tactic_cost", example=_COST))
async def record_cost(ask: AnyAsk, body: Annotated[CostBody, Depends(body_of(CostBody))]) -> Response:
    """Record that money was spent on a tactic."""
    ask.desk.accept(body.currency)
    command = RecordCost(
        **ask.when(body),
        cost=ask.command(body).new("tactic_cost"),
        tactic=body.tactic,
        purpose=body.purpose,
        amount_minor=body.amount_minor,
        currency=body.currency,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
    )
    about = stream("tactic_cost", command.cost)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about)


@router.post(
    "/tactics/costs/{tactic_cost}/amend",
    **decision(CostAmendmentBody, "tactic_costs.record", makes="tactic_cost", example=_AMENDED),
)
async def amend_cost(
    tactic_cost: str, ask: AnyAsk, body: Annotated[CostAmendmentBody, Depends(body_of(CostAmendmentBody))]
) -> Response:
    """Correct what was told of a cost."""
    if body.currency is not None:
        ask.desk.accept(body.currency)
    command = AmendCost(
        **ask.when(body),
        cost=tactic_cost,
        tactic=body.tactic,
        purpose=body.purpose,
        amount_minor=body.amount_minor,
        currency=body.currency,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        reason=body.reason,
    )
    about = stream("tactic_cost", tactic_cost)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)


@router.get("/tactics/costs", **list_of("tactic_costs.read", "tactic_cost"))
async def list_costs(
    page: AnyListing, tactic: Filter = None, purpose: Filter = None, currency: Filter = None
) -> Response:
    """What was spent on tactics, the oldest record first, each as it was told last."""
    costs = page.desk.log.fold.company.tactics.costs
    return page.answer("tactic_cost", costs, _cost, has(tactic=tactic, purpose=purpose, currency=currency))


@router.get("/tactics/costs/{tactic_cost}", **reading("tactic_costs.read", "tactic_cost"))
async def get_cost(tactic_cost: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """One cost of a tactic, as it was told last."""
    known = desk.log.fold.company.tactics.costs.get(tactic_cost)
    return shown(desk, permit, stream("tactic_cost", tactic_cost), None if known is None else _cost(known))


def _cost(known: TacticCostRecorded) -> dict[str, object]:
    return known.model_dump(mode="json", exclude={"type", "version", "cost", "occurred_at", "day"})
