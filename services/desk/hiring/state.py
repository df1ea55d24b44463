"""What is remembered of requisitions, candidates and offers. Pure.

All that is decided about one requisition is one stream, its candidates and offers included: so two people never accept
offers for the one opening that is left.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, assert_never
from uuid import uuid5

from events.ids import KVOTA, CandidateId, HeadcountPlanId, OfferId, PostId, RequisitionId, UnitId
from events.people import (
    CandidateApplied,
    CandidateInterviewed,
    CandidateScreened,
    HiringEvent,
    OfferAccepted,
    OfferDeclined,
    OfferMade,
    RequisitionOpened,
)

Stage = Literal["applied", "screened", "interviewed", "offered", "accepted", "declined", "rejected"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """How far an application has come."""

    stage: Stage
    rounds: int = 0
    """How many conversations there have been."""
    offer: OfferId | None = None
    """The offer that was made last."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a candidate was offered."""

    candidate: CandidateId
    unit: UnitId
    post: PostId
    starts_on: date
    lapses_on: date
    answer: Literal["accepted", "declined"] | None = None


@dataclass(frozen=True, slots=True)
class Requisition:
    """A wish for people, and those who answered to it."""

    unit: UnitId
    post: PostId
    openings: int
    plan: HeadcountPlanId | None
    candidates: dict[CandidateId, Candidate] = field(default_factory=dict[CandidateId, Candidate])
    offers: dict[OfferId, Offer] = field(default_factory=dict[OfferId, Offer])

    @property
    def taken(self) -> int:
        """How many openings somebody has accepted."""
        return sum(offer.answer == "accepted" for offer in self.offers.values())

    def with_candidate(self, candidate: CandidateId, now: Candidate) -> "Requisition":
        """The same with a candidate as things are now."""
        return replace(self, candidates={**self.candidates, candidate: now})

    def with_offer(self, offer: OfferId, now: Offer) -> "Requisition":
        """The same with an offer as things are now."""
        return replace(self, offers={**self.offers, offer: now})


CandidateEvent = CandidateApplied | CandidateScreened | CandidateInterviewed | OfferMade | OfferAccepted | OfferDeclined


def evolve(known: Requisition, event: CandidateEvent) -> Requisition:
    """A requisition after an event about one of its candidates."""
    before = known.candidates.get(event.candidate, Candidate("applied"))
    match event:
        case CandidateApplied():
            return known.with_candidate(event.candidate, before)
        case CandidateScreened(outcome=outcome):
            return known.with_candidate(event.candidate, replace(before, stage=_after(outcome, "screened")))
        case CandidateInterviewed(outcome=outcome):
            now = replace(before, stage=_after(outcome, "interviewed"), rounds=event.round)
            return known.with_candidate(event.candidate, now)
        case OfferMade():
            offer = Offer(event.candidate, event.unit, event.post, event.starts_on, event.lapses_on)
            now = replace(before, stage="offered", offer=event.offer)
            return known.with_candidate(event.candidate, now).with_offer(event.offer, offer)
        case OfferAccepted():
            return _answered(known, event, "accepted")
        case OfferDeclined():
            return _answered(known, event, "declined")
        case _:
            assert_never(event)


def _after(outcome: Literal["advanced", "rejected"], stage: Stage) -> Stage:
    return stage if outcome == "advanced" else "rejected"


def _answered(
    known: Requisition, event: OfferAccepted | OfferDeclined, answer: Literal["accepted", "declined"]
) -> Requisition:
    before = known.candidates.get(event.candidate, Candidate("offered"))
    offer = known.offers.get(event.offer)
    found = known.with_candidate(event.candidate, replace(before, stage=answer))
    return found if offer is None else found.with_offer(event.offer, replace(offer, answer=answer))


def requisition_id(plan: HeadcountPlanId, post: PostId, number: int) -> RequisitionId:
    """The id of the `number`-th requisition under a plan for a post, from 1: two at once write the same stream."""
    return str(uuid5(KVOTA, "\x1f".join(("requisition", plan, post, str(number)))))


@dataclass(slots=True)
class Hiring:
    """Every requisition, and which candidate and offer belongs to which."""

    requisitions: dict[RequisitionId, Requisition] = field(default_factory=dict[RequisitionId, Requisition])
    of_candidate: dict[CandidateId, RequisitionId] = field(default_factory=dict[CandidateId, RequisitionId])
    of_plan: dict[tuple[HeadcountPlanId, PostId], tuple[RequisitionId, ...]] = field(
        default_factory=dict[tuple[HeadcountPlanId, PostId], tuple[RequisitionId, ...]]
    )
    of_offer: dict[OfferId, RequisitionId] = field(default_factory=dict[OfferId, RequisitionId])

    def under(self, plan: HeadcountPlanId, post: PostId) -> tuple[RequisitionId, ...]:
        """The requisitions for a post that a plan provides for, in that order."""
        return self.of_plan.get((plan, post), ())

    def take(self, event: HiringEvent) -> None:
        """Remember an event."""
        if isinstance(event, RequisitionOpened):
            opened = Requisition(event.unit, event.post, event.openings, event.plan)
            self.requisitions[event.requisition] = opened
            if event.plan is not None:
                self.of_plan[event.plan, event.post] = (*self.under(event.plan, event.post), event.requisition)
            return
        known = self.requisitions.get(event.requisition)
        if known is None:
            return
        self.requisitions[event.requisition] = evolve(known, event)
        self.of_candidate[event.candidate] = event.requisition
        if isinstance(event, OfferMade):
            self.of_offer[event.offer] = event.requisition
