"""Each projection by given events and then cells."""

from datetime import timedelta

import pytest

from events.deals import Credit
from events.event import Event
from projections.cells import as_rows, without_zeros
from projections.fold import Folder
from projections.projection import load_projections
from tests.events.examples.dates import TODAY, at
from tests.telling import (
    ANNA,
    BORIS,
    DECEMBER,
    JANUARY,
    SALES,
    SUPPORT,
    abandoned,
    amended,
    answered,
    assigned,
    beat,
    counted,
    entered,
    facts,
    lasted,
    offered,
    period,
    picked_up,
    quota_amended,
    refunded,
    relieved,
    restated,
    withdrawn,
    won,
)

PROJECTIONS = load_projections()
FOLDER = Folder(PROJECTIONS)
NINE_MS = 1_795_510_800_000
MORNING, QUARTER_LATER = "2026-11-24T09:00:00Z", "2026-11-24T09:15:00Z"
DAY = str(TODAY)

Row = dict[str, str | int | None]


def cells(name: str, *events: Event) -> list[Row]:
    """Fold events, and give the rows of one projection without what is zero or empty."""
    board = FOLDER.fold(counted(*events)).get(name, {})
    return [
        {column: value for column, value in row.items() if value not in (0, None)}
        for row in as_rows(PROJECTIONS[name], without_zeros(PROJECTIONS[name], board))
    ]


def waits(*seconds: int) -> list[str | int | None]:
    """Give the wait buckets of abandoned calls."""
    events = [abandoned(wait) for wait in seconds]
    return [row.get("wait", 0) for row in cells("queue_interval", *events) if row["clock"] == "enqueue"]


class TestQueueInterval:
    def test_a_call_is_counted_once_by_each_clock(self) -> None:
        joined = at(9, 14, 50)
        rows = cells("queue_interval", answered(wait=15, talk=1_000, joined=joined))
        assert [(row["clock"], row["interval"]) for row in rows] == [
            ("enqueue", MORNING),
            ("answer", QUARTER_LATER),
            ("end", "2026-11-24T09:30:00Z"),
        ]
        assert {row["calls"] for row in rows} == {1}
        assert {row["wait_seconds"] for row in rows} == {15}

    def test_nobody_answered_an_abandoned_call(self) -> None:
        rows = cells("queue_interval", abandoned(wait=7))
        assert [(row["clock"], row.get("answered", 0)) for row in rows] == [("end", 0), ("enqueue", 0)]

    def test_a_call_that_never_met_a_queue_is_left_out(self) -> None:
        assert cells("queue_interval", answered(queue=None)) == []

    def test_a_transferred_call_was_answered(self) -> None:
        row = cells("queue_interval", answered(outcome="transferred_blind"))[0]
        assert (row["outcome"], row["answered"]) == ("transferred_blind", 1)

    @pytest.mark.parametrize(
        ("wait", "bucket"),
        [(0, 0), (59, 59), (60, 60), (61, 65), (65, 65), (66, 70), (300, 300), (301, 360), (360, 360), (361, 420)],
    )
    def test_a_wait_is_kept_under_the_upper_edge_of_its_bucket(self, wait: int, bucket: int) -> None:
        assert waits(wait) == [bucket]

    def test_waits_of_one_bucket_share_a_cell_and_keep_their_sum(self) -> None:
        [row] = [row for row in cells("queue_interval", abandoned(61), abandoned(64)) if row["clock"] == "enqueue"]
        assert (row["calls"], row["wait_seconds"]) == (2, 125)


class TestQueueHandle:
    def test_handle_time_is_talk_and_after_call_work(self) -> None:
        [row] = cells("queue_handle", answered(talk=60, hold_seconds=20, wrap_seconds=9))
        assert row == {
            "queue": SALES,
            "interval": MORNING,
            "handle": 42,
            "calls": 1,
            "talk_seconds": 60,
            "hold_seconds": 20,
            "wrap_seconds": 9,
            "handle_seconds": 69,
        }

    def test_a_call_that_nobody_answered_was_not_handled(self) -> None:
        assert cells("queue_handle", abandoned()) == []


class TestRepDay:
    def test_calls_and_wins_of_a_day_stand_in_cells_of_their_own(self) -> None:
        rows = cells("rep_day", answered(talk=60), answered(talk=30, direction="outbound"), won(500))
        assert rows == [
            {"rep": ANNA, "day": DAY, "calls": 2, "answered": 2, "outbound": 1, "talk_seconds": 90},
            {"rep": ANNA, "day": DAY, "currency": "RUB", "wins": 1, "won_minor": 500, "won_new_minor": 500},
        ]

    def test_a_sale_is_shared_out_by_its_credits(self) -> None:
        credits_ = (
            Credit(rep=ANNA, share_bp=7_000, amount_minor=700),
            Credit(rep=BORIS, share_bp=3_000, amount_minor=300),
        )
        rows = cells("rep_day", won(1_000, credits=credits_))
        assert [(row["rep"], row["won_minor"]) for row in rows] == [(ANNA, 700), (BORIS, 300)]

    def test_a_sale_to_an_existing_customer_is_not_new(self) -> None:
        proof = (facts(won())[0].envelope.id,)
        [row] = cells("rep_day", won(500, novelty="existing", novelty_evidence=proof))
        assert (row["won_minor"], row.get("won_new_minor", 0)) == (500, 0)

    def test_currencies_are_never_added_up(self) -> None:
        rows = cells("rep_day", won(500), won(70, currency="USD"))
        assert [(row["currency"], row["won_minor"]) for row in rows] == [("RUB", 500), ("USD", 70)]

    def test_a_call_that_reached_nobody_belongs_to_nobody(self) -> None:
        assert cells("rep_day", abandoned()) == []

    def test_an_amended_sale_counts_as_it_is_now(self) -> None:
        first, second = won(500), won(800)
        assert cells("rep_day", first, amended(first, second)) == cells("rep_day", second)

    def test_a_refund_stands_beside_the_sale_on_its_own_day(self) -> None:
        later = TODAY + timedelta(days=1)
        rows = cells("rep_day", won(500), refunded(40), refunded(100, day=later))
        assert rows == [
            {
                "rep": ANNA,
                "day": DAY,
                "currency": "RUB",
                "wins": 1,
                "won_minor": 500,
                "won_new_minor": 500,
                "refunds": 1,
                "refunded_minor": 40,
            },
            {"rep": ANNA, "day": str(later), "currency": "RUB", "refunds": 1, "refunded_minor": 100},
        ]


class TestRepMonth:
    def test_refunds_of_a_month_are_added_up(self) -> None:
        [row] = cells("rep_month", won(500), refunded(40), refunded(2, day=TODAY + timedelta(days=6)))
        assert (row["won_minor"], row["refunds"], row["refunded_minor"]) == (500, 2, 42)

    def test_the_days_of_a_month_are_added_up(self) -> None:
        later = TODAY + timedelta(days=6)
        rows = cells("rep_month", answered(), answered(day=later), answered(day=later + timedelta(days=1)))
        assert [(row["month"], row["calls"]) for row in rows] == [("2026-11", 2), ("2026-12", 1)]


class TestQuota:
    def test_each_period_of_a_quota_stands_by_itself(self) -> None:
        first, second = period(700), period(300, DECEMBER, JANUARY)
        assert cells("quota", assigned(first, second)) == [
            {
                "holder": ANNA,
                "measure": "revenue",
                "period": "2026-11",
                "starts_on": "2026-11-01",
                "ends_on": "2026-12-01",
                "currency": "RUB",
                "assigned": 700,
            },
            {
                "holder": ANNA,
                "measure": "revenue",
                "period": "2026-12",
                "starts_on": "2026-12-01",
                "ends_on": "2027-01-01",
                "currency": "RUB",
                "assigned": 300,
            },
        ]

    def test_what_counts_no_money_has_no_currency(self) -> None:
        [row] = cells("quota", assigned(period(50), measure="calls", currency=None))
        assert (row["measure"], row.get("currency"), row["assigned"]) == ("calls", None, 50)

    def test_each_skill_is_asked_for_by_itself(self) -> None:
        skills = [
            assigned(period(target), measure="skill", skill=skill, currency=None, quota=skill)
            for skill, target in (("english", 8_000), ("listening", 6_000))
        ]
        rows = cells("quota", *skills, withdrawn(period(8_000), skills[0]))
        assert [(row["skill"], row["assigned"]) for row in rows] == [("listening", 6_000)]

    def test_relief_is_kept_apart_from_what_was_assigned(self) -> None:
        quota = assigned(period(1_000))
        rows = cells("quota", quota, relieved(200, quota), relieved(50, quota))
        assert [(row.get("assigned", 0), row.get("relieved", 0)) for row in rows] == [(0, 250), (1_000, 0)]
        assert {row["period"] for row in rows} == {"2026-11"}

    def test_what_is_withdrawn_with_its_relief_leaves_nothing_to_reach(self) -> None:
        quota = assigned(period(1_000))
        rows = cells("quota", quota, relieved(200, quota), withdrawn(period(800), quota))
        assert sum(int(row.get("assigned") or 0) - int(row.get("relieved") or 0) for row in rows) == 0

    def test_an_amended_quota_is_asked_for_as_it_is_now(self) -> None:
        was, now = assigned(period(1_000)), assigned(period(900))
        assert cells("quota", was, quota_amended(was, now)) == cells("quota", now)


class TestDeals:
    def test_credits_of_a_deal_stand_by_rep_and_what_it_brought_by_itself(self) -> None:
        overlays = (
            Credit(rep=ANNA, share_bp=10_000, amount_minor=1_000),
            Credit(rep=BORIS, share_bp=5_000, amount_minor=500),
        )
        sale = won(1_000, credits=overlays, overlays=True)
        rows = cells("deal_credit", sale)
        assert [(row["rep"], row["credited_minor"], row["wins"]) for row in rows] == [(ANNA, 1_000, 1), (BORIS, 500, 1)]
        assert cells("deal_day", sale) == [{"deal": "d1", "day": DAY, "currency": "RUB", "won_minor": 1_000, "wins": 1}]

    def test_a_refund_takes_nothing_off_what_was_credited(self) -> None:
        back = refunded(100, day=TODAY + timedelta(days=3))
        rows = cells("deal_credit", won(1_000), back)
        assert [(row["day"], row.get("credited_minor", 0), row.get("refunded_minor", 0)) for row in rows] == [
            (DAY, 1_000, 0),
            ("2026-11-27", 0, 100),
        ]
        assert [row.get("refunded_minor", 0) for row in cells("deal_day", won(1_000), back)] == [0, 100]

    def test_the_ticker_shows_a_sale_with_its_moment(self) -> None:
        [row] = cells("deal_ticker", won(500))
        assert row == {
            "deal": "d1",
            "won_at": "2026-11-24T12:00:00.000000Z",
            "currency": "RUB",
            "won_minor": 500,
            "wins": 1,
        }

    def test_sales_of_the_same_second_are_told_apart(self) -> None:
        rows = cells("deal_ticker", *(won(500, "d1", occurred_at=at(12).replace(microsecond=when)) for when in (1, 2)))
        assert [row["won_at"] for row in rows] == ["2026-11-24T12:00:00.000001Z", "2026-11-24T12:00:00.000002Z"]

    def test_the_ticker_takes_an_amended_sale_back(self) -> None:
        was, now = won(500), won(800, occurred_at=at(12, 30))
        for name in ("deal_ticker", "deal_credit", "deal_day"):
            assert cells(name, was, amended(was, now)) == cells(name, now)


class TestQueueWaiting:
    joined = at(9).replace(microsecond=123_456)

    def test_a_caller_waits_since_joining(self) -> None:
        [row] = cells("queue_waiting", offered())
        assert row == {"queue": SALES, "call": "c", "waiting": 1, "joined_ms": NINE_MS}

    def test_who_is_answered_waits_no_longer(self) -> None:
        assert cells("queue_waiting", offered(self.joined), picked_up(31, self.joined)) == []

    def test_the_end_of_an_answered_call_takes_nobody_off_again(self) -> None:
        told = offered(self.joined), picked_up(31, self.joined), answered(31, joined=self.joined)
        assert cells("queue_waiting", *told) == []

    def test_who_gives_up_waits_no_longer(self) -> None:
        assert cells("queue_waiting", offered(self.joined), abandoned(7, self.joined)) == []

    def test_a_transferred_call_was_answered_before(self) -> None:
        end = answered(31, joined=self.joined, outcome="transferred_blind")
        assert cells("queue_waiting", offered(self.joined), picked_up(31, self.joined), end) == []

    def test_a_caller_who_comes_back_waits_since_coming_back(self) -> None:
        again = offered(at(10))
        [row] = cells("queue_waiting", offered(), abandoned(7), again)
        assert (row["waiting"], row["joined_ms"]) == (1, NINE_MS + 3_600_000)

    def test_who_waits_in_one_queue_after_another_waits_in_the_last(self) -> None:
        first_end = abandoned(7, outcome="timed_out")
        [row] = cells("queue_waiting", offered(), first_end, offered(at(9, 1), queue=SUPPORT))
        assert (row["queue"], row["waiting"]) == (SUPPORT, 1)

    def test_who_was_not_let_in_never_waited(self) -> None:
        assert cells("queue_waiting", abandoned(0, outcome="full", enqueued_at=None)) == []

    def test_a_call_that_met_no_queue_waits_in_none(self) -> None:
        assert cells("queue_waiting", picked_up(queue=None, enqueued_at=None), abandoned(queue=None)) == []

    def test_an_answer_of_before_joining_was_told_goes_by_the_wait(self) -> None:
        assert cells("queue_waiting", offered(), picked_up(enqueued_at=None)) == []

    def test_an_answer_told_first_is_made_up_for_by_the_joining(self) -> None:
        [row] = cells("queue_waiting", picked_up())
        assert row["waiting"] == -1
        assert cells("queue_waiting", picked_up(), offered()) == []


class TestFeedNow:
    def test_the_clock_of_a_source_never_goes_back(self) -> None:
        rows = cells("feed_now", beat(at(9)), beat(at(8)), beat(at(8), feed="/other"))
        assert rows == [
            {"feed": "/asterisk/pbx1", "max_beat_ms": NINE_MS},
            {"feed": "/other", "max_beat_ms": NINE_MS - 3_600_000},
        ]


class TestAgents:
    def test_the_latest_state_is_what_an_agent_does_now(self) -> None:
        rows = cells("agent_now", entered("paused", at(9, 5), reason="tea"), entered("ready", at(9)))
        assert rows == [
            {"rep": ANNA, "last_state": "paused", "last_reason": "tea", "last_since": "2026-11-24T09:05:00.000000Z"}
        ]

    def test_the_queue_whose_call_is_talked_on_is_not_a_reason(self) -> None:
        rows = cells("agent_now", entered("paused", at(9), reason="tea"), entered("talking", at(9, 5), queue=SALES))
        assert rows == [
            {"rep": ANNA, "last_state": "talking", "last_queue": SALES, "last_since": "2026-11-24T09:05:00.000000Z"}
        ]

    def test_of_two_states_at_one_moment_the_source_says_which_came_later(self) -> None:
        [row] = cells("agent_now", entered("ringing"), entered("talking"))
        assert row["last_state"] == "talking"

    def test_pieces_of_a_state_are_added_up_by_quarters(self) -> None:
        pieces = lasted("talking", 30), lasted("talking", 40, at(9, 14)), lasted("wrap", 5, at(9, 15))
        rows = cells("agent_interval", *pieces)
        assert [(row["interval"], row["state"], row["seconds"], row["pieces"]) for row in rows] == [
            (MORNING, "talking", 70, 2),
            (QUARTER_LATER, "wrap", 5, 1),
        ]

    def test_talk_is_told_apart_by_queue_and_pauses_by_reason(self) -> None:
        talks = lasted("talking", 30, queue=SALES), lasted("talking", 20, queue=SUPPORT), lasted("talking", 5)
        rows = cells("agent_interval", *talks, lasted("talking", 4, queue=SALES), lasted("paused", 60, reason="tea"))
        assert {(row["state"], row.get("reason"), row.get("queue")): row["seconds"] for row in rows} == {
            ("talking", None, SALES): 34,
            ("talking", None, SUPPORT): 20,
            ("talking", None, None): 5,
            ("paused", "tea", None): 60,
        }


class TestRestatement:
    def test_a_restated_call_counts_as_it_is_now(self) -> None:
        first, second = answered(wait=10), answered(wait=30, queue=SUPPORT, rep=BORIS)
        for name in ("queue_interval", "queue_handle", "rep_day", "rep_month"):
            assert cells(name, first, restated(first, second)) == cells(name, second)

    def test_a_call_restated_there_and_back_counts_as_at_first(self) -> None:
        first, second = answered(talk=60), abandoned()
        events = first, restated(first, second), restated(second, first, revision=2)
        for name in ("queue_interval", "queue_handle", "rep_day", "rep_month"):
            assert cells(name, *events) == cells(name, first)
