"""Whether a unit or a rep is there on a day, and the stream that says so: what other decisions rest on. Pure."""

from datetime import date

from events.goals import HolderKind
from events.ids import RepId, UnitId
from services.desk.deciding import stream
from services.desk.people.refusals import (
    HolderKindMismatch,
    NoSuchRep,
    RepNotHired,
    UnitUnknown,
)
from services.desk.people.state import Hired, People, Placement, Unit


def hired(rep: RepId, people: People) -> Hired:
    """A rep who works here, or has; raises NoSuchRep."""
    known = people.rep(rep)
    if not isinstance(known, Hired):
        raise NoSuchRep(rep)
    return known


def placed(rep: RepId, day: date, people: People) -> Placement:
    """Where a rep works on a day; raises NoSuchRep or RepNotHired."""
    placement = hired(rep, people).placement(day)
    if placement is None:
        raise RepNotHired(rep, day)
    return placement


def unit_on(unit: UnitId, day: date, people: People) -> Unit:
    """A unit as it is on a day; raises UnitUnknown."""
    known = people.unit(unit, day)
    if known is None:
        raise UnitUnknown(unit, day)
    return known


def formed(unit: UnitId, day: date, people: People) -> str:
    """Make sure that a unit exists on a day; the stream that says so. Raises UnitUnknown."""
    unit_on(unit, day, people)
    return stream("unit", unit)


def working(rep: RepId, day: date, people: People) -> str:
    """Make sure that a rep works here on a day; the stream that says so. Raises RepNotHired."""
    known = people.rep(rep)
    if not (isinstance(known, Hired) and known.works_on(day)):
        raise RepNotHired(rep, day)
    return stream("rep", rep)


def holder_stream(kind: HolderKind, holder: str) -> str:
    """The stream of the rep or unit that something is asked of."""
    return stream("rep" if kind == "rep" else "unit", holder)


def holding(kind: HolderKind, holder: str, start: date, end: date, people: People) -> str:
    """Make sure that a rep or unit can be asked for something from `start` to before `end`; the stream that says so.

    That takes one of these days on which the rep works here, or the unit exists. Raises RepNotHired, UnitUnknown or
    HolderKindMismatch.
    """
    if kind == "rep":
        known = people.rep(holder)
        if not (isinstance(known, Hired) and known.works_between(start, end)):
            raise RepNotHired(holder, start)
        return holder_stream(kind, holder)
    unit = people.terms(holder).between(start, end)
    if unit is None:
        raise UnitUnknown(holder, start)
    if unit.kind != kind:
        raise HolderKindMismatch(holder, unit.kind)
    return holder_stream(kind, holder)
