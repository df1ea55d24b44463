"""Headcount plans and positions over HTTP."""

from functools import partial
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import Field, model_validator

from events.event import AmountMinor, BasisPoints, Currency, Day, Text, check_days
from events.ids import HeadcountPlanId, PostId, RepId, UnitId
from events.people import PlannedPost
from services.desk.asking import AnyAsk, AnyDesk, Ask, shown
from services.desk.bodies import STRICT, Body, body_of
from services.desk.deciding import stream
from services.desk.describing import AN_ID, decision, list_of, reading
from services.desk.headcount.decider import (
    PLANS,
    ApprovePlan,
    ClosePosition,
    FillPosition,
    OpenPosition,
    VacatePosition,
    decide,
)
from services.desk.headcount.state import Plan, Position
from services.desk.listing import AnyListing, Filter, has
from services.runtime.auth.guard import AnyPermit
from services.runtime.plain_route import PlainRoute

router = APIRouter(prefix="/v1", route_class=PlainRoute)
_FULL_TIME = 10_000


class PlannedPostBody(PlannedPost):
    """How many seats of a post, and what they cost over the plan's interval."""

    model_config = STRICT


class PlanBody(Body):
    """How many people a unit may have in each post, and at what cost."""

    unit: UnitId
    parent_plan: HeadcountPlanId | None = None
    """The plan of a unit above, whose posts and cost it stays within."""
    posts: Annotated[tuple[PlannedPostBody, ...], Field(min_length=1, max_length=200)]
    currency: Currency
    starts_on: Day
    ends_on: Day
    """The first day after it."""

    @model_validator(mode="after")
    def _some_days(self) -> Self:
        check_days(self.starts_on, self.ends_on)
        return self


class PositionBody(Body):
    """A seat of the staffing table."""

    unit: UnitId
    post: PostId
    plan: HeadcountPlanId | None = None
    """The approved plan that provides for it."""
    full_time_bp: BasisPoints = _FULL_TIME
    """The part of a full-time post that it is: 5,000 is half a post."""
    cost_minor: AmountMinor
    """What the seat costs in a month when filled."""
    currency: Currency
    starts_on: Day | None = None
    """Its first day; the day of the command, when left out."""


class FillBody(Body):
    """Who takes a seat."""

    rep: RepId
    starts_on: Day | None = None
    """The first day in it; the day of the command, when left out."""


class EndBody(Body):
    """From when on a seat is empty, or gone."""

    ends_on: Day | None = None
    """The first day without; the day of the command, when left out."""
    reason: Text = ""


_PLAN = {
    "unit": AN_ID,
    "posts": [{"post": "seller", "positions": 5, "cost_minor": 600_000_000}],
    "currency": "RUB",
    "starts_on": "2027-01-01",
    "ends_on": "2028-01-01",
}


@router.post("/headcount/plans", **decision(PlanBody, "headcount.approve", makes="headcount", example=_PLAN))
async def approve_plan(ask: AnyAsk, body: Annotated[PlanBody, Depends(body_of(PlanBody))]) -> Response:
    """Approve a headcount plan."""
    ask.desk.accept(body.currency)
    command = ApprovePlan(
        **ask.when(body),
        plan=ask.command(body).new("headcount_plan"),
        unit=body.unit,
        parent_plan=body.parent_plan,
        posts=body.posts,
        currency=body.currency,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
    )
    decided = partial(decide, command)
    return await ask.about(headcount_plan=command.plan).answer(ask.command(body), decided, in_turn=PLANS)


@router.get("/headcount/plans", **reading("headcount.read", "headcount"))
async def get_plans(desk: AnyDesk, permit: AnyPermit) -> Response:
    """Every approved plan."""
    plans = desk.log.fold.company.headcount.plans
    return shown(desk, permit, PLANS, {"approved": {name: _plan(plan) for name, plan in plans.items()}})


def _plan(plan: Plan) -> dict[str, object]:
    return {
        "unit": plan.unit,
        "parent_plan": plan.parent,
        "starts_on": plan.starts_on,
        "ends_on": plan.ends_on,
        "currency": plan.currency,
        "posts": [line.model_dump() for line in plan.posts.values()],
    }


@router.post(
    "/positions",
    **decision(
        PositionBody,
        "headcount.approve",
        makes="position",
        example={"unit": AN_ID, "post": "seller", "cost_minor": 10_000_000, "currency": "RUB"},
    ),
)
async def open_position(ask: AnyAsk, body: Annotated[PositionBody, Depends(body_of(PositionBody))]) -> Response:
    """Let the staffing table have one more seat."""
    ask.desk.accept(body.currency)
    when = ask.when(body)
    command = OpenPosition(
        **when,
        position=ask.command(body).new("position"),
        unit=body.unit,
        post=body.post,
        plan=body.plan,
        full_time_bp=body.full_time_bp,
        cost_minor=body.cost_minor,
        currency=body.currency,
        starts_on=body.starts_on or when["day"],
    )
    in_turn = f"positions of {body.plan or command.position}"
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=in_turn)


@router.get("/positions", **list_of("headcount.read", "position"))
async def list_positions(page: AnyListing, unit: Filter = None, post: Filter = None, plan: Filter = None) -> Response:
    """The positions, the oldest first."""
    positions = page.desk.log.fold.company.headcount.positions
    return page.answer("position", positions, _position, has(unit=unit, post=post, plan=plan))


@router.get("/positions/{position}", **reading("headcount.read", "position"))
async def get_position(position: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A position, with all who have had it."""
    known = desk.log.fold.company.headcount.positions.get(position)
    return shown(desk, permit, stream("position", position), None if known is None else _position(known))


def _position(known: Position) -> dict[str, object]:
    return {
        "unit": known.unit,
        "post": known.post,
        "plan": known.plan,
        "starts_on": known.starts_on,
        "ends_on": known.ends_on,
        "seats": known.seats,
    }


@router.post(
    "/positions/{position}/fill", **decision(FillBody, "headcount.fill", makes="position", example={"rep": AN_ID})
)
async def fill_position(position: str, ask: AnyAsk, body: Annotated[FillBody, Depends(body_of(FillBody))]) -> Response:
    """Let a rep take a position."""
    when = ask.when(body)
    command = FillPosition(**when, position=position, rep=body.rep, starts_on=body.starts_on or when["day"])
    return await _answer(ask, body, command)


@router.post(
    "/positions/{position}/vacate",
    **decision(EndBody, "headcount.fill", makes="position", example={"ends_on": "2026-12-01"}),
)
async def vacate_position(position: str, ask: AnyAsk, body: Annotated[EndBody, Depends(body_of(EndBody))]) -> Response:
    """Let a position be empty again."""
    when = ask.when(body)
    command = VacatePosition(**when, position=position, ends_on=body.ends_on or when["day"], reason=body.reason)
    return await _answer(ask, body, command)


@router.post(
    "/positions/{position}/close",
    **decision(EndBody, "headcount.approve", makes="position", example={"ends_on": "2026-12-01"}),
)
async def close_position(position: str, ask: AnyAsk, body: Annotated[EndBody, Depends(body_of(EndBody))]) -> Response:
    """Let the staffing table have one seat less."""
    when = ask.when(body)
    command = ClosePosition(**when, position=position, ends_on=body.ends_on or when["day"], reason=body.reason)
    return await _answer(ask, body, command)


async def _answer(ask: Ask, body: Body, command: FillPosition | VacatePosition | ClosePosition) -> Response:
    about = stream("position", command.position)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)
