"""Stays in queues: what mod_callcenter says otherwise than one would think, and in whatever order it comes."""

import pytest

from events.calls import CallAnswered, CallOffered
from services.feeds.freeswitch.esl import EslMemory
from tests.feeds.freeswitch.given import AUTH, Member, Switch, read_file, read_on
from tests.feeds.samples import at, ended, events_of, parked


def served(switch: Switch) -> tuple[Member, bytes]:
    """Give a caller whom anna has answered after 10 s."""
    caller = Member(switch, "c1")
    return caller, caller.starts() + caller.offered(6) + caller.answered(6, 10)


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("BREAK_OUT", "abandoned"),
        ("NONE", "abandoned"),
        ("TIMEOUT", "timed_out"),
        ("NO_AGENT_TIMEOUT", "leave_empty"),
        ("EXIT_WITH_KEY", "key_exit"),
    ],
)
def test_a_caller_who_leaves_without_an_answer_did_so_for_a_reason(reason: str, outcome: str) -> None:
    caller = Member(Switch(), "c1")
    [call] = ended(read_file(caller.starts() + caller.cancelled(9, reason)))
    assert (call.outcome, call.wait_seconds, call.talk_seconds, call.rep) == (outcome, 9, 0, None)


@pytest.mark.parametrize(("answer_state", "by"), [("hangup", "customer"), ("answered", None)])
def test_a_caller_who_was_taken_out_of_the_queue_did_not_hang_up(answer_state: str, by: str | None) -> None:
    caller = Member(Switch(), "c1")
    [call] = ended(read_file(caller.starts() + caller.cancelled(9, "BREAK_OUT", answer_state)))
    assert call.hung_up_by == by


def test_a_reason_that_mod_callcenter_does_not_have_is_parked() -> None:
    caller = Member(Switch(), "c1")
    told = read_file(caller.starts() + caller.cancelled(9, "BOREDOM"))
    assert not ended(told)
    [refused] = parked(told)
    assert refused.reason == "CC-Cause or CC-Cancel-Reason is none that mod_callcenter has"


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize(
    ("caller_by", "agent_by", "hung_up_by"),
    [("recv_bye", "send_bye", "customer"), ("send_bye", "recv_bye", "rep"), ("send_bye", "send_bye", None)],
)
@pytest.mark.parametrize("first", ["agent", "caller"])
def test_who_hung_up_is_known_whether_the_channels_end_before_the_stay_or_after(
    order: str, first: str, caller_by: str, agent_by: str, hung_up_by: str | None
) -> None:
    switch = Switch()
    caller, begins = served(switch)
    both = [switch.hangup(70, caller.leg, agent_by), switch.hangup(70, "c1", caller_by, variable_cc_side="member")]
    hangups = b"".join(both if first == "agent" else both[::-1])
    parted = caller.parted(6, 10, 70)
    [call] = ended(read_on(begins + (hangups + parted if order == "before" else parted + hangups)))
    assert (call.outcome, call.talk_seconds, call.hung_up_by) == ("answered", 60, hung_up_by)


def test_a_stay_whose_hangups_are_not_heard_is_told_after_some_seconds() -> None:
    switch = Switch()
    caller, begins = served(switch)
    said = begins + caller.parted(6, 10, 70)
    assert not ended(read_on(said + switch.event("HEARTBEAT", 72, {})))
    [call] = ended(read_on(said + switch.event("HEARTBEAT", 74, {})))
    assert (call.outcome, call.talk_seconds, call.hung_up_by, call.ended_at) == ("answered", 60, None, at(70.15))


def test_an_attended_transfer_has_no_extension_where_freeswitch_says_none() -> None:
    switch = Switch()
    caller, begins = served(switch)
    gone = switch.hangup(70, caller.leg, "recv_bye", variable_endpoint_disposition="ATTENDED_TRANSFER")
    [call] = ended(read_on(begins + gone + caller.parted(6, 10, 70)))
    assert (call.outcome, call.transfers, call.transferred_to) == ("transferred_attended", 1, None)
    assert call.hung_up_by is None


@pytest.mark.parametrize(("target", "told"), [("200", "200"), ("89161112233", None)])
def test_a_transfer_names_an_extension_and_no_number(target: str, told: str | None) -> None:
    switch = Switch()
    caller, begins = served(switch)
    gone = switch.hangup(70, caller.leg, Hangup_Cause="BLIND_TRANSFER", variable_sip_refer_to=f"sip:{target}@sw1")
    [call] = ended(read_on(begins + gone + caller.parted(6, 10, 70)))
    assert (call.outcome, call.transferred_to) == ("transferred_blind", told)


def test_a_caller_who_is_sent_to_another_queue_has_a_stay_in_each() -> None:
    switch = Switch()
    caller, begins = served(switch)
    other = Member(switch, "c1", "support", "boris", joined=70)
    gone = switch.hangup(70, caller.leg, Hangup_Cause="BLIND_TRANSFER")
    told = read_on(begins + gone + caller.parted(6, 10, 70) + other.starts(70.3) + other.cancelled(75, "BREAK_OUT"))
    assert [(call.queue, call.outcome, call.wait_seconds) for call in ended(told)] == [
        ("sales", "transferred_blind", 10),
        ("support", "abandoned", 5),
    ]


def test_a_caller_who_comes_back_to_the_same_queue_has_two_stays_in_it() -> None:
    caller = Member(Switch(), "c1")
    again = Member(caller.switch, "c1", joined=30)
    told = read_on(caller.starts() + caller.cancelled(9, "TIMEOUT"))
    assert len(ended(told)) == 1
    first = caller.starts() + caller.cancelled(9, "TIMEOUT")
    second = again.starts() + again.cancelled(40, "TIMEOUT")
    assert [call.wait_seconds for call in ended(read_on(first + second))] == [9, 10]


def test_a_caller_who_resumes_a_place_has_waited_since_then_and_not_since_the_first_time() -> None:
    switch = Switch()
    back = Member(switch, "c9", joined=0)
    begins = back.starts(300.2, "resume") + back.answered(305, 310)
    told = read_on(begins + switch.hangup(340, "c9", "recv_bye") + back.parted(305, 310, 340))
    [offered], [call] = events_of(CallOffered, told), ended(told)
    assert (offered.occurred_at, call.wait_seconds, call.enqueued_at) == (at(300.2), 10, at(300.2))


def test_a_caller_who_hangs_up_at_the_very_answer_was_answered_and_ends_once() -> None:
    switch = Switch()
    caller, begins = served(switch)
    hangups = switch.hangup(10.2, "c1", "recv_bye", variable_cc_side="member") + switch.hangup(10.3, caller.leg)
    told = read_on(begins + caller.cancelled(10, "NONE", "hangup") + hangups + caller.parted(6, 10, 10))
    assert [(call.outcome, call.talk_seconds, call.hung_up_by) for call in ended(told)] == [("answered", 0, "customer")]


def test_an_answer_that_nobody_heard_is_told_from_the_end_of_the_stay() -> None:
    switch = Switch()
    caller, _ = served(switch)
    told = read_on(AUTH + caller.parted(6, 10, 70) + switch.hangup(70, "c1", "recv_bye"))
    [answered], [call] = events_of(CallAnswered, told), ended(told)
    assert (answered.occurred_at, answered.wait_seconds, answered.ring_seconds) == (at(10), 10, 4)
    assert (call.wait_seconds, call.ring_seconds, call.talk_seconds) == (10, 4, 60)
    assert (call.enqueued_at, call.answered_at) == (at(0), at(10))


def test_an_agent_whose_own_line_stays_open_was_never_called_and_holds_only_the_caller_of_the_moment() -> None:
    switch = Switch()
    first, second = Member(switch, "c1"), Member(switch, "c2", joined=100)
    standby = {"CC_Agent_UUID": "standby"}
    said = switch.channel("CREATE", 0, "standby")
    for caller, answer, holds in ((first, 10, 20), (second, 110, 5)):
        said += caller.starts()
        said += caller.say(
            "bridge-agent-start", answer, **{**caller.served(0, answer), **standby, "CC_Agent_Called_Time": 0}
        )
        said += switch.channel("HOLD", answer + 10, "standby") + switch.channel(
            "UNHOLD", answer + 10 + holds, "standby"
        )
        said += switch.hangup(answer + 60, caller.call, "recv_bye") + caller.terminated(0, answer, answer + 60)
    assert [(call.ring_seconds, call.hold_seconds) for call in ended(read_on(said))] == [(0, 20), (0, 5)]


def test_a_hold_that_lasts_to_the_end_counts() -> None:
    switch = Switch()
    caller, begins = served(switch)
    held = switch.channel("HOLD", 50, caller.leg)
    hangups = switch.hangup(70, "c1", "recv_bye") + switch.hangup(70, caller.leg)
    [call] = ended(read_on(begins + held + hangups + caller.parted(6, 10, 70)))
    assert (call.talk_seconds, call.hold_seconds) == (60, 20)


def test_the_place_in_a_queue_is_behind_those_who_still_wait() -> None:
    switch = Switch()
    one, two, three = (Member(switch, call) for call in ("c1", "c2", "c3"))
    told = read_on(one.starts(0) + two.starts(1) + one.cancelled(2, "TIMEOUT") + three.starts(3))
    assert [offered.position for offered in events_of(CallOffered, told)] == [1, 2, 2]


@pytest.mark.parametrize(("agent_at", "caller_at", "by"), [(70, 70.1, "rep"), (70.1, 70, "customer")])
def test_of_two_who_hang_up_at_once_the_first_counts(agent_at: float, caller_at: float, by: str) -> None:
    switch = Switch()
    caller, begins = served(switch)
    hangups = switch.hangup(agent_at, caller.leg, "recv_bye") + switch.hangup(caller_at, "c1", "recv_bye")
    assert [call.hung_up_by for call in ended(read_on(begins + hangups + caller.parted(6, 10, 70)))] == [by]


def test_an_answer_that_is_handed_out_after_the_end_of_the_stay_says_nothing_again() -> None:
    switch = Switch()
    caller = Member(switch, "c1")
    begins, answer = caller.starts(), caller.answered(6, 10)
    memory = EslMemory()
    told = read_on(begins + caller.terminated(6, 10, 70) + switch.hangup(70, "c1", "recv_bye") + answer, memory)
    assert memory.stays.serving == {}
    assert len(events_of(CallAnswered, told)) == len(ended(told)) == 1


def test_nothing_is_remembered_of_callers_who_are_gone_nor_of_a_core_that_is_no_more() -> None:
    switch, memory = Switch(), EslMemory()
    caller, begins = served(switch)
    other = Member(switch, "c2")
    said = begins + other.starts() + other.cancelled(9, "TIMEOUT") + switch.hangup(9, "c2") + caller.parted(6, 10, 70)
    ends = switch.hangup(70, caller.leg, "recv_bye") + switch.hangup(70, "c1") + switch.event("HEARTBEAT", 74, {})
    read_on(said + ends, memory)
    assert not any((memory.stays.callers, memory.stays.serving, memory.stays.unsettled, memory.legs.legs))
    assert not memory.calls.calls
    assert memory.stays.waiting == {"sales": set()}
    read_on(Member(switch, "c3").starts() + Switch("new").event("HEARTBEAT", 300, {}), memory)
    assert not any((memory.stays.callers, memory.stays.waiting, memory.calls.calls))


def test_who_waited_before_a_hole_is_not_counted_behind_it() -> None:
    switch = Switch()
    before = Member(switch, "c1").starts() + AUTH
    told = read_on(before + Member(switch, "c2", joined=60).starts())
    assert [offered.position for offered in events_of(CallOffered, told)] == [1, 1]


def test_a_hold_counts_until_a_hole_where_nobody_knows_what_came_of_it() -> None:
    switch = Switch()
    caller, begins = served(switch)
    held = switch.channel("HOLD", 20, caller.leg) + switch.event("HEARTBEAT", 25, {})
    hangups = switch.hangup(70, "c1", "recv_bye") + switch.hangup(70, caller.leg)
    [call] = ended(read_on(begins + held + AUTH + hangups + caller.parted(6, 10, 70)))
    assert (call.talk_seconds, call.hold_seconds) == (60, 5)
