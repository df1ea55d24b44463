"""What may be asked about requisitions, candidates and offers, and what it makes true. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, assert_never

from events.event import Currency
from events.ids import CandidateId, HeadcountPlanId, OfferId, PostId, RepId, RequisitionId, UnitId
from events.people import (
    CandidateApplied,
    CandidateInterviewed,
    CandidateScreened,
    OfferAccepted,
    OfferDeclined,
    OfferMade,
    RequisitionOpened,
    SkillRating,
)
from services.desk.company import Company
from services.desk.deciding import Command, Decision, stream
from services.desk.headcount.costs import in_its_days
from services.desk.headcount.decider import PLANS, provided
from services.desk.hiring.refusals import (
    CandidateElsewhere,
    CandidateUnknown,
    OfferAnswered,
    OfferLapsed,
    OfferUnknown,
    RequisitionFull,
    RequisitionUnknown,
)
from services.desk.hiring.state import Candidate, Hiring, Offer, Requisition, Stage, requisition_id
from services.desk.people.present import formed, working


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequisition(Command):
    """Ask for people."""

    requisition: RequisitionId
    """The id of one that no plan provides for; the others are numbered."""
    unit: UnitId
    post: PostId
    openings: int
    plan: HeadcountPlanId | None = None
    needed_on: date | None = None
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply(Command):
    """Somebody wants to work here."""

    candidate: CandidateId
    requisition: RequisitionId
    found_through: str
    recommended_by: RepId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen(Command):
    """An application was read."""

    candidate: CandidateId
    outcome: Literal["advanced", "rejected"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview(Command):
    """A candidate was met."""

    candidate: CandidateId
    interviewers: tuple[RepId, ...]
    ratings: tuple[SkillRating, ...] = ()
    outcome: Literal["advanced", "rejected"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeOffer(Command):
    """Offer a candidate the post."""

    offer: OfferId
    candidate: CandidateId
    starts_on: date
    salary_minor: int
    on_target_minor: int
    currency: Currency
    lapses_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOffer(Command):
    """The candidate says yes, or no."""

    offer: OfferId
    answer: Literal["accepted", "declined"]
    starts_on: date | None = None
    """The first day at work that was agreed, where it is not the one that was offered."""
    reason: str = ""


HiringCommand = OpenRequisition | Apply | Screen | Interview | MakeOffer | AnswerOffer


def decide(command: HiringCommand, company: Company) -> Decision:
    """Decide a command about hiring."""
    match command:
        case OpenRequisition():
            return _open(command, company)
        case Apply():
            return _apply(command, company)
        case Screen():
            return _screen(command, company.hiring)
        case Interview():
            return _interview(command, company)
        case MakeOffer():
            return _offer(command, company.hiring)
        case AnswerOffer():
            return _answer(command, company.hiring)
        case _:
            assert_never(command)


def _open(command: OpenRequisition, company: Company) -> Decision:
    requisition = command.requisition
    relies_on = {formed(command.unit, command.day, company.people)}
    if command.plan is not None:
        under = company.hiring.under(command.plan, command.post)
        asked = sum(company.hiring.requisitions[each].openings for each in under)
        plan = provided(command.plan, command.unit, command.post, asked + command.openings, company.headcount)
        in_its_days(command.plan, plan, command.needed_on or max(command.day, plan.starts_on))
        relies_on.add(PLANS)
        requisition = requisition_id(command.plan, command.post, len(under) + 1)
    event = RequisitionOpened(
        occurred_at=command.at,
        day=command.day,
        requisition=requisition,
        unit=command.unit,
        post=command.post,
        openings=command.openings,
        plan=command.plan,
        needed_on=command.needed_on,
        skills=command.skills,
    )
    return Decision(stream("requisition", requisition), event, frozenset(relies_on))


def _apply(command: Apply, company: Company) -> Decision:
    known = _requisition(command.requisition, company.hiring)
    if known.taken >= known.openings:
        raise RequisitionFull(command.requisition, known.openings)
    relies_on = set[str]()
    if command.recommended_by is not None:
        relies_on.add(working(command.recommended_by, command.day, company.people))
    event = CandidateApplied(
        occurred_at=command.at,
        day=command.day,
        candidate=command.candidate,
        requisition=command.requisition,
        found_through=command.found_through,
        recommended_by=command.recommended_by,
    )
    return Decision(stream("requisition", command.requisition), event, frozenset(relies_on))


def _screen(command: Screen, hiring: Hiring) -> Decision:
    requisition, _ = _at(command.candidate, hiring, "applied")
    event = CandidateScreened(
        occurred_at=command.at,
        day=command.day,
        candidate=command.candidate,
        requisition=requisition,
        outcome=command.outcome,
        reason=command.reason,
    )
    return Decision(stream("requisition", requisition), event)


def _interview(command: Interview, company: Company) -> Decision:
    requisition, candidate = _at(command.candidate, company.hiring, "screened", "interviewed")
    event = CandidateInterviewed(
        occurred_at=command.at,
        day=command.day,
        candidate=command.candidate,
        requisition=requisition,
        round=candidate.rounds + 1,
        interviewers=command.interviewers,
        ratings=command.ratings,
        outcome=command.outcome,
        reason=command.reason,
    )
    met_by = {working(rep, command.day, company.people) for rep in command.interviewers}
    return Decision(stream("requisition", requisition), event, frozenset(met_by))


def _offer(command: MakeOffer, hiring: Hiring) -> Decision:
    requisition, _ = _at(command.candidate, hiring, "interviewed", "declined")
    known = hiring.requisitions[requisition]
    if known.taken >= known.openings:
        raise RequisitionFull(requisition, known.openings)
    event = OfferMade(
        occurred_at=command.at,
        day=command.day,
        offer=command.offer,
        candidate=command.candidate,
        requisition=requisition,
        unit=known.unit,
        post=known.post,
        starts_on=command.starts_on,
        salary_minor=command.salary_minor,
        on_target_minor=command.on_target_minor,
        currency=command.currency,
        lapses_on=command.lapses_on,
    )
    return Decision(stream("requisition", requisition), event)


def _answer(command: AnswerOffer, hiring: Hiring) -> Decision:
    requisition = hiring.of_offer.get(command.offer)
    if requisition is None:
        raise OfferUnknown(command.offer)
    known = hiring.requisitions[requisition]
    offer = known.offers[command.offer]
    if offer.answer is not None:
        raise OfferAnswered(command.offer, offer.answer)
    answer = _accepted if command.answer == "accepted" else _declined
    return Decision(stream("requisition", requisition), answer(command, requisition, known, offer))


def _accepted(command: AnswerOffer, requisition: RequisitionId, known: Requisition, offer: Offer) -> OfferAccepted:
    if command.day >= offer.lapses_on:
        raise OfferLapsed(command.offer, offer.lapses_on)
    if known.taken >= known.openings:
        raise RequisitionFull(requisition, known.openings)
    return OfferAccepted(
        occurred_at=command.at,
        day=command.day,
        offer=command.offer,
        candidate=offer.candidate,
        requisition=requisition,
        starts_on=command.starts_on or offer.starts_on,
    )


def _declined(command: AnswerOffer, requisition: RequisitionId, _known: Requisition, offer: Offer) -> OfferDeclined:
    return OfferDeclined(
        occurred_at=command.at,
        day=command.day,
        offer=command.offer,
        candidate=offer.candidate,
        requisition=requisition,
        reason=command.reason,
    )


def _requisition(requisition: RequisitionId, hiring: Hiring) -> Requisition:
    known = hiring.requisitions.get(requisition)
    if known is None:
        raise RequisitionUnknown(requisition)
    return known


def _at(candidate: CandidateId, hiring: Hiring, *stages: Stage) -> tuple[RequisitionId, Candidate]:
    """A candidate who is at one of these steps, and the requisition; raises CandidateUnknown or CandidateElsewhere."""
    requisition = hiring.of_candidate.get(candidate)
    if requisition is None:
        raise CandidateUnknown(candidate)
    known = hiring.requisitions[requisition].candidates[candidate]
    if known.stage not in stages:
        raise CandidateElsewhere(candidate, known.stage, ", ".join(stages))
    return requisition, known
