"""Damaged and cut records: what cannot be read is parked, nothing else is lost, and nothing is told that is not so."""

import tracemalloc
from contextlib import suppress
from functools import cache

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from events.envelope import Envelope
from events.feeds import FeedGapFound
from services.feeds.facts import UnreadableItemError
from services.feeds.frames import Cutter
from services.feeds.kamailio.live.evapi import BEGINS
from services.feeds.kamailio.reader import KamailioMemory, KamailioReader
from services.feeds.kamailio.records import parse
from services.feeds.reading import Items, Reading
from tests.feeds.kamailio.given import acc, cdr, evapi, heard, lines, other, read, reader
from tests.feeds.samples import at, contents, ended, events_of, facts, parked
from tests.feeds.test_asterisk_damage import check, pieces
from tests.feeds.webhooks.given import counted

WHOLE = evapi()
FIRST_CDR = WHOLE.index(b"\n", WHOLE.index(b"start_time")) + 1


@cache
def told_of_whole() -> list[bytes]:
    return contents(facts(read(WHOLE)))


@settings(max_examples=50)
@given(cuts=st.lists(st.integers(min_value=0, max_value=len(WHOLE)), max_size=30))
@example(cuts=list(range(0, 9000, 7)))
def test_any_chunking_gives_the_same_records(cuts: list[int]) -> None:
    assert contents(read(*pieces(WHOLE, cuts))) == contents(read(WHOLE))


@settings(max_examples=60)
@given(place=st.integers(min_value=FIRST_CDR, max_value=len(WHOLE)))
@example(place=WHOLE.index(b"\n", FIRST_CDR) + 1)
def test_a_file_that_is_cut_anywhere_tells_the_beginning_of_what_the_whole_tells(place: int) -> None:
    told = contents(facts(read(WHOLE[:place])))
    assert told == told_of_whole()[: len(told)]


@settings(max_examples=60)
@given(place=st.integers(min_value=0, max_value=len(WHOLE)))
def test_a_stream_that_stops_anywhere_has_told_the_beginning_of_what_the_whole_tells(place: int) -> None:
    told = contents(facts(heard(WHOLE[:place])))
    assert told == told_of_whole()[: len(told)]


@settings(max_examples=30)
@given(place=st.integers(min_value=0, max_value=len(WHOLE)))
def test_a_reader_that_goes_on_with_the_memory_of_another_tells_the_very_same(place: int) -> None:
    first, cutter = reader(), Cutter(b"\n")
    told = list(taken(first, cutter, WHOLE[:place]))
    memory = msgspec.msgpack.decode(msgspec.msgpack.encode(first.memory), type=KamailioMemory)
    told += taken(reader(memory), cutter, WHOLE[place:])
    assert contents(told) == told_of_whole()


def taken(reading: KamailioReader, cutter: Cutter, data: bytes) -> list[Envelope]:
    items = Items(reading, "evapi")
    return [envelope for frame in cutter.feed(data) for envelope in items.item(frame)]


HEADS = [b"", b"{", b'{"event":"dialog:end","callid":"', b'{"method":"INVITE","sip_code":"200","time":1,"callid":"']


@settings(max_examples=300)
@given(data=st.binary(max_size=300), head=st.sampled_from(HEADS))
@example(data=b"[" * 200_000, head=b'{"x":')
@example(data=b"\xff", head=b'{"callid":"')
def test_no_bytes_make_the_reading_fail_but_by_saying_that_they_are_unreadable(data: bytes, head: bytes) -> None:
    with suppress(UnreadableItemError):
        parse(head + data)
    check(read(head + data + b"\n"))


TIMES = (
    1_795_597_200,
    "1795597200",
    "1795597205.125",
    "1795597260",
    "4294967290",
    "1",
    "",
    "soon",
    -1,
    10**30,
    1.5,
    None,
)
VALUES: dict[str, tuple[object, ...]] = {
    **dict.fromkeys(("time", "start_time", "end_time", "ts", "start_ts"), TIMES),
    **dict.fromkeys(("callid", "call_id"), ("1@edge", "2@edge", "", "+79161234567", "\x1f\x00", "q" * 300, 5)),
    **dict.fromkeys(
        ("src_user", "dst_user", "src", "dst"), ("+79161234567", "101", "anna", "", "\x00", "٣", "q" * 300)
    ),
    "event": ("dialog:start", "dialog:end", "dialog:failed", "kvota:connected", "dialog:", ""),
    "method": ("INVITE", "BYE", "CANCEL", "", 5),
    "sip_code": ("200", "487", "486", "407", "100", "", "x", 200, "99999999999", -5),
}
anything = st.lists(st.fixed_dictionaries({}, optional={key: st.sampled_from(known) for key, known in VALUES.items()}))
"""Records of which any field may be missing, or hold anything."""


def transaction(second: int, code: int, method: str, call: str) -> dict[str, object]:
    return acc(second, code, method, callid=call)


def record_of(began: int, lasted: int, call: str) -> dict[str, object]:
    return cdr(began, began + lasted, call_id=call)


moments, names = st.integers(0, 400), st.sampled_from(["1@edge", "2@edge", "3@edge"])
codes, methods = st.sampled_from([200, 486, 487, 407, 503]), st.sampled_from(["INVITE", "BYE", "OPTIONS"])
of_calls = st.lists(
    st.builds(transaction, moments, codes, methods, names) | st.builds(record_of, moments, st.integers(0, 90), names),
    max_size=30,
)
"""Records that make sense one by one, and together need not."""


@settings(max_examples=300)
@given(anything | of_calls)
def test_no_records_make_the_reader_fail_or_tell_what_cannot_be_read(records: list[dict[str, object]]) -> None:
    told = read(lines(*records))
    check(told)
    assert b"79161234567" not in b"".join(contents(told))


EARLY, LATE = transaction(0, 200, "INVITE", "1@edge"), transaction(300, 200, "INVITE", "1@edge")
FORGOTTEN = [record_of(0, 0, "1@edge"), EARLY, record_of(0, 5, "1@edge"), *[EARLY] * 5, LATE]
"""A call, and a word of it that comes when it is just being forgotten."""
BYES = [transaction(0, 200, "BYE", "1@edge"), transaction(5, 200, "BYE", "1@edge")]
BACKWARDS = [*BYES, EARLY, transaction(5, 200, "INVITE", "1@edge")]
"""A call that is heard to end, again when nobody waits for its beginning any more, and then to begin."""
LATE_ANSWER = [
    *(transaction(0, 200, "BYE", "1@edge"), transaction(5, 486, "INVITE", "1@edge")),
    *(EARLY, EARLY, LATE),
]
"""A call that was told as one that nobody answered, and is answered when it is just being forgotten."""

WITHOUT_BEGINNING = [*BYES, transaction(10, 200, "INVITE", "1@edge"), EARLY]
"""A call of which nobody waits for more once its end was heard twice, and of which more comes."""

BACK_AND_ON = [
    *(EARLY, transaction(0, 200, "BYE", "2@edge"), transaction(0, 486, "INVITE", "2@edge")),
    *(record_of(0, 1, "1@edge"), record_of(0, 6, "2@edge"), transaction(0, 200, "OPTIONS", "1@edge")),
    *(record_of(210, 90, "1@edge"), record_of(0, 1, "2@edge")),
]
"""Two calls that were told, a clock that goes back, and one that goes on until they are just being forgotten."""


@settings(max_examples=100)
@given(of_calls)
@example(BACK_AND_ON)
@example(WITHOUT_BEGINNING)
@example(LATE_ANSWER)
@example(FORGOTTEN)
@example(BACKWARDS)
def test_what_comes_twice_counts_once(records: list[dict[str, object]]) -> None:
    twice = [record for record in records for _ in range(2)]
    assert told_at_last(twice) == told_at_last(records)


def told_at_last(records: list[dict[str, object]]) -> list[bytes]:
    """What counts once nothing is waited for any more."""
    goes_on = [transaction(second, 200, "OPTIONS", "9@edge") for second in (1_000, 2_000)]
    return sorted(contents(counted(facts(heard(lines(*records, *goes_on))))))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"hello\n", "it is no JSON object with the fields of Kamailio"),
        (b"[]\n", "it is no JSON object with the fields of Kamailio"),
        (b'{"callid":"1@edge","src_user":7}\n', "it is no JSON object with the fields of Kamailio"),
        (b'{"jsonrpc":"2.0"}\n', "it is neither a transaction nor a call nor an event"),
        (lines(acc(1, callid="")), "the Call-ID is missing: a CDR has it in cdr_extra, as call_id"),
        (lines(acc(1, time="soon")), "time is not an epoch time"),
        (lines(acc(1, method="")), "method is missing"),
        (lines(acc(1, sip_code="OK")), "sip_code is not a number"),
        (lines(cdr(9, 5)), "end_time is before start_time"),
        (lines(cdr(9, 9e6)), "the call lasted longer than any can"),
        (lines(cdr(9, 10, start_time=None)), "start_time is missing"),
        (lines(acc(1))[:40], "the record is torn: its end is missing"),
        (b"x" * (2 * 1024 * 1024) + b"\n", "it is longer than any item: 2097152 bytes"),
    ],
)
def test_a_line_that_cannot_be_read_is_parked_and_the_others_are_read(line: bytes, reason: str) -> None:
    told = read(lines(acc(5), acc(65, method="BYE")) + line + (lines(cdr(5, 65)) if line.endswith(b"\n") else b""))
    assert [refused.reason for refused in parked(told)] == [reason]
    assert len(ended(told)) == line.endswith(b"\n")


def test_fields_and_events_that_are_not_known_are_passed_over() -> None:
    told = read(lines(acc(5, note={"x": [1]}), {"event": "registrar:expired", "aor": "101"}, acc(65, method="BYE")))
    assert not parked(told)
    assert len(ended(told)) == 1


def test_a_new_connection_is_a_gap_from_the_last_record_to_the_next() -> None:
    told = heard(BEGINS + lines(acc(5)) + lines(acc(6))[:50] + BEGINS + lines(acc(65, method="BYE"), cdr(5.5, 65)))
    [gap] = events_of(FeedGapFound, told)
    assert (gap.after, gap.before) == (at(5).isoformat(), at(65).isoformat())
    assert [call.talk_seconds for call in ended(told)] == [59]
    assert len(parked(told)) == 1


def peak_of(calls: int) -> int:
    """Measure the most memory that reading so many calls, one every ten seconds, takes at a time."""
    chunks = (
        lines(
            *(acc(10 * call, method=method, callid=f"{call}@edge") for method in ("INVITE", "BYE")),
            cdr(10 * call - 5, 10 * call, call_id=f"{call}@edge"),
        )
        for call in range(calls)
    )
    tracemalloc.start()
    assert sum(record.type == "call.ended" for record in Reading(reader(), "acc").read(chunks)) == calls
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_reading_a_long_file_takes_no_more_memory_than_reading_some_of_it() -> None:
    assert peak_of(4_000) < 1.5 * peak_of(1_000)


def test_calls_that_never_end_are_forgotten_after_a_day() -> None:
    reading = reader()
    list(Reading(reading, "acc").read([lines(acc(0), other(1), other(24 * 3600), other(24 * 3600 + 1))]))
    assert (reading.memory.calls, reading.memory.heard) == ({}, {})
