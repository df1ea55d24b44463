"""What may be asked about deals, and what it makes true. Pure.

Novelty: a sale is made with an existing customer when the log holds an earlier sale to it, or that it bought before the
log began; the first that says so is the evidence, and nothing can take that back. That there is no earlier sale is a
claim about all deals of the customer, so a first sale relies on every other deal of the customer that is open, on what
is registered of the customer, and on the customer having no deal more: a customer's deals are numbered, and the stream
of the next number must not have begun. Whoever sells to the customer first moves one of these heads; the other one's
sale then does not count, and is decided again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Literal, assert_never

from events.deals import (
    Credit,
    Criterion,
    DealAdvanced,
    DealLost,
    DealOpened,
    DealReassigned,
    DealWon,
)
from events.event import Currency
from events.ids import CustomerId, DealId, LeadId, RepId
from events.money import Money, share_out
from services.desk.company import Company
from services.desk.deals.refusals import (
    CriteriaUnmet,
    CurrencyMismatch,
    DealNotOpen,
    DealUnknown,
    OutOfOrder,
    RepUnchanged,
    StageUnchanged,
)
from services.desk.deals.state import Deal, Deals, Lost, Open, Unopened, Won, deal_id
from services.desk.deciding import Command, Decision, stream
from services.desk.people.present import working

WHOLE_BP = 10_000
NOVELTY_POLICY = "no-earlier-sale-in-the-log/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDeal(Command):
    """Begin to talk about a sale."""

    customer: CustomerId
    rep: RepId
    amount: Money
    stage: str
    lead: LeadId | None = None
    expected_on: date | None = None
    product: str | None = None
    tactic: str | None = None
    playbook: str | None = None
    playbook_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceDeal(Command):
    """Enter another stage."""

    deal: DealId
    stage: str
    criteria: tuple[Criterion, ...] = ()
    """The conditions of entering it, as they stand."""
    amount_minor: int | None = None
    """What the sale is expected to bring, where that has changed."""
    expected_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignDeal(Command):
    """Let another rep lead the deal."""

    deal: DealId
    rep: RepId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WinDeal(Command):
    """The customer signed."""

    deal: DealId
    shares: Mapping[RepId, int] | None = None
    """Each rep's part in basis points, 10,000 in all; without it the whole is the leading rep's."""
    overlays: bool = False
    """Whether some are credited on top of the whole, so that the parts may be more than 10,000 in all."""
    amount_minor: int | None = None
    """What was sold, where it is not what was expected."""
    currency: Currency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseDeal(Command):
    """The customer will not buy."""

    deal: DealId
    reason: str
    competitor: str | None = None
    remark: str = ""


DealCommand = OpenDeal | AdvanceDeal | ReassignDeal | WinDeal | LoseDeal


def decide(command: DealCommand, company: Company) -> Decision:
    """Decide a command about deals."""
    match command:
        case OpenDeal():
            return _open(command, company)
        case AdvanceDeal():
            return _advance(command, company)
        case ReassignDeal():
            return _reassign(command, company)
        case WinDeal():
            return _win(command, company)
        case LoseDeal():
            return _lose(command, company)
        case _:
            assert_never(command)


def _open(command: OpenDeal, company: Company) -> Decision:
    works = working(command.rep, command.day, company.people)
    deal = deal_id(command.customer, company.deals.customer(command.customer).deals + 1)
    event = DealOpened(
        occurred_at=command.at,
        day=command.day,
        deal=deal,
        customer=command.customer,
        rep=command.rep,
        lead=command.lead,
        stage=command.stage,
        amount_minor=command.amount.minor,
        currency=command.amount.currency,
        expected_on=command.expected_on,
        product=command.product,
        tactic=command.tactic,
        playbook=command.playbook,
        playbook_version=command.playbook_version,
    )
    return Decision(stream("deal", deal), event, frozenset({works}))


def _advance(command: AdvanceDeal, company: Company) -> Decision:
    deal = _talked_about(command, company.deals.deal(command.deal))
    if command.stage == deal.stage:
        raise StageUnchanged(command.deal, command.stage)
    unmet = [criterion.criterion for criterion in command.criteria if not criterion.met]
    if unmet:
        raise CriteriaUnmet(command.stage, unmet)
    event = DealAdvanced(
        occurred_at=command.at,
        day=command.day,
        deal=command.deal,
        customer=deal.customer,
        rep=deal.rep,
        stage_left=deal.stage,
        days_in_stage=max((command.day - deal.staged_on).days, 0),
        stage=command.stage,
        criteria=command.criteria,
        amount_minor=deal.amount.minor if command.amount_minor is None else command.amount_minor,
        currency=deal.amount.currency,
        expected_on=command.expected_on,
        product=deal.product,
        tactic=deal.tactic,
        playbook=deal.playbook,
        playbook_version=deal.playbook_version,
    )
    return Decision(stream("deal", command.deal), event)


def _reassign(command: ReassignDeal, company: Company) -> Decision:
    deal = _talked_about(command, company.deals.deal(command.deal))
    if command.rep == deal.rep:
        raise RepUnchanged(command.deal, command.rep)
    works = working(command.rep, command.day, company.people)
    event = DealReassigned(
        occurred_at=command.at,
        day=command.day,
        deal=command.deal,
        customer=deal.customer,
        previous_rep=deal.rep,
        rep=command.rep,
        amount_minor=deal.amount.minor,
        currency=deal.amount.currency,
        stage=deal.stage,
        reason=command.reason,
    )
    return Decision(stream("deal", command.deal), event, frozenset({works}))


def _win(command: WinDeal, company: Company) -> Decision:
    deal = _talked_about(command, company.deals.deal(command.deal))
    shares = command.shares or {deal.rep: WHOLE_BP}
    work = {working(rep, command.day, company.people) for rep in shares}
    amount = deal.amount.minor if command.amount_minor is None else command.amount_minor
    proof = company.deals.customer(deal.customer).proof
    event = DealWon(
        occurred_at=command.at,
        day=command.day,
        deal=command.deal,
        customer=deal.customer,
        amount_minor=amount,
        currency=deal.amount.currency,
        credits=credits_of(amount, shares),
        overlays=command.overlays,
        novelty="existing" if proof else "new",
        novelty_policy=NOVELTY_POLICY,
        novelty_evidence=(proof,) if proof else (),
        product=deal.product,
        tactic=deal.tactic,
        lead=deal.lead,
        **_leaving(deal, command.day),
    )
    claim = () if proof else _no_sale_so_far(command.deal, deal.customer, company.deals)
    return Decision(stream("deal", command.deal), event, frozenset({*work, *claim}))


def _no_sale_so_far(deal: DealId, customer: CustomerId, deals: Deals) -> set[str]:
    """The streams on which it rests that a customer has bought nothing yet."""
    known = deals.customer(customer)
    others = (known.open - {deal}) | {deal_id(customer, known.deals + 1)}
    return {stream("customer", customer), *(stream("deal", other) for other in others)}


def _lose(command: LoseDeal, company: Company) -> Decision:
    deal = _talked_about(command, company.deals.deal(command.deal))
    event = DealLost(
        occurred_at=command.at,
        day=command.day,
        deal=command.deal,
        customer=deal.customer,
        rep=deal.rep,
        amount_minor=deal.amount.minor,
        currency=deal.amount.currency,
        reason=command.reason,
        competitor=command.competitor,
        remark=command.remark,
        product=deal.product,
        tactic=deal.tactic,
        **_leaving(deal, command.day),
    )
    return Decision(stream("deal", command.deal), event)


def _talked_about(command: AdvanceDeal | ReassignDeal | WinDeal | LoseDeal, deal: Deal) -> Open:
    """Make sure that a deal can be closed now."""
    match deal:
        case Unopened():
            raise DealUnknown(command.deal)
        case Won():
            raise DealNotOpen(command.deal, "won")
        case Lost():
            raise DealNotOpen(command.deal, "lost")
        case Open():
            follows(command.at, "opened", deal.opened_at)
            if isinstance(command, WinDeal):
                same_currency(command.currency, deal.amount)
            return deal
        case _:
            assert_never(deal)


def follows(at: datetime, what: Literal["opened", "won"], earlier: datetime) -> None:
    """Make sure that something comes after what it follows from; raises OutOfOrder."""
    if at < earlier:
        raise OutOfOrder(what, earlier)


def same_currency(told: Currency | None, amount: Money) -> None:
    """Make sure that a currency, where one is told, is that of an amount; raises CurrencyMismatch."""
    if told is not None and told != amount.currency:
        raise CurrencyMismatch(told, amount.currency)


def credits_of(amount_minor: int, shares: Mapping[RepId, int]) -> tuple[Credit, ...]:
    """Each rep's part of a sale by shares in basis points: the sale in all, or more where these are over 10,000."""
    credited = round(Fraction(amount_minor * sum(shares.values()), WHOLE_BP))
    parts = share_out(credited, shares)
    return tuple(Credit(rep=rep, share_bp=shares[rep], amount_minor=part) for rep, part in parts.items())


def _leaving(deal: Open, day: date) -> dict[str, Any]:
    """What a closed deal says of the way it went."""
    return {
        "stage_left": deal.stage,
        "days_in_stage": max((day - deal.staged_on).days, 0),
        "days_open": max((day - deal.opened_on).days, 0),
        "playbook": deal.playbook,
        "playbook_version": deal.playbook_version,
    }
