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
    SALES,
    SUPPORT,
    abandoned,
    amended,
    answered,
    counted,
    entered,
    lasted,
    restated,
    won,
)

PROJECTIONS = load_projections()
FOLDER = Folder(PROJECTIONS)
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
        proof = (counted(won())[0].record.envelope.id,)
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


class TestRepMonth:
    def test_the_days_of_a_month_are_added_up(self) -> None:
        later = TODAY + timedelta(days=6)
        rows = cells("rep_month", answered(), answered(day=later), answered(day=later + timedelta(days=1)))
        assert [(row["month"], row["calls"]) for row in rows] == [("2026-11", 2), ("2026-12", 1)]


class TestAgents:
    def test_the_latest_state_is_what_an_agent_does_now(self) -> None:
        rows = cells("agent_now", entered("paused", at(9, 5), reason="tea"), entered("ready", at(9)))
        assert rows == [
            {"rep": ANNA, "last_state": "paused", "last_reason": "tea", "last_since": "2026-11-24T09:05:00.000000Z"}
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
