"""What may be asked about deals, and what it makes true."""

from datetime import datetime, timedelta
from typing import Any

from events.deals import Criterion, DealAdvanced, DealReassigned, DealWon
from services.desk.deals.decider import AdvanceDeal, DealCommand, LoseDeal, ReassignDeal, WinDeal, decide
from services.desk.deals.refusals import (
    CriteriaUnmet,
    CurrencyMismatch,
    DealNotOpen,
    DealUnknown,
    OutOfOrder,
    RepUnchanged,
    StageUnchanged,
)
from services.desk.people.refusals import RepNotHired
from tests.desk.given import (
    ACME,
    ANNA,
    BORIS,
    FIRST,
    SECOND,
    THIRD,
    anna_left,
    credit,
    lost,
    open_deal,
    opened,
    team,
    won,
)
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario, event_id

deal = Scenario[DealCommand](decide)
SALE = event_id(len(team) + 2)
"""The event that won the first deal, where a test is given the team, `opened()` and `won()`."""


def win(deal: str = FIRST, when: datetime = at(10), **changes: Any) -> WinDeal:  # noqa: ANN401  # fields
    return WinDeal(at=when, day=TODAY, deal=deal, **changes)


def lose(deal: str = FIRST) -> LoseDeal:
    return LoseDeal(at=at(10), day=TODAY, deal=deal, reason="price")


def test_a_rep_who_works_here_can_open_a_deal() -> None:
    deal.given(*team).when(open_deal()).then(opened())


def test_opening_a_deal_relies_on_the_rep_still_working_here() -> None:
    deal.given(*team).when(open_deal()).then_relies_on(f"rep/{ANNA}")


def test_a_deal_of_somebody_who_was_never_hired_is_refused() -> None:
    deal.given(*team).when(open_deal(rep="nobody")).then_rejected(RepNotHired)


def test_a_rep_may_open_deals_until_the_day_of_leaving() -> None:
    deal.given(*team, anna_left).when(open_deal()).then(opened())


def test_an_open_deal_can_be_won_by_the_rep_who_leads_it() -> None:
    deal.given(*team, opened()).when(win()).then(won())


def test_a_sale_is_split_to_the_last_kopeck() -> None:
    shares = {ANNA: 3_333, BORIS: 6_667}
    parts = (credit(ANNA, 3_333, 333), credit(BORIS, 6_667, 667))
    deal.given(*team, opened()).when(win(shares=shares)).then(won(credits=parts))


def test_a_sale_cannot_be_split_with_somebody_who_does_not_work_here() -> None:
    deal.given(*team, opened()).when(win(shares={ANNA: 5_000, "nobody": 5_000})).then_rejected(RepNotHired)


def test_the_amount_sold_may_be_another_than_was_expected() -> None:
    deal.given(*team, opened()).when(win(amount_minor=900)).then(won(amount=900))


def test_a_deal_is_won_in_its_own_currency() -> None:
    deal.given(*team, opened()).when(win(currency="USD")).then_rejected(CurrencyMismatch)


def test_winning_twice_is_refused() -> None:
    deal.given(*team, opened(), won()).when(win()).then_rejected(DealNotOpen)


def test_a_lost_deal_cannot_be_won() -> None:
    deal.given(*team, opened(), lost()).when(win()).then_rejected(DealNotOpen)


def test_a_deal_never_opened_cannot_be_won() -> None:
    deal.given(*team).when(win()).then_rejected(DealUnknown)


def test_a_deal_cannot_be_won_before_it_was_opened() -> None:
    deal.given(*team, opened()).when(win(when=at(8))).then_rejected(OutOfOrder)


def test_an_open_deal_can_be_lost() -> None:
    deal.given(*team, opened()).when(lose()).then(lost())


def test_a_won_deal_cannot_be_lost() -> None:
    deal.given(*team, opened(), won()).when(lose()).then_rejected(DealNotOpen)


def test_the_second_sale_to_a_customer_is_proved_by_the_first() -> None:
    second = won(SECOND, novelty="existing", novelty_evidence=(SALE,))
    deal.given(*team, opened(), won(), opened(SECOND)).when(win(SECOND)).then(second)


def test_that_a_customer_exists_relies_on_nothing_that_could_change() -> None:
    deal.given(*team, opened(), won(), opened(SECOND)).when(win(SECOND)).then_relies_on(f"rep/{ANNA}")


def test_that_a_customer_is_new_relies_on_what_is_known_of_it_its_open_deals_and_there_being_no_other() -> None:
    history = (*team, opened(), opened(SECOND))
    relies_on = (f"rep/{ANNA}", f"customer/{ACME}", f"deal/{SECOND}", f"deal/{THIRD}")
    deal.given(*history).when(win()).then_relies_on(*relies_on)


def test_a_lost_deal_of_a_new_customer_is_not_relied_on() -> None:
    history = (*team, opened(), lost(), opened(SECOND))
    deal.given(*history).when(win(SECOND)).then_relies_on(f"rep/{ANNA}", f"customer/{ACME}", f"deal/{THIRD}")


def test_a_customers_deals_are_numbered_whoever_opens_them() -> None:
    assert deal.given(*team, opened()).when(open_deal()).decision.stream == f"deal/{SECOND}"
    assert deal.given(*team, opened()).when(open_deal(customer="other")).decision.stream != f"deal/{SECOND}"
    assert deal.given(*team, opened(), lost()).when(open_deal(customer=ACME)).decision.stream == f"deal/{SECOND}"


def advance(stage: str = "offer", **changes: Any) -> AdvanceDeal:  # noqa: ANN401  # fields
    return AdvanceDeal(at=at(10), day=TODAY, deal=FIRST, stage=stage, **changes)


def test_a_deal_enters_another_stage_whose_conditions_are_met() -> None:
    met = Criterion(criterion="budget is known", met=True)
    event = deal.given(*team, opened()).when(advance(criteria=(met,), amount_minor=1_500)).decision.event
    assert isinstance(event, DealAdvanced)
    assert (event.stage_left, event.stage, event.days_in_stage, event.amount_minor) == ("opened", "offer", 0, 1_500)
    assert event.criteria == (met,)
    unmet = Criterion(criterion="budget is known", met=False)
    deal.given(*team, opened()).when(advance(criteria=(met, unmet))).then_rejected(CriteriaUnmet)
    deal.given(*team, opened()).when(advance("opened")).then_rejected(StageUnchanged)
    deal.given(*team, opened(), won()).when(advance()).then_rejected(DealNotOpen)


def test_the_days_in_a_stage_are_counted_from_entering_it() -> None:
    event = deal.given(*team, opened()).when(advance()).decision.event
    days_later = AdvanceDeal(at=at(10), day=TODAY + timedelta(days=3), deal=FIRST, stage="contract")
    second = deal.given(*team, opened(), event).when(days_later).decision.event
    assert isinstance(second, DealAdvanced)
    assert (second.stage_left, second.days_in_stage) == ("offer", 3)


def test_another_rep_who_works_here_can_lead_a_deal() -> None:
    hand_over = ReassignDeal(at=at(10), day=TODAY, deal=FIRST, rep=BORIS, reason="holiday")
    outcome = deal.given(*team, opened()).when(hand_over)
    outcome.then_relies_on(f"rep/{BORIS}")
    event = outcome.decision.event
    assert isinstance(event, DealReassigned)
    assert (event.previous_rep, event.rep) == (ANNA, BORIS)
    deal.given(*team, opened(), event).when(hand_over).then_rejected(RepUnchanged)
    sold = deal.given(*team, opened(), event).when(win()).decision.event
    assert isinstance(sold, DealWon)
    assert [credited.rep for credited in sold.credits] == [BORIS]
    nobody = ReassignDeal(at=at(10), day=TODAY, deal=FIRST, rep="nobody", reason="holiday")
    deal.given(*team, opened()).when(nobody).then_rejected(RepNotHired)


def test_somebody_can_be_credited_on_top_of_the_whole() -> None:
    event = deal.given(*team, opened()).when(win(shares={ANNA: 10_000, BORIS: 2_500}, overlays=True)).decision.event
    assert isinstance(event, DealWon)
    assert event.overlays
    assert event.credits == (credit(ANNA, 10_000, 1_000), credit(BORIS, 2_500, 250))
