"""Goals over HTTP."""

from functools import partial
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Response
from pydantic import Field, model_validator

from events.event import Currency, Day, Name, Ordinal, Text, Whole, check_days
from events.goals import HolderKind
from events.ids import RepId, UnitId
from services.desk.asking import AnyAsk, AnyDesk, Ask, shown
from services.desk.bodies import Body, body_of
from services.desk.deciding import stream
from services.desk.describing import AN_ID, decision, list_of, reading
from services.desk.goals.decider import LinkGoal, LinkKind, SetGoal, SignerRole, SignOffGoal, Unit, decide
from services.desk.goals.state import Goal
from services.desk.listing import AnyListing, Filter, has
from services.desk.people.present import holder_stream
from services.runtime.auth.guard import AnyPermit
from services.runtime.plain_route import PlainRoute

router = APIRouter(prefix="/v1", route_class=PlainRoute)


class GoalBody(Body):
    """A goal to be set: what is measured, how far it is to go, until when, and who answers for it."""

    statement: Annotated[Text, Field(min_length=1)]
    """The goal in the words of those who set it."""
    metric: Name
    metric_version: Ordinal
    """The metric by which it is measured, in the version that holds for this goal however the metric changes."""
    measured_in: Unit
    currency: Currency | None = None
    """For a goal in money."""
    target: Whole
    direction: Literal["at_least", "at_most"] = "at_least"
    holder: RepId | UnitId
    """Whose goal it is."""
    holder_kind: HolderKind
    accountable: RepId
    """The one person who answers for the result."""
    starts_on: Day
    ends_on: Day
    """The first day after it."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        check_days(self.starts_on, self.ends_on)
        if (self.currency is not None) != (self.measured_in == "minor_units"):
            message = "a goal in minor units, and no other, has a currency"
            raise ValueError(message)
        return self


class LinkBody(Body):
    """What a goal is tied to."""

    linked_to: Name
    linked_kind: LinkKind
    reason: Text = ""


class SignOffBody(Body):
    """Who agrees to a goal."""

    signed_by: RepId
    role: SignerRole
    remark: Text = ""


_GOAL = {
    "statement": "A third of the quarter's revenue comes from new customers.",
    "metric": "share_of_new_revenue",
    "metric_version": 1,
    "measured_in": "basis_points",
    "target": 3_333,
    "holder": AN_ID,
    "holder_kind": "team",
    "accountable": AN_ID,
    "starts_on": "2027-01-01",
    "ends_on": "2027-04-01",
}


@router.post("/goals", **decision(GoalBody, "goals.set", makes="goal", example=_GOAL))
async def set_goal(ask: AnyAsk, body: Annotated[GoalBody, Depends(body_of(GoalBody))]) -> Response:
    """Set a goal."""
    if body.currency is not None:
        ask.desk.accept(body.currency)
    command = SetGoal(
        **ask.when(body),
        goal=ask.command(body).new("goal"),
        statement=body.statement,
        metric=body.metric,
        metric_version=body.metric_version,
        measured_in=body.measured_in,
        currency=body.currency,
        target=body.target,
        direction=body.direction,
        holder=body.holder,
        holder_kind=body.holder_kind,
        accountable=body.accountable,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
    )
    in_turn, holder = stream("goal", command.goal), holder_stream(body.holder_kind, body.holder)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=in_turn, thing=holder)


@router.post(
    "/goals/{goal}/link",
    **decision(LinkBody, "goals.set", makes="goal", example={"linked_to": "cold calls", "linked_kind": "tactic"}),
)
async def link_goal(goal: str, ask: AnyAsk, body: Annotated[LinkBody, Depends(body_of(LinkBody))]) -> Response:
    """Tie a goal to what is to bring it about, or to the larger goal that it serves."""
    command = LinkGoal(
        **ask.when(body), goal=goal, linked_to=body.linked_to, linked_kind=body.linked_kind, reason=body.reason
    )
    return await _answer(ask, body, command)


@router.post(
    "/goals/{goal}/sign-off",
    **decision(SignOffBody, "goals.sign_off", makes="goal", example={"signed_by": AN_ID, "role": "accountable"}),
)
async def sign_off_goal(
    goal: str, ask: AnyAsk, body: Annotated[SignOffBody, Depends(body_of(SignOffBody))]
) -> Response:
    """Agree to a goal."""
    command = SignOffGoal(**ask.when(body), goal=goal, signed_by=body.signed_by, role=body.role, remark=body.remark)
    return await _answer(ask, body, command, stream("rep", body.signed_by))


async def _answer(ask: Ask, body: Body, command: LinkGoal | SignOffGoal, thing: str | None = None) -> Response:
    about = stream("goal", command.goal)
    decided = partial(decide, command)
    return await ask.answer(ask.command(body), decided, in_turn=about, about=about, thing=thing)


@router.get("/goals", **list_of("goals.read", "goal"))
async def list_goals(page: AnyListing, holder: Filter = None, accountable: Filter = None) -> Response:
    """The goals, the oldest first."""
    goals = page.desk.log.fold.company.goals.goals
    return page.answer("goal", goals, _goal, has(holder=holder, accountable=accountable))


@router.get("/goals/{goal}", **reading("goals.read", "goal"))
async def get_goal(goal: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A goal, what it is tied to, and who agreed to it."""
    known = desk.log.fold.company.goals.goals.get(goal)
    return shown(desk, permit, stream("goal", goal), None if known is None else _goal(known))


def _goal(goal: Goal) -> dict[str, object]:
    terms = goal.terms.model_dump(mode="json", exclude={"type", "version", "goal", "occurred_at", "day"})
    return {
        **terms,
        "links": [{"linked_kind": kind, "linked_to": name} for kind, name in goal.links],
        "signed_off": [{"role": role, "signed_by": rep} for role, rep in goal.signed],
    }
