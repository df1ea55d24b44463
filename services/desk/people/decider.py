"""What may be asked about units and reps, and what it makes true. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, assert_never

from events.ids import PostId, RepId, UnitId
from events.people import RepHired, UnitFormed
from services.desk.company import Company
from services.desk.deciding import Command, Decision, Rejected, stream
from services.desk.people.state import Formed, People, works_on


@dataclass(frozen=True, slots=True, kw_only=True)
class FormUnit(Command):
    """Let there be a unit."""

    unit: UnitId
    """Its id, which nobody else has."""
    kind: Literal["team", "department", "company"]
    title: str
    parent: UnitId | None = None
    starts_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class HireRep(Command):
    """Let a person join the sales force; who it is, only the vault knows."""

    rep: RepId
    """The person's id, which nobody else has."""
    unit: UnitId
    post: PostId
    starts_on: date


PersonCommand = FormUnit | HireRep


class UnitUnknown(Rejected):
    """A command names a unit that was not formed."""

    kind = "unit-unknown"

    def __init__(self, unit: UnitId) -> None:
        """Name the unit."""
        super().__init__(
            en=f"there is no unit {unit}: form it first",
            ru=f"подразделения {unit} нет: сначала создайте его",
        )


class RepNotHired(Rejected):
    """A command names a rep who does not work here on its day."""

    kind = "rep-not-hired"

    def __init__(self, rep: RepId, day: date) -> None:
        """Name the rep and the day."""
        super().__init__(
            en=f"no rep {rep} works here on {day}",
            ru=f"сотрудник {rep} на {day} здесь не работает",
        )


def decide(command: PersonCommand, company: Company) -> Decision:
    """Decide a command about people."""
    match command:
        case FormUnit():
            return _form(command, company.people)
        case HireRep():
            return _hire(command, company.people)
        case _:
            assert_never(command)


def _form(command: FormUnit, people: People) -> Decision:
    event = UnitFormed(
        occurred_at=command.at,
        day=command.day,
        unit=command.unit,
        kind=command.kind,
        title=command.title,
        parent=command.parent,
        starts_on=command.starts_on,
    )
    above = () if command.parent is None else (formed(command.parent, people),)
    return Decision(stream("unit", command.unit), event, frozenset(above))


def _hire(command: HireRep, people: People) -> Decision:
    event = RepHired(
        occurred_at=command.at,
        day=command.day,
        rep=command.rep,
        unit=command.unit,
        post=command.post,
        starts_on=command.starts_on,
    )
    return Decision(stream("rep", command.rep), event, frozenset({formed(command.unit, people)}))


def formed(unit: UnitId, people: People) -> str:
    """Make sure that a unit exists; the stream that says so. Raises UnitUnknown."""
    if not isinstance(people.unit(unit), Formed):
        raise UnitUnknown(unit)
    return stream("unit", unit)


def working(rep: RepId, day: date, people: People) -> str:
    """Make sure that a rep works here on a day; the stream that says so. Raises RepNotHired."""
    if not works_on(people.rep(rep), day):
        raise RepNotHired(rep, day)
    return stream("rep", rep)
