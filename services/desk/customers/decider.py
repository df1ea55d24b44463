"""What may be asked about customers, and what it makes true. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, assert_never

from events.deals import CustomerContacted, CustomerRegistered
from events.event import EventId
from events.ids import CustomerId, LeadId, RepId
from services.desk.company import Company
from services.desk.customers.refusals import CustomerRegisteredAlready, CustomerUnknown
from services.desk.deciding import Command, Decision, stream
from services.desk.people.present import working

Channel = Literal["call", "email", "message", "meeting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterCustomer(Command):
    """Let the company know a customer; who it is, only the vault knows."""

    customer: CustomerId
    rep: RepId | None = None
    segment: str | None = None
    territory: str | None = None
    found_through: str
    lead: LeadId | None = None
    customer_since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCustomer(Command):
    """A rep was in touch with a customer."""

    customer: CustomerId
    rep: RepId
    channel: Channel
    tactic: str | None = None
    evidence: EventId | None = None


CustomerCommand = RegisterCustomer | ContactCustomer


def decide(command: CustomerCommand, company: Company) -> Decision:
    """Decide a command about customers."""
    match command:
        case RegisterCustomer():
            return _register(command, company)
        case ContactCustomer():
            return _contact(command, company)
        case _:
            assert_never(command)


def _register(command: RegisterCustomer, company: Company) -> Decision:
    if company.deals.customer(command.customer).registered:
        raise CustomerRegisteredAlready(command.customer)
    looked_after = set() if command.rep is None else {working(command.rep, command.day, company.people)}
    event = CustomerRegistered(
        occurred_at=command.at,
        day=command.day,
        customer=command.customer,
        rep=command.rep,
        segment=command.segment,
        territory=command.territory,
        found_through=command.found_through,
        lead=command.lead,
        customer_since=command.customer_since,
    )
    return Decision(stream("customer", command.customer), event, frozenset(looked_after))


def _contact(command: ContactCustomer, company: Company) -> Decision:
    known = company.deals.customer(command.customer)
    if not known.registered and not known.deals:
        raise CustomerUnknown(command.customer)
    event = CustomerContacted(
        occurred_at=command.at,
        day=command.day,
        customer=command.customer,
        rep=command.rep,
        novelty="existing" if known.proof else "new",
        channel=command.channel,
        tactic=command.tactic,
        evidence=command.evidence,
    )
    works = working(command.rep, command.day, company.people)
    return Decision(stream("customer", command.customer), event, frozenset({works}))
