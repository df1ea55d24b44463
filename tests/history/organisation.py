"""A small company, for the tests of reports: a department of two teams, and three reps."""

from datetime import date

from events.people import RepHired, UnitFormed
from tests.events.examples.dates import when
from tests.telling import ANNA, BORIS

VERA = "vera"
COMPANY, WEST, NORTH, SOUTH = "company", "west", "north", "south"


def unit(name: str, parent: str | None, kind: str, since: date) -> UnitFormed:
    """Form a unit; `kind` is company, department or team."""
    told = {"unit": name, "kind": kind, "title": name, "parent": parent, "starts_on": since}
    return UnitFormed.model_validate({**when(5, day=since), **told})


def hired(rep: str, team: str, since: date) -> RepHired:
    """Hire a rep into a team."""
    return RepHired(**when(5, day=since), rep=rep, unit=team, post="sales", starts_on=since)


def organisation(since: date) -> tuple[UnitFormed | RepHired, ...]:
    """The company, from a day on."""
    return (
        unit(COMPANY, None, "company", since),
        unit(WEST, COMPANY, "department", since),
        unit(NORTH, WEST, "team", since),
        unit(SOUTH, WEST, "team", since),
        hired(ANNA, NORTH, since),
        hired(BORIS, NORTH, since),
        hired(VERA, SOUTH, since),
    )
