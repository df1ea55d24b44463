"""Who works here, in which unit and post, who is to come, and how the team holds together. A person is an id."""

from typing import Annotated, Literal

from pydantic import Field

from events.event import (
    AmountMinor,
    BasisPoints,
    Count,
    Currency,
    Day,
    EffectiveEvent,
    Event,
    IntervalEvent,
    Name,
    Ordinal,
    Part,
    Text,
)
from events.ids import (
    AbsenceId,
    CandidateId,
    HeadcountPlanId,
    OfferId,
    PositionId,
    PostId,
    RepId,
    RequisitionId,
    UnitId,
)


class UnitFormed(EffectiveEvent):
    """A team, department or company exists from a day on; said again from a later day, it moved or changed hands."""

    type: Literal["unit.formed"] = "unit.formed"
    version: Literal[1] = 1
    unit: UnitId
    kind: Literal["team", "department", "company"]
    title: Name
    """What the unit is called in the company."""
    parent: UnitId | None = None
    """The unit that it is part of; empty for the top of the tree."""
    manager: RepId | None = None


class RepHired(EffectiveEvent):
    """A person joined the sales force: tenure, ramp and onboarding are counted from the first day."""

    type: Literal["rep.hired"] = "rep.hired"
    version: Literal[1] = 1
    rep: RepId
    unit: UnitId
    post: PostId
    position: PositionId | None = None
    """The seat of the staffing table that the rep takes."""
    candidate: CandidateId | None = None
    """The application that led to it."""
    territories: tuple[Name, ...] = ()
    skills: tuple[Name, ...] = ()
    """What the rep can be given leads for: languages, products, industries."""


class RepAssigned(EffectiveEvent):
    """A rep works in this unit from a day on: credits of those days roll up to it and not to the unit before."""

    type: Literal["rep.assigned"] = "rep.assigned"
    version: Literal[1] = 1
    rep: RepId
    unit: UnitId
    post: PostId
    position: PositionId | None = None
    territories: tuple[Name, ...] = ()
    skills: tuple[Name, ...] = ()


class RepPromoted(EffectiveEvent):
    """A rep rose to a post of more responsibility, as from salesperson to manager."""

    type: Literal["rep.promoted"] = "rep.promoted"
    version: Literal[1] = 1
    rep: RepId
    unit: UnitId
    """Where the rep works after it."""
    previous_post: PostId
    post: PostId
    position: PositionId | None = None


class RepLeft(Event):
    """A person left the sales force: no leads, quotas or shifts from that day."""

    type: Literal["rep.left"] = "rep.left"
    version: Literal[1] = 1
    rep: RepId
    unit: UnitId
    """Where the rep worked last."""
    post: PostId
    ends_on: Day
    """The first day without the rep."""
    initiative: Literal["rep", "company", "agreement"]
    reason: Text = ""


class AbsencePlanned(IntervalEvent):
    """A rep will be away: leads go to others, and the quota may be relieved."""

    type: Literal["absence.planned"] = "absence.planned"
    version: Literal[1] = 1
    absence: AbsenceId
    rep: RepId
    kind: Literal["vacation", "sickness", "parental", "training", "business_trip", "other"]
    working_days: Count
    """The days of the interval on which the rep would have worked, by the company calendar."""


class RequisitionOpened(Event):
    """A unit asked for people to be found for a post."""

    type: Literal["requisition.opened"] = "requisition.opened"
    version: Literal[1] = 1
    requisition: RequisitionId
    unit: UnitId
    post: PostId
    openings: Ordinal
    """How many people are wanted."""
    plan: HeadcountPlanId | None = None
    """The approved plan that has room for them."""
    needed_on: Day | None = None
    skills: tuple[Name, ...] = ()


class CandidateApplied(Event):
    """Somebody asked to work here; who it is, only the vault knows."""

    type: Literal["candidate.applied"] = "candidate.applied"
    version: Literal[1] = 1
    candidate: CandidateId
    requisition: RequisitionId
    found_through: Name
    """Where the candidate heard of the post: a job board, a recommendation."""
    recommended_by: RepId | None = None


class CandidateScreened(Event):
    """An application was read, and it was decided whether to meet the candidate."""

    type: Literal["candidate.screened"] = "candidate.screened"
    version: Literal[1] = 1
    candidate: CandidateId
    requisition: RequisitionId
    outcome: Literal["advanced", "rejected"]
    reason: Text = ""


class SkillRating(Part):
    """How good somebody is at one thing, in an interviewer's eyes."""

    skill: Name
    rating: Annotated[int, Field(ge=1, le=5)]
    """From 1, has to learn it, to 5, could teach it."""


class CandidateInterviewed(Event):
    """A candidate was met, and rated for the skills that the post needs."""

    type: Literal["candidate.interviewed"] = "candidate.interviewed"
    version: Literal[1] = 1
    candidate: CandidateId
    requisition: RequisitionId
    round: Ordinal
    """Which conversation with this candidate it was, from 1."""
    interviewers: tuple[RepId, ...]
    ratings: tuple[SkillRating, ...] = ()
    outcome: Literal["advanced", "rejected"]
    reason: Text = ""


class OfferMade(Event):
    """The company offered a candidate a post, with its pay."""

    type: Literal["offer.made"] = "offer.made"
    version: Literal[1] = 1
    offer: OfferId
    candidate: CandidateId
    requisition: RequisitionId
    unit: UnitId
    post: PostId
    starts_on: Day
    """The first day at work that is offered."""
    salary_minor: AmountMinor
    """The fixed pay of a month."""
    on_target_minor: AmountMinor
    """The pay of a month, commission included, when the quota is met exactly."""
    currency: Currency
    lapses_on: Day
    """The first day on which the offer no longer stands."""


class OfferAccepted(Event):
    """The candidate said yes."""

    type: Literal["offer.accepted"] = "offer.accepted"
    version: Literal[1] = 1
    offer: OfferId
    candidate: CandidateId
    requisition: RequisitionId
    starts_on: Day
    """The first day at work that was agreed."""


class OfferDeclined(Event):
    """The candidate said no: the reason tells what the offer lacked."""

    type: Literal["offer.declined"] = "offer.declined"
    version: Literal[1] = 1
    offer: OfferId
    candidate: CandidateId
    requisition: RequisitionId
    reason: Text = ""


class PulseAnswered(Event):
    """A member of a team said how much of a team it is: the measure of unity."""

    type: Literal["pulse.answered"] = "pulse.answered"
    version: Literal[1] = 1
    survey: Name
    """The round of questions that it belongs to."""
    unit: UnitId
    rep: RepId | None = None
    """Who answered; empty where the survey is anonymous."""
    question: Name
    score: Annotated[int, Field(ge=0, le=10)]
    """From 0, not at all, to 10, entirely."""


class OneOnOneHeld(Event):
    """A manager and a rep talked in private: what was agreed, and when they meet next."""

    type: Literal["one_on_one.held"] = "one_on_one.held"
    version: Literal[1] = 1
    rep: RepId
    manager: RepId
    minutes: Count
    topics: tuple[Name, ...] = ()
    agreed: Text = ""
    next_on: Day | None = None
    """The day of the next talk, where one was fixed."""


class PositionOpened(EffectiveEvent):
    """The staffing table has one more seat of a post."""

    type: Literal["position.opened"] = "position.opened"
    version: Literal[1] = 1
    position: PositionId
    unit: UnitId
    post: PostId
    plan: HeadcountPlanId | None = None
    """The approved plan that provides for it."""
    full_time_bp: BasisPoints
    """The part of a full-time post that it is: 5,000 is half a post."""
    cost_minor: AmountMinor
    """What the seat costs in a month when filled."""
    currency: Currency


class PositionFilled(EffectiveEvent):
    """A rep took a seat of the staffing table."""

    type: Literal["position.filled"] = "position.filled"
    version: Literal[1] = 1
    position: PositionId
    unit: UnitId
    post: PostId
    rep: RepId


class PositionVacated(Event):
    """A rep gave up a seat, which is open again."""

    type: Literal["position.vacated"] = "position.vacated"
    version: Literal[1] = 1
    position: PositionId
    unit: UnitId
    post: PostId
    rep: RepId
    ends_on: Day
    """The first day on which the seat is empty."""
    reason: Text = ""


class PositionClosed(Event):
    """The staffing table has one seat less: it may not be filled from that day."""

    type: Literal["position.closed"] = "position.closed"
    version: Literal[1] = 1
    position: PositionId
    unit: UnitId
    post: PostId
    ends_on: Day
    """The first day without the seat."""
    reason: Text = ""


class PlannedPost(Part):
    """One line of a headcount plan: how many seats of a post, and what they cost."""

    post: PostId
    positions: Count
    cost_minor: AmountMinor
    """The cost of all these seats over the plan's interval."""


class HeadcountPlanApproved(IntervalEvent):
    """A unit may have so many people in each post, at such a cost, for an interval."""

    type: Literal["headcount_plan.approved"] = "headcount_plan.approved"
    version: Literal[1] = 1
    plan: HeadcountPlanId
    unit: UnitId
    parent_plan: HeadcountPlanId | None = None
    """The plan of the unit above, whose posts and cost it stays within."""
    posts: tuple[PlannedPost, ...] = Field(min_length=1)
    currency: Currency


OrgEvent = UnitFormed | RepHired | RepAssigned | RepPromoted | RepLeft | AbsencePlanned
"""The org tree, and who works where in it."""

HiringEvent = (
    RequisitionOpened
    | CandidateApplied
    | CandidateScreened
    | CandidateInterviewed
    | OfferMade
    | OfferAccepted
    | OfferDeclined
)
"""How people are found."""

TeamEvent = PulseAnswered | OneOnOneHeld
"""How the team holds together."""

HeadcountEvent = PositionOpened | PositionFilled | PositionVacated | PositionClosed | HeadcountPlanApproved
"""How many people there may be, and in which seats."""

PersonEvent = OrgEvent | HiringEvent | TeamEvent | HeadcountEvent
