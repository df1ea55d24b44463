"""A sale is credited to the last kopeck, and says what proves it."""

import pytest
from pydantic import ValidationError

from events.deals import Credit, DealAmended, DealOpened, DealRefunded, DealWon, InvoicePaid
from events.event import Event
from tests.events.examples import fields_of

SHARES = (
    Credit(rep="rep-009", share_bp=5_000, amount_minor=50),
    Credit(rep="rep-012", share_bp=5_000, amount_minor=50),
)
CREDITED: list[tuple[str, type[Event]]] = [
    ("deal.won", DealWon),
    ("deal.refunded", DealRefunded),
    ("invoice.paid", InvoicePaid),
]
credited = pytest.mark.parametrize(("name", "model"), CREDITED, ids=[name for name, _ in CREDITED])


@credited
def test_credits_make_up_the_amount(name: str, model: type[Event]) -> None:
    assert model(**fields_of(name, credits=SHARES, amount_minor=100, overlays=False))


@credited
@pytest.mark.parametrize("amount_minor", [99, 101])
def test_credits_that_do_not_make_up_the_amount_are_refused(name: str, model: type[Event], amount_minor: int) -> None:
    with pytest.raises(ValidationError, match="the credits must sum to the amount"):
        model(**fields_of(name, credits=SHARES, amount_minor=amount_minor, overlays=False))


@credited
def test_overlays_are_credited_on_top(name: str, model: type[Event]) -> None:
    assert model(**fields_of(name, credits=SHARES, amount_minor=80, overlays=True))


@credited
def test_even_with_overlays_credits_are_not_less_than_the_amount(name: str, model: type[Event]) -> None:
    with pytest.raises(ValidationError, match="the credits must sum to the amount"):
        model(**fields_of(name, credits=SHARES, amount_minor=101, overlays=True))


@credited
def test_somebody_is_credited(name: str, model: type[Event]) -> None:
    with pytest.raises(ValidationError, match="credits"):
        model(**fields_of(name, credits=(), amount_minor=0))


def test_an_existing_customer_is_proved() -> None:
    with pytest.raises(ValidationError, match="proved by earlier events"):
        DealWon(**fields_of("deal.won", novelty="existing", novelty_evidence=()))


def test_what_was_expected_of_a_deal_can_be_amended() -> None:
    opened = DealOpened(**fields_of("deal.opened"))
    now = DealOpened(**fields_of("deal.opened", amount_minor=1))
    assert DealAmended(**fields_of("deal.amended", was=opened, now=now)).now == now


def test_a_sale_does_not_take_the_place_of_an_expectation() -> None:
    with pytest.raises(ValidationError, match="terms of one kind"):
        DealAmended(**fields_of("deal.amended", was=DealOpened(**fields_of("deal.opened"))))


def test_one_deal_is_not_amended_by_the_terms_of_another() -> None:
    with pytest.raises(ValidationError, match="of the deal that is amended"):
        DealAmended(**fields_of("deal.amended", now=DealWon(**fields_of("deal.won", deal="deal-1"))))
