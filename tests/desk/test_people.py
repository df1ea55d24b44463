"""What may be asked about units and reps, and what it makes true."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from events.people import AbsencePlanned, RepAssigned, RepLeft, RepPromoted, UnitFormed
from services.desk.company import Company
from services.desk.deciding import Rejected
from services.desk.people.decider import (
    AssignRep,
    ChangeUnit,
    FormUnit,
    HireRep,
    LetRepLeave,
    PersonCommand,
    PlanAbsence,
    PromoteRep,
    decide,
)
from services.desk.people.refusals import (
    AbsenceOverlaps,
    NoSuchRep,
    NoSuchUnit,
    PlacementUnchanged,
    PostUnchanged,
    RepHasLeft,
    RepNotHired,
    UnitInCircle,
    UnitKindFixed,
    UnitRanksAbove,
    UnitUnknown,
)
from services.desk.people.state import Hired
from tests.desk.given import ANNA, BORIS, NORTH, anna, anna_left, formed, team
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario, event_id

people = Scenario[PersonCommand](decide)
WEST, SOUTH = "west", "south"
DECEMBER, JANUARY = date(2026, 12, 1), date(2027, 1, 1)


def form(unit: str = NORTH, again: bool = False, **changes: Any) -> FormUnit | ChangeUnit:  # noqa: ANN401, FBT001, FBT002  # fields
    usual: dict[str, Any] = {"unit": unit, "unit_kind": "team", "title": "Север", "starts_on": TODAY}
    return (ChangeUnit if again else FormUnit)(at=at(8), day=TODAY, **usual | changes)


def unit(name: str, parent: str | None = None, starts_on: date = TODAY, **changes: Any) -> UnitFormed:  # noqa: ANN401  # fields
    usual: dict[str, Any] = {"unit": name, "kind": "team", "title": name, "parent": parent, "starts_on": starts_on}
    return UnitFormed(occurred_at=at(8), day=TODAY, **usual | changes)


def hire(**changes: Any) -> HireRep:  # noqa: ANN401  # fields
    usual: dict[str, Any] = {"rep": ANNA, "unit": NORTH, "post": "sales", "starts_on": TODAY}
    return HireRep(at=at(8), day=TODAY, **usual | changes)


def assign(**changes: Any) -> AssignRep:  # noqa: ANN401  # fields
    usual: dict[str, Any] = {"rep": ANNA, "unit": WEST, "post": "sales", "starts_on": DECEMBER}
    return AssignRep(at=at(9), day=TODAY, **usual | changes)


def promote(**changes: Any) -> PromoteRep:  # noqa: ANN401  # fields
    usual: dict[str, Any] = {"rep": ANNA, "post": "manager", "starts_on": DECEMBER}
    return PromoteRep(at=at(9), day=TODAY, **usual | changes)


def leave(ends_on: date = DECEMBER, rep: str = ANNA) -> LetRepLeave:
    return LetRepLeave(at=at(9), day=TODAY, rep=rep, ends_on=ends_on, initiative="rep")


def away(starts_on: date, ends_on: date, kind: Any = "vacation") -> PlanAbsence:  # noqa: ANN401  # a literal
    days: dict[str, Any] = {"starts_on": starts_on, "ends_on": ends_on, "working_days": 5}
    return PlanAbsence(at=at(9), day=TODAY, absence="absence-1", rep=ANNA, absence_kind=kind, **days)


def test_a_unit_can_be_formed() -> None:
    people.given().when(form()).then(formed)


def test_a_unit_is_formed_below_one_that_exists() -> None:
    people.given(formed).when(form(WEST, parent=NORTH)).then_relies_on(f"unit/{NORTH}")
    people.given().when(form(WEST, parent=NORTH)).then_rejected(UnitUnknown)


def test_a_unit_is_formed_below_one_that_exists_on_its_first_day() -> None:
    later = unit(NORTH, starts_on=DECEMBER)
    people.given(later).when(form(WEST, parent=NORTH)).then_rejected(UnitUnknown)
    people.given(later).when(form(WEST, parent=NORTH, starts_on=DECEMBER)).then_relies_on(f"unit/{NORTH}")


def test_a_unit_that_was_dissolved_takes_nobody() -> None:
    dissolved = unit(NORTH, ends_on=DECEMBER)
    people.given(dissolved).when(hire(starts_on=DECEMBER)).then_rejected(UnitUnknown)
    people.given(dissolved).when(hire()).then(anna)


def test_a_department_is_not_part_of_a_team_nor_the_company_of_anything() -> None:
    people.given(formed).when(form(WEST, unit_kind="department", parent=NORTH)).then_rejected(UnitRanksAbove)
    company = unit("all", kind="company")
    people.given(company).when(form(WEST, unit_kind="company", parent="all")).then_rejected(UnitRanksAbove)


def test_a_unit_stays_of_its_kind_so_that_what_is_below_it_fits_on_each_day() -> None:
    """Else a department with departments below it would become a team, now or from a later day on."""
    care = unit(SOUTH, kind="department")
    given = people.given(care, unit(WEST, SOUTH, kind="department"))
    given.when(form(SOUTH, again=True, unit_kind="team")).then_rejected(UnitKindFixed)
    given.when(form(SOUTH, again=True, unit_kind="team", starts_on=DECEMBER)).then_rejected(UnitKindFixed)
    given.when(form(WEST, again=True, unit_kind="company", parent=None)).then_rejected(UnitKindFixed)
    given.when(form(SOUTH, again=True, unit_kind="department", title="Care")).then_relies_on()


def test_only_a_unit_that_was_formed_can_change() -> None:
    people.given().when(form(WEST, again=True)).then_rejected(NoSuchUnit)
    people.given(formed).when(form(NORTH, again=True, starts_on=DECEMBER)).then_relies_on()


def test_no_unit_is_part_of_itself_at_whatever_distance() -> None:
    given = people.given(unit(NORTH), unit(WEST, NORTH), unit(SOUTH, WEST))
    given.when(form(NORTH, again=True, parent=NORTH)).then_rejected(UnitInCircle)
    given.when(form(NORTH, again=True, parent=SOUTH)).then_rejected(UnitInCircle)
    given.when(form(SOUTH, again=True, parent=NORTH)).then_relies_on(f"unit/{NORTH}")


def test_whoever_joins_a_chain_relies_on_all_that_is_above() -> None:
    given = people.given(unit(NORTH), unit(WEST, NORTH), unit(SOUTH))
    given.when(form(SOUTH, again=True, parent=WEST)).then_relies_on(f"unit/{NORTH}", f"unit/{WEST}")


def test_a_circle_that_would_close_only_later_is_refused_and_one_that_opens_before_is_none() -> None:
    moves = people.given(unit(NORTH), unit(WEST), unit(WEST, NORTH, starts_on=DECEMBER))
    moves.when(form(NORTH, again=True, parent=WEST)).then_rejected(UnitInCircle)
    moves.when(form(NORTH, again=True, parent=WEST, ends_on=DECEMBER)).then_relies_on(f"unit/{WEST}")


def test_a_unit_is_in_the_hands_of_somebody_who_works_here() -> None:
    people.given(*team).when(form(NORTH, again=True, manager="nobody")).then_rejected(RepNotHired)
    people.given(*team).when(form(NORTH, again=True, manager=BORIS)).then_relies_on(f"rep/{BORIS}")


def test_a_rep_can_be_hired_into_a_unit() -> None:
    people.given(formed).when(hire()).then(anna)
    people.given(formed).when(hire()).then_relies_on(f"unit/{NORTH}")
    people.given().when(hire()).then_rejected(UnitUnknown)


def test_a_rep_can_be_moved_from_a_day_on() -> None:
    moved = RepAssigned(
        occurred_at=at(9), day=TODAY, rep=ANNA, unit=WEST, post="sales", starts_on=DECEMBER, skills=("english",)
    )
    given = people.given(*team, unit(WEST))
    given.when(assign(skills=("english",))).then(moved)
    rep = people.given(*team, moved).company.people.rep(ANNA)
    assert isinstance(rep, Hired)
    assert [getattr(rep.placement(day), "unit", None) for day in (TODAY, DECEMBER, JANUARY)] == [NORTH, WEST, WEST]
    assert rep.placement(TODAY - timedelta(days=1)) is None


def test_a_move_that_changes_nothing_is_refused() -> None:
    people.given(*team).when(assign(unit=NORTH)).then_rejected(PlacementUnchanged)


def test_a_promotion_is_to_another_post_and_keeps_what_the_rep_can_do() -> None:
    skilled = anna.model_copy(update={"skills": ("english",)})
    risen = RepPromoted(
        occurred_at=at(9), day=TODAY, rep=ANNA, unit=NORTH, previous_post="sales", post="manager", starts_on=DECEMBER
    )
    people.given(formed, skilled).when(promote()).then(risen)
    people.given(formed, skilled).when(promote(post="sales")).then_rejected(PostUnchanged)
    rep = people.given(formed, skilled, risen).company.people.rep(ANNA)
    assert isinstance(rep, Hired)
    placement = rep.placement(DECEMBER)
    assert placement is not None
    assert (placement.post, placement.skills) == ("manager", ("english",))


def test_nobody_moves_rises_leaves_or_is_away_before_the_first_day_or_after_the_last() -> None:
    yesterday = TODAY - timedelta(days=1)
    for command in (assign(starts_on=yesterday), promote(starts_on=yesterday), leave(TODAY), away(yesterday, DECEMBER)):
        people.given(*team, unit(WEST, starts_on=yesterday)).when(command).then_rejected(RepNotHired)
    for later in (assign(), promote(), away(TODAY, DECEMBER)):
        people.given(*team, unit(WEST), anna_left).when(later).then_rejected(RepNotHired)


def test_somebody_who_was_never_hired_is_not_known() -> None:
    for command in (assign(rep="nobody"), promote(rep="nobody"), leave(rep="nobody")):
        people.given(*team, unit(WEST)).when(command).then_rejected(NoSuchRep)


def test_a_rep_leaves_the_unit_and_post_of_the_last_day_once() -> None:
    gone = RepLeft(occurred_at=at(9), day=TODAY, rep=ANNA, unit=NORTH, post="sales", ends_on=DECEMBER, initiative="rep")
    people.given(*team).when(leave()).then(gone)
    people.given(*team, anna_left).when(leave()).then_rejected(RepHasLeft)


def test_an_absence_stands_in_the_stream_of_the_rep() -> None:
    planned = AbsencePlanned(
        occurred_at=at(9),
        day=TODAY,
        absence="absence-1",
        rep=ANNA,
        kind="vacation",
        starts_on=DECEMBER,
        ends_on=JANUARY,
        working_days=5,
    )
    outcome = people.given(*team).when(away(DECEMBER, JANUARY))
    outcome.then(planned)
    assert outcome.decision.stream == f"rep/{ANNA}"
    given = people.given(*team, planned)
    given.when(away(JANUARY - timedelta(days=1), date(2027, 2, 1))).then_rejected(AbsenceOverlaps)
    given.when(away(JANUARY - timedelta(days=1), date(2027, 2, 1), "sickness")).then_relies_on()
    rep = given.company.people.rep(ANNA)
    assert isinstance(rep, Hired)
    assert [rep.away_on(day) for day in (TODAY, DECEMBER, JANUARY)] == [False, True, False]


@examples(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 3), st.integers(1, 3)), max_size=14))
def test_whatever_is_asked_the_org_tree_never_has_a_circle(asked: list[tuple[int, int, int, int]]) -> None:
    company, names = Company(), [f"unit-{number}" for number in range(5)]
    for place, (mine, above, start, length) in enumerate(asked):
        name = names[mine]
        terms: dict[str, Any] = {
            "parent": names[above] if above < len(names) else None,
            "starts_on": TODAY + timedelta(days=start),
            "ends_on": TODAY + timedelta(days=start + length) if length < 3 else None,
        }
        try:
            decision = decide(form(name, again=name in company.people.units, **terms), company)
        except Rejected:
            continue
        company.take(decision.event, event_id(place))
    for day in (TODAY + timedelta(days=number) for number in range(8)):
        for name in names:
            top = company.people.above(name, day)[-1]
            known = company.people.unit(top, day)
            assert known is None or known.parent is None, (day, name)


@pytest.mark.parametrize("missing", ["parent", "manager"])
def test_a_unit_says_what_it_lacks(missing: str) -> None:
    lacking: dict[str, Any] = {missing: "nobody"}
    refusal = people.given().when(form(**lacking)).answer
    assert isinstance(refusal, Rejected)
    assert "nobody" in refusal.en
    assert "nobody" in refusal.ru
