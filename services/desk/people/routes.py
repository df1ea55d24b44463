"""Units and reps over HTTP."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import StringConstraints

from events.event import Day, Name
from events.ids import PostId, UnitId
from services.desk.asking import AnyAsk, AnyDesk, shown
from services.desk.bodies import Body, body_of
from services.desk.deciding import stream
from services.desk.describing import decision, list_of, reading
from services.desk.listing import AnyListing, Filter, has
from services.desk.people.decider import FormUnit, HireRep, decide
from services.desk.people.state import Formed, Hired, Left, NotHired, Rep, Unit
from services.runtime.auth.guard import AnyPermit

router = APIRouter(prefix="/v1")


class UnitBody(Body):
    """A unit to be formed."""

    kind: Literal["team", "department", "company"]
    title: Name
    parent: UnitId | None = None
    """The unit that it is part of."""
    starts_on: Day | None = None
    """Its first day; the day of the command, when left out."""


class RepBody(Body):
    """A person to be hired."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    """The person's name, which goes to the vault and into no event."""
    unit: UnitId
    post: PostId
    starts_on: Day | None = None
    """The first day at work; the day of the command, when left out."""

    def asked(self) -> dict[str, object]:
        """All but the name, whose very digest would be personal data; the vault tells one name from another."""
        told = super().asked()
        del told["name"]
        return told


@router.post("/units", **decision(UnitBody, "units.form", makes="unit", example={"kind": "team", "title": "North"}))
async def form_unit(ask: AnyAsk, body: Annotated[UnitBody, Depends(body_of(UnitBody))]) -> Response:
    """Form a unit."""
    command_id, when = ask.command(body), ask.when(body)
    command = FormUnit(
        **when,
        unit=command_id.new("unit"),
        kind=body.kind,
        title=body.title,
        parent=body.parent,
        starts_on=body.starts_on or when["day"],
    )
    about = stream("unit", command.unit)
    above = None if body.parent is None else stream("unit", body.parent)
    return await ask.answer(command_id, partial(decide, command), in_turn=about, day=command.day, thing=above)


@router.get("/units", **list_of("units.read", "unit"))
async def list_units(
    page: AnyListing, kind: Literal["team", "department", "company"] | None = None, parent: Filter = None
) -> Response:
    """The units, the oldest first."""
    return page.answer("unit", page.desk.log.fold.company.people.units, _unit, has(kind=kind, parent=parent))


@router.get("/units/{unit}", **reading("units.read", "unit"))
async def get_unit(unit: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A unit."""
    return shown(desk, permit, stream("unit", unit), _unit(desk.log.fold.company.people.unit(unit)))


def _unit(unit: Unit) -> dict[str, object] | None:
    if not isinstance(unit, Formed):
        return None
    return {"kind": unit.kind, "title": unit.title, "parent": unit.parent, "starts_on": unit.starts_on}


@router.post(
    "/reps",
    **decision(
        RepBody,
        "reps.hire",
        makes="rep",
        example={"name": "Anna Ivanova", "unit": "8b7f8f6e-3d0c-5b6a-9b7e-2f1f5a0c9d11", "post": "seller"},
    ),
)
async def hire_rep(ask: AnyAsk, body: Annotated[RepBody, Depends(body_of(RepBody))]) -> Response:
    """Hire a rep."""
    command_id, when = ask.command(body), ask.when(body)
    command = HireRep(
        **when,
        rep=command_id.new("rep"),
        unit=body.unit,
        post=body.post,
        starts_on=body.starts_on or when["day"],
    )
    return await ask.answer(
        command_id,
        partial(decide, command),
        in_turn=stream("rep", command.rep),
        day=command.day,
        thing=stream("unit", body.unit),
        beforehand=partial(ask.desk.names.keep, command.rep, body.name),
    )


@router.get("/reps", **list_of("reps.read", "rep"))
async def list_reps(page: AnyListing, unit: Filter = None, state: Literal["hired", "left"] | None = None) -> Response:
    """The reps, the oldest first; their names are the vault's to tell."""
    return page.answer("rep", page.desk.log.fold.company.people.reps, _rep, has(unit=unit, state=state))


@router.get("/reps/{rep}", **reading("reps.read", "rep"))
async def get_rep(rep: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A rep; the name is the vault's to tell."""
    return shown(desk, permit, stream("rep", rep), _rep(desk.log.fold.company.people.rep(rep)))


def _rep(rep: Rep) -> dict[str, object] | None:
    match rep:
        case NotHired():
            return None
        case Hired(unit=unit, post=post, starts_on=starts_on):
            return {"state": "hired", "unit": unit, "post": post, "starts_on": starts_on}
        case Left(unit=unit, post=post, starts_on=starts_on, ends_on=ends_on):
            return {"state": "left", "unit": unit, "post": post, "starts_on": starts_on, "ends_on": ends_on}
