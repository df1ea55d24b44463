"""What may be asked about deals, and what it makes true. Pure.

Novelty: a sale is made with an existing customer when the log holds an earlier sale to it, or that it bought before the
log began, which is then the evidence; nothing can take that back. That there is no earlier sale is a claim about all
deals of the customer, so a first sale relies on every other deal of the customer that is open, on what is registered of
the customer, and on the customer having no deal more: a customer's deals are numbered, and the stream of the next
number must not have begun. Whoever sells to the customer first moves one of these heads; the other one's sale then does
not count, and is decided again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Literal, Protocol, assert_never

from events.deals import (
    Credit,
    Criterion,
    DealAdvanced,
    DealLost,
    DealOpened,
    DealReassigned,
    DealRefunded,
    DealWon,
)
from events.event import Currency
from events.ids import CustomerId, DealId, LeadId, RepId
from events.money import Money, share_out
from services.desk.company import Company
from services.desk.deals.state import Deal, Deals, Lost, Open, Unopened, Won, deal_id
from services.desk.deciding import Command, Decision, Rejected, Unknown, stream
from services.desk.people.decider import working

WHOLE_BP = 10_000
NOVELTY_POLICY = "no-earlier-sale-in-the-log/1"
_CLOSED = {"won": "выиграна", "lost": "проиграна"}
_EARLIER = {"opened": "открыта", "won": "выиграна"}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundDeal(Command):
    """Give a customer money back."""

    deal: DealId
    amount_minor: int
    currency: Currency | None = None
    reason: str


DealCommand = OpenDeal | AdvanceDeal | ReassignDeal | WinDeal | LoseDeal | RefundDeal


class DealUnknown(Unknown):
    """No such deal was opened."""

    kind = "deal-unknown"

    def __init__(self, deal: DealId) -> None:
        """Name the deal."""
        super().__init__(en=f"there is no deal {deal}", ru=f"сделки {deal} нет")


class DealNotOpen(Rejected):
    """A deal is closed already."""

    kind = "deal-not-open"

    def __init__(self, deal: DealId, how: Literal["won", "lost"]) -> None:
        """Say how it ended."""
        super().__init__(en=f"the deal {deal} is {how}", ru=f"сделка {deal} уже {_CLOSED[how]}")


class CriteriaUnmet(Rejected):
    """A condition of entering the stage is not met."""

    kind = "criteria-unmet"

    def __init__(self, stage: str, unmet: Sequence[str]) -> None:
        """Name the stage and the conditions."""
        listed = ", ".join(unmet)
        super().__init__(
            en=f"not met for the stage {stage}: {listed}", ru=f"для этапа «{stage}» не выполнено: {listed}"
        )


class StageUnchanged(Rejected):
    """The deal is in the stage already."""

    kind = "stage-unchanged"

    def __init__(self, deal: DealId, stage: str) -> None:
        """Name both."""
        super().__init__(en=f"the deal {deal} is in the stage {stage}", ru=f"сделка {deal} уже на этапе «{stage}»")


class RepUnchanged(Rejected):
    """The rep leads the deal already."""

    kind = "rep-unchanged"

    def __init__(self, deal: DealId, rep: RepId) -> None:
        """Name both."""
        super().__init__(en=f"the rep {rep} leads the deal {deal}", ru=f"сделку {deal} уже ведёт сотрудник {rep}")


class DealNotWon(Rejected):
    """There is no sale to take anything back from."""

    kind = "deal-not-won"

    def __init__(self, deal: DealId) -> None:
        """Name the deal."""
        super().__init__(en=f"the deal {deal} was not won", ru=f"сделка {deal} не выиграна")


class CurrencyMismatch(Rejected):
    """A deal is in one currency from beginning to end."""

    kind = "currency-mismatch"

    def __init__(self, told: Currency, deal: Currency) -> None:
        """Name both."""
        super().__init__(en=f"the deal is in {deal}, not in {told}", ru=f"валюта сделки — {deal}, а не {told}")


class RefundExceedsSale(Rejected):
    """More would go back than came in."""

    kind = "refund-exceeds-sale"

    def __init__(self, left: Money) -> None:
        """Say what is left to refund."""
        super().__init__(
            en=f"{left.minor} minor units of {left.currency} are left to refund",
            ru=f"вернуть можно не больше {left.minor} минимальных единиц {left.currency}",
        )


class OutOfOrder(Rejected):
    """Something is said to have happened before what it follows from."""

    kind = "out-of-order"

    def __init__(self, what: Literal["opened", "won"], when: datetime) -> None:
        """Say what came first."""
        super().__init__(
            en=f"the deal was {what} at {when.isoformat()}, which is later",
            ru=f"сделка {_EARLIER[what]} позже: {when.isoformat()}",
        )


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
        case RefundDeal():
            return _refund(command, company)
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
    sales = company.deals.customer(deal.customer).sales
    event = DealWon(
        occurred_at=command.at,
        day=command.day,
        deal=command.deal,
        customer=deal.customer,
        amount_minor=amount,
        currency=deal.amount.currency,
        credits=credits_of(amount, shares),
        overlays=command.overlays,
        novelty="existing" if sales else "new",
        novelty_policy=NOVELTY_POLICY,
        novelty_evidence=sales,
        product=deal.product,
        tactic=deal.tactic,
        lead=deal.lead,
        **_leaving(deal, command.day),
    )
    claim = () if sales else _no_sale_so_far(command.deal, deal.customer, company.deals)
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


def _refund(command: RefundDeal, company: Company) -> Decision:
    deal = sold(command, company.deals.deal(command.deal))
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
            _follows(command.at, "opened", deal.opened_at)
            if isinstance(command, WinDeal):
                _same_currency(command.currency, deal.amount)
            return deal
        case _:
            assert_never(deal)


class AboutSale(Protocol):
    """A command about a sale."""

    @property
    def deal(self) -> DealId:
        """Which deal."""

    @property
    def at(self) -> datetime:
        """When it is to have happened."""

    @property
    def currency(self) -> Currency | None:
        """The deal's own currency, for whoever wants to be sure."""


def sold(command: AboutSale, deal: Deal) -> Won:
    """Make sure that a deal was won before, in this currency.

    Raises DealUnknown, DealNotWon, OutOfOrder or CurrencyMismatch.
    """
    match deal:
        case Unopened():
            raise DealUnknown(command.deal)
        case Open() | Lost():
            raise DealNotWon(command.deal)
        case Won():
            _follows(command.at, "won", deal.won_at)
            _same_currency(command.currency, deal.amount)
            return deal
        case _:
            assert_never(deal)


def _follows(at: datetime, what: Literal["opened", "won"], earlier: datetime) -> None:
    if at < earlier:
        raise OutOfOrder(what, earlier)


def _same_currency(told: Currency | None, amount: Money) -> None:
    if told is not None and told != amount.currency:
        raise CurrencyMismatch(told, amount.currency)


def credits_of(amount_minor: int, shares: Mapping[RepId, int]) -> tuple[Credit, ...]:
    """Each rep's part of a sale by shares in basis points: the sale in all, or more where these are over 10,000."""
    credited = round(Fraction(amount_minor * sum(shares.values()), WHOLE_BP))
    parts = share_out(credited, shares)
    return tuple(Credit(rep=rep, share_bp=shares[rep], amount_minor=part) for rep, part in parts.items())


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


def _leaving(deal: Open, day: date) -> dict[str, Any]:
    """What a closed deal says of the way it went."""
    return {
        "stage_left": deal.stage,
        "days_in_stage": max((day - deal.staged_on).days, 0),
        "days_open": max((day - deal.opened_on).days, 0),
        "playbook": deal.playbook,
        "playbook_version": deal.playbook_version,
    }
