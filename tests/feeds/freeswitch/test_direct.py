"""Calls without a queue: put through to a rep, dialled by one, or over before that."""

import pytest

from events.calls import CallAnswered
from tests.feeds.freeswitch.given import AUTH, Member, Switch, read_on
from tests.feeds.samples import NOON, at, ended, events_of


def inbound(switch: Switch) -> bytes:
    """A caller from outside is put through to the extension 101, which rings from the third second on."""
    begins = switch.channel("CREATE", 0, "a", Caller_Destination_Number="74950000000")
    return begins + dials(switch, "b", Caller_Destination_Number="101", variable_dialed_user="101")


def dials(switch: Switch, channel: str, **headers: object) -> bytes:
    origin = {"Call_Direction": "outbound", "Channel_Call_UUID": "a", "Other_Type": "originator"}
    return switch.channel("CREATE", 3, channel, **{**origin, "Other_Leg_Unique_ID": "a", **headers})


def talks(switch: Switch, seconds: float = 8) -> bytes:
    answers = switch.channel("ANSWER", seconds, "b", Channel_Call_UUID="a")
    both = {"Bridge_A_Unique_ID": "a", "Bridge_B_Unique_ID": "b"}
    return answers + switch.channel("BRIDGE", seconds + 0.1, "a", **both)


def outbound(switch: Switch, number: str = "89165550000") -> bytes:
    """A rep at the extension 110 dials."""
    rep = {"Caller_Caller_ID_Number": "110", "variable_user_name": "110", "Caller_Destination_Number": number}
    marks = {"variable_campaign": "autumn", "variable_leadid": "L1"}
    return switch.channel("CREATE", 0, "a", **rep, **marks) + dials(switch, "b", Caller_Destination_Number=number)


@pytest.mark.parametrize(
    ("first", "first_by", "other", "other_by", "hung_up_by"),
    [
        ("a", "recv_bye", "b", "send_bye", "customer"),
        ("b", "send_bye", "a", "recv_bye", "customer"),
        ("b", "recv_bye", "a", "send_bye", "rep"),
        ("a", "send_bye", "b", "send_bye", None),
    ],
)
def test_a_call_put_straight_through_is_one_call_whoever_hangs_up_and_whichever_channel_is_told_first(
    first: str, first_by: str, other: str, other_by: str, hung_up_by: str | None
) -> None:
    switch = Switch()
    ends = switch.hangup(68, first, first_by) + switch.hangup(68.02, other, other_by)
    told = read_on(inbound(switch) + talks(switch) + ends)
    [answered], [call] = events_of(CallAnswered, told), ended(told)
    assert (answered.queue, answered.rep, answered.ring_seconds, answered.occurred_at) == (None, "101", 5, at(8))
    assert (call.direction, call.outcome, call.queue, call.rep) == ("inbound", "answered", None, "101")
    assert (call.wait_seconds, call.ring_seconds, call.talk_seconds, call.hung_up_by) == (5, 5, 60, hung_up_by)


def test_a_phone_that_mod_callcenter_has_called_is_known_by_its_agent() -> None:
    switch = Switch()
    leg = {"Call_Direction": "outbound", "variable_cc_agent": "anna", "variable_dialed_user": "101"}
    known = switch.channel("CREATE", 0, "x", **leg)
    [call] = ended(read_on(known + inbound(switch) + talks(switch) + switch.hangup(68, "a", "recv_bye")))
    assert call.rep == "anna"


def test_holding_is_inside_talking_and_the_larger_of_what_was_heard_and_what_freeswitch_counts() -> None:
    switch = Switch()
    holds = switch.channel("HOLD", 20, "b") + switch.channel("UNHOLD", 31.5, "b")
    ends = switch.hangup(68, "b", "recv_bye", Caller_Channel_Hold_Accum=12_900_000) + switch.hangup(68.1, "a")
    [call] = ended(read_on(inbound(switch) + talks(switch) + holds + ends))
    assert (call.talk_seconds, call.hold_seconds) == (60, 12)


def test_a_rep_who_transfers_is_done_with_the_call() -> None:
    switch = Switch()
    sent = switch.hangup(68, "b", Hangup_Cause="BLIND_TRANSFER", variable_sip_refer_to="<sip:200@sw1>")
    [call] = ended(read_on(inbound(switch) + talks(switch) + sent + switch.hangup(300, "a", "recv_bye")))
    assert (call.outcome, call.transferred_to, call.transfers, call.ended_at) == ("transferred_blind", "200", 1, at(68))


@pytest.mark.parametrize(
    ("by", "cause", "outcome"),
    [
        ("recv_cancel", "ORIGINATOR_CANCEL", "abandoned"),
        ("send_refuse", "USER_BUSY", "busy"),
        ("send_refuse", "NO_ANSWER", "no_answer"),
        ("send_refuse", "DESTINATION_OUT_OF_ORDER", "failed"),
    ],
)
def test_a_caller_may_reach_nobody(by: str, cause: str, outcome: str) -> None:
    switch = Switch()
    [call] = ended(read_on(inbound(switch) + switch.hangup(20, "a", by, Hangup_Cause=cause)))
    assert (call.direction, call.outcome, call.rep, call.wait_seconds) == ("inbound", outcome, None, 17)


def test_why_nobody_was_reached_is_what_the_phone_said_and_not_how_the_announcement_after_it_ended() -> None:
    switch = Switch()
    busy = switch.hangup(5, "b", Hangup_Cause="USER_BUSY")
    [call] = ended(read_on(inbound(switch) + busy + switch.hangup(20, "a")))
    assert call.outcome == "busy"


def test_a_caller_for_whom_nobody_was_called_was_lost_or_sent_away() -> None:
    switch = Switch()
    begins = switch.channel("CREATE", 0, "a")
    [lost] = ended(read_on(begins + switch.hangup(5, "a", "recv_bye")))
    [sent_away] = ended(read_on(begins + switch.hangup(5, "a")))
    assert (lost.outcome, lost.hung_up_by, sent_away.outcome) == ("abandoned", "customer", "closed")


def test_a_caller_put_through_to_a_phone_outside_is_diverted_and_names_nobody() -> None:
    switch = Switch()
    begins = switch.channel("CREATE", 0, "a") + dials(switch, "b", Caller_Destination_Number="89161112233")
    told = read_on(begins + talks(switch) + switch.hangup(68, "b", "recv_bye"))
    [call] = ended(told)
    assert (call.outcome, call.rep, call.hung_up_by) == ("diverted", None, None)
    assert not events_of(CallAnswered, told)


@pytest.mark.parametrize(("channel", "by"), [("a", "rep"), ("b", "customer")])
def test_an_outbound_call_belongs_to_who_made_it_and_to_its_campaign(channel: str, by: str) -> None:
    switch = Switch()
    told = read_on(outbound(switch) + talks(switch) + switch.hangup(68, channel, "recv_bye"))
    [call] = ended(told)
    assert (call.direction, call.outcome, call.rep, call.hung_up_by) == ("outbound", "answered", "110", by)
    assert (call.campaign, call.lead, call.wait_seconds, call.talk_seconds) == ("autumn", "L1", 5, 60)
    assert (call.ring_seconds, events_of(CallAnswered, told)) == (0, [])


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        ("USER_BUSY", "busy"),
        ("NO_ANSWER", "no_answer"),
        ("ORIGINATOR_CANCEL", "no_answer"),
        ("CALL_REJECTED", "failed"),
    ],
)
def test_an_outbound_call_may_reach_nobody(cause: str, outcome: str) -> None:
    switch = Switch()
    [call] = ended(read_on(outbound(switch) + switch.hangup(20, "a", "recv_cancel", Hangup_Cause=cause)))
    assert (call.direction, call.outcome, call.rep) == ("outbound", outcome, "110")


def test_a_call_between_two_reps_is_internal_and_a_rep_who_calls_nobody_makes_none() -> None:
    switch = Switch()
    [call] = ended(read_on(outbound(switch, "102") + talks(switch) + switch.hangup(68, "a", "recv_bye")))
    assert (call.direction, call.outcome) == ("internal", "answered")
    alone = switch.channel("CREATE", 0, "v", Caller_Caller_ID_Number="110", Caller_Destination_Number="*98")
    assert not ended(read_on(alone + switch.hangup(5, "v", "recv_bye")))


def test_a_customer_whom_the_phone_system_called_and_brought_to_a_rep_is_an_outbound_call_of_the_rep() -> None:
    switch = Switch()
    begins = switch.channel("CREATE", 0, "a", Call_Direction="outbound", Caller_Destination_Number="89165550000")
    brought = dials(switch, "b", Caller_Destination_Number="101", variable_dialed_user="101") + talks(switch)
    [call] = ended(read_on(begins + brought + switch.hangup(68, "a", "recv_bye")))
    assert (call.direction, call.rep, call.hung_up_by, call.wait_seconds) == ("outbound", "101", "customer", 8)


def test_a_user_that_may_be_somebodys_number_is_named_only_by_the_roster() -> None:
    switch = Switch()
    begins = switch.channel("CREATE", 0, "a") + dials(switch, "b", variable_dialed_user="79161230099")
    told = read_on(begins + talks(switch) + switch.hangup(68, "a", "recv_bye"))
    assert ended(told)[0].rep is None
    assert not events_of(CallAnswered, told)


def test_a_direct_call_that_was_put_through_while_nobody_listened_is_not_guessed_at() -> None:
    switch = Switch()
    begins, _lost = inbound(switch), talks(switch)
    ends = switch.hangup(68, "a", "recv_bye", Caller_Channel_Bridged_Time=(NOON + 8) * 1_000_000)
    assert not ended(read_on(begins + AUTH + ends + switch.hangup(68, "b")))
    never = switch.hangup(68, "a", "recv_bye")
    assert [call.outcome for call in ended(read_on(begins + AUTH + never))] == ["abandoned"]


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_direct_call_that_was_talked_through_a_hole_ends_when_both_hang_up(order: str) -> None:
    switch = Switch()
    begins = inbound(switch) + talks(switch)
    switch.number += 50
    first, second = (switch.hangup(68 + place / 10, channel, "recv_bye") for place, channel in enumerate(order))
    [call] = ended(read_on(begins + AUTH + first + second))
    assert (call.outcome, call.talk_seconds) == ("answered", 60)
    assert not ended(read_on(begins + AUTH + switch.hangup(68, "a", "recv_bye") + switch.hangup(99, "other")))


def test_whose_phone_it_is_may_be_known_only_when_it_is_answered() -> None:
    switch = Switch()
    begins = switch.channel("CREATE", 0, "a") + dials(switch, "b", Caller_Destination_Number="desk-7")
    answers = switch.channel("ANSWER", 8, "b", Channel_Call_UUID="a", variable_dialed_user="101") + talks(switch)
    [call] = ended(read_on(begins + answers + switch.hangup(68, "a", "recv_bye")))
    assert (call.outcome, call.rep) == ("answered", "101")


@pytest.mark.parametrize("side", [{}, {"variable_cc_side": "agent"}])
def test_a_channel_that_mod_callcenter_made_is_no_call_even_where_it_did_not_say_so_at_once(
    side: dict[str, str],
) -> None:
    switch = Switch()
    caller = Member(switch, "c1")
    leg = switch.channel("CREATE", 5, caller.leg, Call_Direction="outbound", variable_dialed_user="101")
    joined = {"Bridge_A_Unique_ID": "c1", "Bridge_B_Unique_ID": caller.leg}
    bridge = switch.channel("BRIDGE", 10.2, "c1", **joined)
    ends = switch.hangup(70, caller.leg, "recv_bye", **side) + switch.hangup(70.1, "c1")
    told = read_on(caller.starts() + leg + caller.answered(6, 10) + bridge + ends + caller.parted(6, 10, 70))
    assert [call.queue for call in ended(told)] == ["sales"]
    assert [answered.queue for answered in events_of(CallAnswered, told)] == ["sales"]


@pytest.mark.parametrize(("rep_at", "by"), [(68, "rep"), (68.1, "customer")])
def test_of_two_who_hang_up_a_direct_call_at_once_the_first_counts(rep_at: float, by: str) -> None:
    switch = Switch()
    begins = inbound(switch) + talks(switch)
    switch.number += 50
    ends = switch.hangup(rep_at, "b", "recv_bye") + switch.hangup(68.05, "a", "recv_bye")
    assert [call.hung_up_by for call in ended(read_on(begins + AUTH + ends))] == [by]
