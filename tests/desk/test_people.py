"""What may be asked about units and reps, and what it makes true."""

from services.desk.people.decider import FormUnit, HireRep, PersonCommand, UnitUnknown, decide
from services.desk.people.state import Left
from tests.desk.given import ANNA, NORTH, anna, anna_left, formed, team
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario

people = Scenario[PersonCommand](decide)
form = FormUnit(at=at(8), day=TODAY, unit=NORTH, kind="team", title="Север", starts_on=TODAY)
form_below = FormUnit(at=at(8), day=TODAY, unit="west", kind="team", title="Запад", parent=NORTH, starts_on=TODAY)
hire = HireRep(at=at(8), day=TODAY, rep=ANNA, unit=NORTH, post="sales", starts_on=TODAY)


def test_a_unit_can_be_formed() -> None:
    people.given().when(form).then(formed)


def test_a_unit_is_formed_below_one_that_exists() -> None:
    people.given(formed).when(form_below).then_relies_on(f"unit/{NORTH}")


def test_a_unit_cannot_be_formed_below_nothing() -> None:
    people.given().when(form_below).then_rejected(UnitUnknown)


def test_a_rep_can_be_hired_into_a_unit() -> None:
    people.given(formed).when(hire).then(anna)


def test_hiring_relies_on_the_unit() -> None:
    people.given(formed).when(hire).then_relies_on(f"unit/{NORTH}")


def test_nobody_is_hired_into_a_unit_that_was_not_formed() -> None:
    people.given().when(hire).then_rejected(UnitUnknown)


def test_who_left_is_remembered_with_the_day() -> None:
    left = people.given(*team, anna_left).company.people.rep(ANNA)
    assert isinstance(left, Left)
    assert left.ends_on == anna_left.ends_on
