"""What follows from what was seen of calls and agents, however it comes."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.agents import AgentSignedIn, AgentSignedOut, AgentStateEntered, AgentStateLasted
from events.calls import CallAnswered, CallEnded, CallOffered, CallRestated
from events.envelope import Envelope
from events.event import Event
from services.feeds.facts import SECOND
from services.feeds.webhooks import calls
from services.feeds.webhooks.adapter import Adapter, AdapterMemory
from services.feeds.webhooks.calls import KEPT
from services.feeds.webhooks.seen import Dialled, Ended, Seen, Ticked, decode_seen, written
from tests.feeds.webhooks.given import (
    COMPANY,
    answered,
    counted,
    dialled,
    doing,
    dump_memory,
    ended,
    events,
    load_memory,
    micros,
    offered,
    told,
)

CALL: Sequence[Seen] = (
    offered(0),
    answered(12.4, caller="person-1"),
    ended(73, hold=5),
    ended(73.5, hold=5, order=1),
    ended(73.5, hold=9, wrap=3, order=2),
)
OTHERS: Sequence[Seen] = (
    offered(3, call="c2"),
    ended(40, call="c2", outcome="abandoned", by="customer"),
    dialled(48, call="c3", agent="8"),
    ended(91, call="c4", direction="outbound"),
    dialled(49, call="c4"),
    dialled(50, call="c4", agent="8"),
    ended(90, call="c3", direction="outbound", agent="7", began=micros(50), answered=micros(60), queue=None),
    doing(1, "ready"),
    doing(12, "talking", queue="sales"),
    doing(73, "wrap"),
    doing(76, "paused", reason="lunch"),
)


def as_it_stands(facts: Sequence[Envelope]) -> Mapping[object, object]:
    """What each fact says after all that restated it."""
    now: dict[object, object] = {fact.id: event for fact in facts for event in events(Event, [fact])}
    for restated in events(CallRestated, facts):
        assert now[restated.of] == restated.was
        now[restated.of] = restated.now
    return {identity: event for identity, event in now.items() if not isinstance(event, CallRestated)}


def test_a_call_is_told_by_what_was_seen_of_it() -> None:
    facts = told(offered(0, position=3), answered(12.4), ended(73, hold=5))
    [waiting], [picked_up], [over] = events(CallOffered, facts), events(CallAnswered, facts), events(CallEnded, facts)
    assert (waiting.queue, waiting.position) == ("sales", 3)
    assert (picked_up.rep, picked_up.wait_seconds, picked_up.queue) == ("anna", 12, "sales")
    assert (over.rep, over.queue, over.wait_seconds, over.talk_seconds, over.hold_seconds) == (
        "anna",
        "sales",
        12,
        60,
        5,
    )
    assert len(facts) == 3


def test_what_comes_late_restates_what_was_told_without_it() -> None:
    facts = told(ended(73, outcome="abandoned"), offered(60))
    [restated] = events(CallRestated, facts)
    assert isinstance(restated.was, CallEnded)
    assert isinstance(restated.now, CallEnded)
    assert (restated.was.queue, restated.was.wait_seconds) == (None, 0)
    assert (restated.now.queue, restated.now.wait_seconds, restated.revision) == ("sales", 13, 1)
    assert [fact.type for fact in facts] == ["call.ended", "call.offered", "call.restated"]


def test_durations_that_the_source_tells_come_before_those_that_follow() -> None:
    [over] = events(CallEnded, told(offered(0), answered(12.4), ended(73, wait=11, talk=58, ring=4)))
    assert (over.wait_seconds, over.talk_seconds, over.ring_seconds) == (11, 58, 4)


def test_what_is_told_twice_says_nothing_again() -> None:
    [*_, waiting] = events(CallRestated, told(*CALL[:3]))
    assert (waiting.was.type, getattr(waiting.now, "person", None)) == ("call.offered", "person-1")
    assert len(told(*CALL[:3])) == len(told(*CALL[:3], *CALL[:3])) == 4


@given(order=st.permutations([*CALL, *CALL]))
def test_in_whatever_order_and_however_often_it_comes_a_call_ends_up_the_same(order: Sequence[Seen]) -> None:
    assert as_it_stands(told(*order)) == as_it_stands(told(*CALL))


@given(order=st.permutations([each for each in OTHERS if isinstance(each, Dialled | Ended)] * 2))
def test_dialled_calls_end_up_the_same_in_any_order(order: Sequence[Seen]) -> None:
    calls = [each for each in OTHERS if isinstance(each, Dialled | Ended)]
    facts = as_it_stands(told(*order))
    assert facts == as_it_stands(told(*calls))
    assert [
        (fact.rep, fact.wait_seconds) for fact in facts.values() if isinstance(fact, CallEnded) and fact.call == "c4"
    ] == [("anna", 42)]


@given(order=st.permutations([*CALL, *OTHERS]), cut=st.integers(0, len(CALL) + len(OTHERS)))
def test_a_memory_that_was_written_down_goes_on_as_if_nothing_had_happened(order: Sequence[Seen], cut: int) -> None:
    memory = AdapterMemory()
    first, second = Adapter(COMPANY, memory), [decode_seen(written(each)) for each in order[cut:]]
    facts = [fact for each in order[:cut] for fact in first.take(each, micros(3600))]
    again = Adapter(COMPANY, load_memory(dump_memory(memory)))
    facts += [fact for each in second for fact in again.take(each, micros(3600))]
    whole = Adapter(COMPANY, AdapterMemory())
    assert facts == [fact for each in order for fact in whole.take(each, micros(3600))]


def test_a_call_of_which_nothing_was_heard_for_hours_is_forgotten_by_the_clock_of_the_log() -> None:
    memory = AdapterMemory()
    adapter = Adapter(COMPANY, memory)
    for number in range(3):
        list(adapter.take(offered(0, call=f"c{number}"), number * KEPT // 2 + number * SECOND))
    list(adapter.take(offered(10**9, call="of a source whose clock is wrong"), KEPT))
    assert [key.split("\x1f")[1] for key in memory.calls.legs] == ["c1", "c2", "of a source whose clock is wrong"]


def test_of_more_calls_than_anybody_has_those_heard_of_longest_ago_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "MOST", 3)
    memory = AdapterMemory()
    facts = told(*(offered(number, call=f"c{number}") for number in (0, 1, 2, 0, 3, 4)), memory=memory)
    assert [key.split("\x1f")[1] for key in memory.calls.legs] == ["c0", "c3", "c4"]
    assert len(events(CallOffered, facts)) == 5


def test_an_agent_is_in_one_state_after_the_other_in_pieces_of_a_quarter_of_an_hour() -> None:
    facts = told(
        doing(-10, "ready"), doing(890, "talking"), doing(950, "paused", reason="lunch"), doing(960, "offline")
    )
    pieces = [(piece.state, piece.reason, piece.seconds) for piece in events(AgentStateLasted, facts)]
    assert pieces == [
        *(("ready", None, 10), ("ready", None, 890)),
        *(("talking", None, 10), ("talking", None, 50)),
        ("paused", "lunch", 10),
    ]
    assert [entered.state for entered in events(AgentStateEntered, facts)] == ["ready", "talking", "paused", "offline"]
    assert len(events(AgentSignedIn, facts)) == len(events(AgentSignedOut, facts)) == 1


def test_a_change_that_comes_after_a_later_one_adds_nothing() -> None:
    assert told(doing(0, "ready"), doing(60, "talking")) == told(
        doing(0, "ready"), doing(60, "talking"), doing(30, "wrap")
    )
    assert len(told(doing(0, "ready"), doing(9, "ready"))) == 2


def now_doing(facts: Sequence[Envelope]) -> Mapping[str, str]:
    """What each agent is doing, by what a board takes for the latest."""
    in_order = sorted(facts, key=lambda fact: (fact.time, fact.sequence or "", str(fact.id)))
    return {entered.rep: entered.state for entered in events(AgentStateEntered, in_order)}


def test_changes_of_one_second_are_told_each_and_the_last_is_what_stands() -> None:
    said = [doing(0.1, "ready"), doing(0.4, "ringing"), doing(0.7, "ready"), doing(0.9, "talking")]
    facts = counted(told(*said[:1], doing(5, "ready", agent="8"), *said[1:]))
    assert [entered.state for entered in events(AgentStateEntered, facts) if entered.rep == "anna"] == [
        "ready",
        "ringing",
        "ready",
        "talking",
    ]
    assert now_doing(facts) == {"anna": "talking", "8": "ready"}


def test_a_change_that_comes_again_after_a_later_one_of_the_same_second_adds_nothing() -> None:
    said = [doing(0.1, "ready"), doing(0.4, "ringing")]
    assert told(*said) == told(*said, said[0])


def test_an_agent_of_whom_nothing_was_heard_for_longer_than_the_intake_keeps_is_forgotten() -> None:
    memory, days = AdapterMemory(), 24 * 3600
    adapter = Adapter(COMPANY, memory)
    for number in range(4):
        list(adapter.take(doing(3 * number * days, "ready", agent=f"{number}"), micros(3 * number * days)))
    list(adapter.take(Ticked(), micros(9 * days + 600)))
    assert [key.split("\x1f")[1] for key in memory.agents.agents] == ["1", "2", "3"]


def test_nobody_knows_what_an_agent_did_in_a_day_without_a_word() -> None:
    assert not events(AgentStateLasted, told(doing(0, "ready"), doing(24 * 3600 + 1, "talking")))
