"""What the deciders' tests are given: a team with two reps, and deals with one customer."""

from datetime import date, datetime
from typing import Any

from events.deals import Credit, DealLost, DealOpened, DealRefunded, DealWon
from events.money import Money
from events.people import RepHired, RepLeft, UnitFormed
from services.desk.deals.decider import NOVELTY_POLICY, OpenDeal
from services.desk.deals.state import deal_id
from tests.events.examples.dates import TODAY, at

NORTH, ANNA, BORIS, ACME = "north", "anna", "boris", "acme"
FIRST, SECOND, THIRD = (deal_id(ACME, number) for number in (1, 2, 3))

formed = UnitFormed(occurred_at=at(8), day=TODAY, unit=NORTH, kind="team", title="Север", starts_on=TODAY)
anna = RepHired(occurred_at=at(8), day=TODAY, rep=ANNA, unit=NORTH, post="sales", starts_on=TODAY)
boris = RepHired(occurred_at=at(8), day=TODAY, rep=BORIS, unit=NORTH, post="sales", starts_on=TODAY)
anna_left = RepLeft(
    occurred_at=at(9), day=TODAY, rep=ANNA, unit=NORTH, post="sales", ends_on=date(2026, 11, 25), initiative="rep"
)
team = (formed, anna, boris)


def opened(deal: str = FIRST, amount: int = 1_000, when: datetime = at(9), **changes: Any) -> DealOpened:  # noqa: ANN401  # fields
    """A deal of Anna's with ACME."""
    usual: dict[str, Any] = {
        "deal": deal,
        "customer": ACME,
        "rep": ANNA,
        "stage": "opened",
        "amount_minor": amount,
        "currency": "RUB",
    }
    return DealOpened(occurred_at=when, day=TODAY, **usual | changes)


def won(deal: str = FIRST, amount: int = 1_000, when: datetime = at(10), **changes: Any) -> DealWon:  # noqa: ANN401  # fields
    """A sale of Anna's to ACME, as the desk records it."""
    usual: dict[str, Any] = {
        "deal": deal,
        "customer": ACME,
        "amount_minor": amount,
        "currency": "RUB",
        "credits": (credit(ANNA, 10_000, amount),),
        "novelty": "new",
        "novelty_policy": NOVELTY_POLICY,
        "stage_left": "opened",
        "days_in_stage": 0,
        "days_open": 0,
    }
    return DealWon(occurred_at=when, day=TODAY, **usual | changes)


def lost(deal: str = FIRST, when: datetime = at(10), **changes: Any) -> DealLost:  # noqa: ANN401  # fields
    """A deal with ACME that came to nothing."""
    usual: dict[str, Any] = {
        "deal": deal,
        "customer": ACME,
        "rep": ANNA,
        "amount_minor": 1_000,
        "currency": "RUB",
        "reason": "price",
        "stage_left": "opened",
        "days_in_stage": 0,
        "days_open": 0,
    }
    return DealLost(occurred_at=when, day=TODAY, **usual | changes)


def refunded(sale: Any, amount: int, *parts: Credit, when: datetime = at(11)) -> DealRefunded:  # noqa: ANN401  # a UUID
    """Money back for ACME's first deal."""
    return DealRefunded(
        occurred_at=when,
        day=TODAY,
        deal=FIRST,
        customer=ACME,
        amount_minor=amount,
        currency="RUB",
        credits=parts,
        sale=sale,
        novelty="new",
        reason="refund",
    )


def credit(rep: str, share_bp: int, amount: int) -> Credit:
    """A rep's part."""
    return Credit(rep=rep, share_bp=share_bp, amount_minor=amount)


def open_deal(customer: str = ACME, rep: str = ANNA) -> OpenDeal:
    """The command to open a deal."""
    return OpenDeal(at=at(9), day=TODAY, customer=customer, rep=rep, amount=Money(1_000, "RUB"), stage="opened")
