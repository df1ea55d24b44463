"""What may be asked about the terms of deals and about payments, and what it makes true."""

from datetime import datetime
from typing import Any

from hypothesis import given as examples
from hypothesis import strategies as st

from events.deals import DealAdvanced, DealAmended, DealOpened, DealRefunded, DealWon, InvoicePaid
from events.event import Event
from services.desk.company import Company
from services.desk.deals.decider import DealCommand, WinDeal
from services.desk.deals.decider import decide as win_or_lose
from services.desk.deals.refusals import CurrencyMismatch, DealNotOpen, DealUnknown, OutOfOrder
from services.desk.deals.state import Won
from services.desk.people.refusals import RepNotHired
from services.desk.sales.decider import AmendDeal, PayInvoice, RefundDeal, SaleCommand, decide
from services.desk.sales.refusals import (
    DealMovedOn,
    DealNotWon,
    DealTermsUnchanged,
    PaymentExceedsSale,
    RefundExceedsSale,
    SaleSettled,
)
from tests.desk.given import ANNA, BORIS, FIRST, anna_left, credit, lost, opened, refunded, team, won
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario, event_id

sale = Scenario[SaleCommand](decide)
winning = Scenario[DealCommand](win_or_lose)
SALE = event_id(len(team) + 2)
"""The event that won the first deal, where a test is given the team, `opened()` and `won()`."""


def amend(**changes: Any) -> AmendDeal:  # noqa: ANN401  # fields
    return AmendDeal(at=at(12), day=TODAY, deal=FIRST, reason="a mistake in the contract", **changes)


def pay(amount: int, invoice: str = "A-1", **changes: Any) -> PayInvoice:  # noqa: ANN401  # fields
    return PayInvoice(at=at(12), day=TODAY, deal=FIRST, invoice=invoice, amount_minor=amount, **changes)


def test_what_was_sold_can_be_amended_with_what_was_and_what_is() -> None:
    event = sale.given(*team, opened(), won()).when(amend(amount_minor=1_200)).decision.event
    assert isinstance(event, DealAmended)
    assert event.was == won()
    assert event.now == won(amount=1_200)


def test_a_sale_can_be_shared_out_anew() -> None:
    shares = {ANNA: 5_000, BORIS: 5_000}
    outcome = sale.given(*team, opened(), won()).when(amend(shares=shares))
    event = outcome.decision.event
    assert isinstance(event, DealAmended)
    assert isinstance(event.now, DealWon)
    assert event.now.credits == (credit(ANNA, 5_000, 500), credit(BORIS, 5_000, 500))
    outcome.then_relies_on(f"rep/{ANNA}", f"rep/{BORIS}")
    sale.given(*team, opened(), won()).when(amend(shares={"nobody": 10_000})).then_rejected(RepNotHired)


def test_a_second_amendment_says_what_the_first_made_of_it() -> None:
    first = sale.given(*team, opened(), won()).when(amend(amount_minor=1_200)).decision.event
    second = sale.given(*team, opened(), won(), first).when(amend(product="phone")).decision.event
    assert isinstance(first, DealAmended)
    assert isinstance(second, DealAmended)
    assert second.was == first.now


def test_what_is_expected_can_be_amended_until_the_deal_has_moved_on() -> None:
    event = sale.given(*team, opened()).when(amend(amount_minor=900)).decision.event
    assert isinstance(event, DealAmended)
    assert event.was == opened()
    assert isinstance(event.now, DealOpened)
    assert event.now.amount_minor == 900
    advanced = DealAdvanced(
        occurred_at=at(10),
        day=TODAY,
        deal=FIRST,
        customer="acme",
        rep=ANNA,
        stage_left="opened",
        days_in_stage=0,
        stage="offer",
        amount_minor=1_000,
        currency="RUB",
    )
    sale.given(*team, opened(), advanced).when(amend(amount_minor=900)).then_rejected(DealMovedOn)


def test_an_amendment_changes_something_of_a_deal_that_is_there() -> None:
    sale.given(*team, opened(), won()).when(amend(amount_minor=1_000)).then_rejected(DealTermsUnchanged)
    sale.given(*team).when(amend(amount_minor=1)).then_rejected(DealUnknown)
    sale.given(*team, opened(), lost()).when(amend(amount_minor=1)).then_rejected(DealNotOpen)


def test_what_was_paid_for_or_given_back_is_not_amended() -> None:
    paid = sale.given(*team, opened(), won()).when(pay(1)).decision.event
    sale.given(*team, opened(), won(), paid).when(amend(amount_minor=1)).then_rejected(SaleSettled)
    back = refunded(SALE, 100, credit(ANNA, 10_000, 100))
    sale.given(*team, opened(), won(), back).when(amend(amount_minor=1)).then_rejected(SaleSettled)


def test_a_customer_pays_in_parts() -> None:
    event = sale.given(*team, opened(), won()).when(pay(400)).decision.event
    assert isinstance(event, InvoicePaid)
    assert (event.payment_number, event.won_minor, event.sale) == (1, 1_000, SALE)
    given = sale.given(*team, opened(), won(), event)
    second = given.when(pay(600)).decision.event
    assert isinstance(second, InvoicePaid)
    assert second.payment_number == 2
    other = given.when(pay(600, "A-2")).decision.event
    assert isinstance(other, InvoicePaid)
    assert other.payment_number == 1
    given.when(pay(601)).then_rejected(PaymentExceedsSale)


def test_only_a_sale_is_paid_for_and_in_its_currency() -> None:
    sale.given(*team, opened()).when(pay(1)).then_rejected(DealNotWon)
    sale.given(*team).when(pay(1)).then_rejected(DealUnknown)
    sale.given(*team, opened(), won()).when(pay(1, currency="USD")).then_rejected(CurrencyMismatch)


@examples(st.lists(st.integers(1, 500), max_size=12), st.integers(1, 9_999))
def test_however_a_sale_is_paid_for_each_part_is_paid_for_and_no_more(amounts: list[int], share: int) -> None:
    hers = 1_000 * share // 10_000
    parts = (credit(ANNA, share, hers), credit(BORIS, 10_000 - share, 1_000 - hers))
    company, left = Company(), 1_000
    for place, event in enumerate((*team, opened(), won(credits=parts))):
        company.take(event, event_id(place))
    paid = {ANNA: 0, BORIS: 0}
    for place, amount in enumerate([*amounts, 1_000]):
        amount = min(amount, left)  # noqa: PLW2901  # what is left at the most
        if not amount:
            break
        event = decide(pay(amount), company).event
        assert isinstance(event, InvoicePaid)
        assert sum(part.amount_minor for part in event.credits) == amount
        for part in event.credits:
            paid[part.rep] += part.amount_minor
        left -= amount
        company.take(event, event_id(100 + place))
        assert all(paid[part.rep] <= part.amount_minor for part in parts)
    assert sum(paid.values()) == 1_000 - left
    if not left:
        assert paid == {part.rep: part.amount_minor for part in parts}


def refund(amount: int, when: datetime = at(11), **changes: Any) -> RefundDeal:  # noqa: ANN401  # fields
    return RefundDeal(at=when, day=TODAY, deal=FIRST, amount_minor=amount, reason="refund", **changes)


def test_a_sale_can_be_refunded_in_part() -> None:
    part = refunded(SALE, 400, credit(ANNA, 10_000, 400))
    sale.given(*team, opened(), won()).when(refund(400)).then(part)


def test_what_is_refunded_before_it_is_paid_is_no_longer_to_be_paid() -> None:
    back = refunded(SALE, 400, credit(ANNA, 10_000, 400))
    given = sale.given(*team, opened(), won(), back)
    given.when(pay(601)).then_rejected(PaymentExceedsSale)
    rest = given.when(pay(600)).decision.event
    sale.given(*team, opened(), won(), back, rest).when(pay(1)).then_rejected(PaymentExceedsSale)
    whole = refunded(SALE, 1_000, credit(ANNA, 10_000, 1_000))
    sale.given(*team, opened(), won(), whole).when(pay(1)).then_rejected(PaymentExceedsSale)


def test_what_was_paid_and_goes_back_is_not_to_be_paid_again() -> None:
    paid = sale.given(*team, opened(), won()).when(pay(700)).decision.event
    back = sale.given(*team, opened(), won(), paid).when(refund(400)).decision.event
    given = sale.given(*team, opened(), won(), paid, back)
    given.when(pay(1)).then_rejected(PaymentExceedsSale)
    assert given.when(refund(600)).decision.stream == f"deal/{FIRST}"
    given.when(refund(601)).then_rejected(RefundExceedsSale)


@examples(st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=14), st.integers(1, 9_999))
def test_in_the_end_a_customer_has_paid_what_was_sold_less_the_refunds(
    asked: list[tuple[bool, int]], share: int
) -> None:
    hers = 1_000 * share // 10_000
    parts = (credit(ANNA, share, hers), credit(BORIS, 10_000 - share, 1_000 - hers))
    company = Company()
    for place, event in enumerate((*team, opened(), won(credits=parts))):
        company.take(event, event_id(place))
    for place, (pays, amount) in enumerate(asked):
        try:
            event = decide(pay(amount) if pays else refund(amount, at(12)), company).event
        except (PaymentExceedsSale, RefundExceedsSale):
            continue
        company.take(event, event_id(100 + place))
    known = company.deals.deal(FIRST)
    assert isinstance(known, Won)
    assert sum(part.amount_minor for part in known.unpaid) == known.to_pay.minor
    assert known.to_pay.minor == max(1_000 - known.paid.minor - known.refunded.minor, 0)
    assert all(part.amount_minor >= 0 for part in known.unpaid)


def test_refunds_never_exceed_the_sale() -> None:
    part = refunded(SALE, 400, credit(ANNA, 10_000, 400))
    sale.given(*team, opened(), won(), part).when(refund(601)).then_rejected(RefundExceedsSale)


def test_the_rest_of_a_sale_can_be_refunded() -> None:
    part, rest = (refunded(SALE, amount, credit(ANNA, 10_000, amount)) for amount in (400, 600))
    sale.given(*team, opened(), won(), part).when(refund(600)).then(rest)


def test_what_was_refunded_is_not_owed_any_more() -> None:
    back = refunded(SALE, 400, credit(ANNA, 10_000, 400))
    given = sale.given(*team, opened(), won(), back)
    given.when(pay(601)).then_rejected(PaymentExceedsSale)
    rest = given.when(pay(600)).decision.event
    assert isinstance(rest, InvoicePaid)
    assert rest.credits == (credit(ANNA, 10_000, 600),)
    paid = sale.given(*team, opened(), won(), rest, back)
    paid.when(pay(1)).then_rejected(PaymentExceedsSale)


def test_what_was_paid_can_be_refunded() -> None:
    paid = sale.given(*team, opened(), won()).when(pay(1_000)).decision.event
    everything = refunded(SALE, 1_000, credit(ANNA, 10_000, 1_000))
    sale.given(*team, opened(), won(), paid).when(refund(1_000)).then(everything)


def test_an_open_deal_has_nothing_to_refund() -> None:
    sale.given(*team, opened()).when(refund(1)).then_rejected(DealNotWon)


def test_a_refund_is_in_the_currency_of_the_sale() -> None:
    sale.given(*team, opened(), won()).when(refund(1, currency="USD")).then_rejected(CurrencyMismatch)


def test_a_refund_cannot_come_before_the_sale() -> None:
    sale.given(*team, opened(), won()).when(refund(1, when=at(9))).then_rejected(OutOfOrder)


@examples(
    shares=st.lists(st.integers(1, 100), min_size=1, max_size=5),
    amount=st.integers(0, 10_000),
    refunds=st.lists(st.integers(1, 3_000), max_size=6),
)
def test_however_a_sale_is_refunded_nobody_is_left_with_less_than_nothing(
    shares: list[int], amount: int, refunds: list[int]
) -> None:
    weights = _whole(shares)
    history: list[Event] = [*team, *(team[1].model_copy(update={"rep": rep}) for rep in weights), opened(amount=amount)]
    history.append(
        winning.given(*history).when(WinDeal(at=at(10), day=TODAY, deal=FIRST, shares=weights)).decision.event
    )
    left = amount
    for wanted in refunds:
        outcome = sale.given(*history).when(refund(wanted))
        if wanted > left:
            outcome.then_rejected(RefundExceedsSale)
            continue
        event = outcome.decision.event
        assert isinstance(event, DealRefunded)
        assert sum(part.amount_minor for part in event.credits) == wanted
        history.append(event)
        left -= wanted
    left_over = _folded(history).deals.deal(FIRST)
    assert isinstance(left_over, Won)
    assert sum(part.amount_minor for part in left_over.left) == left
    assert all(part.amount_minor >= 0 for part in left_over.left)


def _whole(weights: list[int]) -> dict[str, int]:
    """Shares of 10,000 in all; the last one takes what is left."""
    total = sum(weights)
    shares = {f"rep-{place}": 10_000 * weight // total for place, weight in enumerate(weights)}
    shares[f"rep-{len(weights) - 1}"] += 10_000 - sum(shares.values())
    return shares


def _folded(history: list[Event]) -> Company:
    return sale.given(*history).company


def test_where_people_are_credited_on_top_of_the_whole_a_refund_takes_back_from_them_too() -> None:
    overlaid = won(overlays=True, credits=(credit(ANNA, 10_000, 1_000), credit(BORIS, 1_000, 101)))
    event = sale.given(*team, opened(), overlaid).when(refund(500)).decision.event
    assert isinstance(event, DealRefunded)
    assert event.credits == (credit(ANNA, 10_000, 500), credit(BORIS, 1_000, 51))


def test_a_deal_that_is_open_has_nothing_to_share_out() -> None:
    sale.given(*team, opened()).when(amend(amount_minor=900, shares={ANNA: 10_000})).then_rejected(DealNotWon)


def test_who_sold_is_credited_even_after_leaving() -> None:
    later = AmendDeal(
        at=at(12), day=anna_left.ends_on, deal=FIRST, reason="a mistake", amount_minor=900, shares={ANNA: 10_000}
    )
    sale.given(*team, opened(), won(), anna_left).when(later).then_relies_on(f"rep/{ANNA}")
