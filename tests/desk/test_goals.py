"""What may be asked about goals, and what it makes true."""

from datetime import date
from typing import Any

from events.goals import GoalLinked, GoalSet, GoalSignedOff
from events.people import UnitFormed
from services.desk.goals.decider import GoalCommand, LinkGoal, SetGoal, SignOffGoal, decide
from services.desk.goals.refusals import (
    GoalInCircle,
    GoalLinkedAlready,
    GoalOver,
    GoalUnknown,
    NotTheirRole,
    SignedOffAlready,
)
from services.desk.people.refusals import HolderKindMismatch, RepNotHired, UnitUnknown
from tests.desk.given import ANNA, BORIS, NORTH, anna, team
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


def sign_off(rep: str, role: Any) -> SignOffGoal:  # noqa: ANN401  # a literal
    return SignOffGoal(**ASKED, goal="new", signed_by=rep, role=role)


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
    given.when(sign_off(BORIS, "approver")).then_relies_on(f"rep/{BORIS}", f"unit/{NORTH}")
    given.when(sign_off("nobody", "approver")).then_rejected(RepNotHired)
    goal.given(*team, was_set(), signed).when(sign_off(BORIS, "holder")).then_rejected(SignedOffAlready)


def led(unit: str, manager: str, parent: str | None = None) -> UnitFormed:
    """A unit, in somebody's hands."""
    kind: Any = "team" if unit == NORTH else "department"
    return UnitFormed(**NOW, unit=unit, kind=kind, title=unit, parent=parent, manager=manager, starts_on=TODAY)


def test_a_units_goal_is_signed_by_its_leader_and_approved_from_above() -> None:
    vera = anna.model_copy(update={"rep": "vera"})
    given = goal.given(*team, vera, led("sales", "vera"), led(NORTH, ANNA, "sales"), was_set())
    given.when(sign_off(ANNA, "holder")).then_relies_on(f"rep/{ANNA}", f"unit/{NORTH}", "unit/sales")
    given.when(sign_off(BORIS, "holder")).then_rejected(NotTheirRole)
    given.when(sign_off("vera", "holder")).then_rejected(NotTheirRole)
    given.when(sign_off("vera", "approver")).then_relies_on("rep/vera", f"unit/{NORTH}", "unit/sales")
    given.when(sign_off(ANNA, "approver")).then_rejected(NotTheirRole)
    given.when(sign_off(BORIS, "approver")).then_rejected(NotTheirRole)


def test_a_reps_goal_is_approved_by_whoever_leads_the_rep() -> None:
    given = goal.given(*team, led(NORTH, ANNA), was_set(holder=BORIS, holder_kind="rep"))
    given.when(sign_off(ANNA, "approver")).then_relies_on(f"rep/{ANNA}", f"unit/{NORTH}")
    given.when(sign_off(BORIS, "approver")).then_rejected(NotTheirRole)


def test_nothing_more_is_decided_about_a_goal_that_is_over() -> None:
    over = was_set(ends_on=TODAY)
    goal.given(*team, over).when(sign_off(ANNA, "accountable")).then_rejected(GoalOver)
    goal.given(*team, over).when(link("cold-calls", "tactic")).then_rejected(GoalOver)
