"""Whatever is asked about units and reps: the org is a forest on every day, and everybody is in one place."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from events.event import Event
from events.people import AbsencePlanned, RepAssigned, RepHired, RepLeft, RepPromoted, UnitFormed
from services.desk.deciding import Command
from services.desk.people.decider import (
    AssignRep,
    ChangeUnit,
    FormUnit,
    HireRep,
    LetRepLeave,
    PlanAbsence,
    PromoteRep,
)
from services.desk.people.state import Hired, UnitKind
from tests.desk.machines.racing import BOTH, SETTINGS, Racing
from tests.desk.machines.truth import painted
from tests.events.examples.dates import TODAY, at

NOW: dict[str, Any] = {"at": at(9), "day": TODAY}
now: dict[str, Any] = {name: st.just(value) for name, value in NOW.items()}
DAYS = [TODAY + timedelta(days=day) for day in range(6)]
KINDS: dict[str, UnitKind] = {"west": "team", "east": "team", "sales": "department", "acme": "company"}
RANK = {"team": 1, "department": 2, "company": 3}

days = st.sampled_from(DAYS)
kinds: st.SearchStrategy[UnitKind] = st.sampled_from(("team", "department", "company"))
units = st.sampled_from((*KINDS, "u1", "u2"))
reps = st.sampled_from(("anna", "boris", "vera"))
posts = st.sampled_from(("sales", "lead"))
intervals = st.tuples(days, st.integers(1, 4)).map(lambda drawn: (drawn[0], drawn[0] + timedelta(days=drawn[1])))
ends = st.none() | st.integers(1, 4)


@st.composite
def terms(draw: st.DrawFn) -> dict[str, Any]:
    """How a unit is to be."""
    start, length = draw(days), draw(ends)
    parent, manager = draw(st.none() | units), draw(st.none() | reps)
    end = None if length is None else start + timedelta(days=length)
    return NOW | {"title": "x", "parent": parent, "manager": manager, "starts_on": start, "ends_on": end}


@st.composite
def changes(draw: st.DrawFn) -> ChangeUnit:
    """A unit to be another way; of its own kind, mostly."""
    unit = draw(units)
    kind: UnitKind = draw(kinds) if draw(st.booleans()) else KINDS.get(unit, "team")
    return ChangeUnit(unit=unit, unit_kind=kind, **draw(terms()))


@st.composite
def formings(draw: st.DrawFn) -> FormUnit:
    """A new unit."""
    return FormUnit(unit="new", unit_kind=draw(kinds), **draw(terms()))


absences = intervals.map(
    lambda away: PlanAbsence(
        **NOW, absence="new", rep="anna", absence_kind="vacation", starts_on=away[0], ends_on=away[1], working_days=1
    )
)
places: dict[str, Any] = now | {"rep": reps, "post": posts, "starts_on": days}


def formed(unit: str) -> tuple[Event, str]:
    """A unit that is part of nothing yet."""
    event = UnitFormed(occurred_at=at(8), day=TODAY, unit=unit, kind=KINDS[unit], title=unit, starts_on=TODAY)
    return event, f"unit/{unit}"


class People(Racing):
    """What may be asked about units and reps."""

    beginning = tuple(map(formed, KINDS))
    commands: ClassVar[st.SearchStrategy[Command]] = st.one_of(
        changes(),
        changes(),
        formings(),
        st.builds(HireRep, **places, unit=units),
        st.builds(AssignRep, **places, unit=units),
        st.builds(PromoteRep, **places, unit=st.none() | units),
        st.builds(LetRepLeave, **now, rep=reps, ends_on=days, initiative=st.just("rep")),
        absences,
    )

    def named(self, command: Command, key: str) -> Command:
        """A new unit has the next name, and an absence one of its own."""
        if isinstance(command, FormUnit):
            number = sum(isinstance(asked, FormUnit) for asked, _ in self.asked) + 1
            return replace(command, unit=f"u{number}")
        return replace(command, absence=key) if isinstance(command, PlanAbsence) else command

    @rule(desk=BOTH, units=st.permutations(("west", "east")), start=days)
    def two_units_move_below_each_other(self, desk: int, units: list[str], start: date) -> None:
        """Each of two desks closes one half of a circle."""
        self.race(desk, _moved(units[0], units[1], start), _moved(units[1], units[0], start))

    @invariant()
    def the_org_is_a_forest_on_every_day(self) -> None:
        """Going up from any unit ends, on any day."""
        for day in DAYS:
            parents = {unit: terms[day].parent for unit, terms in self._units().items() if day in terms}
            for unit in parents:
                assert _ends(unit, parents)

    @invariant()
    def nothing_is_part_of_what_ranks_below_it(self) -> None:
        """A unit is of one kind for ever, and part of one of its kind or above; the company is part of nothing."""
        events = self.truth.of(UnitFormed)
        kinds_of = {(event.unit, event.kind) for event in events}
        assert len(kinds_of) == len({event.unit for event in events})
        kind = dict(kinds_of)
        for event in events:
            if event.parent is not None:
                assert event.kind != "company"
                assert RANK[event.kind] <= RANK[kind[event.parent]]

    @invariant()
    def everybody_is_in_one_place(self) -> None:
        """On each day each rep who works here is in just one unit, which existed when the rep came; the desk agrees."""
        places = self._places()
        units_of = self._units()
        for rep, where in places.items():
            known = self.fold.company.people.rep(rep)
            assert isinstance(known, Hired)
            for day in DAYS:
                placement = known.placement(day)
                assert (None if placement is None else (placement.unit, placement.post)) == where.get(day)
        for event in self._placings():
            assert event.starts_on in units_of[event.unit]

    @invariant()
    def nobody_comes_or_goes_twice(self) -> None:
        """A rep is hired once, first of all, and leaves once."""
        hired, gone = set[str](), set[str]()
        for event in self.truth.events:
            if isinstance(event, RepHired):
                assert event.rep not in hired
                hired.add(event.rep)
            elif isinstance(event, RepAssigned | RepPromoted | RepLeft | AbsencePlanned):
                assert event.rep in hired
            if isinstance(event, RepLeft):
                assert event.rep not in gone
                gone.add(event.rep)

    @invariant()
    def nobody_is_away_twice(self) -> None:
        """Absences of one kind have no day in common."""
        for one, other in combinations(self.truth.of(AbsencePlanned), 2):
            assert one.rep != other.rep or one.ends_on <= other.starts_on or other.ends_on <= one.starts_on

    def _units(self) -> dict[str, dict[date, UnitFormed]]:
        events = self.truth.of(UnitFormed)
        return {
            unit: painted(DAYS, [(event.starts_on, event.ends_on, event) for event in events if event.unit == unit])
            for unit in {event.unit for event in events}
        }

    def _placings(self) -> list[RepHired | RepAssigned | RepPromoted]:
        return [event for event in self.truth.events if isinstance(event, RepHired | RepAssigned | RepPromoted)]

    def _places(self) -> dict[str, dict[date, tuple[str, str]]]:
        gone = {event.rep: event.ends_on for event in self.truth.of(RepLeft)}
        events = self._placings()
        return {
            rep: painted(
                (day for day in DAYS if day < gone.get(rep, date.max)),
                [(event.starts_on, event.ends_on, (event.unit, event.post)) for event in events if event.rep == rep],
            )
            for rep in {event.rep for event in events}
        }


def _moved(unit: str, parent: str, start: date) -> ChangeUnit:
    return ChangeUnit(**NOW, unit=unit, unit_kind=KINDS[unit], title="x", parent=parent, starts_on=start)


def _ends(unit: str, parents: Mapping[str, str | None]) -> bool:
    at: str | None = unit
    for _ in range(len(parents) + 1):
        if at is None:
            return True
        at = parents.get(at)
    return False


TestPeople = People.TestCase
TestPeople.settings = SETTINGS
