"""What is remembered of units and reps. Pure."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, assert_never

from events.ids import PostId, RepId, UnitId
from events.people import (
    AbsencePlanned,
    CandidateApplied,
    CandidateInterviewed,
    CandidateScreened,
    HeadcountPlanApproved,
    OfferAccepted,
    OfferDeclined,
    OfferMade,
    OneOnOneHeld,
    PersonEvent,
    PositionClosed,
    PositionFilled,
    PositionOpened,
    PositionVacated,
    PulseAnswered,
    RepAssigned,
    RepHired,
    RepLeft,
    RepPromoted,
    RequisitionOpened,
    UnitFormed,
)


@dataclass(frozen=True, slots=True)
class Unformed:
    """No such unit."""


@dataclass(frozen=True, slots=True)
class Formed:
    """A unit of the org tree, as it was last said to be."""

    kind: Literal["team", "department", "company"]
    title: str
    parent: UnitId | None
    starts_on: date


Unit = Unformed | Formed


@dataclass(frozen=True, slots=True)
class NotHired:
    """No such rep."""


@dataclass(frozen=True, slots=True)
class Hired:
    """Somebody who works here, in the unit and post that were decided last."""

    unit: UnitId
    post: PostId
    starts_on: date
    """The first day at the company."""


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who worked here."""

    unit: UnitId
    post: PostId
    starts_on: date
    ends_on: date
    """The first day without the rep."""


Rep = NotHired | Hired | Left


def works_on(rep: Rep, day: date) -> bool:
    """Whether somebody was hired, and had not left by this day."""
    match rep:
        case NotHired():
            return False
        case Hired():
            return True
        case Left(ends_on=ends_on):
            return day < ends_on
        case _:
            assert_never(rep)


def evolve_unit(event: UnitFormed) -> Unit:
    """A unit after an event."""
    return Formed(event.kind, event.title, event.parent, event.starts_on)


def evolve_rep(rep: Rep, event: RepHired | RepAssigned | RepPromoted | RepLeft) -> Rep:
    """A rep after an event."""
    match event:
        case RepHired():
            return Hired(event.unit, event.post, event.starts_on)
        case RepAssigned() | RepPromoted():
            return replace(rep, unit=event.unit, post=event.post) if isinstance(rep, Hired) else rep
        case RepLeft():
            return _left(rep, event)
        case _:
            assert_never(event)


def _left(rep: Rep, event: RepLeft) -> Rep:
    return Left(rep.unit, rep.post, rep.starts_on, event.ends_on) if isinstance(rep, Hired) else rep


@dataclass(slots=True)
class People:
    """Every unit and rep."""

    units: dict[UnitId, Unit] = field(default_factory=dict[UnitId, Unit])
    reps: dict[RepId, Rep] = field(default_factory=dict[RepId, Rep])

    def unit(self, unit: UnitId) -> Unit:
        """A unit as it is now."""
        return self.units.get(unit, Unformed())

    def rep(self, rep: RepId) -> Rep:
        """A rep as things are now."""
        return self.reps.get(rep, NotHired())

    def take(self, event: PersonEvent) -> None:
        """Remember an event."""
        match event:
            case UnitFormed():
                self.units[event.unit] = evolve_unit(event)
            case RepHired() | RepAssigned() | RepPromoted() | RepLeft():
                self.reps[event.rep] = evolve_rep(self.rep(event.rep), event)
            case AbsencePlanned() | PulseAnswered() | OneOnOneHeld() | HeadcountPlanApproved() | RequisitionOpened():
                pass
            case CandidateApplied() | CandidateScreened() | CandidateInterviewed():
                pass
            case OfferMade() | OfferAccepted() | OfferDeclined():
                pass
            case PositionOpened() | PositionFilled() | PositionVacated() | PositionClosed():
                pass
            case _:
                assert_never(event)
