"""Agents: what they chose, what mod_callcenter makes of it, and what lasts how long."""

import pytest

from events.agents import AgentSignedIn, AgentSignedOut, AgentStateEntered, AgentStateLasted
from events.envelope import Envelope
from tests.feeds.freeswitch.given import AUTH, Member, Switch, read_on
from tests.feeds.samples import at, events_of, parked


def entered(told: list[Envelope]) -> list[tuple[str, str | None]]:
    return [(event.state, event.reason) for event in events_of(AgentStateEntered, told)]


def lasted(told: list[Envelope]) -> list[tuple[str, str | None, int]]:
    return [(event.state, event.queue, event.seconds) for event in events_of(AgentStateLasted, told)]


def test_the_same_status_twice_is_one_sign_in() -> None:
    switch = Switch()
    told = read_on(switch.status(0, "anna", "Available") + switch.status(5, "anna", "Available"))
    assert len(events_of(AgentSignedIn, told)) == len(events_of(AgentStateEntered, told)) == 1


def test_an_agent_first_heard_of_on_a_break_is_there_and_paused() -> None:
    told = read_on(Switch().status(0, "anna", "On Break"))
    assert [event.rep for event in events_of(AgentSignedIn, told)] == ["anna"]
    assert entered(told) == [("paused", None)]


def test_an_agent_first_heard_of_logged_out_did_nothing_that_was_seen() -> None:
    switch = Switch()
    told = read_on(switch.status(0, "anna", "Logged Out") + switch.state(1, "anna", "Waiting"))
    assert told == []


def test_a_break_is_no_leaving_and_coming_back_no_sign_in() -> None:
    switch = Switch()
    statuses = ["Available", "On Break", "Available (On Demand)", "Logged Out", "Available"]
    told = read_on(b"".join(switch.status(10 * place, "anna", status) for place, status in enumerate(statuses)))
    assert [event.occurred_at for event in events_of(AgentSignedIn, told)] == [at(0), at(40)]
    assert [event.occurred_at for event in events_of(AgentSignedOut, told)] == [at(30)]
    assert [state for state, _ in entered(told)] == ["ready", "paused", "ready", "offline", "ready"]
    assert lasted(told) == [("ready", None, 10), ("paused", None, 10), ("ready", None, 10), ("offline", None, 10)]


def test_an_agent_who_is_idle_takes_no_call_until_somebody_says_so() -> None:
    switch = Switch()
    told = read_on(
        switch.status(0, "anna", "Available (On Demand)")
        + switch.state(10, "anna", "Idle")
        + switch.state(30, "anna", "Waiting")
    )
    assert entered(told) == [("ready", None), ("paused", "Idle"), ("ready", None)]


@pytest.mark.parametrize("ends", ["fail", "state"])
def test_a_phone_that_nobody_answers_rings_until_mod_callcenter_says_otherwise(ends: str) -> None:
    switch = Switch()
    caller = Member(switch, "c1")
    rings = switch.status(0, "anna", "Available") + caller.starts() + switch.state(4, "anna", "Receiving")
    over = caller.failed(14) if ends == "fail" else switch.state(14, "anna", "Waiting")
    told = read_on(rings + caller.offered(4) + over)
    assert lasted(told) == [("ready", None, 4), ("ringing", "sales", 10)]


def test_a_talk_whose_end_was_not_heard_is_over_when_the_agent_waits_for_the_next() -> None:
    switch = Switch()
    caller = Member(switch, "c1")
    told = read_on(caller.starts() + caller.answered(4, 8) + switch.state(30, "anna", "Waiting"))
    assert lasted(told) == [("talking", "sales", 22)]


def test_an_agent_who_logs_out_while_talking_is_gone_when_the_talk_is_over() -> None:
    switch = Switch()
    caller = Member(switch, "c1")
    told = read_on(
        switch.status(0, "anna", "Available")
        + caller.starts()
        + caller.answered(4, 8)
        + switch.status(20, "anna", "Logged Out")
        + caller.parted(4, 8, 30)
        + switch.state(30.2, "anna", "Waiting")
    )
    assert [state for state, _ in entered(told)] == ["ready", "talking", "offline"]


def test_a_status_that_mod_callcenter_does_not_have_is_parked() -> None:
    [refused] = parked(
        read_on(Switch().status(0, "anna", "Asleep") + Switch(number=200).status(0, "anna", "Available"))
    )
    assert refused.reason == "CC-Agent-Status is none that mod_callcenter has"


def test_a_break_goes_on_behind_a_hole_when_the_agent_is_heard_of_again() -> None:
    switch = Switch()
    before = switch.status(0, "anna", "On Break") + switch.event("HEARTBEAT", 20, {})
    told = read_on(before + AUTH + switch.state(60, "anna", "Waiting") + switch.status(70, "anna", "Available"))
    assert lasted(told) == [("paused", None, 20), ("paused", None, 10)]
    assert len(events_of(AgentSignedIn, told)) == 1
