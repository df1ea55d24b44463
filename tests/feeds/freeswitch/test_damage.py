"""Damaged input: what cannot be read is parked where it lies, and nothing else is lost."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from events.envelope import Envelope
from events.feeds import FeedCaughtUp, FeedGapFound
from services.feeds.files import UnknownContentError
from services.feeds.frames import LIMIT
from services.feeds.freeswitch.framing import blocks
from services.feeds.registry import read_files
from tests.feeds.freeswitch.given import AUTH, CALLER_NAME, CALLER_NUMBER, Member, Switch, framed, read_file
from tests.feeds.freeswitch.test_scenario import MORNING, stream
from tests.feeds.samples import MOSCOW, contents, ended, event_of, events_of, facts, parked

TEXT = b"text/plain with\n\nan empty line in it"
BODIES = framed(Switch().event("MESSAGE", 0, {}, TEXT)) + framed(Switch(number=300).event("HEARTBEAT", 1, {}))


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def frames_of(*chunks: bytes) -> list[tuple[int, int, str, bool]]:
    return [(frame.position, frame.length, frame.digest, frame.whole) for frame in blocks(chunks)]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(min_value=0, max_value=len(stream())), max_size=30))
@example(list(range(200, 9000, 7)))
def test_any_chunking_gives_the_same_records(cuts: list[int]) -> None:
    assert contents(read_file(*pieces(stream(), cuts))) == contents(read_file(stream()))


PARTS = (
    b"\n",
    b"\n\n",
    b"Content-Length: 5",
    b"Content-Length: 0",
    b"Content-Type: text/event-plain",
    b"ab",
    b"\n\n\n",
    AUTH,
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PARTS), max_size=20).map(b"".join), st.lists(st.integers(0, 500), max_size=12))
def test_any_chunking_of_any_bytes_gives_the_same_blocks_and_loses_none(data: bytes, cuts: list[int]) -> None:
    assert frames_of(*pieces(data, cuts)) == frames_of(data)
    edges = [(position, position + length) for position, length, _, _ in frames_of(data)]
    between = [data[end:start] for (_, end), (start, _) in pairwise([(0, 0), *edges, (len(data), len(data))])]
    assert set(between) <= {b"", b"\n\n"}


@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1, LIMIT + 3, 3 * LIMIT])
def test_a_block_that_is_too_long_is_not_held_and_is_the_same_however_it_comes(size: int) -> None:
    data = AUTH + b"x" * size + b"\n\n" + AUTH
    for cuts in (list(range(0, len(data), 65_536)), [LIMIT + 50], [len(data) - len(AUTH) - 9]):
        assert frames_of(*pieces(data, cuts)) == frames_of(data)
    [long] = [frame for frame in blocks([data]) if frame.length == size]
    assert (long.data is None) == (size > LIMIT)
    assert not [frame for frame in blocks(pieces(data, [100, LIMIT])) if frame.data and len(frame.data) > LIMIT]


def test_a_body_belongs_to_its_event_even_with_an_empty_line_in_it() -> None:
    lengths = [len(frame.data or b"") for frame in blocks([BODIES])]
    assert len(lengths) == 4
    assert not parked(read_file(BODIES))
    [body] = [frame for frame in blocks([BODIES]) if (frame.data or b"").endswith(TEXT)]
    assert body.whole


def test_a_length_that_no_event_has_is_not_believed() -> None:
    told = read_file(b"Content-Type: api/response\nContent-Length: 99999999\n\n" + b"".join(MORNING))
    assert len(ended(told)) == 4


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    check(read_file(data))


KINDS = (
    "CHANNEL_CREATE",
    "CHANNEL_ANSWER",
    "CHANNEL_BRIDGE",
    "CHANNEL_HOLD",
    "CHANNEL_UNHOLD",
    "CHANNEL_HANGUP_COMPLETE",
)
ACTIONS = (
    *("agent-status-change", "agent-state-change", "agent-offering", "bridge-agent-start", "bridge-agent-end"),
    *("bridge-agent-fail", "member-queue-start", "member-queue-resume", "member-queue-end", "members-count"),
)
HEADERS = (
    *("Unique-ID: a", "Unique-ID: b", "Channel-Call-UUID: a", "Other-Type: originator", "Other-Leg-Unique-ID: a"),
    *("Bridge-A-Unique-ID: a", "Bridge-B-Unique-ID: b", "Call-Direction: outbound", "variable_dialed_user: 101"),
    *("variable_user_name: 110", "variable_cc_agent: anna", "variable_cc_side: member", "Hangup-Cause: USER_BUSY"),
    *("Hangup-Cause: BLIND_TRANSFER", "variable_sip_refer_to: %3Csip%3A200%40x%3E", "Answer-State: hangup"),
    *("variable_sip_hangup_disposition: recv_bye", "Caller-Channel-Hangup-Time: 1795597203000000", "no colon"),
    *("Caller-Channel-Hold-Accum: 5000000", "Caller-Channel-Hold-Accum: -1", "Caller-Channel-Bridged-Time: 1"),
    *("CC-Queue: sales", "CC-Queue: %FF", "CC-Agent: anna", "CC-Agent: ", "CC-Agent-UUID: b", "CC-Member-UUID: m"),
    *("CC-Member-Session-UUID: a", "CC-Agent-Called-Time: 1795597201", "CC-Agent-Answered-Time: 1795597204"),
    *("CC-Agent-Answered-Time: 9999999999", "CC-Member-Joined-Time: 1795597200", "CC-Member-Leaving-Time: 1795597299"),
    *("CC-Bridge-Terminated-Time: soon", "CC-Cause: Terminated", "CC-Cause: Cancel", "CC-Cancel-Reason: BREAK_OUT"),
    *("CC-Cancel-Reason: TIMEOUT", "CC-Agent-Status: Available", "CC-Agent-Status: Logged Out", "CC-Agent-State: Idle"),
    *("CC-Agent-Status: On Break", "CC-Agent-State: Waiting", "Core-UUID: other", "Event-Sequence: x"),
)
named = st.sampled_from(KINDS).map(lambda kind: f"Event-Name: {kind}")
custom = st.sampled_from(ACTIONS).map(
    lambda action: f"Event-Name: CUSTOM\nEvent-Subclass: callcenter%3A%3Ainfo\nCC-Action: {action}"
)
heads = st.tuples(named | custom, st.lists(st.sampled_from(HEADERS), max_size=16), st.integers(0, 9000))
events = st.lists(heads | st.none(), max_size=25)


def written(said: list[tuple[str, list[str], int] | None]) -> bytes:
    """Write the events one after another; None is a new connection."""
    data = b""
    for number, event in enumerate(said, 1):
        if event is None:
            data += AUTH
            continue
        head, headers, seconds = event
        common = [f"Event-Sequence: {number}", "Core-UUID: c", f"Event-Date-Timestamp: {1795597200 + seconds}000000"]
        data += "\n".join([head, *headers, *common]).encode() + b"\n\n"
    return data


def check(told: list[Envelope]) -> None:
    """Every record can be read by whoever reads the log, and what could not be read is counted."""
    for record in told:
        event_of(record)
    for summary in events_of(FeedCaughtUp, told):
        assert (summary.parked, summary.appended) == (len(parked(told)), len(told) - len(parked(told)) - 1)


@settings(deadline=None, max_examples=400)
@given(events)
def test_no_order_of_events_makes_the_reader_fail_or_tell_what_cannot_be_read(
    said: list[tuple[str, list[str], int] | None],
) -> None:
    check(read_file(written(said)))


WHOLE = contents(facts(read_file(stream())))


@settings(deadline=None, max_examples=80)
@given(st.integers(min_value=0, max_value=len(stream())))
@example(len(stream()) - 1)
def test_a_stream_that_is_cut_off_tells_the_beginning_of_what_it_would_have_and_parks_at_most_what_was_torn(
    place: int,
) -> None:
    told = read_file(stream()[:place])
    told_facts = contents(facts(told))
    assert told_facts == WHOLE[: len(told_facts)]
    assert [refused.reason for refused in parked(told)] in ([], ["the event is torn: its end is missing"])


@pytest.mark.parametrize("place", range(1, 6000, 311))
def test_a_stream_may_begin_inside_an_event(place: int) -> None:
    refused = parked(read_file(stream()[place:]))
    assert len(refused) <= 1
    assert all(record.reason == "the event is torn: its beginning is missing" for record in refused)


def test_a_connection_that_broke_off_inside_an_event_costs_that_event_alone_and_is_a_gap() -> None:
    switch = Switch()
    one, two = Member(switch, "c1").starts(), Member(switch, "c2").starts()
    torn = framed(Member(switch, "c3").starts())[:200]
    told = read_file(AUTH + framed(one) + torn + b"\n" + AUTH + framed(two))
    assert [refused.reason for refused in parked(told)] == ["the event is torn: another one begins inside it"]
    assert [record.subject for record in facts(told)] == ["call/c1", "call/c2"]
    assert len(events_of(FeedGapFound, told)) == 1


@pytest.mark.parametrize(
    ("was", "becomes", "reason"),
    [
        (b"Event-Date-Timestamp: ", b"Event-Date-Timestomp: ", "Event-Date-Timestamp is missing"),
        (b"Event-Date-Timestamp: ", b"Event-Date-Timestamp: soon", "Event-Date-Timestamp is not an epoch time"),
        (b"Event-Date-Timestamp: ", b"Event-Date-Timestamp: 9", "Event-Date-Timestamp is not an epoch time"),
        (b"Core-UUID: ", b"Core-UUIX: ", "Core-UUID is missing"),
        (b"Event-Sequence: ", b"Event-Sequence: x", "Event-Sequence is not a number"),
        (b"Event-Sequence: ", b"Event-Seqvence: ", "Event-Sequence is missing"),
        (b"CC-Queue: ", b"CC-Qveve: ", "CC-Queue is missing"),
        (b"CC-Queue: ", b"CC-Queue: %CF%F0", "CC-Queue is not UTF-8"),
        (b"CC-Queue: ", b"CC-Queue: " + b"q" * 300, "CC-Queue is longer than 200 characters"),
    ],
)
def test_an_event_that_cannot_be_read_is_parked_and_the_others_are_read(
    was: bytes, becomes: bytes, reason: str
) -> None:
    switch = Switch()
    one, bad, two = (Member(switch, call).starts() for call in ("c1", "c2", "c3"))
    told = read_file(one + bad.replace(was, becomes) + two)
    assert [refused.reason for refused in parked(told)] == [reason]
    assert [record.subject for record in facts(told)] == ["call/c1", "call/c3"]


def test_no_record_holds_a_number_or_a_name_of_a_caller() -> None:
    damaged = stream().replace(b"CC-Queue: sales", b"CC-Qveve: " + CALLER_NUMBER.encode())
    records = b"\n".join(contents(read_file(stream()) + read_file(damaged) + read_file(stream()[:-40])))
    secret = re.compile("|".join([re.escape(CALLER_NUMBER.strip("+")), *CALLER_NAME.split()]).encode())
    assert secret.search(stream())
    assert len(parked(read_file(damaged))) > 3
    assert not secret.search(records)


def test_files_are_put_in_the_order_of_time_and_name_their_phone_system(tmp_path: Path) -> None:
    later, earlier = tmp_path / "a", tmp_path / "b"
    earlier.write_bytes(b"".join(MORNING[:9]))
    later.write_bytes(b"".join(map(framed, MORNING[9:])))
    told = list(read_files("freeswitch", [later, earlier], zone=MOSCOW))
    assert {record.source for record in told} == {"/freeswitch/sw1"}
    assert contents(facts(told)) == contents(facts(read_file(b"".join(MORNING))))
    assert {record.source for record in read_files("freeswitch", [later], zone=MOSCOW, system="x")} == {"/freeswitch/x"}


def test_another_file_is_refused_before_any_is_read(tmp_path: Path) -> None:
    other = tmp_path / "holiday.jpg"
    other.write_bytes(bytes(range(256)))
    with pytest.raises(UnknownContentError, match=r"^holiday.jpg holds no events of a FreeSWITCH"):
        read_files("freeswitch", [other], zone=MOSCOW)
