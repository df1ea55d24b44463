"""What may be asked about units and reps, and what it makes true. Pure."""

from datetime import date, timedelta
from typing import assert_never

from events.ids import CandidateId, PostId, UnitId
from events.people import AbsencePlanned, RepAssigned, RepHired, RepLeft, RepPromoted
from services.desk.company import Company
from services.desk.deciding import Decision, stream
from services.desk.hiring.refusals import OfferNotAccepted, OfferOfOther
from services.desk.hiring.state import Hiring
from services.desk.people.commands import (
    AssignRep,
    ChangeUnit,
    FormUnit,
    HireRep,
    LetRepLeave,
    PersonCommand,
    PlanAbsence,
    PromoteRep,
    rep_of,
)
from services.desk.people.present import formed, hired, placed
from services.desk.people.refusals import (
    AbsenceOverlaps,
    PlacementUnchanged,
    PostUnchanged,
    RepHasLeft,
    RepHiredAlready,
)
from services.desk.people.state import People, Placement
from services.desk.people.units import form

__all__ = [
    "AssignRep",
    "ChangeUnit",
    "FormUnit",
    "HireRep",
    "LetRepLeave",
    "PersonCommand",
    "PlanAbsence",
    "PromoteRep",
    "decide",
    "rep_of",
]


def decide(command: PersonCommand, company: Company) -> Decision:
    """Decide a command about people."""
    people = company.people
    match command:
        case FormUnit() | ChangeUnit():
            return form(command, people)
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
    rep = hired(command.rep, people)
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
    for known in hired(command.rep, people).absences:
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
