"""What may be asked about goals, and what it makes true."""

from datetime import date
from typing import Any

import pytest

from events.goals import GoalLinked, GoalSet, GoalSignedOff
from services.desk.goals.decider import GoalCommand, LinkGoal, SetGoal, SignOffGoal, decide
from services.desk.goals.refusals import (
    GoalInCircle,
    GoalLinkedAlready,
    GoalOver,
    GoalUnknown,
    NotInLine,
    NotTheirRole,
    SignedOffAlready,
)
from services.desk.people.refusals import HolderKindMismatch, RepNotHired, UnitUnknown
from tests.desk.given import ANNA, BORIS, NORTH, formed, team
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario

goal = Scenario[GoalCommand](decide)
NOVEMBER, JANUARY = date(2026, 11, 1), date(2027, 1, 1)
NOW: dict[str, Any] = {"occurred_at": at(9), "day": TODAY}
ASKED: dict[str, Any] = {"at": at(9), "day": TODAY}
TERMS: dict[str, Any] = {
    "statement": "Треть выручки приходит от новых клиентов.",
    "metric": "share_of_new_revenue",
    "metric_version": 1,
    "measured_in": "basis_points",
    "target": 3_333,
    "holder": NORTH,
    "holder_kind": "team",
    "accountable": ANNA,
    "starts_on": NOVEMBER,
    "ends_on": JANUARY,
}


def set_goal(**changes: Any) -> SetGoal:  # noqa: ANN401  # fields
    return SetGoal(**ASKED, goal="new", **TERMS | changes)


def was_set(name: str = "new", **changes: Any) -> GoalSet:  # noqa: ANN401  # fields
    return GoalSet(**NOW, goal=name, **TERMS | changes)


def link(linked_to: str, kind: Any = "goal", name: str = "new") -> LinkGoal:  # noqa: ANN401  # a literal
    return LinkGoal(**ASKED, goal=name, linked_to=linked_to, linked_kind=kind)


def linked(name: str, linked_to: str, kind: Any = "goal") -> GoalLinked:  # noqa: ANN401  # a literal
    return GoalLinked(**NOW, goal=name, linked_to=linked_to, linked_kind=kind)


def sign_off(rep: str, role: Any, **changes: Any) -> SignOffGoal:  # noqa: ANN401  # a literal, and fields
    return SignOffGoal(**ASKED, goal="new", signed_by=rep, role=role, **changes)


def test_a_goal_can_be_set_with_one_person_who_answers_for_it() -> None:
    goal.given(*team).when(set_goal()).then(was_set())
    goal.given(*team).when(set_goal()).then_relies_on(f"unit/{NORTH}", f"rep/{ANNA}")
    goal.given(*team).when(set_goal(accountable="nobody")).then_rejected(RepNotHired)


def test_a_goal_is_held_by_a_rep_or_a_unit_that_is_there() -> None:
    goal.given(*team).when(set_goal(holder=BORIS, holder_kind="rep")).then_relies_on(f"rep/{BORIS}", f"rep/{ANNA}")
    goal.given(*team).when(set_goal(holder="south")).then_rejected(UnitUnknown)
    goal.given(*team).when(set_goal(holder_kind="department")).then_rejected(HolderKindMismatch)


def test_a_goal_is_tied_to_what_brings_it_about_once() -> None:
    goal.given(*team, was_set()).when(link("cold-calls", "tactic")).then(linked("new", "cold-calls", "tactic"))
    given = goal.given(*team, was_set(), linked("new", "cold-calls", "tactic"))
    given.when(link("cold-calls", "tactic")).then_rejected(GoalLinkedAlready)
    goal.given(*team).when(link("cold-calls", "tactic")).then_rejected(GoalUnknown)


def test_a_goal_serves_a_larger_one_and_never_itself() -> None:
    three = [was_set(name) for name in ("new", "larger", "largest")]
    given = goal.given(*team, *three, linked("larger", "largest"))
    given.when(link("larger")).then_relies_on("goal/larger", "goal/largest")
    given.when(link("nothing")).then_rejected(GoalUnknown)
    given.when(link("new")).then_rejected(GoalInCircle)
    given.when(link("larger", name="largest")).then_rejected(GoalInCircle)


def test_people_agree_to_a_goal_in_their_own_role_once() -> None:
    given = goal.given(*team, was_set(holder=BORIS, holder_kind="rep"))
    signed = GoalSignedOff(**NOW, goal="new", signed_by=BORIS, role="holder")
    given.when(sign_off(BORIS, "holder")).then(signed)
    given.when(sign_off(ANNA, "holder")).then_rejected(NotTheirRole)
    given.when(sign_off(BORIS, "accountable")).then_rejected(NotTheirRole)
    given.when(sign_off(BORIS, "approver", by_manager=True)).then_relies_on(f"rep/{BORIS}")
    given.when(sign_off("nobody", "approver")).then_rejected(RepNotHired)
    goal.given(*team, was_set(), signed).when(sign_off(BORIS, "holder")).then_rejected(SignedOffAlready)


def test_nothing_more_is_decided_about_a_goal_that_is_over() -> None:
    over = was_set(ends_on=TODAY)
    goal.given(*team, over).when(sign_off(ANNA, "accountable")).then_rejected(GoalOver)
    goal.given(*team, over).when(link("cold-calls", "tactic")).then_rejected(GoalOver)


@pytest.mark.parametrize("holder", [{}, {"holder": ANNA, "holder_kind": "rep"}], ids=["unit", "rep"])
def test_a_goal_is_approved_by_whoever_leads_its_holder(holder: dict[str, str]) -> None:
    """Boris leads the department; Anna's team has no leader."""
    sales = formed.model_copy(update={"unit": "sales", "kind": "department", "manager": BORIS})
    below = formed.model_copy(update={"parent": "sales"})
    given = goal.given(*team, sales, below, was_set(**holder))
    chain = {f"unit/{NORTH}", "unit/sales", f"rep/{BORIS}", *([f"rep/{ANNA}"] if holder else [])}
    given.when(sign_off(BORIS, "approver")).then_relies_on(*chain)
    given.when(sign_off(ANNA, "approver")).then_rejected(NotInLine)
    given.when(sign_off(ANNA, "approver", by_manager=True)).then_relies_on(f"rep/{ANNA}")


def test_for_a_unit_signs_whoever_leads_it() -> None:
    led = formed.model_copy(update={"manager": BORIS})
    given = goal.given(*team, led, was_set())
    given.when(sign_off(BORIS, "holder")).then_relies_on(f"rep/{BORIS}", f"unit/{NORTH}")
    given.when(sign_off(ANNA, "holder")).then_rejected(NotInLine)
