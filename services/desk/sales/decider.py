"""What may be asked about the terms of deals and about payments, and what it makes true. Pure.

A refund makes the sale smaller, whether the customer has paid or not: the sales manager sees what was sold less what
was given back, and no more is ever given back than was sold. What of it was not paid yet is only cancelled, as by a
credit note, and no longer to be paid; what goes beyond that is money back. So the customer has, in the end, paid what
was sold less the refunds, and no payment is taken beyond that: none at all for a sale that was wholly refunded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from events.deals import DealAmended, DealOpened, DealRefunded, DealWon, InvoicePaid
from events.event import Currency
from events.ids import DealId, RepId
from services.desk.company import Company
from services.desk.deals.decider import credits_of, follows, same_currency
from services.desk.deals.refusals import DealNotOpen, DealUnknown
from services.desk.deals.state import Deal, Lost, Open, Unopened, Won, taken_from
from services.desk.deciding import Command, Decision, stream
from services.desk.people.present import working
from services.desk.sales.refusals import (
    DealMovedOn,
    DealNotWon,
    DealTermsUnchanged,
    PaymentExceedsSale,
    RefundExceedsSale,
    SaleSettled,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendDeal(Command):
    """Let other terms hold, as if they always had: of what is expected, or of what was sold."""

    deal: DealId
    amount_minor: int | None = None
    shares: Mapping[RepId, int] | None = None
    """Of a sale: each rep's part in basis points."""
    product: str | None = None
    tactic: str | None = None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundDeal(Command):
    """Give a customer money back, or ask for less where it was not paid yet."""

    deal: DealId
    amount_minor: int
    currency: Currency | None = None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayInvoice(Command):
    """The customer paid an invoice, or a part of it."""

    deal: DealId
    invoice: str
    amount_minor: int
    currency: Currency | None = None


SaleCommand = AmendDeal | RefundDeal | PayInvoice

_Terms = tuple[DealOpened, DealOpened] | tuple[DealWon, DealWon]
"""What held before, and what is to hold."""


def decide(command: SaleCommand, company: Company) -> Decision:
    """Decide a command about a sale."""
    match command:
        case AmendDeal():
            return _amend(command, company)
        case RefundDeal():
            return _refund(command, company)
        case PayInvoice():
            return _pay(command, company)
        case _:
            assert_never(command)


def _amend(command: AmendDeal, company: Company) -> Decision:
    deal = company.deals.deal(command.deal)
    match deal:
        case Unopened():
            raise DealUnknown(command.deal)
        case Lost():
            raise DealNotOpen(command.deal, "lost")
        case Open():
            terms = _expected(command, deal)
        case Won():
            terms = _sold(command, deal)
        case _:
            assert_never(deal)
    was, now = terms
    if was == now:
        raise DealTermsUnchanged(command.deal)
    relies_on = {working(rep, was.day, company.people) for rep in command.shares or ()}
    event = DealAmended(
        occurred_at=command.at, day=command.day, deal=command.deal, reason=command.reason, was=was, now=now
    )
    return Decision(stream("deal", command.deal), event, frozenset(relies_on))


def _expected(command: AmendDeal, deal: Open) -> _Terms:
    if command.shares is not None:
        raise DealNotWon(command.deal)
    was = DealOpened.model_validate_json(deal.terms)
    if (was.stage, was.rep, was.amount_minor) != (deal.stage, deal.rep, deal.amount.minor):
        raise DealMovedOn(command.deal)
    return was, DealOpened.model_validate({**dict(was), **_changes(command)})


def _sold(command: AmendDeal, deal: Won) -> _Terms:
    if deal.paid.minor or deal.refunded.minor:
        raise SaleSettled(command.deal)
    was = DealWon.model_validate_json(deal.terms)
    changes = _changes(command)
    amount = was.amount_minor if command.amount_minor is None else command.amount_minor
    shares = command.shares or {credit.rep: credit.share_bp for credit in was.credits}
    return was, DealWon.model_validate({**dict(was), **changes, "credits": credits_of(amount, shares)})


def _changes(command: AmendDeal) -> dict[str, Any]:
    told = {"amount_minor": command.amount_minor, "product": command.product, "tactic": command.tactic}
    return {name: value for name, value in told.items() if value is not None}


def _pay(command: PayInvoice, company: Company) -> Decision:
    """Take a payment of what is still owed: what was refunded is not, be it paid or not."""
    deal = _won(command, company.deals.deal(command.deal))
    if command.amount_minor > deal.to_pay.minor:
        raise PaymentExceedsSale(deal.to_pay)
    event = InvoicePaid(
        occurred_at=command.at,
        day=command.day,
        invoice=command.invoice,
        payment_number=deal.payments.get(command.invoice, 0) + 1,
        deal=command.deal,
        customer=deal.customer,
        amount_minor=command.amount_minor,
        won_minor=deal.amount.minor,
        currency=deal.amount.currency,
        credits=taken_from(deal.unpaid, command.amount_minor, deal.to_pay.minor),
        overlays=deal.overlays,
        sale=deal.sale,
        novelty=deal.novelty,
        product=deal.product,
        tactic=deal.tactic,
    )
    return Decision(stream("deal", command.deal), event)


def _refund(command: RefundDeal, company: Company) -> Decision:
    deal = _won(command, company.deals.deal(command.deal))
    left = deal.amount - deal.refunded
    if command.amount_minor > left.minor:
        raise RefundExceedsSale(left)
    event = DealRefunded(
        occurred_at=command.at,
        day=command.day,
        deal=command.deal,
        customer=deal.customer,
        amount_minor=command.amount_minor,
        currency=deal.amount.currency,
        credits=taken_from(deal.left, command.amount_minor, left.minor),
        overlays=deal.overlays,
        sale=deal.sale,
        novelty=deal.novelty,
        product=deal.product,
        tactic=deal.tactic,
        reason=command.reason,
    )
    return Decision(stream("deal", command.deal), event)


def _won(command: RefundDeal | PayInvoice, deal: Deal) -> Won:
    """Make sure that a deal was won before, in this currency.

    Raises DealUnknown, DealNotWon, OutOfOrder or CurrencyMismatch.
    """
    match deal:
        case Unopened():
            raise DealUnknown(command.deal)
        case Open() | Lost():
            raise DealNotWon(command.deal)
        case Won():
            follows(command.at, "won", deal.won_at)
            same_currency(command.currency, deal.amount)
            return deal
        case _:
            assert_never(deal)
