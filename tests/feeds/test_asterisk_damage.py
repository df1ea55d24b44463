"""Damaged input: what cannot be read is parked where it lies, and nothing else is lost."""

import hashlib
import re
import tracemalloc
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from events.envelope import Envelope
from events.feeds import FeedCaughtUp
from services.feeds.asterisk.queue_log import QueueLogReader
from services.feeds.facts import Company, Teller
from services.feeds.reading import Reading
from tests.feeds.samples import (
    MOSCOW,
    NOON,
    ami_capture,
    contents,
    ended,
    event_of,
    events_of,
    facts,
    lines,
    log_capture,
    message,
    parked,
    read_ami,
    read_log,
)

Read = Callable[..., list[Envelope]]
BOTH = pytest.mark.parametrize(
    ("read", "capture", "separator"), [(read_log, log_capture, b"\n"), (read_ami, ami_capture, b"\r\n\r\n")]
)
JOINS = "+0|pbx1-1.1|sales|NONE|ENTERQUEUE||+79160000000|1"


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


HEAD = 600_000
"""So much of a capture is enough to be cut."""


@cache
def told_of_head(read: Read, capture: Callable[[], bytes]) -> list[Envelope]:
    return read(capture()[:HEAD])


@BOTH
@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(min_value=0, max_value=4_000_000), max_size=30))
@example(cuts=list(range(3000, 9000, 7)))
def test_any_chunking_of_the_capture_gives_the_same_records(
    read: Read, capture: Callable[[], bytes], separator: bytes, cuts: list[int]
) -> None:
    del separator
    assert contents(read(*pieces(capture()[:HEAD], cuts))) == contents(told_of_head(read, capture))


@BOTH
@settings(deadline=None, max_examples=40)
@given(place=st.integers(min_value=0, max_value=HEAD))
def test_a_capture_that_is_cut_anywhere_tells_the_beginning_and_parks_at_most_what_is_torn(
    read: Read, capture: Callable[[], bytes], separator: bytes, place: int
) -> None:
    data = capture()[: place % len(capture()[:HEAD])]
    told, whole = read(data), contents(facts(told_of_head(read, capture)))
    assert contents(facts(told)) == whole[: len(facts(told))]
    torn = [refused.reason for refused in parked(told)]
    assert len(torn) == (data != b"" and not data.endswith(separator) and data.rpartition(separator)[2].strip() != b"")
    assert all("is torn" in reason for reason in torn)


def test_chunks_of_one_byte_split_every_letter_and_lose_none() -> None:
    event = message("QueueMemberStatus", 1, Queue="продажи", MemberName="Иван", Status=1, Paused=0)
    assert contents(read_ami(*(bytes([byte]) for byte in event))) == contents(read_ami(event))


@BOTH
def test_every_item_twice_gives_the_same_records(read: Read, capture: Callable[[], bytes], separator: bytes) -> None:
    once = facts(read(capture()))
    items = capture().split(separator)[:-1]
    twice = facts(read(b"".join((item + separator) * 2 for item in items)))
    assert {record.id for record in twice} == {record.id for record in once}
    assert not parked(read(b"".join((item + separator) * 2 for item in items)))
    assert ended(twice) == ended(once)


@BOTH
def test_the_same_file_after_itself_gives_the_same_ids(
    read: Read, capture: Callable[[], bytes], separator: bytes
) -> None:
    once = {record.id for record in facts(read(capture()))}
    assert capture().endswith(separator)
    assert {record.id for record in facts(read(capture() * 2)) if record.type.startswith("call.")} <= once


@BOTH
@settings(deadline=None)
@given(data=st.binary(max_size=300))
def test_no_bytes_make_a_reader_fail(read: Read, capture: Callable[[], bytes], separator: bytes, data: bytes) -> None:
    del capture
    read(data + separator)


COLUMNS = (
    *("1795597200", "1795597205", "1795599999", "0", "-1", "soon", "", "NONE", "MANAGER", "pbx1-1.1", "pbx1-2.2"),
    *("sales", "Anna", "O'Brien", "ENTERQUEUE", "CONNECT", "COMPLETECALLER", "COMPLETEAGENT", "ABANDON", "EXITWITHKEY"),
    *("ATTENDEDTRANSFER", "BLINDTRANSFER", "PAUSE", "UNPAUSE", "ADDMEMBER", "REMOVEMEMBER", "QUEUESTART", "PENALTY"),
)
rows = st.lists(st.lists(st.sampled_from(COLUMNS), max_size=9).map("|".join), max_size=20).map("\n".join)
KINDS = (
    *("Newchannel", "Newexten", "VarSet", "DialBegin", "DialEnd", "HangupRequest", "Hangup", "QueueCallerJoin"),
    *("QueueCallerAbandon", "QueueCallerLeave", "AgentCalled", "AgentConnect", "AgentRingNoAnswer", "AgentComplete"),
    *("BlindTransfer", "AttendedTransfer", "QueueMemberAdded", "QueueMemberRemoved", "QueueMemberPause", "FullyBooted"),
)
FIELDS = (
    *("Timestamp: 1795597200.5", "Timestamp: 1795597205.25", "Timestamp: 1795599999", "Timestamp: x", "no colon"),
    *("Uniqueid: pbx1-1.1", "Uniqueid: pbx1-2.2", "Linkedid: pbx1-1.1", "DestUniqueid: pbx1-2.2", "Queue: sales"),
    *("MemberName: Anna", "Interface: PJSIP/agent101", "HoldTime: 1", "TalkTime: 4", "RingTime: 1", "Position: 1"),
    *("Position: 0", "Reason: transfer", "Result: Success", "TransfereeUniqueid: pbx1-1.1", "Extension: 200"),
    *("Channel: PJSIP/a-00000001", "DestChannel: PJSIP/b-00000002", "DialStatus: ANSWER", "DialStatus: CANCEL"),
    *("Variable: QUEUESTATUS", "Value: TIMEOUT", "Value: JOINEMPTY", "Application: Queue", "AppData: sales,t"),
    *("CallerIDNum: 101", "Exten: 102", "DialString: +79160000000@out", "Paused: 1", "Status: 2", "LastPause: 1"),
)
blocks = st.tuples(st.sampled_from(KINDS), st.lists(st.sampled_from(FIELDS), max_size=16))
messages = st.lists(blocks.map(lambda block: "\r\n".join([f"Event: {block[0]}", *block[1], "", ""])), max_size=20)


def check(told: list[Envelope]) -> None:
    """Every record can be read by whoever reads the log, and what could not be read is counted."""
    for record in told:
        event_of(record)
    for summary in events_of(FeedCaughtUp, told):
        assert (summary.parked, summary.appended) == (len(parked(told)), len(told) - len(parked(told)) - 1)


@settings(deadline=None, max_examples=300)
@given(rows)
def test_no_order_of_lines_makes_the_log_reader_fail_or_tell_what_cannot_be_read(text: str) -> None:
    check(read_log(text.encode()))


@settings(deadline=None, max_examples=300)
@given(messages)
def test_no_order_of_events_makes_the_ami_reader_fail_or_tell_what_cannot_be_read(events: list[str]) -> None:
    check(read_ami("".join(events).encode()))


@pytest.mark.parametrize("place", range(0, 7000, 611))
def test_an_ami_stream_may_begin_inside_an_event_and_end_inside_another(place: int) -> None:
    data = ami_capture()[place : 100_000 + place]
    told = read_ami(data)
    torn = [refused for refused in parked(told) if "torn" in refused.reason]
    assert len(parked(told)) == len(torn) <= 2
    [summary] = events_of(FeedCaughtUp, told)
    assert summary.parked == len(torn)
    assert summary.received == len([item for item in data.split(b"\r\n\r\n") if item.strip()])


def test_a_connection_that_broke_off_inside_an_event_parks_that_event_alone() -> None:
    joins = message("QueueCallerJoin", 1, Uniqueid="pbx1-1.1", Queue="sales", Position=1)
    other = message("QueueCallerJoin", 2, Uniqueid="pbx1-2.2", Queue="sales", Position=1)
    banner = b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nMessage: Authentication accepted\r\n\r\n"
    told = read_ami(joins[:-30] + banner + other)
    assert [refused.reason for refused in parked(told)] == ["the event is torn: a new connection begins inside it"]
    assert [record.subject for record in facts(told)] == ["call/pbx1-2.2"]


def test_a_parked_record_says_where_the_thing_lies_and_holds_nothing_of_it() -> None:
    bad = lines("+1|pbx1-9.9|sales|Anna +79161112233|CONNECT|soon|x|1")
    told = read_log(lines(JOINS) + bad, name="queue_log.1")
    [refused] = parked(told)
    assert (refused.origin, refused.position, refused.length) == ("queue_log.1", len(lines(JOINS)), len(bad) - 1)
    assert refused.sha256 == hashlib.sha256(bad[:-1]).hexdigest()
    assert refused.reason == "the hold time is not a number"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"179559", "the line is torn: its end is missing"),
        (b"hello\n", "the line has 1 columns, and must have 5"),
        (b"soon|pbx1-1.1|sales|NONE|ENTERQUEUE||x|1\n", "the time is not an epoch time"),
        (b"-5|pbx1-1.1|sales|NONE|ENTERQUEUE||x|1\n", "the time is not an epoch time"),
        (b"99999999999999|pbx1-1.1|sales|NONE|ENTERQUEUE||x|1\n", "the time is out of range"),
        (b"1795597200|NONE|sales|NONE|ENTERQUEUE||x|1\n", "the call id is missing"),
        (b"1795597200|pbx1-1.1||NONE|ENTERQUEUE||x|1\n", "the queue is missing"),
        (b"1795597200|pbx1-1.1|\xcf\xf0|NONE|ENTERQUEUE||x|1\n", "the queue is not UTF-8"),
        (b"1795597200|pbx1-1.1|" + b"q" * 300 + b"|NONE|ENTERQUEUE||x|1\n", "the queue is longer than 200 characters"),
        (b"1795597200|pbx1-2.2|sales|NONE|ENTERQUEUE||x|0\n", "position: Input should be greater than or equal to 1"),
        (b"1795597200|pbx1-1.1|sales|Anna|COMPLETECALLER|1|-3|1\n", "the talk time is negative"),
        (b"1795597200|pbx1-1.1|sales|Anna|COMPLETECALLER|1\n", "the talk time is missing"),
        (b"x" * (2 * 1024 * 1024) + b"\n", "it is longer than any item: 2097152 bytes"),
    ],
)
def test_a_line_that_cannot_be_read_is_parked_and_the_others_are_read(line: bytes, reason: str) -> None:
    before, after = lines(JOINS), lines("+9|pbx1-1.1|sales|NONE|ABANDON|1|1|9")
    data = before + line if not line.endswith(b"\n") else before + line + after
    told = read_log(data)
    assert [refused.reason for refused in parked(told)] == [reason]
    assert contents(facts(told)) == contents(facts(read_log(before if not line.endswith(b"\n") else before + after)))


def test_what_cannot_be_read_before_any_time_is_known_is_told_at_the_first_time() -> None:
    [refused] = parked(read_log(b"hello\n" + lines(JOINS)))
    assert refused.occurred_at.timestamp() == NOON


def test_a_file_in_which_nothing_can_be_read_parks_it_all_and_is_not_caught_up() -> None:
    told = read_log(b"hello\nworld\n")
    assert [record.type for record in told] == ["record.parked", "record.parked"]
    assert len({record.id for record in told}) == 2


def test_an_empty_file_says_nothing() -> None:
    assert read_log(b"") == read_ami(b"") == []


def test_a_clock_that_jumps_far_ahead_for_a_line_costs_what_agents_did_around_it_and_no_call() -> None:
    told = read_log(
        lines(
            "+0|NONE|sales|Anna|PAUSE|Lunch",
            "4000000000|NONE|NONE|NONE|CONFIGRELOAD|",
            "+5|pbx1-1.1|sales|NONE|ENTERQUEUE||x|1",
            "+10|NONE|sales|Anna|UNPAUSE|",
            "+14|pbx1-1.1|sales|NONE|ABANDON|1|1|9",
        )
    )
    assert [call.outcome for call in ended(told)] == ["abandoned"]
    assert len(told) < 10


@BOTH
def test_no_record_holds_a_number_or_a_name_of_a_caller(
    read: Read, capture: Callable[[], bytes], separator: bytes
) -> None:
    damaged = capture().replace(b"HoldTime: 1", b"HoldTime: +79161230001").replace(b"|CONNECT|1", b"|CONNECT|Somebody")
    secret = re.compile(rb"\+?7(916|495)\d{7}|\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd|ACME|GmbH|O'Brien|Somebody|Ivan ")
    records = b"\n".join(contents(read(capture()) + read(damaged) + read(capture()[: -len(separator) - 5])))
    assert not secret.search(records)


def peak_of(calls: int) -> int:
    """Measure the most memory that reading a log of so many calls, one every 5 seconds, takes at a time."""
    rows = (
        lines(
            f"+{5 * call}|pbx1-{call}.1|sales|NONE|ENTERQUEUE||x|1",
            f"+{5 * call + 4}|pbx1-{call}.1|sales|NONE|ABANDON|1|1|4",
        )
        for call in range(calls)
    )
    reader = QueueLogReader(Teller("/asterisk/pbx1", Company(MOSCOW)))
    tracemalloc.start()
    assert sum(record.type == "call.ended" for record in Reading(reader, "log").read(rows)) == calls
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_reading_a_long_log_takes_no_more_memory_than_reading_some_hours_of_it() -> None:
    assert peak_of(12_000) < 1.2 * peak_of(4_000)
