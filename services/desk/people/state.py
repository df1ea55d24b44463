"""What is remembered of units and reps. Pure."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal, assert_never

from events.ids import AbsenceId, PostId, RepId, UnitId
from events.people import AbsencePlanned, OrgEvent, RepAssigned, RepHired, RepLeft, RepPromoted, UnitFormed
from services.desk.dated import Dated, Term

UnitKind = Literal["team", "department", "company"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the org tree, as it is said to be."""

    kind: UnitKind
    title: str
    parent: UnitId | None = None
    manager: RepId | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Where somebody works, as what, and what leads can be given to them."""

    unit: UnitId
    post: PostId
    territories: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which somebody is away; half-open."""

    absence: AbsenceId
    kind: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class NotHired:
    """No such rep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hired:
    """Somebody who works here, or has worked here."""

    starts_on: date
    """The first day at the company."""
    ends_on: date | None = None
    """The first day without the rep; empty for somebody who has not left."""
    left_at: datetime | None = None
    """When it was said that the rep would leave."""
    placements: Dated[Placement]
    absences: tuple[Absence, ...] = ()

    def works_on(self, day: date) -> bool:
        """Whether it is one of the rep's days at the company, be it one of absence."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)

    def works_between(self, start: date, end: date) -> bool:
        """Whether some day from `start` to before `end` is one of the rep's."""
        return self.starts_on < end and (self.ends_on is None or start < self.ends_on)

    def placement(self, day: date) -> Placement | None:
        """Where the rep works on a day."""
        return self.placements.on(day) if self.works_on(day) else None

    def away_on(self, day: date) -> bool:
        """Whether the rep is absent on a day."""
        return any(absence.starts_on <= day < absence.ends_on for absence in self.absences)


Rep = NotHired | Hired


def evolve_rep(rep: Rep, event: RepHired | RepAssigned | RepPromoted | RepLeft | AbsencePlanned) -> Rep:
    """A rep after an event. What does not fit changes nothing."""
    if isinstance(event, RepHired):
        hired = Hired(starts_on=event.starts_on, placements=Dated())
        return _placed(hired, event, Placement(event.unit, event.post, event.territories, event.skills))
    if not isinstance(rep, Hired):
        return rep
    match event:
        case RepAssigned():
            return _placed(rep, event, Placement(event.unit, event.post, event.territories, event.skills))
        case RepPromoted():
            before = rep.placements.on(event.starts_on) or Placement(event.unit, event.post)
            return _placed(rep, event, replace(before, unit=event.unit, post=event.post))
        case RepLeft(ends_on=ends_on, occurred_at=said):
            return replace(rep, ends_on=ends_on, left_at=said)
        case AbsencePlanned():
            absence = Absence(event.absence, event.kind, event.starts_on, event.ends_on)
            return replace(rep, absences=(*rep.absences, absence))
        case _:
            assert_never(event)


def _placed(rep: Hired, event: RepHired | RepAssigned | RepPromoted, placement: Placement) -> Hired:
    return replace(rep, placements=rep.placements.also(Term(event.starts_on, event.ends_on, placement)))


@dataclass(slots=True)
class People:
    """Every unit and rep."""

    units: dict[UnitId, Dated[Unit]] = field(default_factory=dict[UnitId, Dated[Unit]])
    reps: dict[RepId, Rep] = field(default_factory=dict[RepId, Rep])

    def terms(self, unit: UnitId) -> Dated[Unit]:
        """How a unit is, and from when on; nothing for one that was never formed."""
        return self.units.get(unit, Dated())

    def unit(self, unit: UnitId, day: date) -> Unit | None:
        """A unit as it is on a day."""
        return self.terms(unit).on(day)

    def rep(self, rep: RepId) -> Rep:
        """A rep, as far as is known by now."""
        return self.reps.get(rep, NotHired())

    def above(self, unit: UnitId, day: date) -> list[UnitId]:
        """A unit and those that it is part of on a day, from the bottom up; in a circle each stands once."""
        chain: list[UnitId] = []
        at: UnitId | None = unit
        while at is not None and at not in chain:
            chain.append(at)
            known = self.unit(at, day)
            at = None if known is None else known.parent
        return chain

    def leaders(self, unit: UnitId, day: date) -> list[RepId]:
        """Who leads a unit on a day, and those that it is part of, from the bottom up."""
        known = [self.unit(each, day) for each in self.above(unit, day)]
        return [each.manager for each in known if each is not None and each.manager is not None]

    def borders(self) -> set[date]:
        """Each day on which the org tree may change."""
        return {day for unit in self.units.values() for day in unit.borders()}

    def take(self, event: OrgEvent) -> None:
        """Remember an event."""
        match event:
            case UnitFormed():
                unit = Unit(event.kind, event.title, event.parent, event.manager)
                term = Term(event.starts_on, event.ends_on, unit)
                self.units[event.unit] = self.terms(event.unit).also(term)
            case RepHired() | RepAssigned() | RepPromoted() | RepLeft() | AbsencePlanned():
                self.reps[event.rep] = evolve_rep(self.rep(event.rep), event)
            case _:
                assert_never(event)
