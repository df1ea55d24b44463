"""The bookkeeping of the batch transport: what is handed over, what is committed, where reading starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import pytest
from faust.types import TP

from services.projector.transport import Record, RecordBatch
from services.projector.transport.progress import PositionLostError, Progress, require_kept, starting_points

CALLS = TP("calls", 3)
DEALS = TP("deals", 0)


@dataclass
class At:
    """A record or a message, as far as the bookkeeping looks at it."""

    offset: int
    acked: bool = False


def at(*offsets: int) -> list[At]:
    return [At(offset) for offset in offsets]


def reading(start: int = 0, *, tp: TP = CALLS) -> Progress:
    progress = Progress()
    progress.open({tp: start})
    return progress


def hand_over(progress: Progress, *lasts: int, size: int = 10) -> list[At]:
    messages = at(*lasts)
    for message in messages:
        progress.hand_over(CALLS, message, size)
    return messages


def acknowledge(progress: Progress, message: At) -> None:
    message.acked = True
    progress.settle(CALLS)


# -- What is handed over


def test_records_are_taken_once_and_in_order() -> None:
    progress = reading()
    assert progress.take(CALLS, at(0, 1, 2)) == at(0, 1, 2)
    assert progress.take(CALLS, at(1, 2, 3)) == at(3)
    assert progress.take(CALLS, at(2, 3)) == []


def test_records_before_the_resumed_position_are_dropped() -> None:
    assert reading(7).take(CALLS, at(5, 6, 7, 8)) == at(7, 8)


def test_offsets_may_have_gaps() -> None:
    progress = reading()
    assert progress.take(CALLS, at(0, 5)) == at(0, 5)
    assert progress.take(CALLS, at(9)) == at(9)


def test_an_empty_fetch_changes_nothing() -> None:
    progress = reading(4)
    assert progress.take(CALLS, []) == []
    assert progress.take(CALLS, at(4)) == at(4)


def test_nothing_is_read_before_a_partition_is_opened_nor_after_it_is_closed() -> None:
    progress = Progress()
    assert CALLS not in progress.reading
    progress.open({CALLS: 0})
    assert CALLS in progress.reading
    progress.close()
    assert CALLS not in progress.reading


def test_a_batch_knows_where_it_was_read_from_and_its_last_offset() -> None:
    batch = RecordBatch.of(CALLS, cast("Sequence[Record]", at(4, 6, 9)), 3)
    assert (batch.first, batch.last, len(batch)) == (3, 9, 3)


# -- What is committed


def test_the_commit_is_the_end_of_the_acknowledged_prefix() -> None:
    progress = reading()
    first, second, third = hand_over(progress, 9, 19, 29)
    acknowledge(progress, second)
    assert progress.done(CALLS) == 0
    acknowledge(progress, first)
    assert progress.done(CALLS) == 20
    acknowledge(progress, third)
    assert progress.done(CALLS) == 30


def test_an_untouched_partition_is_committed_where_it_was_resumed() -> None:
    assert reading(42).done(CALLS) == 42


def test_what_is_out_when_the_partition_closes_still_counts_when_it_comes_back() -> None:
    progress = reading()
    (message,) = hand_over(progress, 9)
    progress.close()
    acknowledge(progress, message)
    assert progress.done(CALLS) == 10


def test_a_message_of_an_earlier_assignment_neither_moves_nor_stalls_the_commit() -> None:
    (old,) = hand_over(reading(), 9)
    progress = reading(5)
    acknowledge(progress, old)
    assert progress.done(CALLS) == 5
    (new,) = hand_over(progress, 9)
    acknowledge(progress, new)
    assert progress.done(CALLS) == 10


def test_a_message_of_a_lost_partition_is_ignored() -> None:
    progress = reading(tp=DEALS)
    acknowledge(progress, At(9))
    assert progress.done(CALLS) is None


def test_bytes_are_out_until_their_prefix_comes_back() -> None:
    progress = reading()
    first, second = hand_over(progress, 9, 19, size=100)
    assert progress.unacked_bytes == 200
    acknowledge(progress, second)
    assert progress.unacked_bytes == 200
    acknowledge(progress, first)
    assert progress.unacked_bytes == 0


# -- Where reading starts


def test_the_wanted_position_beats_the_committed_one() -> None:
    assert starting_points({CALLS: 4}, {CALLS: 9}, {CALLS: 0}, {CALLS: 9}) == {CALLS: 4}


def test_a_partition_left_out_starts_where_it_was_committed_or_else_at_the_beginning() -> None:
    starts = starting_points({}, {CALLS: 9, DEALS: None}, {CALLS: 2, DEALS: 3}, {CALLS: 9, DEALS: 8})
    assert starts == {CALLS: 9, DEALS: 3}


def test_records_deleted_since_the_commit_are_skipped_only_for_a_partition_left_out() -> None:
    assert starting_points({}, {CALLS: 1}, {CALLS: 5}, {CALLS: 9}) == {CALLS: 5}
    with pytest.raises(PositionLostError, match=r"offset 1 is not within 5\.\.9"):
        starting_points({CALLS: 1}, {}, {CALLS: 5}, {CALLS: 9})


def test_a_position_beyond_the_end_means_that_the_log_is_another_one() -> None:
    with pytest.raises(PositionLostError):
        starting_points({CALLS: 10}, {}, {CALLS: 0}, {CALLS: 9})
    with pytest.raises(PositionLostError):
        starting_points({}, {CALLS: 10}, {CALLS: 0}, {CALLS: 9})


def test_a_gap_is_no_loss_but_what_was_deleted_before_it_was_read_is() -> None:
    require_kept(CALLS, 7, beginning=0, end=9)
    require_kept(CALLS, 7, beginning=7, end=9)
    with pytest.raises(PositionLostError, match=r"calls/3: offset 7 is not within 8\.\.9"):
        require_kept(CALLS, 7, beginning=8, end=9)
