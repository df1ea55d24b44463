"""Rows in any order, twice, in pieces, and damaged: what can be read is told, and all else is parked."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from events.envelope import Envelope
from events.feeds import FeedCaughtUp, FeedGapFound
from services.feeds.facts import UnreadableItemError
from services.feeds.frames import frames
from services.feeds.reading import Items
from services.feeds.three_cx.fields import ORDER
from services.feeds.three_cx.reader import CONNECTED, ThreeCxMemory, ThreeCxReader
from services.feeds.three_cx.row import decode
from tests.feeds.samples import at, contents, events_of, facts, parked
from tests.feeds.test_asterisk_damage import check, pieces
from tests.feeds.three_cx.given import CALLER, callid, clock, read, reader, row

ROWS = [
    row(),
    row(historyid="2", callid=callid(30.5), time_start=clock(30), time_answered="", time_end=clock(50)),
    row(historyid="3", from_type="Extension", from_dn="101", to_type="Line", to_dn="10001"),
    row(historyid="3", callid=callid(80.5), time_start=clock(80), time_answered=clock(81), time_end=clock(160)),
    row(historyid="4", from_type="Queue", missed_queue_calls="101;"),
    row(historyid="5", callid=CALLER),
]
WHOLE = b"".join(ROWS)


def ending_with(name: str) -> tuple[str, ...]:
    """An order in which a column comes last."""
    return ("from-dispname", *(each for each in ORDER if each not in {"from-dispname", name}), name)


def truth(told: Sequence[bytes]) -> dict[object, bytes]:
    return {fact.id: bytes(fact.data) for fact in facts(read(*told))}


def test_the_rows_are_counted() -> None:
    [summary] = events_of(FeedCaughtUp, read(WHOLE))
    assert (summary.feed, summary.received, summary.appended, summary.parked) == ("3cx/cdr", 6, 4, 1)


@given(cuts=st.lists(st.integers(0, len(WHOLE)), max_size=30))
@example(cuts=list(range(len(WHOLE))))
def test_any_chunking_gives_the_same_records(cuts: list[int]) -> None:
    assert contents(read(*pieces(WHOLE, cuts))) == contents(read(WHOLE))


@given(order=st.permutations(ROWS * 2))
def test_in_whatever_order_and_however_often_rows_come_the_facts_are_the_same(order: list[bytes]) -> None:
    assert truth(order) == truth(ROWS)


@given(place=st.integers(0, len(WHOLE)))
def test_a_file_that_is_cut_anywhere_tells_nothing_that_the_whole_does_not(place: int) -> None:
    assert truth([WHOLE[:place]]).items() <= truth(ROWS).items()


@given(place=st.integers(0, 400), last=st.sampled_from(["final-dn", "from-no", "duration"]))
def test_a_torn_row_is_told_only_where_nothing_that_is_read_can_be_missing(place: int, last: str) -> None:
    order = ending_with(last)
    line = row(order, from_dispname="Ivan")
    assert not facts(read(line[: min(place, len(line) - 1)], order=order))
    assert len(facts(read(line, order=order))) == 1


def test_a_file_for_each_call_may_have_no_end_of_line() -> None:
    assert contents(facts(read(row().rstrip()))) == contents(facts(read(row())))


@given(data=st.binary(max_size=400), head=st.sampled_from([b"", b"Call ", *ROWS[:1], row()[:120]]))
def test_no_bytes_make_the_reading_fail_but_by_saying_that_they_are_unreadable(data: bytes, head: bytes) -> None:
    with suppress(UnreadableItemError):
        decode(head + data, ORDER, UTC)
    check(read(head + data + b"\n"))


COLUMN = st.sampled_from(
    [
        *("", "Line", "Queue", "Extension", "ivr", "VMail", "101", "800", CALLER, "Ivan", "Chain: x;", "00:01:00"),
        *(
            "TerminatedBySrc",
            "Failed",
            "ReplacedDst",
            "QFwdToDNA",
            clock(0),
            clock(8),
            clock(-8),
            callid(0),
            "\x1f\x00",
        ),
        *("1" * 9, "x" * 300, "٣", "0001/01/01 00:00:00", "2065/12/31 23:59:59", "9999:59:59", "F" * 16 + "_1"),
    ]
)


@given(changes=st.dictionaries(st.sampled_from([name.replace("-", "_") for name in ORDER]), COLUMN, max_size=6))
def test_a_row_in_which_anything_is_something_else(changes: dict[str, str]) -> None:
    told = read(row(**changes))
    check(told)
    assert not [record for record in told if CALLER.encode() in bytes(record.data)]


@given(place=st.integers(0, len(ROWS)))
def test_a_reader_that_goes_on_with_the_memory_of_another_tells_the_very_same(place: int) -> None:
    first = reader()
    told = taken(first, ROWS[:place])
    memory = msgspec.msgpack.decode(msgspec.msgpack.encode(first.memory), type=ThreeCxMemory)
    told += taken(reader(memory=memory), ROWS[place:])
    assert contents(facts(told)) == contents(facts(read(WHOLE)))


def taken(reading: ThreeCxReader, rows: Sequence[bytes]) -> list[Envelope]:
    items = Items(reading, "cdr.log")
    return [envelope for frame in frames(rows, b"\n") for envelope in items.item(frame)]


def test_a_connection_after_another_is_a_gap_and_the_first_is_none() -> None:
    marked = CONNECTED + b"\n"
    assert not events_of(FeedGapFound, read(marked, ROWS[0], ROWS[1]))
    [gap] = events_of(FeedGapFound, read(marked, ROWS[0], marked, marked, ROWS[3], ROWS[0]))
    assert (gap.feed, gap.missing) == ("3cx/cdr", None)
    assert (gap.starts_at, gap.ends_at) == (at(69), at(160))  # a file of that time, read later, closes it
    assert not parked(read(marked))


@pytest.mark.parametrize("line", [b"x" * 2_000_000, b"," * 100_000])
def test_a_line_that_is_no_row_is_parked_whatever_its_length(line: bytes) -> None:
    assert len(parked(read(line, b"\n", ROWS[0]))) == 1
    assert len(facts(read(line, b"\n", ROWS[0]))) == 1
