"""The model: the same plan is the same day, and nothing on the floor happens twice or never."""

from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings

from events.money import share_out
from services.simulator.arrivals import arrivals, curve, customers
from services.simulator.day import Day, simulate
from services.simulator.plan import HOUR, MINUTE, SECOND, second
from services.simulator.records import Outbound, Pause, Stay
from services.simulator.staff import staff
from tests.simulator.days import ami_bytes, plan, seeds, small_day, whole_day

MONDAY = date(2026, 11, 23)
ANSWERED = {"answered", "transferred_blind", "transferred_attended"}
few = settings(max_examples=15, deadline=None)


@few
@given(seeds)
def test_the_same_seed_is_the_same_day_to_the_byte(seed: int) -> None:
    day, again = simulate(plan(seed)), simulate(plan(seed))
    assert (day.figures, day.commands, day.setup) == (again.figures, again.commands, again.setup)
    assert ami_bytes(day) == ami_bytes(again)


@few
@given(seeds)
def test_another_seed_is_another_day_and_shares_no_call(seed: int) -> None:
    day, other = simulate(plan(seed)), simulate(plan(seed + 1))
    assert {stay.call for stay in day.stays}.isdisjoint(stay.call for stay in other.stays)
    assert day.figures != other.figures


def test_another_date_is_another_day() -> None:
    later = plan().day.replace(day=25)
    assert simulate(plan(day=later)).figures != small_day().figures


@few
@given(seeds)
def test_every_caller_is_answered_or_leaves(seed: int) -> None:
    day = simulate(plan(seed))
    for queue in day.figures.queues.values():
        refused = queue.outcomes.get("join_empty", 0)
        assert queue.offered == sum(queue.outcomes.values()) - refused
        assert queue.answered == sum(queue.outcomes.get(outcome, 0) for outcome in ANSWERED)
    assert day.figures.calls == len(day.stays) + len(day.outbound)


@few
@given(seeds)
def test_every_arrival_ends_and_goes_through_each_queue_in_stays_of_their_own(seed: int) -> None:
    day = simulate(plan(seed))
    expected = list(arrivals(day.plan, customers(day.plan)))
    assert len({stay.call for stay in day.stays}) == len(expected)
    numbers = Counter((stay.call, stay.queue) for stay in day.stays if stay.number)
    for stay in day.stays:
        assert stay.number <= numbers[stay.call, stay.queue]


def busy(day: Day) -> dict[str, list[tuple[int, int]]]:
    """Say when each agent could not have taken a call: talking, calling out, or paused."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for what in (*day.stays, *day.outbound, *day.pauses):
        match what:
            case Stay(agent=str(agent), rang=int(began), ended=ended):
                found[agent].append((began, ended))
            case Outbound(agent=agent, dialled=began, ended=ended) | Pause(agent=agent, began=began, ended=ended):
                found[agent].append((began, ended))
            case _:
                pass
    return {agent: sorted(times) for agent, times in found.items()}


@few
@given(seeds)
def test_nobody_does_two_things_at_once(seed: int) -> None:
    for times in busy(simulate(plan(seed))).values():
        assert all(ended <= began for (_, ended), (began, _) in pairwise(times))


@few
@given(seeds)
def test_only_who_has_the_skill_and_is_there_answers(seed: int) -> None:
    day = simulate(plan(seed))
    agents = {agent.name: agent for agent in day.agents}
    for stay in day.stays:
        if stay.agent is not None and stay.rang is not None:
            assert stay.queue in agents[stay.agent].queues
            assert stay.rang >= agents[stay.agent].shift.starts


@few
@given(seeds)
def test_the_shares_of_a_deal_sum_to_it_and_no_more_goes_back_than_was_won(seed: int) -> None:
    for deal in simulate(plan(seed)).deals:
        if deal.won is None:
            assert deal.refund is None
            continue
        assert sum(share.bp for share in deal.won.shares) == 10_000
        assert sum(share.amount_minor for share in deal.won.shares) == deal.amount_minor
        if deal.refund is not None:
            assert deal.opened < deal.won.at < deal.refund.at
            parts = {share.agent: share.amount_minor for share in deal.won.shares}
            back = {share.agent: share.amount_minor for share in deal.refund.shares}
            assert sum(back.values()) == deal.refund.amount_minor <= deal.amount_minor
            assert back == share_out(deal.refund.amount_minor, parts)


@few
@given(seeds)
def test_what_the_reps_won_is_what_the_deals_brought(seed: int) -> None:
    day = simulate(plan(seed))
    agents = day.figures.agents.values()
    assert sum(agent.won_minor for agent in agents) == day.figures.deals.won_minor
    assert sum(agent.refunded_minor for agent in agents) == day.figures.deals.refunded_minor
    assert sum(agent.calls for agent in agents) == sum(queue.answered for queue in day.figures.queues.values()) + len(
        day.outbound
    )


@few
@given(seeds)
def test_what_happens_is_in_the_order_of_time(seed: int) -> None:
    day = simulate(plan(seed))
    moments = [happening.at for happening in day.happenings]
    assert moments == sorted(moments)
    assert all(at % 1_000 == 0 for at in moments)


def test_a_days_figures_have_everything_in_them() -> None:
    figures = whole_day().figures
    assert 1_500 < figures.calls < 3_000
    outcomes = Counter[str]()
    for queue in figures.queues.values():
        outcomes.update(queue.outcomes)
    assert set(outcomes) == {*ANSWERED, "abandoned", "timed_out", "key_exit", "join_empty"}
    assert set(figures.outbound) == {"answered", "busy", "no_answer", "failed"}
    deals = figures.deals
    assert min(deals.won, deals.lost, deals.split, deals.refunded, deals.won - deals.won_new) > 0
    assert {"Lunch", "Break", "Wrap-up"} <= {
        reason for agent in figures.agents.values() for reason in agent.paused_seconds
    }


def test_who_waits_longer_gives_up_more() -> None:
    waits = [stay for seed in range(4) for stay in whole_day(seed).stays if stay.number]

    def abandoned(least_s: int, most_s: int) -> float:
        among = [stay for stay in waits if least_s <= stay.wait_s < most_s]
        return sum(stay.outcome == "abandoned" for stay in among) / len(among)

    assert abandoned(0, 15) < abandoned(15, 45) < abandoned(45, 200)


def test_the_day_has_two_peaks() -> None:
    day = plan(reps=200, hours=10)
    hours = Counter((arrival.at - day.opens) // HOUR for arrival in arrivals(day, customers(day)))
    assert hours[2] > 1.5 * hours[0]
    assert hours[6] > 1.2 * hours[4]
    assert hours[9] < hours[6] / 2
    assert max(range(100), key=lambda step: curve(step / 100)) in range(20, 30)


def test_people_have_names_in_two_languages_and_no_two_the_same() -> None:
    names = [agent.person for agent in staff(plan(reps=400))]
    assert len(set(names)) == len(names) == 400
    russian = sum(any("а" <= letter <= "я" for letter in name) for name in names)
    assert 200 < russian < 350


@pytest.mark.parametrize(("reps", "hours"), [(4, 1), (5, 12), (120, 3)])
def test_floors_of_any_size_work(reps: int, hours: int) -> None:
    day = simulate(plan(reps=reps, hours=hours))
    assert len(day.agents) == reps
    assert sum(queue.answered for queue in day.figures.queues.values()) > 0
    assert day.ends - day.plan.closes < 60 * MINUTE
    assert day.plan.opens - day.starts < 60 * MINUTE


def test_a_wait_is_the_difference_of_two_whole_seconds() -> None:
    stay = next(stay for stay in small_day().stays if stay.answered is not None)
    assert stay.wait_s == second(stay.answered or 0) - second(stay.joined)
    assert abs(stay.talk_s * SECOND - (stay.ended - (stay.answered or 0))) < SECOND


@few
@given(seeds)
def test_the_weeks_before_the_day_brought_about_what_was_asked_for_them(seed: int) -> None:
    day = simulate(plan(seed, reps=40))
    deals = day.figures.deals
    assert {sale.day for sale in day.earlier} == {date(2026, 11, friday) for friday in (6, 13, 20)} | {MONDAY}
    assert sum(sale.amount_minor for sale in day.earlier) == deals.earlier_minor
    worked, days = 15, 20
    assert deals.earlier_minor / deals.quota_minor == pytest.approx(worked / days, abs=0.15)


def test_on_the_first_working_day_of_a_month_nothing_has_been_sold_yet() -> None:
    assert simulate(plan(day=date(2026, 12, 1))).earlier == ()
