"""What is remembered of deals and customers. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never
from uuid import UUID, uuid5

from events.deals import (
    Credit,
    CustomerContacted,
    CustomerRegistered,
    DealAdvanced,
    DealAmended,
    DealEvent,
    DealLost,
    DealOpened,
    DealReassigned,
    DealRefunded,
    DealStalled,
    DealWon,
    InvoicePaid,
    Novelty,
    OneDealEvent,
)
from events.ids import KVOTA, CustomerId, DealId, LeadId, RepId
from events.money import Money, share_out


@dataclass(frozen=True, slots=True)
class Unopened:
    """No such deal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A deal that is talked about."""

    customer: CustomerId
    rep: RepId
    amount: Money
    stage: str
    opened_at: datetime
    opened_on: date
    staged_on: date
    """The day on which it entered its stage."""
    lead: LeadId | None = None
    product: str | None = None
    tactic: str | None = None
    playbook: str | None = None
    playbook_version: int | None = None
    terms: bytes
    """What was expected of it at first, or by its last amendment: a `deal.opened` as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Won:
    """A sale."""

    customer: CustomerId
    rep: RepId
    """Who led the deal when it was won."""
    sale: UUID
    """The event that says so."""
    won_at: datetime
    amount: Money
    refunded: Money
    """What went back to the customer; never more than the amount."""
    left: tuple[Credit, ...]
    """What is left of each rep's part."""
    paid: Money
    """What the customer has paid by invoice."""
    to_pay: Money
    """What is still to be paid: a refund first cancels of this what it can, and gives money back only beyond it."""
    unpaid: tuple[Credit, ...]
    """Each rep's part of what is still to be paid."""
    payments: Mapping[str, int]
    """How often each invoice was paid on."""
    overlays: bool
    novelty: Novelty
    product: str | None
    tactic: str | None
    terms: bytes
    """What was sold, at first or by its last amendment: a `deal.won` as JSON."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A deal that came to nothing."""

    customer: CustomerId
    reason: str
    rep: RepId
    """Who led it."""


Deal = Unopened | Open | Won | Lost


def evolve(deal: Deal, event: OneDealEvent, event_id: UUID) -> Deal:  # noqa: PLR0911  # one line for each thing that happens
    """A deal after an event. What does not fit its state changes nothing."""
    match event:
        case DealOpened():
            return _opened(event)
        case DealAdvanced():
            return _advanced(deal, event)
        case DealReassigned(rep=rep):
            return replace(deal, rep=rep) if isinstance(deal, Open) else deal
        case DealWon():
            return _won(event, event_id, _leads(deal, event))
        case DealLost(customer=customer, reason=reason, rep=rep):
            return Lost(customer, reason, rep)
        case DealRefunded():
            return _refunded(deal, event)
        case DealAmended(now=now):
            return _amended(deal, now)
        case InvoicePaid():
            return _paid(deal, event)
        case _:
            assert_never(event)


def _opened(event: DealOpened) -> Open:
    return Open(
        customer=event.customer,
        rep=event.rep,
        amount=Money(event.amount_minor, event.currency),
        stage=event.stage,
        opened_at=event.occurred_at,
        opened_on=event.day,
        staged_on=event.day,
        lead=event.lead,
        product=event.product,
        tactic=event.tactic,
        playbook=event.playbook,
        playbook_version=event.playbook_version,
        terms=_written(event),
    )


def _written(event: DealOpened | DealWon) -> bytes:
    return event.model_dump_json().encode()


def _advanced(deal: Deal, event: DealAdvanced) -> Deal:
    if not isinstance(deal, Open):
        return deal
    return replace(
        deal,
        rep=event.rep,
        amount=Money(event.amount_minor, event.currency),
        stage=event.stage,
        staged_on=event.day,
        product=event.product,
        tactic=event.tactic,
        playbook=event.playbook,
        playbook_version=event.playbook_version,
    )


def _leads(deal: Deal, event: DealWon) -> RepId:
    """Who leads a deal that is won; of one that was never heard of, whoever has the first part."""
    return deal.rep if isinstance(deal, Open | Won | Lost) else event.credits[0].rep


def _won(event: DealWon, event_id: UUID, rep: RepId) -> Won:
    return Won(
        customer=event.customer,
        rep=rep,
        sale=event_id,
        won_at=event.occurred_at,
        amount=Money(event.amount_minor, event.currency),
        refunded=Money(0, event.currency),
        left=event.credits,
        paid=Money(0, event.currency),
        to_pay=Money(event.amount_minor, event.currency),
        unpaid=event.credits,
        payments={},
        overlays=event.overlays,
        novelty=event.novelty,
        product=event.product,
        tactic=event.tactic,
        terms=_written(event),
    )


def _paid(deal: Deal, event: InvoicePaid) -> Deal:
    if not isinstance(deal, Won) or event.currency != deal.amount.currency:
        return deal
    payments = {**deal.payments, event.invoice: event.payment_number}
    amount = Money(event.amount_minor, event.currency)
    unpaid = _less(deal.unpaid, event.credits)
    return replace(deal, paid=deal.paid + amount, to_pay=deal.to_pay - amount, unpaid=unpaid, payments=payments)


def _refunded(deal: Deal, event: DealRefunded) -> Deal:
    if not isinstance(deal, Won) or event.currency != deal.amount.currency:
        return deal
    refunded = deal.refunded + Money(event.amount_minor, event.currency)
    cancelled = min(event.amount_minor, deal.to_pay.minor)
    unpaid = _less(deal.unpaid, taken_from(deal.unpaid, cancelled, deal.to_pay.minor)) if cancelled else deal.unpaid
    to_pay = deal.to_pay - Money(cancelled, event.currency)
    return replace(deal, refunded=refunded, left=_less(deal.left, event.credits), to_pay=to_pay, unpaid=unpaid)


def taken_from(parts: tuple[Credit, ...], amount_minor: int, left_minor: int) -> tuple[Credit, ...]:
    """Each rep's part of an amount, of which so much is left: in proportion to what is left of their own parts.

    So a part never falls below nothing, and all come to nothing together.
    """
    credited = {part.rep: part.amount_minor for part in parts}
    everything = sum(credited.values())
    whole = -(-amount_minor * everything // left_minor)  # rounded up; the amount itself, unless there are overlays
    taken = share_out(whole, credited)
    shares = {part.rep: part.share_bp for part in parts}
    return tuple(Credit(rep=rep, share_bp=shares[rep], amount_minor=part) for rep, part in taken.items() if part)


def _less(left: Iterable[Credit], credits_: Iterable[Credit]) -> tuple[Credit, ...]:
    taken = {credit.rep: credit.amount_minor for credit in credits_}
    return tuple(
        Credit(rep=part.rep, share_bp=part.share_bp, amount_minor=max(part.amount_minor - taken.get(part.rep, 0), 0))
        for part in left
    )


def _amended(deal: Deal, now: DealOpened | DealWon) -> Deal:
    """Other terms: what was refunded, and the stage that was reached, stay as they are."""
    match deal, now:
        case Open(), DealOpened():
            return replace(_opened(now), rep=deal.rep, stage=deal.stage, staged_on=deal.staged_on)
        case Won(), DealWon():
            return replace(_won(now, deal.sale, deal.rep), refunded=deal.refunded)
        case _:
            return deal


@dataclass(frozen=True, slots=True)
class Customer:
    """What a new sale to a customer depends on."""

    deals: int = 0
    """How many were ever opened."""
    open: frozenset[DealId] = frozenset()
    proof: UUID | None = None
    """The first event that shows that it bought: a sale, or that it had before this log began. It never changes, so
    that whoever knows of one says the same, whatever is sold meanwhile."""
    registered: bool = False

    def known(self, event: CustomerRegistered, event_id: UUID) -> "Customer":
        """The customer once it is registered."""
        proof = self.proof if event.customer_since is None else self.proof or event_id
        return replace(self, registered=True, proof=proof)

    def after(self, deal: DealId, event: DealOpened | DealWon | DealLost, event_id: UUID) -> "Customer":
        """The customer after an event of one of its deals."""
        match event:
            case DealOpened():
                return replace(self, deals=self.deals + 1, open=self.open | {deal})
            case DealWon():
                return replace(self, open=self.open - {deal}, proof=self.proof or event_id)
            case DealLost():
                return replace(self, open=self.open - {deal})
            case _:
                assert_never(event)


def deal_id(customer: CustomerId, number: int) -> DealId:
    """The id of a customer's `number`-th deal, from 1.

    It derives from the customer, so that whoever wins a customer's first deal can say in advance which stream would
    begin if the customer had one deal more (`decider.py`); and one command at two replicas still opens one deal, since
    both write the first version of the same stream.
    """
    return str(uuid5(KVOTA, "\x1f".join(("deal", customer, str(number)))))


@dataclass(slots=True)
class Deals:
    """Every deal, and what sales to each customer depend on."""

    deals: dict[DealId, Deal] = field(default_factory=dict[DealId, Deal])
    customers: dict[CustomerId, Customer] = field(default_factory=dict[CustomerId, Customer])

    def deal(self, deal: DealId) -> Deal:
        """A deal as it is now."""
        return self.deals.get(deal, Unopened())

    def customer(self, customer: CustomerId) -> Customer:
        """A customer as things are now."""
        return self.customers.get(customer, Customer())

    def take(self, event: DealEvent, event_id: UUID) -> None:
        """Remember an event."""
        if isinstance(event, CustomerRegistered):
            self.customers[event.customer] = self.customer(event.customer).known(event, event_id)
            return
        if isinstance(event, CustomerContacted | DealStalled):
            return
        self.deals[event.deal] = evolve(self.deal(event.deal), event, event_id)
        if isinstance(event, DealOpened | DealWon | DealLost):
            customer = self.customer(event.customer)
            self.customers[event.customer] = customer.after(event.deal, event, event_id)
