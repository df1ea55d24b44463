"""How units are formed and changed: each of its kind for ever, and never in a circle. Pure."""

from collections.abc import Callable
from datetime import date

from events.people import UnitFormed
from services.desk.deciding import Decision, stream
from services.desk.people.commands import ChangeUnit, FormUnit, UnitTerms
from services.desk.people.present import unit_on, working
from services.desk.people.refusals import (
    NoSuchUnit,
    UnitInCircle,
    UnitKindFixed,
    UnitRanksAbove,
)
from services.desk.people.state import People

_RANK = {"team": 1, "department": 2, "company": 3}


def form(command: FormUnit | ChangeUnit, people: People) -> Decision:
    """Let there be a unit, or let it be another way from a day on."""
    if isinstance(command, ChangeUnit):
        _stays_what_it_is(command, people)
    relies_on = _above(command, people) | _managed(command, people)
    event = UnitFormed(
        occurred_at=command.at,
        day=command.day,
        unit=command.unit,
        kind=command.unit_kind,
        title=command.title,
        parent=command.parent,
        manager=command.manager,
        starts_on=command.starts_on,
        ends_on=command.ends_on,
    )
    return Decision(stream("unit", command.unit), event, frozenset(relies_on))


def _stays_what_it_is(command: ChangeUnit, people: People) -> None:
    """Make sure that a unit exists and stays of its kind; raises NoSuchUnit or UnitKindFixed.

    Units below it, and quotas and goals of it, were allowed for its kind, on any day, by whoever decides meanwhile.
    """
    if command.unit not in people.units:
        raise NoSuchUnit(command.unit)
    kind = people.units[command.unit].terms[0].value.kind
    if command.unit_kind != kind:
        raise UnitKindFixed(command.unit, kind)


def _above(command: UnitTerms, people: People) -> set[str]:
    """Make sure that the unit fits below its parent on each of its days; the streams that say so.

    These are all the units above it. A circle is closed by its last edge, so whoever adds one relies on all the others.
    """
    if command.parent is None:
        return set()
    parent = unit_on(command.parent, command.starts_on, people)
    if _RANK[command.unit_kind] > _RANK[parent.kind] or command.unit_kind == "company":
        raise UnitRanksAbove(command.unit_kind, parent.kind)
    found = set[str]()
    for day in sorted({command.starts_on, *filter(_within(command), people.borders())}):
        above = people.above(command.parent, day)
        if command.unit in above:
            raise UnitInCircle(command.unit, command.parent, day)
        found |= {stream("unit", unit) for unit in above}
    return found


def _within(command: UnitTerms) -> Callable[[date], bool]:
    return lambda day: command.starts_on < day and (command.ends_on is None or day < command.ends_on)


def _managed(command: UnitTerms, people: People) -> set[str]:
    return set() if command.manager is None else {working(command.manager, command.starts_on, people)}
