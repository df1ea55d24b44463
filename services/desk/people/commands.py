"""What may be asked about units and reps. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import uuid5

from events.ids import KVOTA, AbsenceId, CandidateId, PostId, RepId, UnitId
from services.desk.deciding import Command
from services.desk.people.state import UnitKind


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
