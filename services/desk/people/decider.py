"""What may be asked about units and reps, and what it makes true. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, assert_never
from uuid import uuid5

from events.goals import HolderKind
from events.ids import KVOTA, AbsenceId, CandidateId, PostId, RepId, UnitId
from events.people import AbsencePlanned, RepAssigned, RepHired, RepLeft, RepPromoted, UnitFormed
from services.desk.company import Company
from services.desk.deciding import Command, Decision, stream
from services.desk.hiring.refusals import OfferNotAccepted, OfferOfOther
from services.desk.hiring.state import Hiring
from services.desk.people.refusals import (
    AbsenceOverlaps,
    HolderKindMismatch,
    NoSuchRep,
    NoSuchUnit,
    PlacementUnchanged,
    PostUnchanged,
    RepHasLeft,
    RepHiredAlready,
    RepNotHired,
    UnitInCircle,
    UnitKindFixed,
    UnitRanksAbove,
    UnitUnknown,
)
from services.desk.people.state import Hired, People, Placement, Unit, UnitKind

_RANK = {"team": 1, "department": 2, "company": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTerms(Command):
    """How a unit is to be, from a day on."""

    unit: UnitId
    unit_kind: UnitKind
    title: str
    parent: UnitId | None = None
    manager: RepId | None = None
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormUnit(UnitTerms):
    """Let there be a unit, whose id nobody else has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeUnit(UnitTerms):
    """Let a unit that exists be another way: of another name, under another unit, or in other hands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HireRep(Command):
    """Let a person join the sales force; who it is, only the vault knows."""

    rep: RepId
    """The person's id, which nobody else has; of a candidate it is `rep_of`, so that nobody is hired twice."""
    unit: UnitId
    post: PostId
    starts_on: date
    territories: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    candidate: CandidateId | None = None
    """Whoever accepted an offer, and comes for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignRep(Command):
    """Let a rep work in this unit and post from a day on."""

    rep: RepId
    unit: UnitId
    post: PostId
    starts_on: date
    territories: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteRep(Command):
    """Let a rep rise to another post."""

    rep: RepId
    post: PostId
    unit: UnitId | None = None
    """Where the rep works after it; where it was, when empty."""
    starts_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LetRepLeave(Command):
    """Let a rep leave the company."""

    rep: RepId
    ends_on: date
    """The first day without the rep."""
    initiative: Literal["rep", "company", "agreement"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAbsence(Command):
    """Let a rep be away."""

    absence: AbsenceId
    rep: RepId
    absence_kind: Literal["vacation", "sickness", "parental", "training", "business_trip", "other"]
    starts_on: date
    ends_on: date
    working_days: int
    """By the company calendar."""


def rep_of(candidate: CandidateId) -> RepId:
    """The id that a candidate has as a rep."""
    return str(uuid5(KVOTA, f"rep\x1f{candidate}"))


PersonCommand = FormUnit | ChangeUnit | HireRep | AssignRep | PromoteRep | LetRepLeave | PlanAbsence


def decide(command: PersonCommand, company: Company) -> Decision:
    """Decide a command about people."""
    people = company.people
    match command:
        case FormUnit() | ChangeUnit():
            return _form(command, people)
        case HireRep():
            return _hire(command, company)
        case AssignRep():
            return _assign(command, people)
        case PromoteRep():
            return _promote(command, people)
        case LetRepLeave():
            return _leave(command, people)
        case PlanAbsence():
            return _absent(command, people)
        case _:
            assert_never(command)


def _form(command: FormUnit | ChangeUnit, people: People) -> Decision:
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
    parent = _formed(command.parent, command.starts_on, people)
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


def _hire(command: HireRep, company: Company) -> Decision:
    if command.rep in company.people.reps:
        raise RepHiredAlready(command.rep)
    relies_on = {formed(command.unit, command.starts_on, company.people)}
    if command.candidate is not None:
        relies_on.add(accepted(command.candidate, command.unit, command.post, company.hiring))
    event = RepHired(
        occurred_at=command.at,
        day=command.day,
        rep=command.rep,
        unit=command.unit,
        post=command.post,
        candidate=command.candidate,
        territories=command.territories,
        skills=command.skills,
        starts_on=command.starts_on,
    )
    return Decision(stream("rep", command.rep), event, frozenset(relies_on))


def _assign(command: AssignRep, people: People) -> Decision:
    before = placed(command.rep, command.starts_on, people)
    if before == Placement(command.unit, command.post, command.territories, command.skills):
        raise PlacementUnchanged(command.rep, command.starts_on)
    event = RepAssigned(
        occurred_at=command.at,
        day=command.day,
        rep=command.rep,
        unit=command.unit,
        post=command.post,
        territories=command.territories,
        skills=command.skills,
        starts_on=command.starts_on,
    )
    return Decision(stream("rep", command.rep), event, frozenset({formed(command.unit, command.starts_on, people)}))


def _promote(command: PromoteRep, people: People) -> Decision:
    before = placed(command.rep, command.starts_on, people)
    if before.post == command.post:
        raise PostUnchanged(command.rep, command.post)
    unit = command.unit or before.unit
    event = RepPromoted(
        occurred_at=command.at,
        day=command.day,
        rep=command.rep,
        unit=unit,
        previous_post=before.post,
        post=command.post,
        starts_on=command.starts_on,
    )
    return Decision(stream("rep", command.rep), event, frozenset({formed(unit, command.starts_on, people)}))


def _leave(command: LetRepLeave, people: People) -> Decision:
    rep = _hired(command.rep, people)
    if rep.ends_on is not None:
        raise RepHasLeft(command.rep, rep.ends_on)
    placement = placed(command.rep, _before(command.ends_on), people)
    event = RepLeft(
        occurred_at=command.at,
        day=command.day,
        rep=command.rep,
        unit=placement.unit,
        post=placement.post,
        ends_on=command.ends_on,
        initiative=command.initiative,
        reason=command.reason,
    )
    return Decision(stream("rep", command.rep), event)


def _absent(command: PlanAbsence, people: People) -> Decision:
    """Plan an absence, in the rep's own stream: whoever relies on the rep relies on there being none."""
    placed(command.rep, command.starts_on, people)
    placed(command.rep, _before(command.ends_on), people)
    for known in _hired(command.rep, people).absences:
        if (
            known.kind == command.absence_kind
            and known.starts_on < command.ends_on
            and command.starts_on < known.ends_on
        ):
            raise AbsenceOverlaps(command.rep, known.starts_on, known.ends_on)
    event = AbsencePlanned(
        occurred_at=command.at,
        day=command.day,
        absence=command.absence,
        rep=command.rep,
        kind=command.absence_kind,
        starts_on=command.starts_on,
        ends_on=command.ends_on,
        working_days=command.working_days,
    )
    return Decision(stream("rep", command.rep), event)


def _before(day: date) -> date:
    """The day before, where the calendar has one."""
    return day if day == date.min else day - timedelta(days=1)


def _hired(rep: RepId, people: People) -> Hired:
    known = people.rep(rep)
    if not isinstance(known, Hired):
        raise NoSuchRep(rep)
    return known


def placed(rep: RepId, day: date, people: People) -> Placement:
    """Where a rep works on a day; raises NoSuchRep or RepNotHired."""
    placement = _hired(rep, people).placement(day)
    if placement is None:
        raise RepNotHired(rep, day)
    return placement


def accepted(candidate: CandidateId, unit: UnitId, post: PostId, hiring: Hiring) -> str:
    """Make sure that a candidate has accepted an offer for this; the stream that says so.

    Raises OfferNotAccepted or OfferOfOther.
    """
    requisition = hiring.of_candidate.get(candidate)
    if requisition is None or hiring.requisitions[requisition].candidates[candidate].stage != "accepted":
        raise OfferNotAccepted(candidate)
    known = hiring.requisitions[requisition]
    if (known.unit, known.post) != (unit, post):
        raise OfferOfOther(known.unit, known.post)
    return stream("requisition", requisition)


def _formed(unit: UnitId, day: date, people: People) -> Unit:
    known = people.unit(unit, day)
    if known is None:
        raise UnitUnknown(unit, day)
    return known


def formed(unit: UnitId, day: date, people: People) -> str:
    """Make sure that a unit exists on a day; the stream that says so. Raises UnitUnknown."""
    _formed(unit, day, people)
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
