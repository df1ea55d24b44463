"""Leads: people who may become customers; how they come in, and how they are shared out among reps."""

from typing import Literal, Self

from pydantic import Field, model_validator

from events.event import Count, Event, Name, Ordinal, Part, Seconds, Text, Whole
from events.ids import CustomerId, LeadId, PersonId, PoolId, RepId, UnitId

Policy = Literal["round_robin", "smooth_weighted", "least_loaded"]
"""In turn; as often as the weight says and spread out; or whoever has least in hand for their weight, else in turn.

Smooth weighted is nginx's: each member who can take the lead gains their weight, who has most takes it, and pays what
all of them gained.
"""

Unfit = Literal["inactive", "absent", "uncertified", "territory", "skill", "returned", "full_hour", "full_day"]
"""Why somebody cannot be given a lead: does not work here on that day, or is away; is not let near customers yet; does
not work in the territory, or lacks a skill that the lead needs; gave this very lead back; has as many as an hour or a
day allows."""


class PoolMember(Part):
    """A rep who is given leads of a pool."""

    rep: RepId
    weight: Ordinal = 1
    """How many leads for one of somebody with a weight of 1."""


class LeadPoolDefined(Event):
    """Leads of a kind are shared out among these people in this way; said again, it is another way from now on."""

    type: Literal["lead_pool.defined"] = "lead_pool.defined"
    version: Literal[1] = 1
    pool: PoolId
    title: Name
    unit: UnitId | None = None
    """Whose pool it is: that unit's leader may share its leads out."""
    policy: Policy
    members: tuple[PoolMember, ...] = Field(max_length=200)
    """In the order in which they take turns."""
    per_hour: Ordinal | None = None
    """So many leads of the pool a rep is given within 60 minutes at the most."""
    per_day: Ordinal | None = None
    """So many leads of the pool a rep is given on a business day at the most."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({each.rep for each in self.members}) < len(self.members):
            message = "members: each rep stands once in a pool"
            raise ValueError(message)
        return self


class LeadReceived(Event):
    """Somebody showed interest; who it is, only the vault knows."""

    type: Literal["lead.received"] = "lead.received"
    version: Literal[1] = 1
    lead: LeadId
    person: PersonId
    number: Ordinal
    """Which lead of this person it is."""
    pool: PoolId
    found_through: Name
    """Where it comes from: a web form, a call, a list."""
    campaign: Name | None = None
    trade_event: Name | None = None
    """The exhibition or conference at which the person was met."""
    product: Name | None = None
    territory: Name | None = None
    """Where the person is: who takes the lead has to work there."""
    skills: tuple[Name, ...] = Field(default=(), max_length=50)
    """What whoever takes the lead has to be able to do: a language, a product."""


class LeadMatched(Event):
    """The same person showed interest again while the lead was being worked on, or soon after: it is no lead more."""

    type: Literal["lead.matched"] = "lead.matched"
    version: Literal[1] = 1
    lead: LeadId
    """The lead that there was."""
    person: PersonId
    rule: Name
    """Why it is the same one, with the rule's version."""
    found_through: Name
    campaign: Name | None = None
    trade_event: Name | None = None
    product: Name | None = None


class LeadCandidate(Part):
    """A member of the pool, as the distributor saw them."""

    rep: RepId
    weight: Ordinal
    load: Count
    """How many leads of the pool they had in hand."""
    balance: Whole
    """What they have gained and not paid under the smooth weighted policy, after this lead; else 0."""
    skipped: Unfit | None = None
    """Why they could not take it; empty for those who could."""


class LeadAssigned(Event):
    """The distributor gave a lead to a rep, by the pool's policy."""

    type: Literal["lead.assigned"] = "lead.assigned"
    version: Literal[1] = 1
    lead: LeadId
    pool: PoolId
    rep: RepId
    given: Ordinal
    """How often the lead has been given to somebody, this time included."""
    policy: Policy
    candidates: tuple[LeadCandidate, ...] = Field(min_length=1, max_length=200)
    """All members in their order: with them and the assignments before, the choice can be made again."""
    waited_seconds: Seconds
    """From the lead's coming in, or from its being given back."""


class LeadReassigned(Event):
    """A manager gave a lead to a rep by name."""

    type: Literal["lead.reassigned"] = "lead.reassigned"
    version: Literal[1] = 1
    lead: LeadId
    pool: PoolId
    previous_rep: RepId | None = None
    """Who had it; empty for one that waited."""
    rep: RepId
    given: Ordinal
    reason: Text = ""


class LeadAccepted(Event):
    """A rep took up a lead that was given to them."""

    type: Literal["lead.accepted"] = "lead.accepted"
    version: Literal[1] = 1
    lead: LeadId
    pool: PoolId
    rep: RepId


class LeadReturned(Event):
    """A rep gave a lead back: it waits for somebody else."""

    type: Literal["lead.returned"] = "lead.returned"
    version: Literal[1] = 1
    lead: LeadId
    pool: PoolId
    rep: RepId
    reason: Name
    """As one of the company's own reasons, so that they can be counted."""


class LeadQualified(Event):
    """The person means to buy: the lead is done, a deal may follow."""

    type: Literal["lead.qualified"] = "lead.qualified"
    version: Literal[1] = 1
    lead: LeadId
    pool: PoolId
    rep: RepId
    customer: CustomerId | None = None
    """The customer that the person has become, or belongs to."""


class LeadDisqualified(Event):
    """Nothing will come of the lead."""

    type: Literal["lead.disqualified"] = "lead.disqualified"
    version: Literal[1] = 1
    lead: LeadId
    pool: PoolId
    rep: RepId | None = None
    """Who had it; empty for one that waited."""
    reason: Name


InHandEvent = LeadReassigned | LeadAccepted | LeadReturned | LeadQualified | LeadDisqualified
"""What becomes of a lead that somebody may have in hand."""

LeadEvent = LeadPoolDefined | LeadReceived | LeadMatched | LeadAssigned | InHandEvent
