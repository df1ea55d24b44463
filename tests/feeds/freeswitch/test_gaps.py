"""The numbers of events: what came twice, what is missing, and a phone system that began anew."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.agents import AgentSignedIn
from events.calls import CallOffered
from events.envelope import Envelope
from events.feeds import FeedGapFound
from services.feeds.freeswitch.esl import EslMemory
from services.feeds.freeswitch.framing import BlockCutter
from services.feeds.freeswitch.live.connection import BEGINS
from services.feeds.live.checkpoint import remembered
from services.feeds.reading import Items
from tests.feeds.freeswitch.given import AUTH, Member, Switch, framed, read_on, reader
from tests.feeds.freeswitch.test_scenario import MORNING, stream
from tests.feeds.samples import NOON, at, contents, ended, events_of, parked


def test_holes_in_the_numbers_say_nothing_within_a_connection() -> None:
    switch = Switch(step=1000)
    assert not events_of(FeedGapFound, read_on(AUTH + b"".join(Member(switch, f"c{n}").starts(n) for n in range(9))))


def test_a_new_connection_whose_numbers_go_on_missed_nothing() -> None:
    switch = Switch(step=1)
    caller = Member(switch, "c1")
    told = read_on(AUTH + caller.starts() + AUTH + caller.cancelled(9, "TIMEOUT"))
    assert not events_of(FeedGapFound, told)
    assert len(ended(told)) == 1


def test_a_hole_between_connections_is_told_once_with_how_much_there_may_be_in_it() -> None:
    switch = Switch(number=0, step=1)
    said = AUTH + switch.event("HEARTBEAT", 0, {}) + AUTH
    switch.number = 41
    [gap] = events_of(
        FeedGapFound, read_on(said + switch.event("HEARTBEAT", 20, {}) + switch.event("HEARTBEAT", 40, {}))
    )
    assert (gap.after, gap.before, gap.missing) == ("0c0de-1/1", "0c0de-1/42", 40)


def test_a_word_from_before_the_hole_that_is_handed_out_late_does_not_hide_it() -> None:
    switch = Switch()
    late, last = switch.event("HEARTBEAT", 0, {}), switch.event("HEARTBEAT", 20, {})
    told = read_on(AUTH + last + AUTH + late + switch.event("HEARTBEAT", 40, {}))
    assert [gap.missing for gap in events_of(FeedGapFound, told)] == [switch.step - 1]


def test_what_was_told_long_ago_is_not_told_again() -> None:
    switch = Switch(step=1)
    comes, goes = switch.status(0, "anna", "Available"), switch.status(1, "anna", "Logged Out")
    since = b"".join(switch.event("HEARTBEAT", n, {}) for n in range(2, 3000))
    assert len(events_of(AgentSignedIn, read_on(comes + goes + since + comes))) == 1


def test_what_comes_twice_is_told_once_whatever_came_between() -> None:
    switch = Switch()
    callers = [Member(switch, f"c{n}").starts(n) for n in range(20)]
    told = read_on(b"".join([*callers, *callers[3:9], *callers[::-1]]))
    assert [offered.call for offered in events_of(CallOffered, told)] == [f"c{n}" for n in range(20)]


def test_an_event_that_is_handed_out_after_a_later_one_is_no_repetition() -> None:
    switch = Switch()
    one, two = Member(switch, "c1").starts(), Member(switch, "c2").starts()
    assert [offered.call for offered in events_of(CallOffered, read_on(two + one))] == ["c2", "c1"]


def test_what_a_core_said_that_is_no_more_is_not_told_again() -> None:
    old, new = Switch("old"), Switch("new")
    before, after = Member(old, "c1").starts(), Member(new, "c2", joined=9).starts()
    told = read_on(before + after + before)
    assert [offered.call for offered in events_of(CallOffered, told)] == ["c1", "c2"]
    assert len(events_of(FeedGapFound, told)) == 1


def test_the_calls_of_a_core_that_is_no_more_end_nowhere() -> None:
    old, new = Switch("old"), Switch("new")
    caller = Member(old, "c1")
    begins = caller.starts() + old.channel("CREATE", 5, "a") + caller.answered(6, 10)
    later = Member(new, "c1", joined=100)
    told = read_on(begins + new.event("HEARTBEAT", 90, {}) + new.hangup(95, "a", "recv_bye") + later.starts())
    assert not ended(told)
    assert [offered.position for offered in events_of(CallOffered, told)] == [1, 1]


def test_one_number_is_remembered_for_long_enough_and_not_for_ever() -> None:
    switch, memory = Switch(step=1), EslMemory()
    said = b"".join(switch.event("HEARTBEAT", n, {}) for n in range(5000))
    assert read_on(said, memory) == []
    assert len(memory.numbering.recent) <= 2048
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=EslMemory) == memory


@pytest.mark.parametrize("copies", [2, 3])
def test_a_morning_that_is_read_again_says_nothing_new(copies: int) -> None:
    morning = b"".join(map(framed, MORNING))
    assert contents(read_on(morning * copies)) == contents(read_on(morning))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(min_value=0, max_value=len(stream())), max_size=6))
def test_a_reader_with_the_memory_of_another_goes_on_as_if_it_were_the_same(stops: list[int]) -> None:
    told: list[Envelope] = []
    memory, position = EslMemory(), 0
    for stop in [*sorted(stops), len(stream())]:
        items, cutter = Items(reader(memory), "esl"), BlockCutter(position)
        chunk = stream()[position : max(stop, position)]
        told += [envelope for frame in cutter.feed(chunk) for envelope in items.item(frame)]
        position = cutter.position
        memory = msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=EslMemory)
    assert contents(told) == contents(read_on(stream()))


def test_a_reader_may_stop_after_any_event() -> None:
    whole, blocks = contents(read_on(stream())), [*BlockCutter().feed(stream())]
    for stop in range(len(blocks)):
        told: list[Envelope] = []
        memory = EslMemory()
        for part in (blocks[:stop], blocks[stop:]):
            items = Items(reader(memory), "esl")
            told += [envelope for frame in part for envelope in items.item(frame)]
            memory = msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=EslMemory)
        assert contents(told) == whole


def test_a_memory_of_which_only_the_last_moment_is_left_makes_a_gap_from_there() -> None:
    switch = Switch()
    forgotten = remembered(b"of another version", 0, NOON * 1_000_000, EslMemory)
    told = read_on(AUTH + Member(switch, "c1", joined=60).starts() + switch.event("HEARTBEAT", 70, {}), forgotten)
    [gap] = events_of(FeedGapFound, told)
    assert (gap.after, gap.before, gap.missing) == (at(0).isoformat(), "0c0de-1/107", None)
    assert "not remembered" in gap.reason
    assert len(events_of(CallOffered, told)) == 1


def test_an_event_of_which_only_a_part_was_written_is_not_told_wherever_it_is_torn() -> None:
    switch = Switch()
    one, two, three = (Member(switch, call).starts() for call in ("c1", "c2", "c3"))
    for place in range(len(b"Event-Name:"), len(two)):
        told = read_on(BEGINS + one + two[:place] + BEGINS + three)
        assert {offered.call for offered in events_of(CallOffered, told)} == {"c1", "c3"}
        assert len(events_of(FeedGapFound, told)) == len(parked(told)) == 1
