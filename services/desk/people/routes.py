"""Units and reps over HTTP."""

from datetime import date, timedelta
from functools import partial
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StringConstraints, model_validator

from events.event import Day, Name, Text, check_days
from events.ids import CandidateId, PostId, RepId, UnitId
from projections.calendar import working_days
from services.desk.asking import AnyAsk, AnyDesk, shown
from services.desk.bodies import Body, body_of
from services.desk.dated import Dated
from services.desk.deciding import stream
from services.desk.describing import AN_ID, decision, list_of, reading
from services.desk.listing import AnyListing, Filter, has
from services.desk.naming import naming
from services.desk.people.decider import (
    AssignRep,
    ChangeUnit,
    FormUnit,
    HireRep,
    LetRepLeave,
    PlanAbsence,
    PromoteRep,
    decide,
    rep_of,
)
from services.desk.people.state import Hired, Rep, Unit, UnitKind
from services.runtime.auth.guard import AnyPermit
from services.runtime.plain_route import PlainRoute

router = APIRouter(prefix="/v1", route_class=PlainRoute)
_EARLIEST, _LONGEST = date(2000, 1, 1), timedelta(days=2_000)
Names = Annotated[tuple[Name, ...], Field(max_length=50)]


class UnitBody(Body):
    """A unit, as it is to be."""

    kind: UnitKind
    title: Name
    parent: UnitId | None = None
    """The unit that it is part of."""
    manager: RepId | None = None
    starts_on: Day | None = None
    """Its first day, or the first day of the change; the day of the command, when left out."""
    ends_on: Day | None = None
    """The first day on which this no longer holds; empty while no end is known."""


class _PlacementBody(Body):
    unit: UnitId
    post: PostId
    starts_on: Day | None = None
    """The first day there; the day of the command, when left out."""
    territories: Names = ()
    skills: Names = ()
    """What the rep can be given leads for: languages, products, industries."""


class RepBody(_PlacementBody):
    """A person to be hired."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    """The person's name, which goes to the vault and into no event."""
    candidate: CandidateId | None = None
    """Whoever accepted an offer for this unit and post."""

    def asked(self) -> dict[str, object]:
        """All but the name, whose very digest would be personal data; the vault tells one name from another."""
        told = super().asked()
        del told["name"]
        return told


class AssignBody(_PlacementBody):
    """Where a rep is to work."""


class PromoteBody(Body):
    """To what a rep is to rise."""

    post: PostId
    unit: UnitId | None = None
    """Where the rep works after it; where it was, when left out."""
    starts_on: Day | None = None
    """The first day in the post; the day of the command, when left out."""


class LeaveBody(Body):
    """How a rep leaves."""

    ends_on: Day
    """The first day without the rep."""
    initiative: Literal["rep", "company", "agreement"]
    reason: Text = ""


class AbsenceBody(Body):
    """When a rep is away, and why."""

    kind: Literal["vacation", "sickness", "parental", "training", "business_trip", "other"]
    starts_on: Day
    ends_on: Day
    """The first day on which the rep is back."""

    @model_validator(mode="after")
    def _some_days(self) -> Self:
        check_days(self.starts_on, self.ends_on)
        if self.starts_on < _EARLIEST or self.ends_on - self.starts_on > _LONGEST:
            message = f"an absence begins after {_EARLIEST} and is of {_LONGEST.days} days at the most"
            raise ValueError(message)
        return self


@router.post("/units", **decision(UnitBody, "units.form", makes="unit", example={"kind": "team", "title": "North"}))
async def form_unit(ask: AnyAsk, body: Annotated[UnitBody, Depends(body_of(UnitBody))]) -> Response:
    """Form a unit."""
    return await _form(ask, body, FormUnit, ask.command(body).new("unit"))


@router.post(
    "/units/{unit}/change",
    **decision(
        UnitBody, "units.form", makes="unit", example={"kind": "team", "title": "Far North", "starts_on": "2026-12-01"}
    ),
)
async def change_unit(unit: str, ask: AnyAsk, body: Annotated[UnitBody, Depends(body_of(UnitBody))]) -> Response:
    """Rename a unit, move it below another, or give it to another manager, from a day on."""
    return await _form(ask, body, ChangeUnit, unit)


async def _form(ask: AnyAsk, body: UnitBody, asked: type[FormUnit | ChangeUnit], unit: UnitId) -> Response:
    when = ask.when(body)
    command = asked(
        **when,
        unit=unit,
        unit_kind=body.kind,
        title=body.title,
        parent=body.parent,
        manager=body.manager,
        starts_on=body.starts_on or when["day"],
        ends_on=body.ends_on,
    )
    about = stream("unit", unit)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)


@router.get("/units", **list_of("units.read", "unit"))
async def list_units(page: AnyListing, kind: UnitKind | None = None, parent: Filter = None) -> Response:
    """The units, the oldest first."""
    units = page.desk.log.fold.company.people.units
    return page.answer("unit", units, partial(_unit, page.desk.today()), has(kind=kind, parent=parent))


@router.get("/units/{unit}", **reading("units.read", "unit"))
async def get_unit(unit: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A unit, as it is today or was last."""
    known = desk.log.fold.company.people.units.get(unit)
    return shown(desk, permit, stream("unit", unit), None if known is None else _unit(desk.today(), known))


def _unit(today: date, known: Dated[Unit]) -> dict[str, object]:
    now = known.on(today)
    terms = [{"starts_on": term.starts_on, "ends_on": term.ends_on, **_terms(term.value)} for term in known.terms]
    return {**_terms(now or known.terms[-1].value), "starts_on": terms[0]["starts_on"], "terms": terms}


def _terms(unit: Unit) -> dict[str, object]:
    return {"kind": unit.kind, "title": unit.title, "parent": unit.parent, "manager": unit.manager}


@router.post(
    "/reps",
    **decision(RepBody, "reps.hire", makes="rep", example={"name": "Anna Ivanova", "unit": AN_ID, "post": "seller"}),
)
async def hire_rep(ask: AnyAsk, body: Annotated[RepBody, Depends(body_of(RepBody))]) -> Response:
    """Hire a rep."""
    command_id, when = ask.command(body), ask.when(body)
    command = HireRep(
        **when,
        rep=command_id.new("rep") if body.candidate is None else rep_of(body.candidate),
        unit=body.unit,
        post=body.post,
        territories=body.territories,
        skills=body.skills,
        candidate=body.candidate,
        starts_on=body.starts_on or when["day"],
    )
    return await ask.answer(
        command_id,
        partial(decide, command),
        in_turn=stream("rep", command.rep),
        thing=stream("unit", body.unit),
        **naming(ask.desk, command.rep, body.name, "rep", lambda company: command.rep in company.people.reps),
    )


@router.post(
    "/reps/{rep}/assign",
    **decision(AssignBody, "reps.place", makes="rep", example={"unit": AN_ID, "post": "seller", "skills": ["english"]}),
)
async def assign_rep(rep: str, ask: AnyAsk, body: Annotated[AssignBody, Depends(body_of(AssignBody))]) -> Response:
    """Let a rep work in another unit, post or territory, from a day on."""
    when = ask.when(body)
    command = AssignRep(
        **when,
        rep=rep,
        unit=body.unit,
        post=body.post,
        territories=body.territories,
        skills=body.skills,
        starts_on=body.starts_on or when["day"],
    )
    about = stream("rep", rep)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)


@router.post(
    "/reps/{rep}/promote",
    **decision(PromoteBody, "reps.place", makes="rep", example={"post": "manager", "starts_on": "2026-12-01"}),
)
async def promote_rep(rep: str, ask: AnyAsk, body: Annotated[PromoteBody, Depends(body_of(PromoteBody))]) -> Response:
    """Let a rep rise to another post, from a day on."""
    when = ask.when(body)
    command = PromoteRep(**when, rep=rep, post=body.post, unit=body.unit, starts_on=body.starts_on or when["day"])
    about = stream("rep", rep)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)


@router.post(
    "/reps/{rep}/leave",
    **decision(LeaveBody, "reps.hire", makes="rep", example={"ends_on": "2026-12-01", "initiative": "rep"}),
)
async def let_rep_leave(rep: str, ask: AnyAsk, body: Annotated[LeaveBody, Depends(body_of(LeaveBody))]) -> Response:
    """Let a rep leave."""
    command = LetRepLeave(
        **ask.when(body), rep=rep, ends_on=body.ends_on, initiative=body.initiative, reason=body.reason
    )
    about = stream("rep", rep)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)


@router.post(
    "/reps/{rep}/absences",
    **decision(
        AbsenceBody,
        "reps.absent",
        makes="rep",
        example={"kind": "vacation", "starts_on": "2026-12-01", "ends_on": "2026-12-15"},
    ),
)
async def plan_absence(rep: str, ask: AnyAsk, body: Annotated[AbsenceBody, Depends(body_of(AbsenceBody))]) -> Response:
    """Let a rep be away."""
    command_id = ask.command(body)
    absence = command_id.new("absence")
    command = PlanAbsence(
        **ask.when(body),
        absence=absence,
        rep=rep,
        absence_kind=body.kind,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        working_days=working_days(ask.desk.country, body.starts_on, body.ends_on),
    )
    about = stream("rep", rep)
    answering = ask.about(absence=absence)
    return await answering.answer(command_id, partial(decide, command), in_turn=about, about=about)


@router.get("/reps", **list_of("reps.read", "rep"))
async def list_reps(page: AnyListing, unit: Filter = None, state: Literal["hired", "left"] | None = None) -> Response:
    """The reps, the oldest first; their names are the vault's to tell."""
    reps = page.desk.log.fold.company.people.reps
    return page.answer("rep", reps, partial(_rep, page.desk.today()), has(unit=unit, state=state))


@router.get("/reps/{rep}", **reading("reps.read", "rep"))
async def get_rep(rep: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A rep; the name is the vault's to tell."""
    return shown(desk, permit, stream("rep", rep), _rep(desk.today(), desk.log.fold.company.people.rep(rep)))


def _rep(today: date, rep: Rep) -> dict[str, object] | None:
    if not isinstance(rep, Hired):
        return None
    last = rep.placements.terms[-1]
    now = rep.placement(today) or last.value
    left = rep.ends_on is not None and rep.ends_on <= today
    days = {"starts_on": rep.starts_on, "ends_on": rep.ends_on}
    return {
        "state": "left" if left else "hired",
        "unit": now.unit,
        "post": now.post,
        **{name: day for name, day in days.items() if day is not None},
        "territories": now.territories,
        "skills": now.skills,
        "placements": [
            {"unit": term.value.unit, "post": term.value.post, "starts_on": term.starts_on}
            for term in rep.placements.terms
        ],
        "absences": rep.absences,
    }
