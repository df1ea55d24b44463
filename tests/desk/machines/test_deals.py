"""Whatever is asked about deals, sales and customers: everybody gets their part of what was sold, once, and no more."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from events.deals import (
    Credit,
    Criterion,
    CustomerRegistered,
    DealAdvanced,
    DealAmended,
    DealLost,
    DealOpened,
    DealReassigned,
    DealRefunded,
    DealWon,
    InvoicePaid,
    OneDealEvent,
)
from events.event import Event
from events.money import Money
from events.people import RepHired, RepLeft
from services.desk.customers.decider import RegisterCustomer
from services.desk.deals.decider import AdvanceDeal, LoseDeal, OpenDeal, ReassignDeal, WinDeal
from services.desk.deals.state import deal_id
from services.desk.deciding import Command
from services.desk.people.decider import LetRepLeave
from services.desk.sales.decider import AmendDeal, PayInvoice, RefundDeal
from tests.desk.given import NORTH, anna, boris, formed, opened
from tests.desk.machines.racing import BOTH, SETTINGS, Racing
from tests.events.examples.dates import TODAY, at

DAYS = [TODAY + timedelta(days=day) for day in range(6)]
REPS, CUSTOMERS = ("anna", "boris", "vera"), ("acme", "beta")
DEALS = tuple(deal_id(customer, number) for customer in CUSTOMERS for number in (1, 2))

reps = st.sampled_from(REPS)
customers = st.sampled_from(CUSTOMERS)
deals = st.sampled_from((*DEALS, *DEALS[::2]))
amounts = st.sampled_from((0, 1, 3, 100, 1_001))
paid = st.sampled_from((1, 2, 50, 99, 1_001))
currencies = st.sampled_from((None, None, None, "RUB", "USD"))
stages = st.sampled_from(("opened", "offer", "contract"))
criteria = st.booleans().map(lambda met: (Criterion(criterion="budget", met=met),)) | st.just(())
wholes = st.sampled_from(({"anna": 10_000}, {"anna": 3_333, "boris": 6_667}, {"boris": 1, "vera": 9_999}))
overlays = st.sampled_from(({"anna": 10_000, "boris": 10_000}, {"anna": 10_000, "vera": 1}, {"boris": 10_000}))
shared = wholes.map(lambda shares: (shares, False)) | overlays.map(lambda shares: (shares, True))


@st.composite
def said(draw: st.DrawFn, /, command: type[Command], **fields: Any) -> Command:  # noqa: ANN401  # strategies
    """A command of one of the days."""
    day = draw(st.sampled_from(DAYS))
    return command(at=at(9, day=day), day=day, **{name: draw(each) for name, each in fields.items()})


def _won(deal: WinDeal, shares: tuple[dict[str, int], bool] | None) -> WinDeal:
    return deal if shares is None else replace(deal, shares=shares[0], overlays=shares[1])


some = st.none() | amounts
opening: dict[str, Any] = {"customer": customers, "rep": reps, "amount": amounts.map(lambda minor: Money(minor, "RUB"))}
winning = said(WinDeal, deal=deals, amount_minor=some, currency=currencies)
paying: dict[str, Any] = {"deal": deals, "amount_minor": paid, "currency": currencies}


class Deals(Racing):
    """What may be asked about deals and customers, while reps leave."""

    beginning = (
        (formed, f"unit/{NORTH}"),
        *((rep, f"rep/{rep.rep}") for rep in (anna, boris, anna.model_copy(update={"rep": "vera"}))),
        *(
            (opened(deal, 100, customer=customer), f"deal/{deal}")
            for customer, deal in zip(CUSTOMERS, DEALS[::2], strict=True)
        ),
    )
    commands: ClassVar[st.SearchStrategy[Command]] = st.one_of(
        said(OpenDeal, **opening, stage=stages),
        said(AdvanceDeal, deal=deals, stage=stages, criteria=criteria, amount_minor=some),
        said(ReassignDeal, deal=deals, rep=reps, reason=st.just("busy")),
        *(st.builds(_won, winning, st.none() | shared) for _ in range(4)),
        said(LoseDeal, deal=deals, reason=st.just("price")),
        said(AmendDeal, deal=deals, amount_minor=some, shares=st.none() | wholes, reason=st.just("mistake")),
        *(said(RefundDeal, **paying, reason=st.just("defect")) for _ in range(2)),
        *(said(PayInvoice, **paying, invoice=st.sampled_from(("1", "2"))) for _ in range(2)),
        said(
            RegisterCustomer,
            customer=customers,
            rep=st.none() | reps,
            found_through=st.just("fair"),
            customer_since=st.none() | st.just(date(2020, 1, 1)),
        ),
        said(LetRepLeave, rep=st.just("vera"), ends_on=st.sampled_from(DAYS[1:]), initiative=st.just("rep")),
    )

    @rule(desk=BOTH, customer=customers, day=st.sampled_from(DAYS))
    def two_deals_of_a_customer_are_won_at_once(self, desk: int, customer: str, day: date) -> None:
        """Each of two desks knows of no earlier sale."""
        one, other = (WinDeal(at=at(9, day=day), day=day, deal=deal_id(customer, number)) for number in (1, 2))
        self.race(desk, one, other)

    @invariant()
    def a_deal_is_opened_once_and_closed_once(self) -> None:
        """It begins by being opened; what needs an open deal, or a sale, comes while there is one."""
        for events in self._deals().values():
            assert isinstance(events[0], DealOpened)
            stands = "open"
            for event in events[1:]:
                assert stands in _NEEDS[type(event)]
                stands = _MAKES.get(type(event), stands)

    @invariant()
    def days_in_stage_are_the_days_since_it_was_entered(self) -> None:
        """Each deal leaves the stage that it is in, after as many days as lie between, and none where they do not."""
        for events in self._deals().values():
            stage, since, opened = "", TODAY, TODAY
            for event in events:
                if isinstance(event, DealOpened):
                    stage, since, opened = event.stage, event.day, event.day
                elif isinstance(event, DealAdvanced | DealWon | DealLost):
                    assert (event.stage_left, event.days_in_stage) == (stage, max(0, (event.day - since).days))
                    if isinstance(event, DealAdvanced):
                        stage, since = event.stage, event.day
                    else:
                        assert event.days_open == max(0, (event.day - opened).days)

    @invariant()
    def shares_are_a_hundred_percent(self) -> None:
        """A sale is credited as a whole and to the last kopeck; only with overlays more than that, and never less."""
        for sale in self._terms_of_sales():
            shares, credited = sum(each.share_bp for each in sale.credits), _sum(sale.credits)
            if sale.overlays:
                assert shares >= 10_000
                assert credited >= sale.amount_minor
            else:
                assert (shares, credited) == (10_000, sale.amount_minor)
            assert all(each.amount_minor <= sale.amount_minor for each in sale.credits)

    @invariant()
    def nobody_gives_back_or_is_paid_more_than_was_sold(self) -> None:
        """Payments and refunds stay within the sale, and each rep's parts of them within the rep's part of it."""
        for events in self._deals().values():
            books = Books()
            for event in events:
                books.take(event)
                books.check()

    @invariant()
    def only_the_first_sale_to_a_customer_is_new(self) -> None:
        """Each later one names earlier events of this customer that prove it."""
        proofs: dict[str, set[UUID]] = {customer: set() for customer in CUSTOMERS}
        for each in self.truth.counted:
            event = each.event
            if isinstance(event, DealWon):
                assert (event.novelty == "existing") == bool(proofs[event.customer])
                assert set(event.novelty_evidence) <= proofs[event.customer]
                proofs[event.customer].add(each.identity)
            elif isinstance(event, CustomerRegistered) and event.customer_since is not None:
                proofs[event.customer].add(each.identity)

    @invariant()
    def whoever_leads_or_is_credited_works_here(self) -> None:
        """On the day of it, as far as was known by then."""
        first: dict[str, date] = {}
        last: dict[str, date] = {}
        for each in self.truth.counted:
            event = each.event
            if isinstance(event, RepHired):
                first[event.rep] = event.starts_on
            elif isinstance(event, RepLeft):
                last[event.rep] = event.ends_on
            for rep in _named(event):
                assert first[rep] <= event.day < last.get(rep, date.max)

    @invariant()
    def a_customer_is_registered_once(self) -> None:
        """Nobody is made known twice."""
        known = Counter(event.customer for event in self.truth.of(CustomerRegistered))
        assert all(times == 1 for times in known.values())

    def _deals(self) -> dict[str, list[OneDealEvent]]:
        events = [event for event in self.truth.events if isinstance(event, OneDealEvent)]
        return {deal: [event for event in events if event.deal == deal] for deal in {each.deal for each in events}}

    def _terms_of_sales(self) -> list[DealWon]:
        amended = [event.now for event in self.truth.of(DealAmended)]
        return self.truth.of(DealWon) + [terms for terms in amended if isinstance(terms, DealWon)]


_NEEDS: dict[type[OneDealEvent], set[str]] = {
    DealOpened: set(),
    DealAdvanced: {"open"},
    DealReassigned: {"open"},
    DealWon: {"open"},
    DealLost: {"open"},
    DealAmended: {"open", "won"},
    DealRefunded: {"won"},
    InvoicePaid: {"won"},
}
_MAKES: dict[type[OneDealEvent], str] = {DealWon: "won", DealLost: "lost"}


@dataclass
class Books:
    """What was sold by a deal, given back and paid for."""

    sold: int = 0
    given_back: int = 0
    to_pay: int = 0
    credited: Counter[str] = field(default_factory=Counter[str])
    taken: Counter[str] = field(default_factory=Counter[str])
    cashed: Counter[str] = field(default_factory=Counter[str])
    payments: Counter[str] = field(default_factory=Counter[str])

    def take(self, event: Event) -> None:
        """Enter an event; other terms only hold of what is neither paid for nor given back."""
        match event:
            case DealWon():
                self._sold(event)
            case DealAmended(now=DealWon() as now):
                assert (self.given_back, self.to_pay) == (0, self.sold)
                self._sold(now)
            case DealRefunded(amount_minor=amount):
                self.given_back += amount
                self.to_pay -= min(self.to_pay, amount)
                self.taken += _parts(event.credits)
            case InvoicePaid(amount_minor=amount):
                self.to_pay -= amount
                self.cashed += _parts(event.credits)
                self.payments[event.invoice] += 1
                assert event.payment_number == self.payments[event.invoice]
            case _:
                pass

    def _sold(self, sale: DealWon) -> None:
        self.sold = self.to_pay = sale.amount_minor
        self.credited = _parts(sale.credits)

    def check(self) -> None:
        """Nothing is more than what it is a part of; what is given back as a whole leaves nobody a part."""
        assert 0 <= self.to_pay <= self.sold
        assert 0 <= self.given_back <= self.sold
        assert self.taken <= self.credited
        assert self.cashed <= self.credited
        if self.given_back == self.sold:
            assert self.taken == self.credited


def _parts(credits_: Iterable[Credit]) -> Counter[str]:
    return Counter({each.rep: each.amount_minor for each in credits_})


def _sum(credits_: Iterable[Credit]) -> int:
    return _parts(credits_).total()


def _named(event: Event) -> list[str]:
    match event:
        case DealOpened(rep=rep) | DealReassigned(rep=rep):
            return [rep]
        case DealWon(credits=parts):
            return [part.rep for part in parts]
        case _:
            return []


TestDeals = Deals.TestCase
TestDeals.settings = SETTINGS


def test_two_deals_of_a_customer_who_bought_before_are_won_at_once() -> None:
    """Neither desk knows of the other's sale, and both decide what one would that does."""
    desks = Deals()
    about: dict[str, Any] = {"at": at(9), "day": TODAY, "customer": "beta"}
    opening = OpenDeal(**about, rep="anna", amount=Money(0, "RUB"), stage="opened")
    desks.race(0, opening, RegisterCustomer(**about, found_through="fair", customer_since=date(2020, 1, 1)))
    desks.a_desk_reads(0)
    desks.a_desk_reads(1)
    desks.two_deals_of_a_customer_are_won_at_once(desk=0, customer="beta", day=TODAY)
    desks.what_counts_was_allowed_just_then()
    assert len(desks.truth.of(DealWon)) == 2
    desks.teardown()
