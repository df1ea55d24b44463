"""Races, step by step: what a desk answers when others append at the same time."""

import asyncio
from typing import Any

import pytest

from events.codec import decode, encode
from events.deals import DealWon
from events.people import HeadcountPlanApproved, PlannedPost, UnitFormed
from services.desk.company import Company
from services.desk.deals.decider import LoseDeal, WinDeal
from services.desk.deals.refusals import DealNotOpen, DealUnknown
from services.desk.handler import BeforehandError, KeyReusedError, StaleError, UndecidedError
from services.desk.headcount.decider import ApprovePlan, OpenPosition
from services.desk.headcount.refusals import PlansOverlap, PlanUsedUp
from services.desk.people.decider import ChangeUnit
from services.desk.people.refusals import UnitInCircle
from services.desk.quotas.decider import AssignQuota
from services.desk.quotas.refusals import QuotaOverlaps
from tests.desk.fake_log import Records, Replica, asked, counting, handler, log_of
from tests.desk.given import ANNA, BORIS, FIRST, NORTH, SECOND, anna, boris, formed, open_deal, opened
from tests.events.examples.dates import TODAY, at

WIN = WinDeal(at=at(10), day=TODAY, deal=FIRST)
WIN_SECOND = WinDeal(at=at(10), day=TODAY, deal=SECOND)
LOSE = LoseDeal(at=at(10), day=TODAY, deal=FIRST, reason="price")
OPEN = open_deal()


def staff() -> Records:
    return log_of((formed, f"unit/{NORTH}"), (anna, f"rep/{ANNA}"), (boris, f"rep/{BORIS}"))


def one_open() -> Records:
    return [*staff(), *log_of((opened(), f"deal/{FIRST}"))]


def two_open() -> Records:
    return [*one_open(), *log_of((opened(SECOND), f"deal/{SECOND}"))]


async def replicas(records: Records) -> tuple[Replica, Replica]:
    """Two desks that have read the same."""
    first, second = Replica(records), Replica(records)
    await first.catch_up()
    await second.catch_up()
    return first, second


async def test_of_two_who_win_a_deal_at_once_one_wins_it() -> None:
    records = one_open()
    mine, other = await replicas(records)
    mine.meanwhile.append(lambda: handler(other).handle(asked(WIN, "theirs")))
    with pytest.raises(DealNotOpen):
        await handler(mine).handle(asked(WIN, "mine"))
    assert [record.type for record in counting(records)].count("deal.won") == 1


async def test_one_command_at_two_desks_at_once_is_one_event_and_both_say_so() -> None:
    records = one_open()
    mine, other = await replicas(records)
    answers: list[Any] = []

    async def theirs() -> None:
        answers.append(await handler(other).handle(asked(WIN, "same")))

    mine.meanwhile.append(theirs)
    answers.append(await handler(mine).handle(asked(WIN, "same")))
    assert answers[0] == answers[1]
    assert len(counting(records)) == len(one_open()) + 1


async def test_one_command_at_two_desks_opens_one_deal_even_when_another_deal_comes_in_between() -> None:
    records = staff()
    mine, other = await replicas(records)
    answers: list[Any] = []

    async def theirs() -> None:
        await handler(other).handle(asked(OPEN, "another deal"))
        answers.append(await handler(other).handle(asked(OPEN, "same")))

    mine.meanwhile.append(theirs)
    answers.append(await handler(mine).handle(asked(OPEN, "same")))
    assert answers[0] == answers[1]
    assert [record.type for record in counting(records)].count("deal.opened") == 2


async def test_who_loses_a_race_decides_again_and_is_recorded() -> None:
    records = staff()
    mine, other = await replicas(records)
    mine.meanwhile.append(lambda: handler(other).handle(asked(OPEN, "theirs")))
    recorded = await handler(mine).handle(asked(OPEN, "mine"))
    assert recorded.stream == f"deal/{SECOND}"


async def test_of_two_first_sales_to_a_customer_one_is_to_a_new_customer() -> None:
    records = two_open()
    mine, other = await replicas(records)
    mine.meanwhile.append(lambda: handler(other).handle(asked(WIN_SECOND, "theirs")))
    await handler(mine).handle(asked(WIN, "mine"))
    assert novelties(records) == ["new", "existing"]


async def test_a_sale_by_a_deal_that_was_not_heard_of_makes_the_customer_an_existing_one() -> None:
    records = one_open()
    mine, other = await replicas(records)

    async def theirs() -> None:
        await handler(other).handle(asked(OPEN, "their deal"))
        await handler(other).handle(asked(WIN_SECOND, "their sale"))

    mine.meanwhile.append(theirs)
    await handler(mine).handle(asked(WIN, "mine"))
    assert novelties(records) == ["new", "existing"]


def novelties(records: Records) -> list[str]:
    """How the sales that count were called, in order."""
    events = [decode(encode(envelope)).event for envelope in counting(records)]
    return [event.novelty for event in events if isinstance(event, DealWon)]


async def test_of_two_quotas_for_one_holder_and_month_assigned_at_once_one_is_refused() -> None:
    records = staff()
    mine, other = await replicas(records)
    first = TODAY.replace(day=1)
    month: dict[str, Any] = {"starts_on": first, "ends_on": first.replace(month=12)}
    quota = AssignQuota(
        at=at(8), day=TODAY, holder=ANNA, holder_kind="rep", currency="RUB", full_target=1, country="RU", **month
    )
    mine.meanwhile.append(lambda: handler(other).handle(asked(quota, "theirs")))
    with pytest.raises(QuotaOverlaps):
        await handler(mine).handle(asked(quota, "mine"))


async def test_a_command_asked_again_is_answered_as_the_first_time_and_appends_nothing() -> None:
    records = one_open()
    mine, _ = await replicas(records)
    first = await handler(mine).handle(asked(WIN, "key"))
    length = len(records)
    assert await handler(mine).handle(asked(WIN, "key")) == first
    assert len(records) == length


async def test_a_key_is_for_one_command() -> None:
    mine, _ = await replicas(one_open())
    await handler(mine).handle(asked(WIN, "key"))
    with pytest.raises(KeyReusedError):
        await handler(mine).handle(asked(LOSE, "key"))


async def test_a_refusal_is_not_remembered() -> None:
    records = staff()
    mine, _ = await replicas(records)
    with pytest.raises(DealUnknown):
        await handler(mine).handle(asked(WIN, "key"))
    await handler(mine).handle(asked(OPEN, "opening"))
    assert (await handler(mine).handle(asked(WIN, "key"))).version == 2


async def test_nothing_is_refused_for_want_of_reading() -> None:
    records = staff()
    mine, other = await replicas(records)
    await handler(other).handle(asked(OPEN, "theirs"))
    assert (await handler(mine).handle(asked(WIN, "mine"))).version == 2


async def test_who_has_seen_an_older_version_is_told_the_newer() -> None:
    mine, other = await replicas(one_open())
    mine.meanwhile.append(lambda: handler(other).handle(asked(WIN, "theirs")))
    with pytest.raises(StaleError) as error:
        await handler(mine).handle(asked(LOSE, "mine", about=f"deal/{FIRST}", seen=(1).__eq__))
    assert error.value.version == 2


async def test_what_it_is_about_is_looked_up_once_the_log_is_read() -> None:
    """The stream is another thing's, of which this desk has not read yet: a candidate's requisition, for one."""

    def deal_of_acme(company: Company) -> str:
        return f"deal/{next(iter(company.deals.deals), 'unknown')}"

    mine, other = await replicas(staff())
    await handler(other).handle(asked(OPEN, "theirs"))
    with pytest.raises(StaleError) as error:
        await handler(mine).handle(asked(WIN, "mine", about=deal_of_acme, seen=(7).__eq__))
    assert error.value.version == 1


async def test_what_is_done_beforehand_is_done_once_and_not_for_a_refusal() -> None:
    done: list[str] = []

    async def prepare() -> None:
        done.append("prepared")

    mine, other = await replicas(staff())
    with pytest.raises(DealUnknown):
        await handler(mine).handle(asked(WIN, "refused", beforehand=prepare))
    assert done == []
    mine.meanwhile.append(lambda: handler(other).handle(asked(OPEN, "theirs")))
    await handler(mine).handle(asked(OPEN, "mine", beforehand=prepare))
    assert done == ["prepared"]


async def test_a_command_that_is_recorded_is_answered_so_whatever_holds_by_now() -> None:
    async def refuse() -> None:
        raise BeforehandError

    records = staff()
    mine, other = await replicas(records)
    first = await handler(other).handle(asked(OPEN, "key"))
    assert mine.fold.position < len(records), "the desk that is asked again has read it"
    assert await handler(mine).handle(asked(OPEN, "key", beforehand=refuse)) == first
    assert await handler(mine).handle(asked(OPEN, "key", beforehand=refuse)) == first
    with pytest.raises(BeforehandError):
        await handler(mine).handle(asked(OPEN, "another", beforehand=refuse))


async def test_an_append_without_an_answer_in_time_is_neither_a_yes_nor_a_no() -> None:
    mine, _ = await replicas(one_open())
    mine.meanwhile.append(asyncio.Event().wait)
    with pytest.raises(UndecidedError) as error:
        await handler(mine, patience_s=0.05).handle(asked(WIN, "key"))
    assert error.value.appended


async def test_time_that_runs_out_before_anything_was_appended_is_said_so() -> None:
    mine, _ = await replicas(one_open())
    forever = asyncio.Event().wait

    async def prepare() -> None:
        await forever()

    with pytest.raises(UndecidedError) as error:
        await handler(mine, patience_s=0.05).handle(asked(WIN, "key", beforehand=prepare))
    assert not error.value.appended


async def test_commands_about_one_thing_wait_for_one_another_inside_a_desk() -> None:
    records = staff()
    mine, _ = await replicas(records)
    desk = handler(mine)
    mine.meanwhile += [_pause] * 10
    await asyncio.gather(*(desk.handle(asked(OPEN, f"{number}")) for number in range(10)))
    assert len(records) == len(staff()) + 10, "a deal was appended in vain"


async def _pause() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_of_two_units_put_below_one_another_at_once_one_is_refused() -> None:
    south = UnitFormed(occurred_at=at(8), day=TODAY, unit="south", kind="team", title="Юг", starts_on=TODAY)
    mine, other = await replicas([*staff(), *log_of((south, "unit/south"))])

    def below(unit: str, parent: str) -> ChangeUnit:
        return ChangeUnit(at=at(9), day=TODAY, unit=unit, unit_kind="team", title=unit, parent=parent, starts_on=TODAY)

    mine.meanwhile.append(lambda: handler(other).handle(asked(below("south", NORTH), "theirs")))
    with pytest.raises(UnitInCircle):
        await handler(mine).handle(asked(below(NORTH, "south"), "mine"))


async def test_of_two_headcount_plans_for_the_same_days_approved_at_once_one_is_refused() -> None:
    mine, other = await replicas(staff())

    def plan(name: str) -> ApprovePlan:
        posts = (PlannedPost(post="sales", positions=1, cost_minor=1),)
        days: dict[str, Any] = {"starts_on": TODAY, "ends_on": TODAY.replace(month=12)}
        return ApprovePlan(at=at(9), day=TODAY, plan=name, unit=NORTH, posts=posts, currency="RUB", **days)

    mine.meanwhile.append(lambda: handler(other).handle(asked(plan("theirs"), "theirs")))
    with pytest.raises(PlansOverlap):
        await handler(mine).handle(asked(plan("mine"), "mine"))


async def test_of_two_who_open_the_last_position_of_a_plan_at_once_one_is_refused() -> None:
    approved = HeadcountPlanApproved(
        occurred_at=at(8),
        day=TODAY,
        plan="plan",
        unit=NORTH,
        posts=(PlannedPost(post="sales", positions=1, cost_minor=1),),
        currency="RUB",
        starts_on=TODAY,
        ends_on=TODAY.replace(month=12),
    )
    mine, other = await replicas([*staff(), *log_of((approved, "headcount/plans"))])
    seat = OpenPosition(
        at=at(9),
        day=TODAY,
        position="unplanned",
        unit=NORTH,
        post="sales",
        plan="plan",
        full_time_bp=10_000,
        cost_minor=1,
        currency="RUB",
        starts_on=TODAY,
    )
    mine.meanwhile.append(lambda: handler(other).handle(asked(seat, "theirs")))
    with pytest.raises(PlanUsedUp):
        await handler(mine).handle(asked(seat, "mine"))
