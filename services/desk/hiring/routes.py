"""Requisitions, candidates and offers over HTTP."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StringConstraints

from events.event import AmountMinor, Currency, Day, Name, Ordinal, Text
from events.ids import CandidateId, HeadcountPlanId, OfferId, PostId, RepId, RequisitionId, UnitId
from events.people import SkillRating
from services.desk.asking import AnyAsk, AnyDesk, Ask, shown
from services.desk.bodies import STRICT, Body, body_of
from services.desk.company import Company
from services.desk.deciding import stream
from services.desk.describing import AN_ID, decision, list_of, reading
from services.desk.hiring.decider import (
    AnswerOffer,
    Apply,
    HiringCommand,
    Interview,
    MakeOffer,
    OpenRequisition,
    Screen,
    decide,
)
from services.desk.hiring.state import Requisition
from services.desk.listing import AnyListing, Filter, has
from services.desk.naming import naming
from services.runtime.auth.guard import AnyPermit
from services.runtime.plain_route import PlainRoute

router = APIRouter(prefix="/v1", route_class=PlainRoute)
Outcome = Literal["advanced", "rejected"]


class RequisitionBody(Body):
    """People who are to be found."""

    unit: UnitId
    post: PostId
    openings: Ordinal = 1
    """How many."""
    plan: HeadcountPlanId | None = None
    """The approved plan that has room for them."""
    needed_on: Day | None = None
    skills: Annotated[tuple[Name, ...], Field(max_length=50)] = ()


class CandidateBody(Body):
    """Somebody who wants to work here."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    """The person's name, which goes to the vault and into no event."""
    requisition: RequisitionId
    found_through: Name
    """Where the candidate heard of the post."""
    recommended_by: RepId | None = None

    def asked(self) -> dict[str, object]:
        """All but the name, whose very digest would be personal data."""
        told = super().asked()
        del told["name"]
        return told


class ScreenBody(Body):
    """What came of reading an application."""

    outcome: Outcome
    reason: Text = ""


class SkillRatingBody(SkillRating):
    """How good somebody is at something."""

    model_config = STRICT


class InterviewBody(Body):
    """What came of a conversation with a candidate."""

    interviewers: Annotated[tuple[RepId, ...], Field(min_length=1, max_length=20)]
    ratings: Annotated[tuple[SkillRatingBody, ...], Field(max_length=50)] = ()
    outcome: Outcome
    reason: Text = ""


class OfferBody(Body):
    """What a candidate is offered; unit and post are the requisition's."""

    starts_on: Day
    """The first day at work."""
    salary_minor: AmountMinor
    """The fixed pay of a month."""
    on_target_minor: AmountMinor
    """The pay of a month, commission included, when the quota is met exactly."""
    currency: Currency
    lapses_on: Day
    """The first day on which the offer no longer stands."""


class AcceptBody(Body):
    """The candidate says yes."""

    starts_on: Day | None = None
    """The first day at work that was agreed, where it is not the one that was offered."""


class DeclineBody(Body):
    """The candidate says no."""

    reason: Text = ""


_OFFER = {
    "starts_on": "2027-01-11",
    "salary_minor": 8_000_000,
    "on_target_minor": 12_000_000,
    "currency": "RUB",
    "lapses_on": "2026-12-15",
}


@router.post(
    "/requisitions",
    **decision(
        RequisitionBody, "hiring.ask", makes="requisition", example={"unit": AN_ID, "post": "seller", "openings": 2}
    ),
)
async def open_requisition(
    ask: AnyAsk, body: Annotated[RequisitionBody, Depends(body_of(RequisitionBody))]
) -> Response:
    """Ask for people."""
    command = OpenRequisition(
        **ask.when(body),
        requisition=ask.command(body).new("requisition"),
        unit=body.unit,
        post=body.post,
        openings=body.openings,
        plan=body.plan,
        needed_on=body.needed_on,
        skills=body.skills,
    )
    in_turn = f"requisitions of {body.plan or command.requisition}"
    unit = stream("unit", body.unit)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=in_turn, thing=unit)


@router.get("/requisitions", **list_of("hiring.read", "requisition"))
async def list_requisitions(page: AnyListing, unit: Filter = None, post: Filter = None) -> Response:
    """The requisitions, the oldest first."""
    requisitions = page.desk.log.fold.company.hiring.requisitions
    return page.answer("requisition", requisitions, _requisition, has(unit=unit, post=post))


@router.get("/requisitions/{requisition}", **reading("hiring.read", "requisition"))
async def get_requisition(requisition: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A requisition with its candidates and offers."""
    known = desk.log.fold.company.hiring.requisitions.get(requisition)
    return shown(desk, permit, stream("requisition", requisition), None if known is None else _requisition(known))


def _requisition(known: Requisition) -> dict[str, object]:
    return {
        "unit": known.unit,
        "post": known.post,
        "openings": known.openings,
        "taken": known.taken,
        "plan": known.plan,
        "candidates": known.candidates,
        "offers": known.offers,
    }


@router.post(
    "/candidates",
    **decision(
        CandidateBody,
        "hiring.meet",
        makes="requisition",
        example={"name": "Vera Petrova", "requisition": AN_ID, "found_through": "a job board"},
    ),
)
async def apply(ask: AnyAsk, body: Annotated[CandidateBody, Depends(body_of(CandidateBody))]) -> Response:
    """Take an application."""
    command_id = ask.command(body)
    command = Apply(
        **ask.when(body),
        candidate=command_id.new("candidate"),
        requisition=body.requisition,
        found_through=body.found_through,
        recommended_by=body.recommended_by,
    )
    return await ask.about(candidate=command.candidate).answer(
        command_id,
        partial(decide, command),
        in_turn=stream("requisition", body.requisition),
        thing=stream("requisition", body.requisition),
        **naming(
            ask.desk,
            command.candidate,
            body.name,
            "candidate",
            lambda company: command.candidate in company.hiring.of_candidate,
        ),
    )


@router.post(
    "/candidates/{candidate}/screen",
    **decision(ScreenBody, "hiring.meet", makes="requisition", example={"outcome": "advanced"}),
)
async def screen(candidate: str, ask: AnyAsk, body: Annotated[ScreenBody, Depends(body_of(ScreenBody))]) -> Response:
    """Decide whether to meet a candidate."""
    command = Screen(**ask.when(body), candidate=candidate, outcome=body.outcome, reason=body.reason)
    return await _of_candidate(ask, body, command, candidate)


@router.post(
    "/candidates/{candidate}/interview",
    **decision(
        InterviewBody, "hiring.meet", makes="requisition", example={"interviewers": [AN_ID], "outcome": "advanced"}
    ),
)
async def interview(
    candidate: str, ask: AnyAsk, body: Annotated[InterviewBody, Depends(body_of(InterviewBody))]
) -> Response:
    """Say what came of a conversation with a candidate."""
    command = Interview(
        **ask.when(body),
        candidate=candidate,
        interviewers=body.interviewers,
        ratings=body.ratings,
        outcome=body.outcome,
        reason=body.reason,
    )
    return await _of_candidate(ask, body, command, candidate)


@router.post(
    "/candidates/{candidate}/offers", **decision(OfferBody, "hiring.offer", makes="requisition", example=_OFFER)
)
async def make_offer(candidate: str, ask: AnyAsk, body: Annotated[OfferBody, Depends(body_of(OfferBody))]) -> Response:
    """Offer a candidate the post."""
    command = MakeOffer(
        **ask.when(body),
        offer=ask.command(body).new("offer"),
        candidate=candidate,
        starts_on=body.starts_on,
        salary_minor=body.salary_minor,
        on_target_minor=body.on_target_minor,
        currency=body.currency,
        lapses_on=body.lapses_on,
    )
    return await _of_candidate(ask, body, command, candidate, offer=command.offer)


@router.post(
    "/offers/{offer}/accept",
    **decision(AcceptBody, "hiring.offer", makes="requisition", example={"starts_on": "2026-12-01"}),
)
async def accept_offer(offer: str, ask: AnyAsk, body: Annotated[AcceptBody, Depends(body_of(AcceptBody))]) -> Response:
    """Take a candidate's yes."""
    command = AnswerOffer(**ask.when(body), offer=offer, answer="accepted", starts_on=body.starts_on)
    return await _of_offer(ask, body, command)


@router.post(
    "/offers/{offer}/decline",
    **decision(DeclineBody, "hiring.offer", makes="requisition", example={"reason": "the pay"}),
)
async def decline_offer(
    offer: str, ask: AnyAsk, body: Annotated[DeclineBody, Depends(body_of(DeclineBody))]
) -> Response:
    """Take a candidate's no."""
    command = AnswerOffer(**ask.when(body), offer=offer, answer="declined", reason=body.reason)
    return await _of_offer(ask, body, command)


async def _of_candidate(ask: Ask, body: Body, command: HiringCommand, candidate: CandidateId, **names: str) -> Response:
    """Answer a command about a candidate, in turn with all others about the requisition."""
    about = partial(_applied_for, candidate)
    return await _answer(ask, body, command, about, candidate=candidate, **names)


async def _of_offer(ask: Ask, body: Body, command: AnswerOffer) -> Response:
    return await _answer(ask, body, command, partial(_offered_for, command.offer), offer=command.offer)


def _applied_for(candidate: CandidateId, company: Company) -> str:
    return stream("requisition", company.hiring.of_candidate.get(candidate, candidate))


def _offered_for(offer: OfferId, company: Company) -> str:
    return stream("requisition", company.hiring.of_offer.get(offer, offer))


async def _answer(
    ask: Ask, body: Body, command: HiringCommand, about: Callable[[Company], str], **names: str
) -> Response:
    """Answer a command about a requisition; about which one, whoever has not read on may not know yet."""
    in_turn = about(ask.desk.log.fold.company)
    decided = partial(decide, command)
    return await ask.about(**names).answer(ask.command(body), decided, in_turn=in_turn, about=about)
