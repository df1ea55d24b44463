"""Customers over HTTP."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import StringConstraints

from events.event import Day, EventId, Name
from events.ids import CustomerId, LeadId, RepId
from services.desk.asking import AnyAsk, AnyDesk, shown
from services.desk.bodies import Body, body_of
from services.desk.company import Company
from services.desk.customers.decider import Channel, ContactCustomer, RegisterCustomer, decide
from services.desk.deals.state import Customer
from services.desk.deciding import stream
from services.desk.describing import AN_ID, decision, list_of, reading
from services.desk.listing import AnyListing, has
from services.desk.naming import NAMELESS, naming
from services.runtime.auth.guard import AnyPermit
from services.runtime.plain_route import PlainRoute

router = APIRouter(prefix="/v1", route_class=PlainRoute)


class CustomerBody(Body):
    """A customer whom the company knows from now on."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = None
    """The customer's name, which goes to the vault and into no event."""
    rep: RepId | None = None
    """Who looks after the customer."""
    segment: Name | None = None
    territory: Name | None = None
    found_through: Name
    """How the company came to know it: a lead, a trade event, another system."""
    lead: LeadId | None = None
    customer_since: Day | None = None
    """For one that bought before this log began: since when. Its next sale is then one to an existing customer."""

    def asked(self) -> dict[str, object]:
        """All but the name, whose very digest would be personal data."""
        told = super().asked()
        told.pop("name", None)
        return told


class ContactBody(Body):
    """How a rep was in touch."""

    rep: RepId
    channel: Channel
    tactic: Name | None = None
    evidence: EventId | None = None
    """The fact that shows it: the call, the e-mail, the meeting."""


@router.post(
    "/customers",
    **decision(
        CustomerBody, "customers.register", makes="customer", example={"name": "Acme", "found_through": "trade fair"}
    ),
)
async def register_customer(ask: AnyAsk, body: Annotated[CustomerBody, Depends(body_of(CustomerBody))]) -> Response:
    """Register a customer."""
    command_id = ask.command(body)
    command = RegisterCustomer(
        **ask.when(body),
        customer=command_id.new("customer"),
        rep=body.rep,
        segment=body.segment,
        territory=body.territory,
        found_through=body.found_through,
        lead=body.lead,
        customer_since=body.customer_since,
    )
    told = NAMELESS
    if body.name is not None:
        told = naming(ask.desk, command.customer, body.name, "customer", partial(_is_registered, command.customer))
    in_turn = stream("customer", command.customer)
    return await ask.answer(
        command_id,
        partial(decide, command),
        in_turn=in_turn,
        thing=None if body.rep is None else stream("rep", body.rep),
        **told,
    )


def _is_registered(customer: CustomerId, company: Company) -> bool:
    return company.deals.customer(customer).registered


@router.post(
    "/customers/{customer}/contact",
    **decision(ContactBody, "customers.contact", makes="customer", example={"rep": AN_ID, "channel": "call"}),
)
async def contact_customer(
    customer: str, ask: AnyAsk, body: Annotated[ContactBody, Depends(body_of(ContactBody))]
) -> Response:
    """Record that a rep was in touch with a customer."""
    command = ContactCustomer(
        **ask.when(body),
        customer=customer,
        rep=body.rep,
        channel=body.channel,
        tactic=body.tactic,
        evidence=body.evidence,
    )
    about = stream("customer", customer)
    decided, rep = partial(decide, command), stream("rep", body.rep)
    return await ask.answer(ask.command(body), decided, in_turn=about, about=about, thing=rep)


@router.get("/customers", **list_of("customers.read", "customer"))
async def list_customers(page: AnyListing) -> Response:
    """The customers, in the order in which they became known."""
    return page.answer("customer", page.desk.log.fold.company.deals.customers, _customer, has())


@router.get("/customers/{customer}", **reading("customers.read", "customer"))
async def get_customer(customer: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """What is known of a customer here; the name is the vault's to tell."""
    known = desk.log.fold.company.deals.customers.get(customer)
    return shown(desk, permit, stream("customer", customer), None if known is None else _customer(known))


def _customer(known: Customer) -> dict[str, object]:
    return {"registered": known.registered, "deals": known.deals, "open": sorted(known.open), "proof": known.proof}
