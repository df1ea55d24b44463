"""A connection to AMI that was broken: the gap is told, what queue_log has of it is read, and nothing is made up."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.agents import AgentStateEntered, AgentStateLasted
from events.calls import CallAnswered, CallOffered
from events.envelope import Envelope
from events.feeds import FeedGapFound
from services.feeds.asterisk.ami import AmiMemory, AmiReader, Missed
from services.feeds.asterisk.queue_log import QueueLogReader
from services.feeds.facts import Company, Micros, Teller
from services.feeds.frames import Cutter
from services.feeds.reading import Items
from tests.feeds.samples import (
    MOSCOW,
    ami_capture,
    at,
    contents,
    ended,
    events_of,
    lines,
    log_capture,
    message,
    parked,
    read_ami,
    read_log,
)

AGAIN = b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nMessage: Authentication accepted\r\n\r\n"
CALL = {"Uniqueid": "pbx1-1.1", "Linkedid": "pbx1-1.1", "Channel": "PJSIP/trunk-00000001", "CallerIDNum": "+7916"}
PHONE = {"DestUniqueid": "pbx1-1.2", "DestChannel": "PJSIP/agent101-00000002"}
QUEUE = {**CALL, "Queue": "sales"}
MEMBER = {"Queue": "sales", "Interface": "PJSIP/agent101", "MemberName": "Anna"}
ANNA = {**QUEUE, **PHONE, **MEMBER}

BEGINS = message("Newchannel", 0.1, **CALL)
JOINS = message("QueueCallerJoin", 0.2, **QUEUE, Position=1)
CONNECTS = message("AgentConnect", 9.3, **ANNA, HoldTime=9, RingTime=4)
COMPLETES = message("AgentComplete", 69.4, **ANNA, HoldTime=9, TalkTime=60, Reason="agent")
LOG = (
    "+0|pbx1-1.1|sales|NONE|ENTERQUEUE||+7916|1",
    "+9|pbx1-1.1|sales|Anna|CONNECT|9|pbx1-1.2|4",
    "+69|pbx1-1.1|sales|Anna|COMPLETEAGENT|9|60|1",
)


def pong(seconds: float) -> bytes:
    return f"Response: Success\r\nPing: Pong\r\nTimestamp: {at(seconds).timestamp():.6f}\r\n\r\n".encode()


def missing(log: bytes) -> Missed:
    """Read from a log the lines of the seconds from one moment to another."""

    def read(reader: QueueLogReader, after: Micros, before: Micros) -> Iterator[Envelope]:
        items = Items(reader, "queue_log")
        for frame in Cutter(b"\n").feed(log):
            if after // 1_000_000 - 1 <= int((frame.data or b"").partition(b"|")[0]) <= before // 1_000_000:
                yield from items.item(frame)

    return read


def reader(missed: Missed | None = None, memory: AmiMemory | None = None) -> AmiReader:
    return AmiReader(Teller("/asterisk/pbx1", Company(MOSCOW)), memory, missed)


def read(data: bytes, missed: Missed | None = None) -> list[Envelope]:
    """Read a stream that does not end, as the live feed does."""
    items = Items(reader(missed), "ami")
    return [envelope for frame in Cutter(b"\r\n\r\n").feed(data) for envelope in items.item(frame)]


def test_a_gap_begins_with_the_last_thing_heard_and_ends_with_the_first_even_if_both_are_only_pongs() -> None:
    [gap] = events_of(FeedGapFound, read(JOINS + pong(5) + AGAIN + pong(8)))
    assert (gap.feed, gap.after, gap.before) == ("asterisk/pbx1/ami", at(5).isoformat(), at(8).isoformat())


def test_the_first_connection_is_no_gap() -> None:
    assert not events_of(FeedGapFound, read(AGAIN + JOINS))


def test_a_caller_who_calls_himself_like_a_new_connection_makes_no_gap() -> None:
    named = message("QueueCallerJoin", 0.2, **QUEUE, Position=1, CallerIDName="Asterisk Call Manager/11.0.0")
    told = read(BEGINS + named + CONNECTS)
    assert not events_of(FeedGapFound, told)
    assert not parked(told)
    assert len(events_of(CallOffered, told)) == 1


def test_an_answer_says_when_the_caller_joined_just_as_the_offer_did() -> None:
    told = read(BEGINS + JOINS + CONNECTS)
    [offered], [answered] = events_of(CallOffered, told), events_of(CallAnswered, told)
    assert answered.enqueued_at == offered.occurred_at == at(0.2)


def test_an_answer_whose_caller_was_not_seen_to_join_takes_the_moment_from_the_waiting() -> None:
    [answered] = events_of(CallAnswered, read(CONNECTS))
    assert answered.enqueued_at == at(0)


def test_an_answer_in_the_gap_is_known_from_the_log_when_the_call_ends() -> None:
    told = read(BEGINS + JOINS + AGAIN + pong(20) + COMPLETES, missing(lines(*LOG)))
    [answered], [call] = events_of(CallAnswered, told), ended(told)
    assert (answered.occurred_at, answered.enqueued_at, answered.ring_seconds) == (at(9), at(0.2), 4)
    assert (call.ring_seconds, call.talk_seconds, call.enqueued_at) == (4, 60, at(0.2))


def test_a_call_that_began_and_ended_in_the_gap_is_told_from_the_log() -> None:
    told = read(pong(0) + AGAIN + pong(100), missing(lines(*LOG)))
    assert ended(told) == ended(read_log(lines(*LOG)))


def test_what_was_heard_just_before_the_gap_is_not_told_again_from_the_log() -> None:
    told = read(BEGINS + JOINS + CONNECTS + COMPLETES + AGAIN + pong(70), missing(lines(*LOG)))
    assert len(ended(told)) == len(events_of(CallAnswered, told)) == len(events_of(CallOffered, told)) == 1


def test_what_ami_told_in_the_next_second_is_not_told_again_from_the_log() -> None:
    left = message("QueueCallerLeave", 9.003, **QUEUE) + message("Newexten", 9.004, **CALL, Application="Playback")
    log = lines(LOG[0], "+8|pbx1-1.1|sales|NONE|EXITWITHKEY|1|1|1|8")
    told = read(BEGINS + JOINS + left + AGAIN + pong(12), missing(log))
    assert [call.outcome for call in ended(told)] == ["key_exit"]


def test_a_second_stay_in_the_same_queue_that_began_in_the_gap_has_an_id_of_its_own() -> None:
    log = lines(
        LOG[0],
        "+9|pbx1-1.1|sales|NONE|EXITWITHTIMEOUT|1|1|9",
        "+15|pbx1-1.1|sales|NONE|ENTERQUEUE||+7916|1",
        "+20|pbx1-1.1|sales|NONE|ABANDON|1|1|5",
    )
    wants_out = message("HangupRequest", 20.1, **CALL)
    abandons = wants_out + message("QueueCallerAbandon", 20.1, **QUEUE, HoldTime=5) + message("Hangup", 20.2, **CALL)
    told = read(BEGINS + JOINS + AGAIN + pong(17) + abandons, missing(log))
    assert {record.id for record in told if record.type == "call.ended"} == {
        record.id for record in read_log(log) if record.type == "call.ended"
    }
    assert [call.outcome for call in ended(told)] == ["timed_out", "abandoned"]


def test_a_caller_who_waited_through_the_gap_and_then_left_is_told_where_the_log_says_so_much() -> None:
    left = message("QueueCallerLeave", 8.5, **QUEUE) + message("Newexten", 8.6, **CALL, Application="Playback")
    stream = BEGINS + JOINS + AGAIN + pong(5) + left
    [call] = ended(read(stream, missing(lines(*LOG))))
    assert (call.outcome, call.wait_seconds, call.enqueued_at) == ("key_exit", 8, at(0.2))
    assert not ended(read(stream))


def test_without_a_log_the_end_of_a_later_call_is_not_taken_for_the_end_of_an_earlier_one() -> None:
    later = {**ANNA, "Uniqueid": "pbx1-9.9"}
    connects = message("AgentConnect", 100, **later, HoldTime=1, RingTime=1)
    completes = message("AgentComplete", 150, **MEMBER, HoldTime=1, TalkTime=50, Reason="caller")
    told = read(BEGINS + JOINS + CONNECTS + AGAIN + pong(90) + connects + completes)
    assert [(call.call, call.talk_seconds) for call in ended(told)] == [("pbx1-9.9", 50)]


def test_a_call_of_a_queue_that_was_joined_in_the_gap_is_no_direct_call() -> None:
    dials = message("DialBegin", 8, **CALL, **PHONE, DialString="agent101")
    picks_up = message("DialEnd", 9.2, **CALL, **PHONE, DialStatus="ANSWER")
    told = read(BEGINS + AGAIN + pong(5) + dials + picks_up + CONNECTS + COMPLETES, missing(lines(*LOG)))
    assert [(answered.queue, answered.rep) for answered in events_of(CallAnswered, told)] == [("sales", "Anna")]
    assert [call.queue for call in ended(told)] == ["sales"]


DIALS = message("DialBegin", 1, **CALL, **PHONE, DialString="agent101")
PICKS_UP = message("DialEnd", 4.5, **CALL, **PHONE, DialStatus="ANSWER")
CALLER_GONE = message("Hangup", 60.1, **CALL)
AGENT_GONE = message("Hangup", 60.2, Uniqueid="pbx1-1.2")


def test_a_direct_call_that_may_have_been_answered_in_the_gap_is_not_guessed_at() -> None:
    assert not ended(read(BEGINS + DIALS + AGAIN + pong(10) + AGENT_GONE + CALLER_GONE))


def test_a_direct_call_that_still_rang_after_the_gap_is_told() -> None:
    [call] = ended(read(BEGINS + DIALS + AGAIN + pong(3) + PICKS_UP + CALLER_GONE + AGENT_GONE))
    assert (call.outcome, call.wait_seconds, call.talk_seconds) == ("answered", 3, 56)


@pytest.mark.parametrize("both", [CALLER_GONE + AGENT_GONE, AGENT_GONE + CALLER_GONE])
def test_a_direct_call_that_was_talked_through_the_gap_ends_when_both_hang_up(both: bytes) -> None:
    [call] = ended(read(BEGINS + DIALS + PICKS_UP + AGAIN + pong(20) + both))
    assert (call.outcome, call.talk_seconds) == ("answered", 56)


def test_a_direct_call_that_one_side_may_have_left_in_the_gap_is_not_guessed_at() -> None:
    told = read(BEGINS + DIALS + PICKS_UP + AGAIN + pong(20) + CALLER_GONE + message("Hangup", 99, Uniqueid="x"))
    assert not ended(told)


def lasted(told: list[Envelope]) -> list[tuple[str, str | None, str | None, object, int]]:
    return [
        (event.state, event.reason, event.queue, event.began_at, event.seconds)
        for event in events_of(AgentStateLasted, told)
    ]


READY = message("QueueMemberStatus", 0, **MEMBER, Status=1, Paused=0)


def test_without_a_log_a_state_is_told_until_the_gap_and_from_when_it_is_heard_of_again() -> None:
    paused = message("QueueMemberPause", 40, **MEMBER, Status=1, Paused=1)
    told = read(READY + pong(10) + AGAIN + pong(20) + READY.replace(b"97200.", b"97230.") + paused)
    assert lasted(told) == [("ready", None, None, at(0), 10), ("ready", None, None, at(30), 10)]


def test_with_a_log_talking_and_pausing_go_through_the_gap_and_ready_does_not() -> None:
    log = lines(*LOG, "+75|NONE|sales|Anna|PAUSE|Lunch")
    back = message("QueueMemberPause", 110, **MEMBER, Status=1, Paused=0)
    told = read(READY + BEGINS + JOINS + CONNECTS + pong(20) + AGAIN + pong(100) + back, missing(log))
    assert lasted(told) == [
        ("ready", None, None, at(0), 9),
        ("talking", None, "sales", at(9), 60),
        ("paused", "Lunch", None, at(75), 35),
    ]
    assert [event.state for event in events_of(AgentStateEntered, told)][-1] == "ready"


def data(record: Envelope) -> dict[str, Any]:
    return dict(msgspec.json.decode(record.data))


def first_told(told: list[Envelope]) -> list[Envelope]:
    """Apply the law: of the records with an id the first counts."""
    first = {record.id: record for record in reversed(told)}
    return [record for record in told if first[record.id] is record]


def figures(told: list[Envelope]) -> Mapping[object, dict[str, Any]]:
    exact = {"enqueued_at", "answered_at", "ended_at"}
    return {
        record.id: {
            name: str(value)[:19] if name in exact else value
            for name, value in data(record).items()
            if name != "transferred_to"
        }
        for record in told
        if record.type.startswith("call.")
    }


ALL = figures(read_ami(ami_capture()))
LOGGED = figures(read_log(log_capture()))
BOUNDARIES = [found.end() for found in re.finditer(rb"\r\n\r\n", ami_capture())]
LAST = b"Response: Success\r\nPing: Pong\r\nTimestamp: 1795533220.000000\r\n\r\n"
cuts = st.lists(st.integers(min_value=2000, max_value=len(ami_capture()) - 1), min_size=2, max_size=8, unique=True)


def with_holes(places: list[int]) -> bytes:
    """Leave out what lies between each two of the places; a connection begins at an event, and may break inside one."""
    kept, position = b"", 0
    for begin, end in zip(*[iter(sorted(places))] * 2, strict=False):
        if begin < position:
            continue
        kept += ami_capture()[position:begin] + AGAIN
        position = next(boundary for boundary in BOUNDARIES if boundary >= end)
    return kept + ami_capture()[position:] + LAST


@settings(deadline=None, max_examples=60)
@given(cuts)
def test_wherever_the_connection_breaks_every_call_that_the_log_sees_is_told_once_with_its_figures(
    places: list[int],
) -> None:
    told = read(with_holes(places), missing(log_capture()))
    counted = figures(first_told(told))
    assert {identity: counted.get(identity) for identity in LOGGED} == LOGGED
    others = [fields for identity, fields in counted.items() if identity not in ALL]
    assert all(fields["outcome"] == "join_empty" and "queue" not in fields for fields in others)  # asked for in a hole


DIRECT = {call.call: call for call in ended(read_ami(ami_capture())) if call.queue is None}


@settings(deadline=None, max_examples=40)
@given(cuts, st.booleans())
def test_wherever_the_connection_breaks_a_call_without_a_queue_is_told_as_it_was_or_not_at_all(
    places: list[int],
    logged: bool,  # noqa: FBT001  # a choice of hypothesis
) -> None:
    told = read(with_holes(places), missing(log_capture()) if logged else None)
    for call in ended(told):
        if call.queue is None and call.outcome != "join_empty":
            true = DIRECT[call.call]
            assert (call.outcome, call.wait_seconds, call.talk_seconds) == (
                true.outcome,
                true.wait_seconds,
                true.talk_seconds,
            )


@settings(deadline=None, max_examples=30)
@given(cuts)
def test_without_a_log_a_call_of_a_queue_is_told_with_its_durations_or_not_at_all(places: list[int]) -> None:
    for identity, call in figures(first_told(read(with_holes(places)))).items():
        if "queue" in call and "outcome" in call and call["outcome"] != "join_empty":
            true = ALL[identity]
            assert (call["wait_seconds"], call["talk_seconds"]) == (true["wait_seconds"], true["talk_seconds"])


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(min_value=0, max_value=len(ami_capture())), max_size=4), cuts)
def test_a_reader_with_the_memory_of_another_goes_on_as_if_it_were_the_same(
    stops: list[int], places: list[int]
) -> None:
    stream, missed = with_holes(places), missing(log_capture())
    told: list[Envelope] = []
    memory, position = AmiMemory(), 0
    for stop in [*sorted(stops), len(stream)]:
        items, cutter = Items(reader(missed, memory), "ami"), Cutter(b"\r\n\r\n", position=position)
        told += [
            envelope for frame in cutter.feed(stream[position : max(stop, position)]) for envelope in items.item(frame)
        ]
        position = cutter.position
        memory = msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=AmiMemory)
    assert contents(told) == contents(read(stream, missed))
