"""What may be asked about the staffing table, and what it makes true."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from events.event import Event
from events.people import (
    HeadcountPlanApproved,
    PlannedPost,
    PositionClosed,
    PositionFilled,
    PositionOpened,
    PositionVacated,
    UnitFormed,
)
from services.desk.company import Company
from services.desk.deciding import Rejected
from services.desk.headcount.decider import (
    ApprovePlan,
    ClosePosition,
    FillPosition,
    HeadcountCommand,
    OpenPosition,
    VacatePosition,
    decide,
)
from services.desk.headcount.refusals import (
    ParentPlanCostsLess,
    ParentPlanForOtherDays,
    ParentPlanHasFewerSeats,
    ParentPlanInOtherCurrency,
    PlacedElsewhere,
    PlanCostsLess,
    PlanForOtherDays,
    PlanInOtherCurrency,
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
from services.desk.headcount.state import position_id
from services.desk.people.refusals import RepNotHired, UnitUnknown
from tests.desk.given import ANNA, BORIS, NORTH, team
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario, event_id

headcount = Scenario[HeadcountCommand](decide)
DECEMBER, JANUARY, FEBRUARY = date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)
NOW: dict[str, Any] = {"occurred_at": at(9), "day": TODAY}
ASKED: dict[str, Any] = {"at": at(9), "day": TODAY}
SEAT = "position-1"

top = UnitFormed(**NOW, unit="all", kind="company", title="Все", starts_on=TODAY)
north = UnitFormed(**NOW, unit=NORTH, kind="team", title="Север", parent="all", starts_on=TODAY)
west = UnitFormed(**NOW, unit="west", kind="team", title="Запад", parent="all", starts_on=TODAY)
org = (top, north, west, *team[1:])


def line(positions: int, post: str = "sales", cost: int | None = None) -> PlannedPost:
    return PlannedPost(post=post, positions=positions, cost_minor=positions * 100 if cost is None else cost)


def approve(name: str, *posts: PlannedPost, **changes: Any) -> ApprovePlan:  # noqa: ANN401  # fields
    usual: dict[str, Any] = {"unit": NORTH, "currency": "RUB", "starts_on": DECEMBER, "ends_on": FEBRUARY}
    return ApprovePlan(**ASKED, plan=name, posts=posts, **usual | changes)


def approved(name: str, *posts: PlannedPost, **changes: Any) -> HeadcountPlanApproved:  # noqa: ANN401  # fields
    usual: dict[str, Any] = {"unit": NORTH, "currency": "RUB", "starts_on": DECEMBER, "ends_on": FEBRUARY}
    return HeadcountPlanApproved(**NOW, plan=name, posts=posts, **usual | changes)


def open_position(**changes: Any) -> OpenPosition:  # noqa: ANN401  # fields
    usual: dict[str, Any] = {"position": SEAT, "unit": NORTH, "post": "sales", "starts_on": TODAY}
    usual |= {"cost_minor": 100, "currency": "RUB"}
    return OpenPosition(**ASKED, full_time_bp=10_000, **usual | changes)


opened = PositionOpened(
    **NOW,
    position=SEAT,
    unit=NORTH,
    post="sales",
    full_time_bp=10_000,
    cost_minor=100,
    currency="RUB",
    starts_on=TODAY,
)
filled = PositionFilled(**NOW, position=SEAT, unit=NORTH, post="sales", rep=ANNA, starts_on=TODAY)
vacated = PositionVacated(**NOW, position=SEAT, unit=NORTH, post="sales", rep=ANNA, ends_on=DECEMBER)
closed = PositionClosed(**NOW, position=SEAT, unit=NORTH, post="sales", ends_on=DECEMBER)


def fill(rep: str = ANNA, day: date = TODAY) -> FillPosition:
    return FillPosition(**ASKED, position=SEAT, rep=rep, starts_on=day)


def vacate(day: date = DECEMBER) -> VacatePosition:
    return VacatePosition(**ASKED, position=SEAT, ends_on=day)


def close(day: date = DECEMBER) -> ClosePosition:
    return ClosePosition(**ASKED, position=SEAT, ends_on=day)


def test_a_plan_can_be_approved() -> None:
    outcome = headcount.given(*org).when(approve("plan", line(3)))
    outcome.then(approved("plan", line(3)))
    outcome.then_relies_on(f"unit/{NORTH}")
    headcount.given().when(approve("plan", line(3))).then_rejected(UnitUnknown)
    headcount.given(*org).when(approve("plan", line(3), line(2))).then_rejected(PostTwice)


def test_no_two_plans_of_a_unit_and_post_overlap() -> None:
    given = headcount.given(*org, approved("plan", line(3)))
    given.when(approve("more", line(1), starts_on=JANUARY, ends_on=date(2027, 3, 1))).then_rejected(PlansOverlap)
    for other in (
        approve("other post", line(1, "driver")),
        approve("other unit", line(1), unit="west"),
        approve("other days", line(1), starts_on=FEBRUARY, ends_on=date(2027, 3, 1)),
    ):
        assert given.when(other).decision.stream == "headcount/plans"


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (approve("n", line(4, cost=1), parent_plan="all"), ParentPlanHasFewerSeats),
        (approve("n", line(1, cost=301), parent_plan="all"), ParentPlanCostsLess),
        (approve("n", line(1, "driver"), parent_plan="all"), ParentPlanHasFewerSeats),
        (approve("n", line(1), parent_plan="all", ends_on=date(2027, 3, 1)), ParentPlanForOtherDays),
        (approve("n", line(1), parent_plan="all", currency="USD"), ParentPlanInOtherCurrency),
    ],
    ids=["seats", "cost", "post", "days", "currency"],
)
def test_a_plan_stays_within_the_one_above(asked: ApprovePlan, refusal: type[Rejected]) -> None:
    given = headcount.given(*org, approved("all", line(3), unit="all"))
    given.when(asked).then_rejected(refusal)
    given.when(approve("part", line(3), parent_plan="all")).then_relies_on(f"unit/{NORTH}", "unit/all")


def test_all_plans_below_stay_within_the_one_above_together() -> None:
    given = headcount.given(*org, approved("all", line(3), unit="all"), approved("n", line(2), parent_plan="all"))
    given.when(approve("w", line(2), unit="west", parent_plan="all")).then_rejected(ParentPlanHasFewerSeats)
    given.when(approve("w", line(1), unit="west", parent_plan="all")).then_relies_on("unit/west", "unit/all")


def test_the_plan_above_is_of_a_unit_above() -> None:
    headcount.given(*org).when(approve("n", line(1), parent_plan="all")).then_rejected(PlanUnknown)
    beside = headcount.given(*org, approved("w", line(3), unit="west"))
    beside.when(approve("n", line(1), parent_plan="w")).then_rejected(PlanOfOtherUnit)


def test_positions_can_be_opened_as_far_as_a_plan_provides_for_them() -> None:
    headcount.given(*org).when(open_position()).then(opened)
    planned = headcount.given(*org, approved("plan", line(1)))
    outcome = planned.when(open_position(plan="plan", cost_minor=50, starts_on=DECEMBER))
    first = position_id("plan", "sales", 1)
    outcome.then_relies_on(f"unit/{NORTH}", "headcount/plans")
    assert outcome.decision.stream == f"position/{first}"
    full = headcount.given(*org, approved("plan", line(1)), outcome.decision.event)
    full.when(open_position(plan="plan", cost_minor=50, starts_on=DECEMBER)).then_rejected(PlanUsedUp)
    gone = PositionClosed(**NOW, position=first, unit=NORTH, post="sales", ends_on=JANUARY)
    again = headcount.given(*org, approved("plan", line(1)), outcome.decision.event, gone)
    again.when(open_position(plan="plan", cost_minor=50, starts_on=JANUARY)).then_relies_on(
        f"unit/{NORTH}", "headcount/plans", f"position/{first}"
    )


def test_a_rep_takes_a_seat_of_the_own_unit_and_post() -> None:
    outcome = headcount.given(*org, opened).when(fill())
    outcome.then(filled)
    outcome.then_relies_on(f"rep/{ANNA}")
    elsewhere = opened.model_copy(update={"unit": "west"})
    headcount.given(*org, elsewhere).when(fill()).then_rejected(PlacedElsewhere)
    headcount.given(*org, opened).when(fill(day=date(2026, 11, 1))).then_rejected(PositionNotThere)
    headcount.given(*org).when(fill()).then_rejected(PositionUnknown)


def test_nobody_takes_a_seat_before_the_first_day() -> None:
    early = opened.model_copy(update={"starts_on": date(2026, 11, 1)})
    headcount.given(*org, early).when(fill(day=date(2026, 11, 2))).then_rejected(RepNotHired)


def test_a_seat_is_for_one_at_a_time() -> None:
    given = headcount.given(*org, opened, filled)
    given.when(fill(BORIS)).then_rejected(PositionTaken)
    given.when(vacate()).then(vacated)
    emptied = headcount.given(*org, opened, filled, vacated)
    emptied.when(fill(BORIS)).then_rejected(PositionTaken)
    emptied.when(fill(BORIS, DECEMBER)).then_relies_on(f"rep/{BORIS}")
    emptied.when(vacate(JANUARY)).then_rejected(PositionNotTaken)


def test_only_an_empty_seat_is_closed() -> None:
    headcount.given(*org, opened, filled).when(close()).then_rejected(PositionTaken)
    headcount.given(*org, opened, filled, vacated).when(close()).then(closed)
    headcount.given(*org, opened, closed).when(fill(day=DECEMBER)).then_rejected(PositionNotThere)


Asked = tuple[str, int, int, int, int]


@examples(st.lists(st.tuples(st.sampled_from(["all", NORTH, "west"]), *[st.integers(0, 3)] * 4), max_size=12))
def test_whatever_is_asked_the_plans_below_never_exceed_the_one_above(asked: list[Asked]) -> None:
    company, happened = Company(), list[Event](org)
    for place, event in enumerate(org):
        company.take(event, event_id(place))
    for place, (unit, positions, start, length, above) in enumerate(asked):
        days = {"starts_on": date(2027, start + 1, 1), "ends_on": date(2027, start + length + 2, 1)}
        parents = [name for name, plan in company.headcount.plans.items() if plan.unit == "all"]
        parent = parents[above % len(parents)] if parents and unit != "all" else None
        command = approve(f"plan-{place}", line(positions), unit=unit, parent_plan=parent, **days)
        try:
            decision = decide(command, company)
        except Rejected:
            continue
        happened.append(decision.event)
        company.take(decision.event, event_id(len(happened)))
    plans = company.headcount.plans
    for name, plan in plans.items():
        below = [each for each in plans.values() if each.parent == name]
        assert sum(each.posts["sales"].cost_minor for each in below) <= plan.posts["sales"].cost_minor
        for month in range(1, 9):
            day = date(2027, month, 15)
            seats = sum(each.posts["sales"].positions for each in below if each.covers(day))
            assert seats <= (plan.posts["sales"].positions if plan.covers(day) else 0)
            assert sum(each.unit == plan.unit and each.covers(day) for each in plans.values()) <= 1


def test_a_plan_has_no_more_positions_whichever_begins_first() -> None:
    later = (
        headcount.given(*org, approved("plan", line(1)))
        .when(open_position(plan="plan", cost_minor=50, starts_on=JANUARY))
        .decision.event
    )
    given = headcount.given(*org, approved("plan", line(1)), later)
    given.when(open_position(plan="plan", cost_minor=50, starts_on=DECEMBER)).then_rejected(PlanUsedUp)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"starts_on": TODAY}, PlanForOtherDays),
        ({"starts_on": FEBRUARY}, PlanForOtherDays),
        ({"currency": "USD"}, PlanInOtherCurrency),
        ({"cost_minor": 101}, PlanCostsLess),
    ],
    ids=["before it", "after it", "currency", "cost"],
)
def test_a_position_keeps_to_the_days_the_currency_and_the_money_of_its_plan(
    changes: dict[str, Any], refusal: type[Rejected]
) -> None:
    """The plan is for December and January, and has 200 for two seats: 50 a month each, or 100 for one."""
    asked: dict[str, Any] = {"plan": "plan", "starts_on": DECEMBER, "cost_minor": 50}
    given = headcount.given(*org, approved("plan", line(2)))
    given.when(open_position(**asked | changes)).then_rejected(refusal)
    first = given.when(open_position(**asked)).decision.event
    both = headcount.given(*org, approved("plan", line(2)), first)
    both.when(open_position(**asked | {"cost_minor": 51})).then_rejected(PlanCostsLess)
    late = open_position(**asked | {"cost_minor": 100, "starts_on": JANUARY})
    assert both.when(late).decision.stream == f"position/{position_id('plan', 'sales', 2)}"


def test_nobody_takes_a_seat_that_is_to_be_closed() -> None:
    headcount.given(*org, opened, closed).when(fill()).then_rejected(PositionNotThere)
