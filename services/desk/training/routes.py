"""Programmes and sessions over HTTP."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from events.event import AmountMinor, BasisPoints, Currency, Day, Name
from events.ids import PostId, ProgrammeId, RepId
from events.training import Minutes, Module, SessionHeld, ValidDays
from services.desk.asking import AnyAsk, AnyDesk, Ask, shown
from services.desk.bodies import Body, BodyPart, body_of
from services.desk.deciding import stream
from services.desk.describing import AN_ID, decision, list_of, reading
from services.desk.listing import AnyListing, Filter, has
from services.desk.training.decider import PROGRAMMES, HoldSession, PublishProgramme, decide
from services.desk.training.state import Programme
from services.runtime.auth.guard import AnyPermit
from services.runtime.plain_route import PlainRoute

router = APIRouter(prefix="/v1", route_class=PlainRoute)


class ModuleBody(BodyPart):
    """One thing to be learnt, and tested on its own."""

    module: Name
    pass_bp: BasisPoints
    """The least result that passes, of 10,000."""


class ProgrammeBody(Body):
    """A programme, as it is to be followed."""

    title: Name
    kind: Literal["onboarding", "product", "skills", "compliance"]
    modules: Annotated[tuple[ModuleBody, ...], Field(min_length=1, max_length=100)]
    posts: Annotated[tuple[PostId, ...], Field(max_length=200)] = ()
    """Whom it is for; everybody, when left out."""
    required_of: Literal["newcomers", "everyone"] | None = None
    """Who is given no leads until certified: those whose first day is not before the programme's, or all."""
    valid_days: ValidDays | None = None
    """For how many days a certification holds; for ever, when left out."""
    starts_on: Day | None = None
    """The first day on which it is followed in this way; the day of the command, when left out."""
    ends_on: Day | None = None


class SessionBody(Body):
    """People who were taught together."""

    title: Name
    programme: ProgrammeId | None = None
    trainer: RepId | None = None
    """Left out for somebody from outside."""
    attended: Annotated[tuple[RepId, ...], Field(min_length=1, max_length=500)]
    missed: Annotated[tuple[RepId, ...], Field(max_length=500)] = ()
    minutes: Minutes
    cost_minor: AmountMinor = 0
    currency: Currency


_PROGRAMME = {
    "title": "First steps",
    "kind": "onboarding",
    "modules": [{"module": "product", "pass_bp": 8_000}],
    "required_of": "newcomers",
    "valid_days": 365,
}


@router.post(
    "/training/programmes", **decision(ProgrammeBody, "training.publish", makes="training", example=_PROGRAMME)
)
async def publish_programme(ask: AnyAsk, body: Annotated[ProgrammeBody, Depends(body_of(ProgrammeBody))]) -> Response:
    """Publish a programme."""
    return await _publish(ask, body, ask.command(body).new("programme"), new=True)


@router.post(
    "/training/programmes/{programme}/publish",
    **decision(ProgrammeBody, "training.publish", makes="training", example=_PROGRAMME),
)
async def publish_next(
    programme: str, ask: AnyAsk, body: Annotated[ProgrammeBody, Depends(body_of(ProgrammeBody))]
) -> Response:
    """Publish a programme's next version. Certifications of earlier ones hold until they expire."""
    return await _publish(ask, body, programme, new=False)


async def _publish(ask: Ask, body: ProgrammeBody, programme: ProgrammeId, *, new: bool) -> Response:
    when = ask.when(body)
    command = PublishProgramme(
        **when,
        programme=programme,
        new=new,
        title=body.title,
        programme_kind=body.kind,
        modules=tuple(Module(module=each.module, pass_bp=each.pass_bp) for each in body.modules),
        posts=body.posts,
        required_of=body.required_of,
        valid_days=body.valid_days,
        starts_on=body.starts_on or when["day"],
        ends_on=body.ends_on,
    )
    decided = partial(decide, command)
    answering = ask.about(programme=programme)
    about = None if new else PROGRAMMES
    return await answering.answer(ask.command(body), decided, in_turn=PROGRAMMES, about=about)


@router.get("/training/programmes", **reading("training.read", "training"))
async def get_programmes(desk: AnyDesk, permit: AnyPermit) -> Response:
    """Every programme in all its versions."""
    programmes = desk.log.fold.company.training.programmes
    return shown(desk, permit, PROGRAMMES, {"published": {name: _programme(each) for name, each in programmes.items()}})


def _programme(known: Programme) -> list[dict[str, object]]:
    hidden = {"type", "version", "programme", "occurred_at", "day"}
    return [each.model_dump(mode="json", exclude=hidden) for each in known.versions]


@router.post(
    "/training/sessions",
    **decision(
        SessionBody,
        "training.hold",
        makes="session",
        example={"title": "Objections", "attended": [AN_ID], "minutes": 90, "currency": "RUB"},
    ),
)
async def hold_session(ask: AnyAsk, body: Annotated[SessionBody, Depends(body_of(SessionBody))]) -> Response:
    """Record that people were taught together."""
    ask.desk.accept(body.currency)
    command = HoldSession(
        **ask.when(body),
        session=ask.command(body).new("session"),
        title=body.title,
        programme=body.programme,
        trainer=body.trainer,
        attended=body.attended,
        missed=body.missed,
        minutes=body.minutes,
        cost_minor=body.cost_minor,
        currency=body.currency,
    )
    about = stream("session", command.session)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about)


@router.get("/training/sessions", **list_of("training.read", "session"))
async def list_sessions(page: AnyListing, programme: Filter = None, trainer: Filter = None) -> Response:
    """The sessions, the oldest first."""
    sessions = page.desk.log.fold.company.training.sessions
    return page.answer("session", sessions, _session, has(programme=programme, trainer=trainer))


@router.get("/training/sessions/{session}", **reading("training.read", "session"))
async def get_session(session: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A session, with those who were there."""
    known = desk.log.fold.company.training.sessions.get(session)
    return shown(desk, permit, stream("session", session), None if known is None else _session(known))


def _session(known: SessionHeld) -> dict[str, object]:
    return known.model_dump(mode="json", exclude={"type", "version", "session"})
