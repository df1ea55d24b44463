"""Whatever is asked for in whatever order, by who has read the log and by who has not: some things always hold.

What holds is said here from the events that count, and not by the desk's own state.
"""

import re
from collections import Counter, defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from events.deals import DealLost, DealRefunded, DealWon, InvoicePaid
from events.event import Event
from events.goals import PeriodRelief, QuotaAmended, QuotaAssigned, QuotaRelieved, QuotaWithdrawn
from events.money import Money
from events.people import RepAssigned, RepHired, RepLeft, RepPromoted, UnitFormed
from services.desk.deals.decider import LoseDeal, OpenDeal, ReassignDeal, WinDeal
from services.desk.people.decider import AssignRep, ChangeUnit, FormUnit, HireRep, LetRepLeave, PromoteRep
from services.desk.quotas.decider import AmendQuota, AssignQuota, RelieveQuota, WithdrawQuota
from services.desk.sales.decider import AmendDeal, PayInvoice, RefundDeal
from tests.desk.floor import Floor
from tests.desk.given import ANNA, BORIS, NORTH, team
from tests.events.examples.dates import TODAY, at

ASKED: dict[str, Any] = {"at": at(12), "day": TODAY}
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
RANK = {"team": 1, "department": 2, "company": 3}
units = st.sampled_from(("A", "B", "C", "D"))
reps = st.sampled_from((ANNA, BORIS, "vera"))
days = st.integers(0, 20).map(lambda number: TODAY + timedelta(days=number))
behind = st.sampled_from((False, False, True))
"""Whether it is asked of the one who has not read everything."""


class Desk(RuleBasedStateMachine):
    """A company with a team of two, and two who decide about it."""

    def __init__(self) -> None:
        super().__init__()
        self.floor = Floor()

    @initialize()
    def _begin(self) -> None:
        for event, stream in zip(team, (f"unit/{NORTH}", f"rep/{ANNA}", f"rep/{BORIS}"), strict=True):
            self.floor.happened(event, stream)
        self.floor.read()

    @rule()
    def somebody_reads(self) -> None:
        self.floor.read()

    @invariant()
    def every_refusal_speaks_both_languages(self) -> None:
        for refusal in self.floor.refused:
            assert refusal.kind
            assert refusal.en
            assert not CYRILLIC.search(refusal.en), refusal.en
            assert CYRILLIC.search(refusal.ru), refusal.ru

    def events(self, *kinds: type[Event]) -> list[Any]:
        """The events of these kinds that count."""
        return [event for event in self.floor.counting() if isinstance(event, kinds)]


class Org(Desk):
    """Units and reps."""

    @initialize()
    def _grow(self) -> None:
        for unit in ("A", "B", "C", "D"):
            self.floor.asked(FormUnit(**ASKED, unit=unit, unit_kind="department", title=unit, starts_on=TODAY))

    @rule(unit=units, parent=st.none() | units, kind=st.sampled_from(("team", "department")), day=days, behind=behind)
    def a_unit_is_formed_or_changed(
        self,
        unit: str,
        parent: str | None,
        kind: Any,  # noqa: ANN401  # a literal
        day: date,
        *,
        behind: bool,  # a literal
    ) -> None:
        known = unit in (self.floor.behind if behind else self.floor.fold).company.people.units
        asked = ChangeUnit if known else FormUnit
        terms: dict[str, Any] = {
            "unit": unit,
            "unit_kind": kind if not known else "department",
            "title": unit,
            "parent": parent,
            "starts_on": day,
        }
        self.floor.asked(asked(**ASKED, **terms), behind=behind)

    @rule(rep=reps, unit=units, day=days, behind=behind)
    def somebody_is_hired(self, rep: str, unit: str, day: date, *, behind: bool) -> None:
        self.floor.asked(HireRep(**ASKED, rep=rep, unit=unit, post="sales", starts_on=day), behind=behind)

    @rule(rep=reps, unit=units, day=days, behind=behind)
    def somebody_moves(self, rep: str, unit: str, day: date, *, behind: bool) -> None:
        self.floor.asked(AssignRep(**ASKED, rep=rep, unit=unit, post="sales", starts_on=day), behind=behind)

    @rule(rep=reps, day=days, behind=behind)
    def somebody_rises(self, rep: str, day: date, *, behind: bool) -> None:
        self.floor.asked(PromoteRep(**ASKED, rep=rep, post="senior", starts_on=day), behind=behind)

    @rule(rep=reps, day=days, behind=behind)
    def somebody_leaves(self, rep: str, day: date, *, behind: bool) -> None:
        self.floor.asked(LetRepLeave(**ASKED, rep=rep, ends_on=day, initiative="rep"), behind=behind)

    @invariant()
    def no_unit_is_part_of_itself_or_of_what_it_ranks_above(self) -> None:
        formed: list[UnitFormed] = self.events(UnitFormed)
        for day in {event.starts_on for event in formed}:
            tree = {
                event.unit: event for event in sorted(formed, key=lambda each: each.starts_on) if event.starts_on <= day
            }
            for unit in tree:
                chain = [unit]
                while (parent := tree[chain[-1]].parent) is not None:
                    assert parent not in chain, f"{chain} on {day}"
                    assert parent in tree, f"{parent} is no unit on {day}"
                    assert RANK[tree[chain[-1]].kind] <= RANK[tree[parent].kind]
                    chain.append(parent)

    @invariant()
    def nobody_is_hired_or_leaves_twice_or_moves_after_leaving(self) -> None:
        hired, left = dict[str, date](), dict[str, date]()
        for event in self.events(RepHired, RepLeft, RepAssigned, RepPromoted):
            if isinstance(event, RepHired):
                assert event.rep not in hired
                hired[event.rep] = event.starts_on
            elif isinstance(event, RepLeft):
                assert event.rep not in left
                assert hired[event.rep] < event.ends_on
                left[event.rep] = event.ends_on
            else:
                assert hired[event.rep] <= event.starts_on < left.get(event.rep, date.max)


months = st.sampled_from([date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)])
amounts = st.integers(1, 600)


class QuotasOfReps(Desk):
    """Quotas of revenue."""

    @rule(rep=st.sampled_from((ANNA, BORIS)), start=months, long=st.integers(1, 3), amount=amounts, behind=behind)
    def a_quota_is_assigned(self, rep: str, start: date, long: int, amount: int, *, behind: bool) -> None:
        end = start
        for _ in range(long):
            end = (end + timedelta(days=31)).replace(day=1)
        self.floor.asked(
            AssignQuota(
                **ASKED,
                holder=rep,
                holder_kind="rep",
                measure="revenue",
                currency="RUB",
                full_target=amount,
                starts_on=start,
                ends_on=end,
                country="RU",
            ),
            behind=behind,
        )

    def some_quota(self, number: int) -> str:
        quotas = list(self.floor.fold.company.quotas.quotas)
        return quotas[number % len(quotas)] if quotas else "none"

    @rule(number=st.integers(0, 9), start=months, amount=amounts, behind=behind)
    def a_quota_is_amended(self, number: int, start: date, amount: int, *, behind: bool) -> None:
        quota = self.some_quota(number)
        self.floor.asked(AmendQuota(**ASKED, quota=quota, from_on=start, target=amount, reason="x"), behind=behind)

    @rule(number=st.integers(0, 9), start=months, amount=amounts, behind=behind)
    def a_quota_is_relieved(self, number: int, start: date, amount: int, *, behind: bool) -> None:
        relief = PeriodRelief(period=f"{start:%Y-%m}", relieved=amount)
        quota = self.some_quota(number)
        self.floor.asked(RelieveQuota(**ASKED, quota=quota, reliefs=(relief,), reason="x"), behind=behind)

    @rule(number=st.integers(0, 9), start=months, behind=behind)
    def a_quota_is_withdrawn(self, number: int, start: date, *, behind: bool) -> None:
        self.floor.asked(
            WithdrawQuota(**ASKED, quota=self.some_quota(number), from_on=start, reason="x"), behind=behind
        )

    @invariant()
    def what_is_asked_of_somebody_adds_up_and_is_asked_once(self) -> None:
        terms, relieved, withdrawn = dict[str, QuotaAssigned](), Counter[tuple[str, str]](), set[tuple[str, str]]()
        for event in self.events(QuotaAssigned, QuotaAmended, QuotaRelieved, QuotaWithdrawn):
            match event:
                case QuotaAssigned():
                    assert event.quota not in terms
                    terms[event.quota] = event
                case QuotaAmended():
                    assert terms[event.quota] == event.was
                    terms[event.quota] = event.now
                case QuotaRelieved():
                    relieved.update({(event.quota, each.period): each.relieved for each in event.reliefs})
                case QuotaWithdrawn():
                    withdrawn |= {(event.quota, each.period) for each in event.periods}
                case _:
                    pass
        asked = Counter[tuple[str, str]]()
        for quota, known in terms.items():
            assert sum(each.target for each in known.periods) == known.target
            for each in known.periods:
                if (quota, each.period) not in withdrawn:
                    asked[known.holder, each.period] += 1
                    assert relieved[quota, each.period] <= each.target
        assert set(asked.values()) <= {1}, "a month is asked for twice"


customers = st.sampled_from(("acme", "hooli"))
numbers = st.integers(0, 9)


class Sales(Desk):
    """Deals with two customers."""

    @initialize()
    def _talk(self) -> None:
        for customer in ("acme", "acme", "hooli"):
            money = Money(1_000, "RUB")
            self.floor.asked(OpenDeal(**ASKED, customer=customer, rep=ANNA, amount=money, stage="new"))
        self.floor.read()

    def some_deal(self, number: int) -> str:
        deals = list(self.floor.fold.company.deals.deals)
        return deals[number % len(deals)] if deals else "none"

    @rule(customer=customers, amount=amounts, behind=behind)
    def a_deal_is_opened(self, customer: str, amount: int, *, behind: bool) -> None:
        money = Money(amount, "RUB")
        self.floor.asked(OpenDeal(**ASKED, customer=customer, rep=ANNA, amount=money, stage="new"), behind=behind)

    @rule(number=numbers, behind=behind)
    def a_deal_is_handed_on(self, number: int, *, behind: bool) -> None:
        self.floor.asked(ReassignDeal(**ASKED, deal=self.some_deal(number), rep=BORIS, reason="x"), behind=behind)

    @rule(number=numbers, hers=st.none() | st.integers(1, 9_999), behind=behind)
    def a_deal_is_won(self, number: int, hers: int | None, *, behind: bool) -> None:
        shares = None if hers is None else {ANNA: hers, BORIS: 10_000 - hers}
        self.floor.asked(WinDeal(**ASKED, deal=self.some_deal(number), shares=shares), behind=behind)

    @rule(number=numbers, behind=behind)
    def a_deal_is_lost(self, number: int, *, behind: bool) -> None:
        self.floor.asked(LoseDeal(**ASKED, deal=self.some_deal(number), reason="price"), behind=behind)

    @rule(number=numbers, amount=amounts, behind=behind)
    def a_sale_is_amended(self, number: int, amount: int, *, behind: bool) -> None:
        asked = AmendDeal(**ASKED, deal=self.some_deal(number), amount_minor=amount, reason="x")
        self.floor.asked(asked, behind=behind)

    @rule(number=numbers, amount=amounts, behind=behind)
    def money_goes_back(self, number: int, amount: int, *, behind: bool) -> None:
        asked = RefundDeal(**ASKED, deal=self.some_deal(number), amount_minor=amount, reason="x")
        self.floor.asked(asked, behind=behind)

    @rule(number=numbers, amount=amounts, behind=behind)
    def an_invoice_is_paid(self, number: int, amount: int, *, behind: bool) -> None:
        asked = PayInvoice(**ASKED, deal=self.some_deal(number), invoice="A", amount_minor=amount)
        self.floor.asked(asked, behind=behind)

    @invariant()
    def a_deal_ends_once_and_the_first_sale_is_to_a_new_customer(self) -> None:
        ended, bought = set[str](), set[str]()
        for event in self.events(DealWon, DealLost):
            assert event.deal not in ended
            ended.add(event.deal)
            if isinstance(event, DealWon):
                assert event.novelty == ("existing" if event.customer in bought else "new")
                bought.add(event.customer)

    @invariant()
    def nobody_is_credited_refunded_or_paid_more_than_was_sold(self) -> None:
        sold, back, paid = dict[str, Fraction](), Counter[str](), Counter[str]()
        left = defaultdict[str, Counter[str]](Counter)
        for event in self.floor.counting():
            now = getattr(event, "now", event)
            if isinstance(now, DealWon):
                assert sum(each.amount_minor for each in now.credits) == now.amount_minor
                assert sum(each.share_bp for each in now.credits) == 10_000
                sold[now.deal] = Fraction(now.amount_minor)
                left[now.deal] = Counter({each.rep: each.amount_minor for each in now.credits})
            elif isinstance(event, DealRefunded):
                back[event.deal] += event.amount_minor
                left[event.deal].subtract({each.rep: each.amount_minor for each in event.credits})
                assert min(left[event.deal].values()) >= 0
            elif isinstance(event, InvoicePaid):
                paid[event.deal] += event.amount_minor
                assert paid[event.deal] <= sold[event.deal]
            assert all(back[deal] <= amount for deal, amount in sold.items())


for machine in (Org, QuotasOfReps, Sales):
    machine.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestOrg, TestQuotas, TestSales = Org.TestCase, QuotasOfReps.TestCase, Sales.TestCase
