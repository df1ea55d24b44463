"""AMI: events given, the facts that follow; above all what it says otherwise than queue_log, or alone."""

import re
from collections import Counter
from collections.abc import Mapping

import pytest

from events.agents import AgentStateEntered, AgentStateLasted
from events.calls import CallAnswered, CallOffered
from events.feeds import FeedGapFound
from tests.feeds.samples import (
    AMI_FILE,
    ami_capture,
    at,
    contents,
    ended,
    events_of,
    facts,
    message,
    parked,
    read_ami,
)

CALL = {
    "Uniqueid": "pbx1-1.1",
    "Linkedid": "pbx1-1.1",
    "Channel": "PJSIP/trunk-00000001",
    "CallerIDNum": "+79160000000",
}
PHONE = {"DestUniqueid": "pbx1-1.2", "DestChannel": "PJSIP/agent101-00000002"}
QUEUE = {**CALL, "Queue": "sales"}
ANNA = {**QUEUE, **PHONE, "Interface": "PJSIP/agent101", "MemberName": "Anna"}
MEMBER = {"Queue": "sales", "Interface": "PJSIP/agent101", "MemberName": "Anna"}

BEGINS = message("Newchannel", 0.1, **CALL)
JOINS = message("QueueCallerJoin", 0.2, **QUEUE, Position=1)
LEAVES = message("QueueCallerLeave", 9.2, **QUEUE, Position=1)
ABANDONS = message("QueueCallerAbandon", 9.1, **QUEUE, HoldTime=9)
WANTS_OUT = message("HangupRequest", 9.0, **CALL)
HANGS_UP = message("Hangup", 9.3, **CALL)
RINGS = message("AgentCalled", 5.2, **ANNA)
CONNECTS = message("AgentConnect", 9.3, **ANNA, HoldTime=9, RingTime=4)
COMPLETES = message("AgentComplete", 69.4, **ANNA, HoldTime=9, TalkTime=60, Reason="agent")


def status(value: str, seconds: float = 9.25) -> bytes:
    return message("VarSet", seconds, **CALL, Variable="QUEUESTATUS", Value=value)


def test_a_call_is_offered_answered_and_ended() -> None:
    told = read_ami(BEGINS + JOINS + RINGS + LEAVES + CONNECTS + COMPLETES)
    [offered], [answered], [call] = events_of(CallOffered, told), events_of(CallAnswered, told), ended(told)
    assert (offered.queue, offered.position, offered.occurred_at) == ("sales", 1, at(0.2))
    assert (answered.rep, answered.wait_seconds, answered.ring_seconds) == ("Anna", 9, 4)
    assert (call.outcome, call.wait_seconds, call.ring_seconds, call.talk_seconds) == ("answered", 9, 4, 60)
    assert (call.enqueued_at, call.answered_at, call.ended_at) == (at(0.2), at(9.3), at(69.4))
    assert call.hung_up_by == "rep"


def test_a_caller_who_hangs_up_abandons() -> None:
    [call] = ended(read_ami(BEGINS + JOINS + WANTS_OUT + ABANDONS + LEAVES + HANGS_UP))
    assert (call.outcome, call.wait_seconds, call.hung_up_by) == ("abandoned", 9, "customer")


def test_an_abandon_event_with_the_status_of_a_timeout_is_a_timeout() -> None:
    [call] = ended(read_ami(BEGINS + JOINS + ABANDONS + LEAVES + status("TIMEOUT") + WANTS_OUT + HANGS_UP))
    assert (call.outcome, call.wait_seconds, call.hung_up_by) == ("timed_out", 9, None)


def test_an_abandon_event_that_no_hangup_came_before_is_a_timeout_even_where_variables_are_filtered_out() -> None:
    [call] = ended(read_ami(BEGINS + JOINS + ABANDONS + LEAVES + HANGS_UP))
    assert call.outcome == "timed_out"


def test_a_caller_who_only_leaves_pressed_a_key() -> None:
    [call] = ended(read_ami(BEGINS + JOINS + LEAVES + HANGS_UP))
    assert (call.outcome, call.wait_seconds, call.ended_at) == ("key_exit", 9, at(9.2))


def test_the_end_of_waiting_is_told_as_soon_as_the_dialplan_goes_on() -> None:
    [call] = ended(read_ami(BEGINS + JOINS + LEAVES + message("Newexten", 9.3, **CALL, Application="Playback")))
    assert call.outcome == "key_exit"


def test_a_queue_that_emptied_sends_its_callers_away() -> None:
    [call] = ended(read_ami(BEGINS + JOINS + LEAVES + status("LEAVEEMPTY")))
    assert call.outcome == "leave_empty"


def test_a_refused_caller_is_told_with_the_queue_that_the_dialplan_asked_for() -> None:
    asked = message("Newexten", 0.3, **CALL, Application="Queue", AppData="nobody,t,,,60")
    [call] = ended(read_ami(BEGINS + asked + status("JOINEMPTY", 0.4) + HANGS_UP))
    assert (call.outcome, call.queue, call.ended_at) == ("join_empty", "nobody", at(0.4))


def test_the_end_of_a_call_may_come_after_its_hangup_without_naming_it() -> None:
    late = message("AgentComplete", 69.4, **MEMBER, HoldTime=9, TalkTime=60, Reason="caller")
    gone = message("Hangup", 69.3, **CALL)
    [call] = ended(read_ami(BEGINS + JOINS + LEAVES + CONNECTS + gone + late))
    assert (call.outcome, call.call, call.talk_seconds) == ("answered", "pbx1-1.1", 60)


def test_an_event_that_is_late_is_put_into_the_second_that_asterisk_counted() -> None:
    late = message("AgentComplete", 70.003, **ANNA, HoldTime=9, TalkTime=60, Reason="agent")
    [call] = ended(read_ami(BEGINS + JOINS + LEAVES + CONNECTS + late))
    assert call.ended_at == at(69.999999)


@pytest.mark.parametrize(("extension", "told"), [("200", "200"), ("89161112233", None)])
def test_a_blind_transfer_names_an_extension_and_no_number(extension: str, told: str | None) -> None:
    transfer = message(
        "BlindTransfer", 69.3, Result="Success", TransfereeUniqueid="pbx1-1.1", TransfererUniqueid="pbx1-1.2",
        Extension=extension,
    )  # fmt: skip
    completes = message("AgentComplete", 69.4, **ANNA, HoldTime=9, TalkTime=60, Reason="transfer")
    [call] = ended(read_ami(BEGINS + JOINS + CONNECTS + transfer + completes + message("Hangup", 99, **CALL)))
    assert (call.outcome, call.transferred_to, call.transfers) == ("transferred_blind", told, 1)
    assert call.ended_at == at(69.4)


def test_an_attended_transfer_is_told_when_the_agent_leaves() -> None:
    transfer = message(
        "AttendedTransfer", 69.3, Result="Success", TransfereeUniqueid="pbx1-1.1", OrigTransfererUniqueid="pbx1-1.2",
        TransferTargetExten="200",
    )  # fmt: skip
    completes = message("AgentComplete", 69.4, **ANNA, HoldTime=9, TalkTime=60, Reason="transfer")
    [call] = ended(read_ami(BEGINS + JOINS + CONNECTS + transfer + completes))
    assert (call.outcome, call.transferred_to) == ("transferred_attended", "200")


def dial(seconds: float, kind: str, *fields: Mapping[str, str]) -> bytes:
    known = {**CALL, **PHONE, "DialString": "agent101", "Exten": "+74950000000"}
    for more in fields:
        known.update(more)
    return message(kind, seconds, **known)


def ends(seconds: float, dial_status: str, *fields: Mapping[str, str]) -> bytes:
    return dial(seconds, "DialEnd", {"DialStatus": dial_status}, *fields)


DIALS = dial(1, "DialBegin")
PICKS_UP = ends(4.5, "ANSWER")


def test_a_call_put_straight_through_is_one_call_without_a_queue() -> None:
    told = read_ami(BEGINS + DIALS + PICKS_UP + message("HangupRequest", 20, **CALL) + message("Hangup", 20.1, **CALL))
    [answered], [call] = events_of(CallAnswered, told), ended(told)
    assert (answered.queue, answered.rep, answered.ring_seconds) == (None, "agent101", 3)
    assert (call.direction, call.outcome, call.queue, call.rep) == ("inbound", "answered", None, "agent101")
    assert (call.wait_seconds, call.ring_seconds, call.talk_seconds, call.hung_up_by) == (3, 3, 16, "customer")


def test_a_phone_that_queues_have_named_is_known_by_its_agent() -> None:
    known = message("QueueMemberStatus", 0, **MEMBER, Status=1, Paused=0)
    [call] = ended(read_ami(known + BEGINS + DIALS + PICKS_UP + HANGS_UP, roster={"Anna": "rep-17"}))
    assert call.rep == "rep-17"


def test_a_caller_who_gives_up_while_it_rings_abandons() -> None:
    [call] = ended(read_ami(BEGINS + DIALS + WANTS_OUT + ends(9.1, "CANCEL") + HANGS_UP))
    assert (call.outcome, call.rep, call.wait_seconds, call.hung_up_by) == ("abandoned", None, 8, "customer")


@pytest.mark.parametrize(
    ("dial_status", "outcome"), [("BUSY", "busy"), ("NOANSWER", "no_answer"), ("CHANUNAVAIL", "failed")]
)
def test_a_dial_may_fail(dial_status: str, outcome: str) -> None:
    [call] = ended(read_ami(BEGINS + DIALS + ends(5, dial_status) + HANGS_UP))
    assert (call.outcome, call.talk_seconds) == (outcome, 0)


def test_a_loser_of_a_dial_that_is_cancelled_twice_changes_nothing() -> None:
    loser = {"DestUniqueid": "pbx1-1.9", "DestChannel": "PJSIP/agent102-00000009"}
    cancelled = ends(4.6, "CANCEL", loser) * 2
    [call] = ended(read_ami(BEGINS + DIALS + dial(1, "DialBegin", loser) + PICKS_UP + cancelled + HANGS_UP))
    assert (call.outcome, call.rep) == ("answered", "agent101")


def test_a_direct_call_that_is_transferred_is_over_for_the_one_who_did() -> None:
    transfer = message("BlindTransfer", 8, Result="Success", TransfereeUniqueid="pbx1-1.1", Extension="200")
    [call] = ended(read_ami(BEGINS + DIALS + PICKS_UP + transfer + HANGS_UP))
    assert (call.outcome, call.transferred_to, call.ended_at) == ("transferred_blind", "200", at(8))


def test_a_caller_put_through_to_a_phone_outside_is_diverted_and_names_nobody() -> None:
    outside = DIALS.replace(b"DialString: agent101", b"DialString: +79161112233@trunk")
    [call] = ended(read_ami(BEGINS + outside + PICKS_UP + HANGS_UP))
    assert (call.outcome, call.rep) == ("diverted", None)


@pytest.mark.parametrize(("channel", "hung_up_by"), [("pbx1-1.1", "customer"), ("pbx1-1.2", None)])
def test_of_a_diverted_call_the_one_outside_who_took_it_is_neither_customer_nor_rep(
    channel: str, hung_up_by: str | None
) -> None:
    outside = DIALS.replace(b"DialString: agent101", b"DialString: +79161112233@trunk")
    asks = message("HangupRequest", 9, Uniqueid=channel)
    [call] = ended(read_ami(BEGINS + outside + PICKS_UP + asks + HANGS_UP))
    assert (call.outcome, call.hung_up_by) == ("diverted", hung_up_by)


def test_a_caller_for_whom_nobody_was_called_was_lost_or_sent_away() -> None:
    [lost] = ended(read_ami(BEGINS + WANTS_OUT + HANGS_UP))
    [sent_away] = ended(read_ami(BEGINS + HANGS_UP))
    assert (lost.outcome, sent_away.outcome) == ("abandoned", "closed")


ORIGINATED = {
    "Uniqueid": "pbx1-2.1",
    "Linkedid": "pbx1-2.1",
    "Channel": "PJSIP/agent110-0000000b",
    "CallerIDNum": "110",
}
DIALLED = {"DestUniqueid": "pbx1-2.2", "DestChannel": "PJSIP/trunk-0000000c", "Exten": "+79165550000"}


def outbound(*after: bytes) -> bytes:
    begins = message("Newchannel", 0, **ORIGINATED)
    marks = b"".join(
        message("VarSet", 0, **ORIGINATED, Variable=name, Value=value)
        for name, value in {"__CAMPAIGN": "autumn", "__LEADID": "L1"}.items()
    )
    own_phone = message("DialBegin", 0.1, DestUniqueid="pbx1-2.1", DestChannel="PJSIP/agent110-0000000b")
    dials = dial(1, "DialBegin", ORIGINATED, DIALLED)
    return begins + marks + own_phone + dials + b"".join(after) + message("Hangup", 30, **ORIGINATED)


def test_an_outbound_call_belongs_to_who_made_it_and_to_its_campaign() -> None:
    answers = ends(4, "ANSWER", ORIGINATED, DIALLED)
    told = read_ami(outbound(answers))
    [call] = ended(told)
    assert (call.direction, call.outcome, call.rep) == ("outbound", "answered", "agent110")
    assert (call.campaign, call.lead, call.wait_seconds, call.talk_seconds) == ("autumn", "L1", 3, 26)
    assert not events_of(CallAnswered, told)


@pytest.mark.parametrize(("channel", "hung_up_by"), [("pbx1-2.1", "rep"), ("pbx1-2.2", "customer"), ("pbx1-9.9", None)])
def test_an_outbound_call_is_ended_by_the_rep_or_by_the_customer_who_was_called(
    channel: str, hung_up_by: str | None
) -> None:
    answers = ends(4, "ANSWER", ORIGINATED, DIALLED)
    [call] = ended(read_ami(outbound(answers, message("HangupRequest", 29, Uniqueid=channel))))
    assert (call.direction, call.hung_up_by) == ("outbound", hung_up_by)


@pytest.mark.parametrize(
    ("dial_status", "outcome"),
    [("BUSY", "busy"), ("NOANSWER", "no_answer"), ("CONGESTION", "failed"), ("CANCEL", "no_answer")],
)
def test_an_outbound_call_may_reach_nobody(dial_status: str, outcome: str) -> None:
    [call] = ended(read_ami(outbound(ends(9, dial_status, ORIGINATED, DIALLED))))
    assert (call.direction, call.outcome, call.rep) == ("outbound", outcome, "agent110")


def test_what_befalls_a_caller_after_a_queue_is_no_other_call() -> None:
    told = read_ami(BEGINS + JOINS + LEAVES + status("TIMEOUT") + DIALS + PICKS_UP + message("Hangup", 30, **CALL))
    assert [call.outcome for call in ended(told)] == ["timed_out"]


def test_an_agents_day_joins_without_a_gap() -> None:
    told = read_ami(
        message("QueueMemberStatus", 0, **MEMBER, Status=1, Paused=0)
        + BEGINS
        + JOINS
        + RINGS
        + message("QueueMemberStatus", 5.3, **MEMBER, Status=6, Paused=0)
        + message("QueueMemberStatus", 9.2, **MEMBER, Status=2, Paused=0)
        + CONNECTS
        + COMPLETES
        + message("QueueMemberStatus", 69.5, **MEMBER, Status=1, Paused=0)
        + message("QueueMemberPause", 80, **MEMBER, Status=1, Paused=1, PausedReason="Lunch")
        + message("QueueMemberPause", 90, **MEMBER, Status=1, Paused=0, PausedReason="")
    )
    lasted = [(event.state, event.reason, event.queue, event.seconds) for event in events_of(AgentStateLasted, told)]
    assert lasted == [
        ("ready", None, None, 5),
        ("ringing", None, "sales", 4),
        ("talking", None, "sales", 60),
        ("ready", None, None, 11),
        ("paused", "Lunch", None, 10),
    ]


def test_a_phone_in_use_outside_of_queues_is_talk_without_a_queue() -> None:
    told = read_ami(
        message("QueueMemberStatus", 0, **MEMBER, Status=2, Paused=0)
        + message("QueueMemberStatus", 7, **MEMBER, Status=5, Paused=0)
        + message("QueueMemberStatus", 9, **MEMBER, Status=1, Paused=0)
    )
    lasted = [(event.state, event.reason, event.queue, event.seconds) for event in events_of(AgentStateLasted, told)]
    assert lasted == [("talking", None, None, 7), ("offline", None, None, 2)]


def test_a_pause_that_began_before_the_connection_began_when_asterisk_says() -> None:
    told = read_ami(
        message("QueueMemberStatus", 100, **MEMBER, Status=1, Paused=1, PausedReason="Lunch", LastPause=1795597230)
        + message("QueueMemberPause", 120, **MEMBER, Status=1, Paused=0)
    )
    [lasted] = events_of(AgentStateLasted, told)
    assert (lasted.state, lasted.began_at, lasted.seconds) == ("paused", at(30), 90)


def test_an_agents_name_is_the_same_as_in_queue_log_whatever_ami_escapes() -> None:
    [entered] = events_of(
        AgentStateEntered,
        read_ami(message("QueueMemberStatus", 0, Queue="sales", MemberName="O\\'Brien | Pat", Status=1, Paused=0)),
    )
    assert entered.rep == "O'Brien _ Pat"


def test_a_second_login_is_a_gap_and_what_agents_did_is_unknown() -> None:
    again = b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\n\r\nEvent: FullyBooted\r\nUptime: 1\r\n\r\n"
    told = read_ami(JOINS + RINGS + again + message("QueueMemberStatus", 60, **MEMBER, Status=1, Paused=0))
    [gap] = events_of(FeedGapFound, told)
    assert (gap.feed, gap.after, gap.before) == ("asterisk/pbx1/ami", at(5.2).isoformat(), at(60).isoformat())
    assert not events_of(AgentStateLasted, told)


def test_an_event_without_a_timestamp_is_parked_with_what_to_set() -> None:
    [refused] = parked(read_ami(JOINS.replace(b"Timestamp", b"Timestomp") + RINGS))
    assert refused.reason == "Timestamp is missing"


def test_going_back_by_less_than_a_millisecond_is_normal() -> None:
    earlier = message("QueueMemberStatus", 0.999999, **MEMBER, Status=1, Paused=0)
    told = read_ami(message("QueueMemberStatus", 1.0, **MEMBER, Status=2, Paused=0) + earlier)
    assert [event.state for event in events_of(AgentStateEntered, told)] == ["talking", "ready"]


def test_a_repeated_key_counts_where_it_first_stands() -> None:
    [offered] = events_of(CallOffered, read_ami(JOINS.replace(b"Position: 1\r\n", b"Position: 1\r\nPosition: 9\r\n")))
    assert offered.position == 1


def test_an_empty_line_too_many_is_nothing() -> None:
    assert contents(facts(read_ami(JOINS + b"\r\n" + RINGS))) == contents(facts(read_ami(JOINS + RINGS)))


def test_bytes_that_are_not_utf8_cost_nothing_where_nobody_reads_them() -> None:
    assert len(events_of(CallOffered, read_ami(JOINS.replace(b"+79160000000", b"\xcf\xe5\xf2\xf0")))) == 1


def test_a_name_that_is_not_utf8_is_parked_and_nothing_else_is_lost() -> None:
    told = read_ami(JOINS.replace(b"sales", b"\xcf\xf0") + RINGS.replace(b"pbx1-1.1", b"pbx1-7.7"))
    assert [refused.reason for refused in parked(told)] == ["Queue is not UTF-8"]
    assert [event.state for event in events_of(AgentStateEntered, told)] == ["ringing"]


def test_the_recommended_filter_costs_refusals_campaigns_and_leads_and_nothing_else() -> None:
    def figures(data: bytes) -> Counter[tuple[str, str | None, str | None, int, int]]:
        return Counter(
            (call.outcome, call.queue, call.rep, call.wait_seconds, call.talk_seconds)
            for call in ended(read_ami(data))
            if call.outcome not in ("join_empty", "closed")
        )

    blocks = re.split(rb"(?<=\r\n\r\n)", ami_capture())
    left_out = (b"Event: VarSet", b"Event: Newexten", b"Event: CEL", b"Event: DeviceStateChange")
    filtered = b"".join(block for block in blocks if not block.lstrip().startswith(left_out))
    assert len(filtered) < len(ami_capture()) / 2
    assert figures(filtered) == figures(ami_capture())


def test_the_capture_is_where_the_simulator_says() -> None:
    assert AMI_FILE.is_file()
