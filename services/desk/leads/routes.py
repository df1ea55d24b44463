"""Leads and their pools over HTTP."""

from functools import partial
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StringConstraints, model_validator

from events.event import Name, Ordinal, Text
from events.ids import CustomerId, PoolId, RepId, UnitId
from events.leads import Policy, PoolMember
from services.desk.asking import AnyAsk, AnyDesk, Ask, shown
from services.desk.bodies import Body, BodyPart, body_of
from services.desk.company import Company
from services.desk.deciding import stream
from services.desk.describing import AN_ID, decision, list_of, reading
from services.desk.leads.decider import (
    AcceptLead,
    AssignLead,
    DefinePool,
    DisqualifyLead,
    InPoolCommand,
    QualifyLead,
    ReassignLead,
    ReceiveLead,
    ReturnLead,
    decide,
    pool_stream,
)
from services.desk.leads.receiving import find_person, receive
from services.desk.leads.state import Lead, Pool
from services.desk.listing import AnyListing, Filter, has
from services.desk.names import Contact
from services.runtime.auth.guard import AnyPermit
from services.runtime.plain_route import PlainRoute

router = APIRouter(prefix="/v1", route_class=PlainRoute)
_Told = Annotated[str, StringConstraints(min_length=1, max_length=320)]


class MemberBody(BodyPart):
    """A rep who is given leads of a pool."""

    rep: RepId
    weight: Annotated[int, Field(ge=1, le=10_000)] = 1
    """How many leads for one of somebody with a weight of 1."""


class PoolBody(Body):
    """How leads are to be shared out from now on."""

    title: Name
    unit: UnitId | None = None
    """Whose pool it is: that unit's leader may share its leads out."""
    policy: Policy
    members: Annotated[tuple[MemberBody, ...], Field(max_length=200)] = ()
    """In the order in which they take turns."""
    per_hour: Ordinal | None = None
    """So many leads of the pool a rep is given within 60 minutes at the most."""
    per_day: Ordinal | None = None
    """So many leads of the pool a rep is given on a business day at the most."""


class LeadBody(Body):
    """Somebody who showed interest. Name, number and address go to the vault and into no event."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = None
    number: _Told | None = None
    """A telephone number, with its country or as it is dialled in the company's."""
    email: _Told | None = None
    ref: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,190}$")] | None = None
    """The sender's own id of the lead, not made of personal data; the Idempotency-Key, when left out. For 35 days a
    repeat means the same person, be the person erased in the meantime."""
    pool: PoolId
    found_through: Name
    """Where it comes from: a web form, a call, a list."""
    campaign: Name | None = None
    trade_event: Name | None = None
    product: Name | None = None
    territory: Name | None = None
    """Where the person is: who takes the lead has to work there."""
    skills: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    """What whoever takes the lead has to be able to do: a language, a product."""

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.number is None and self.email is None:
            message = "should have a number or an email: nobody could answer"
            raise ValueError(message)
        return self

    def asked(self) -> dict[str, object]:
        """All but what is personal, whose very digest would be personal data."""
        return {name: value for name, value in super().asked().items() if name not in {"name", "number", "email"}}

    def contact(self, ref: str) -> Contact:
        """What the vault is told; `ref` where the sender gave none."""
        told: Contact = {"ref": f"lead/{self.ref or ref}"}
        if self.number is not None:
            told["number"] = self.number
        if self.email is not None:
            told["email"] = self.email
        if self.name is not None:
            told["name"] = self.name
        return told


class PlainBody(Body):
    """Nothing but the command itself."""


class ReassignBody(Body):
    """Who is to have a lead."""

    rep: RepId
    reason: Text = ""


class ReasonBody(Body):
    """Why, as one of the company's own reasons."""

    reason: Name


class QualifyBody(Body):
    """What a lead has become."""

    customer: CustomerId | None = None
    """The customer that the person has become, or belongs to."""


_POOL = {"title": "From the site", "policy": "round_robin", "members": [{"rep": AN_ID}], "per_hour": 6}
_LEAD = {"pool": AN_ID, "found_through": "web form", "number": "+7 495 123-45-67", "name": "Vera Petrova"}


@router.post("/lead-pools", **decision(PoolBody, "pools.define", makes="lead_pool", example=_POOL))
async def define_pool(ask: AnyAsk, body: Annotated[PoolBody, Depends(body_of(PoolBody))]) -> Response:
    """Define a pool of leads, and how they are shared out."""
    return await _define(ask, body, ask.command(body).new("lead_pool"), new=True)


@router.post("/lead-pools/{lead_pool}/change", **decision(PoolBody, "pools.define", makes="lead_pool", example=_POOL))
async def change_pool(lead_pool: str, ask: AnyAsk, body: Annotated[PoolBody, Depends(body_of(PoolBody))]) -> Response:
    """Let a pool's leads be shared out in another way, or among others, from now on."""
    return await _define(ask, body, lead_pool, new=False)


async def _define(ask: Ask, body: PoolBody, pool: PoolId, *, new: bool) -> Response:
    command = DefinePool(
        **ask.when(body),
        pool=pool,
        new=new,
        title=body.title,
        unit=body.unit,
        policy=body.policy,
        members=tuple(PoolMember(rep=each.rep, weight=each.weight) for each in body.members),
        per_hour=body.per_hour,
        per_day=body.per_day,
    )
    about = pool_stream(pool)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)


@router.get("/lead-pools", **list_of("pools.read", "lead_pool"))
async def list_pools(page: AnyListing, unit: Filter = None) -> Response:
    """The pools, the oldest first."""
    return page.answer("lead_pool", page.desk.log.fold.company.leads.pools, _pool, has(unit=unit))


@router.get("/lead-pools/{lead_pool}", **reading("pools.read", "lead_pool"))
async def get_pool(lead_pool: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A pool: how it is shared out, what waits, and how many leads each member has in hand."""
    known = desk.log.fold.company.leads.pools.get(lead_pool)
    return shown(desk, permit, pool_stream(lead_pool), None if known is None else _pool(known))


def _pool(known: Pool) -> dict[str, object]:
    hidden = {"type", "version", "pool", "occurred_at", "day"}
    return {
        **known.terms.model_dump(mode="json", exclude=hidden),
        "last": known.turn.last,
        "waiting": len(known.waiting),
        "in_hand": {rep: leads for rep, leads in known.in_hand.items() if leads},
    }


@router.post("/leads", **decision(LeadBody, "leads.receive", makes="lead", example=_LEAD))
async def receive_lead(ask: AnyAsk, body: Annotated[LeadBody, Depends(body_of(LeadBody))]) -> Response:
    """Take in a lead and give it to whoever's turn it is; one that the person left before is found to be that one.

    `rep` of the answer is who has it; without it, the lead waits until somebody can take it.
    """
    command_id = ask.command(body)
    person = await find_person(ask, command_id, body.contact(str(command_id.key)), body.pool)
    command = ReceiveLead(
        **ask.when(body),
        person=person,
        pool=body.pool,
        found_through=body.found_through,
        campaign=body.campaign,
        trade_event=body.trade_event,
        product=body.product,
        territory=body.territory,
        skills=body.skills,
    )
    return await receive(ask, command_id, command)


@router.get("/leads", **list_of("leads.read", "lead"))
async def list_leads(page: AnyListing, lead_pool: Filter = None, stage: Filter = None, rep: Filter = None) -> Response:
    """The leads, in the order in which they came in."""
    wanted = has(lead_pool=lead_pool, stage=stage, rep=rep)
    return page.answer("lead", page.desk.log.fold.company.leads.leads, _lead, wanted)


@router.get("/leads/{lead}", **reading("leads.read", "lead"))
async def get_lead(lead: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A lead; who the person is, is the vault's to tell. Its version is the pool's: there is decided about it."""
    known = desk.log.fold.company.leads.leads.get(lead)
    if known is None:
        return shown(desk, permit, stream("lead", lead), None)
    return shown(desk, permit, stream("lead", lead), _lead(known), pool_stream(known.pool))


def _lead(known: Lead) -> dict[str, object]:
    return {
        "lead_pool": known.pool,
        "person": known.person,
        "number": known.number,
        "received_at": known.received_at,
        "territory": known.territory,
        "skills": known.skills,
        "stage": known.stage,
        "rep": known.rep,
        "given": known.given,
        "returned_by": known.returned_by,
    }


@router.post("/leads/{lead}/assign", **decision(PlainBody, "leads.share_out", makes="lead_pool", example={}))
async def assign_lead(lead: str, ask: AnyAsk, body: Annotated[PlainBody, Depends(body_of(PlainBody))]) -> Response:
    """Give a lead that waits to whoever's turn it is, by the pool's policy."""
    return await _answer(ask, body, AssignLead(**ask.when(body), lead=lead))


@router.post(
    "/leads/{lead}/reassign",
    **decision(ReassignBody, "leads.share_out", makes="lead_pool", example={"rep": AN_ID, "reason": "knows the trade"}),
)
async def reassign_lead(
    lead: str, ask: AnyAsk, body: Annotated[ReassignBody, Depends(body_of(ReassignBody))]
) -> Response:
    """Give a lead to a rep by name, whoever has it."""
    return await _answer(ask, body, ReassignLead(**ask.when(body), lead=lead, rep=body.rep, reason=body.reason))


@router.post("/leads/{lead}/accept", **decision(PlainBody, "leads.work", makes="lead_pool", example={}))
async def accept_lead(lead: str, ask: AnyAsk, body: Annotated[PlainBody, Depends(body_of(PlainBody))]) -> Response:
    """Take up a lead, as the rep who has it."""
    return await _answer(ask, body, AcceptLead(**ask.when(body), lead=lead))


@router.post(
    "/leads/{lead}/return", **decision(ReasonBody, "leads.work", makes="lead_pool", example={"reason": "other product"})
)
async def return_lead(lead: str, ask: AnyAsk, body: Annotated[ReasonBody, Depends(body_of(ReasonBody))]) -> Response:
    """Give a lead back, as the rep who has it: it waits for somebody else."""
    return await _answer(ask, body, ReturnLead(**ask.when(body), lead=lead, reason=body.reason))


@router.post(
    "/leads/{lead}/qualify", **decision(QualifyBody, "leads.work", makes="lead_pool", example={"customer": AN_ID})
)
async def qualify_lead(lead: str, ask: AnyAsk, body: Annotated[QualifyBody, Depends(body_of(QualifyBody))]) -> Response:
    """Find that the person means to buy."""
    return await _answer(ask, body, QualifyLead(**ask.when(body), lead=lead, customer=body.customer))


@router.post(
    "/leads/{lead}/disqualify",
    **decision(ReasonBody, "leads.work", makes="lead_pool", example={"reason": "wrong number"}),
)
async def disqualify_lead(
    lead: str, ask: AnyAsk, body: Annotated[ReasonBody, Depends(body_of(ReasonBody))]
) -> Response:
    """Find that nothing will come of a lead."""
    return await _answer(ask, body, DisqualifyLead(**ask.when(body), lead=lead, reason=body.reason))


async def _answer(ask: Ask, body: Body, command: InPoolCommand) -> Response:
    """Answer a command about a lead, in turn with all others about its pool."""

    def pool(company: Company) -> str:
        known = company.leads.leads.get(command.lead)
        return pool_stream(command.lead if known is None else known.pool)

    in_turn, lead = pool(ask.desk.log.fold.company), stream("lead", command.lead)
    decided = partial(decide, command)
    answering = ask.about(lead=command.lead)
    return await answering.answer(ask.command(body), decided, in_turn=in_turn, about=pool, thing=lead)
