"""What may be asked about headcount plans and positions, and what it makes true. Pure.

Plans are few, and each is held against others of its unit, above and beside it: so they are all one stream.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import assert_never

from events.event import Currency
from events.ids import HeadcountPlanId, PositionId, PostId, RepId, UnitId
from events.people import (
    HeadcountPlanApproved,
    PlannedPost,
    PositionClosed,
    PositionFilled,
    PositionOpened,
    PositionVacated,
)
from services.desk.company import Company
from services.desk.deciding import Command, Decision, stream
from services.desk.headcount.costs import affordable, in_its_currency, in_its_days
from services.desk.headcount.refusals import (
    ParentPlanCostsLess,
    ParentPlanForOtherDays,
    ParentPlanHasFewerSeats,
    ParentPlanInOtherCurrency,
    PlacedElsewhere,
    PlanOfOtherUnit,
    PlansOverlap,
    PlanUnknown,
    PlanUsedUp,
    PositionNotTaken,
    PositionNotThere,
    PositionTaken,
    PositionUnknown,
    PostTwice,
)
from services.desk.headcount.state import Headcount, Plan, Position, position_id
from services.desk.people.present import formed, placed
from services.desk.people.state import People

PLANS = stream("headcount", "plans")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovePlan(Command):
    """Let a unit have so many people in each post."""

    plan: HeadcountPlanId
    unit: UnitId
    parent_plan: HeadcountPlanId | None = None
    posts: tuple[PlannedPost, ...]
    currency: Currency
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPosition(Command):
    """Let the staffing table have one more seat."""

    position: PositionId
    """The id of one that no plan provides for; the others are numbered."""
    unit: UnitId
    post: PostId
    plan: HeadcountPlanId | None = None
    full_time_bp: int
    cost_minor: int
    currency: Currency
    starts_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FillPosition(Command):
    """Let a rep take a seat."""

    position: PositionId
    rep: RepId
    starts_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class VacatePosition(Command):
    """Let the seat be empty again."""

    position: PositionId
    ends_on: date
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePosition(Command):
    """Let the staffing table have one seat less."""

    position: PositionId
    ends_on: date
    reason: str = ""


HeadcountCommand = ApprovePlan | OpenPosition | FillPosition | VacatePosition | ClosePosition


def decide(command: HeadcountCommand, company: Company) -> Decision:
    """Decide a command about the staffing table."""
    match command:
        case ApprovePlan():
            return _approve(command, company)
        case OpenPosition():
            return _open(command, company)
        case FillPosition():
            return _fill(command, company)
        case VacatePosition():
            return _vacate(command, company.headcount)
        case ClosePosition():
            return _close(command, company.headcount)
        case _:
            assert_never(command)


def provided(plan: HeadcountPlanId, unit: UnitId, post: PostId, wanted: int, headcount: Headcount) -> Plan:
    """Make sure that a plan of a unit has room for so many of a post; the plan, of which the stream PLANS says so.

    Raises PlanUnknown, PlanOfOtherUnit or PlanUsedUp.
    """
    known = headcount.plans.get(plan)
    if known is None:
        raise PlanUnknown(plan)
    if known.unit != unit:
        raise PlanOfOtherUnit(plan, known.unit)
    planned = known.posts[post].positions if post in known.posts else 0
    if wanted > planned:
        raise PlanUsedUp(plan, post, planned)
    return known


def _approve(command: ApprovePlan, company: Company) -> Decision:
    posts = {line.post: line for line in command.posts}
    for line in command.posts:
        if posts[line.post] is not line:
            raise PostTwice(line.post)
    asked = Plan(command.unit, command.parent_plan, command.starts_on, command.ends_on, posts, command.currency)
    _no_overlap(asked, company.headcount)
    relies_on = {formed(command.unit, command.starts_on, company.people)}
    if command.parent_plan is not None:
        relies_on |= _within_parent(command.parent_plan, asked, company.headcount, company.people)
    event = HeadcountPlanApproved(
        occurred_at=command.at,
        day=command.day,
        plan=command.plan,
        unit=command.unit,
        parent_plan=command.parent_plan,
        posts=command.posts,
        currency=command.currency,
        starts_on=command.starts_on,
        ends_on=command.ends_on,
    )
    return Decision(PLANS, event, frozenset(relies_on))


def _no_overlap(asked: Plan, headcount: Headcount) -> None:
    for name, plan in headcount.plans.items():
        shared = plan.posts.keys() & asked.posts.keys()
        if plan.unit == asked.unit and shared and plan.overlaps(asked.starts_on, asked.ends_on):
            raise PlansOverlap(name, min(shared), plan.starts_on, plan.ends_on)


def _within_parent(name: HeadcountPlanId, asked: Plan, headcount: Headcount, people: People) -> set[str]:
    """Make sure that a plan stays within the one above, with all others that do; the streams of the units above."""
    parent = headcount.plans.get(name)
    if parent is None:
        raise PlanUnknown(name)
    above = people.above(asked.unit, asked.starts_on)
    if parent.unit not in above[1:]:
        raise PlanOfOtherUnit(name, parent.unit)
    if parent.currency != asked.currency:
        raise ParentPlanInOtherCurrency(parent.currency)
    if not parent.starts_on <= asked.starts_on < asked.ends_on <= parent.ends_on:
        raise ParentPlanForOtherDays(parent.starts_on, parent.ends_on)
    children = [asked, *(plan for plan in headcount.plans.values() if plan.parent == name)]
    for post in asked.posts:
        _seats_within(parent, children, post)
        _cost_within(parent, children, post)
    return {stream("unit", unit) for unit in above}


def _seats_within(parent: Plan, children: list[Plan], post: PostId) -> None:
    allowed = parent.posts[post].positions if post in parent.posts else 0
    for day in sorted({child.starts_on for child in children}):
        wanted = sum(child.posts[post].positions for child in children if post in child.posts and child.covers(day))
        if wanted > allowed:
            raise ParentPlanHasFewerSeats(post, day, wanted, allowed)


def _cost_within(parent: Plan, children: list[Plan], post: PostId) -> None:
    allowed = parent.posts[post].cost_minor if post in parent.posts else 0
    cost = sum(child.posts[post].cost_minor for child in children if post in child.posts)
    if cost > allowed:
        raise ParentPlanCostsLess(post, cost, allowed)


def _open(command: OpenPosition, company: Company) -> Decision:
    position = command.position
    relies_on = {formed(command.unit, command.starts_on, company.people)}
    if command.plan is not None:
        opened = company.headcount.opened(command.plan, command.post)
        _planned(command, command.plan, [company.headcount.positions[each] for each in opened], company.headcount)
        relies_on |= {PLANS, *(stream("position", each) for each in opened)}
        position = position_id(command.plan, command.post, len(opened) + 1)
    event = PositionOpened(
        occurred_at=command.at,
        day=command.day,
        position=position,
        unit=command.unit,
        post=command.post,
        plan=command.plan,
        full_time_bp=command.full_time_bp,
        cost_minor=command.cost_minor,
        currency=command.currency,
        starts_on=command.starts_on,
    )
    return Decision(stream("position", position), event, frozenset(relies_on))


def _planned(command: OpenPosition, name: HeadcountPlanId, opened: list[Position], headcount: Headcount) -> None:
    """Make sure that a plan provides for a position beside those that were opened under it."""
    plan = provided(name, command.unit, command.post, _most_from(command.starts_on, opened) + 1, headcount)
    in_its_days(name, plan, command.starts_on)
    in_its_currency(name, plan, command.currency)
    one_more = Position(command.unit, command.post, name, command.starts_on, command.cost_minor)
    affordable(name, plan, command.post, [*opened, one_more])


def _most_from(day: date, positions: Sequence[Position]) -> int:
    """How many of some positions there are at the most on a day or later."""
    days = {day, *(position.starts_on for position in positions if position.starts_on > day)}
    return max(sum(position.exists_on(each) for position in positions) for each in days)


def _fill(command: FillPosition, company: Company) -> Decision:
    known = _there(command.position, command.starts_on, company.headcount)
    if known.ends_on is not None:
        raise PositionNotThere(command.position, known.ends_on)
    if seat := known.taken_from(command.starts_on):
        raise PositionTaken(command.position, seat.rep)
    placement = placed(command.rep, command.starts_on, company.people)
    if (placement.unit, placement.post) != (known.unit, known.post):
        raise PlacedElsewhere(command.rep, placement.unit, placement.post)
    event = PositionFilled(
        occurred_at=command.at,
        day=command.day,
        position=command.position,
        unit=known.unit,
        post=known.post,
        rep=command.rep,
        starts_on=command.starts_on,
    )
    return Decision(stream("position", command.position), event, frozenset({stream("rep", command.rep)}))


def _vacate(command: VacatePosition, headcount: Headcount) -> Decision:
    known = _position(command.position, headcount)
    seat = known.taken_from(command.ends_on)
    if seat is None or seat.ends_on is not None or seat.starts_on >= command.ends_on:
        raise PositionNotTaken(command.position, command.ends_on)
    event = PositionVacated(
        occurred_at=command.at,
        day=command.day,
        position=command.position,
        unit=known.unit,
        post=known.post,
        rep=seat.rep,
        ends_on=command.ends_on,
        reason=command.reason,
    )
    return Decision(stream("position", command.position), event)


def _close(command: ClosePosition, headcount: Headcount) -> Decision:
    known = _there(command.position, command.ends_on, headcount)
    if seat := known.taken_from(command.ends_on):
        raise PositionTaken(command.position, seat.rep)
    event = PositionClosed(
        occurred_at=command.at,
        day=command.day,
        position=command.position,
        unit=known.unit,
        post=known.post,
        ends_on=command.ends_on,
        reason=command.reason,
    )
    return Decision(stream("position", command.position), event)


def _position(position: PositionId, headcount: Headcount) -> Position:
    known = headcount.positions.get(position)
    if known is None:
        raise PositionUnknown(position)
    return known


def _there(position: PositionId, day: date, headcount: Headcount) -> Position:
    """A position that the staffing table has on a day; raises PositionUnknown or PositionNotThere."""
    known = _position(position, headcount)
    if not known.exists_on(day):
        raise PositionNotThere(position, day)
    return known
