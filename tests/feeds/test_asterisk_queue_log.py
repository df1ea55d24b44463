"""The queue_log: a line given, the facts that follow."""

import pytest

from events.agents import AgentSignedIn, AgentSignedOut, AgentStateEntered, AgentStateLasted
from events.calls import CallAnswered, CallOffered
from tests.feeds.samples import at, contents, ended, events_of, facts, lines, parked, read_log

CALL = "pbx1-1795597199.7"
JOINS = f"+0|{CALL}|sales|NONE|ENTERQUEUE||+79160000000|2|Somebody"
ANSWERED = f"+10|{CALL}|sales|Anna|CONNECT|10|pbx1-1795597205.8|4"
DONE = f"+70|{CALL}|sales|Anna|COMPLETECALLER|10|60|2"


def test_a_caller_who_joins_a_queue_is_offered() -> None:
    [offered] = events_of(CallOffered, read_log(lines(JOINS)))
    assert (offered.call, offered.queue, offered.position, offered.occurred_at) == (CALL, "sales", 2, at(0))


def test_an_answer_says_who_and_after_how_long() -> None:
    [answered] = events_of(CallAnswered, read_log(lines(JOINS, ANSWERED)))
    assert (answered.rep, answered.wait_seconds, answered.ring_seconds) == ("Anna", 10, 4)


def test_a_completed_call_holds_all_that_statistics_need() -> None:
    [call] = ended(read_log(lines(JOINS, ANSWERED, DONE)))
    assert (call.direction, call.outcome, call.queue, call.rep) == ("inbound", "answered", "sales", "Anna")
    assert (call.wait_seconds, call.ring_seconds, call.talk_seconds, call.transfers) == (10, 4, 60, 0)
    assert (call.enqueued_at, call.answered_at, call.ended_at) == (at(0), at(10), at(70))
    assert call.hung_up_by == "customer"


def test_an_agent_may_hang_up_too() -> None:
    [call] = ended(read_log(lines(JOINS, ANSWERED, DONE.replace("CALLER", "AGENT"))))
    assert call.hung_up_by == "rep"


@pytest.mark.parametrize(
    ("line", "outcome", "wait"),
    [
        (f"+9|{CALL}|sales|NONE|ABANDON|1|2|9", "abandoned", 9),
        (f"+9|{CALL}|sales|NONE|EXITWITHTIMEOUT|1|2|9", "timed_out", 9),
        (f"+9|{CALL}|sales|NONE|EXITEMPTY|1|2|9", "leave_empty", 9),
        (f"+9|{CALL}|sales|NONE|EXITWITHKEY|5|1|2|9", "key_exit", 9),
    ],
)
def test_a_caller_may_leave_in_four_ways(line: str, outcome: str, wait: int) -> None:
    [call] = ended(read_log(lines(JOINS, line)))
    assert (call.outcome, call.wait_seconds, call.rep, call.answered_at) == (outcome, wait, None, None)


@pytest.mark.parametrize(("verb", "outcome"), [("JOINEMPTY", "join_empty"), ("FULL", "full")])
def test_a_refused_caller_is_told_where_the_dialplan_logs_it(verb: str, outcome: str) -> None:
    [call] = ended(read_log(lines(f"+1|{CALL}|sales|NONE|{verb}|")))
    assert (call.outcome, call.queue, call.enqueued_at) == (outcome, "sales", None)


def test_a_blind_transfer_names_an_extension() -> None:
    [call] = ended(read_log(lines(JOINS, ANSWERED, f"+30|{CALL}|sales|Anna|BLINDTRANSFER|200|internal|10|20|2")))
    assert (call.outcome, call.rep, call.talk_seconds) == ("transferred_blind", "Anna", 20)
    assert (call.transfers, call.transferred_to, call.hung_up_by) == (1, "200", None)


def test_a_transfer_to_the_outside_world_names_no_number() -> None:
    [call] = ended(read_log(lines(JOINS, ANSWERED, f"+30|{CALL}|sales|Anna|BLINDTRANSFER|89161112233|out|10|20|2")))
    assert (call.outcome, call.transferred_to) == ("transferred_blind", None)


@pytest.mark.parametrize("method", ["BRIDGE|3a125dbc", "APP|Queue", "LINK|Local/1;1|Local/1;2"])
def test_an_attended_transfer_has_its_figures_last(method: str) -> None:
    [call] = ended(read_log(lines(JOINS, ANSWERED, f"+30|{CALL}|sales|Anna|ATTENDEDTRANSFER|{method}|10|20|2")))
    assert (call.outcome, call.wait_seconds, call.talk_seconds) == ("transferred_attended", 10, 20)


def test_each_stay_in_a_queue_is_one_end_with_an_id_of_its_own() -> None:
    again = [f"+20|{CALL}|sales|NONE|ENTERQUEUE||x|1", f"+25|{CALL}|sales|NONE|ABANDON|1|1|5"]
    stays = [
        envelope
        for envelope in read_log(lines(JOINS, f"+9|{CALL}|sales|NONE|EXITWITHTIMEOUT|1|2|9", *again))
        if envelope.type == "call.ended"
    ]
    assert [call.outcome for call in ended(stays)] == ["timed_out", "abandoned"]
    assert len({stay.id for stay in stays}) == 2


def test_two_queues_number_their_stays_apart() -> None:
    moved = [f"+9|{CALL}|sales|NONE|EXITWITHTIMEOUT|1|2|9", f"+9|{CALL}|backup|NONE|ENTERQUEUE||x|1"]
    [_first, second] = events_of(CallOffered, read_log(lines(JOINS, *moved)))
    [alone] = events_of(CallOffered, read_log(lines(moved[1])))
    assert second == alone


def test_lines_that_were_lost_are_made_up_for_by_the_last_one() -> None:
    [whole], [rest] = (ended(read_log(lines(*rows))) for rows in ((JOINS, ANSWERED, DONE), (DONE,)))
    assert rest == whole.model_copy(update={"ring_seconds": 0})


def test_every_line_twice_says_the_same_as_once() -> None:
    once = lines(JOINS, ANSWERED, DONE, "+71|NONE|sales|Anna|PAUSE|Lunch", "+80|NONE|sales|Anna|UNPAUSE|")
    twice = b"".join(line * 2 for line in once.splitlines(keepends=True))
    assert contents(facts(read_log(twice))) == contents(facts(read_log(once)))


def test_the_business_day_is_the_companys() -> None:
    night = 12 * 3600
    before, after = read_log(
        lines(f"+{night - 1}|{CALL}|sales|NONE|ENTERQUEUE||x|1", f"+{night}|b-1.1|sales|NONE|ENTERQUEUE||x|1")
    )[:2]
    assert (before.day.day, after.day.day) == (25, 26)
    assert before.time.astimezone().day == after.time.astimezone().day or before.time.hour == 20


def test_a_roster_turns_an_agent_into_a_rep_but_not_into_another_id() -> None:
    plain = read_log(lines(JOINS, ANSWERED, DONE))
    named = read_log(lines(JOINS, ANSWERED, DONE), roster={"Anna": "rep-17"})
    assert [call.rep for call in ended(named)] == ["rep-17"]
    assert [envelope.id for envelope in facts(named)] == [envelope.id for envelope in facts(plain)]


def test_an_agent_who_is_added_and_removed_signs_in_and_out() -> None:
    told = read_log(lines("+1|MANAGER|sales|Jana|ADDMEMBER|", "+9|MANAGER|sales|Jana|REMOVEMEMBER|"))
    [signed_in], [signed_out] = events_of(AgentSignedIn, told), events_of(AgentSignedOut, told)
    assert (signed_in.rep, signed_in.queue, signed_in.occurred_at) == ("Jana", "sales", at(1))
    assert (signed_out.rep, signed_out.queue, signed_out.occurred_at) == ("Jana", "sales", at(9))
    assert [entered.state for entered in events_of(AgentStateEntered, told)] == ["ready", "offline"]


def test_pausing_in_all_queues_is_one_action() -> None:
    told = read_log(
        lines(
            "+1|NONE|NONE|Anna|PAUSEALL|Lunch",
            "+1|NONE|sales|Anna|PAUSE|Lunch",
            "+1|NONE|support|Anna|PAUSE|Lunch",
            "+61|NONE|NONE|Anna|UNPAUSEALL|Back",
            "+61|NONE|sales|Anna|UNPAUSE|Back",
            "+61|NONE|support|Anna|UNPAUSE|Back",
        )
    )
    entered = [(event.state, event.reason, event.queue) for event in events_of(AgentStateEntered, told)]
    assert entered == [("paused", "Lunch", None), ("ready", None, None)]
    assert [event.occurred_at for event in events_of(AgentStateEntered, told)] == [at(1), at(61)]
    assert [(event.state, event.seconds) for event in events_of(AgentStateLasted, told)] == [("paused", 60)]


def test_a_pause_during_a_call_begins_when_the_call_ends() -> None:
    told = read_log(lines(JOINS, ANSWERED, "+20|NONE|sales|Anna|PAUSE|Wrap-up", DONE, "+100|NONE|sales|Anna|UNPAUSE|"))
    lasted = [(event.state, event.reason, event.queue, event.seconds) for event in events_of(AgentStateLasted, told)]
    assert lasted == [("talking", None, "sales", 60), ("paused", "Wrap-up", None, 30)]


def test_what_lasts_is_cut_at_every_quarter_of_an_hour() -> None:
    told = read_log(lines("+840|NONE|sales|Anna|PAUSE|Lunch", "+1920|NONE|sales|Anna|UNPAUSE|"))
    pieces = [(event.began_at, event.occurred_at, event.seconds) for event in events_of(AgentStateLasted, told)]
    assert pieces == [(at(840), at(900), 60), (at(900), at(1800), 900), (at(1800), at(1920), 120)]


def test_a_quarter_of_an_hour_that_is_over_is_told_although_the_state_goes_on() -> None:
    told = read_log(lines("+840|NONE|sales|Anna|PAUSE|Lunch", "+1000|NONE|NONE|NONE|CONFIGRELOAD|"))
    assert [event.seconds for event in events_of(AgentStateLasted, told)] == [60]


def test_a_state_that_goes_on_at_the_end_of_the_file_has_not_lasted_yet() -> None:
    assert not events_of(AgentStateLasted, read_log(lines(JOINS, ANSWERED)))


def test_nobody_knows_what_agents_did_while_nothing_was_logged_for_a_day() -> None:
    told = read_log(lines("+0|NONE|sales|Anna|PAUSE|Lunch", "+200000|NONE|sales|Anna|UNPAUSE|"))
    assert sum(event.seconds for event in events_of(AgentStateLasted, told)) < 900


def test_an_unknown_verb_is_normal_and_a_known_one_without_its_fields_is_parked() -> None:
    told = read_log(lines(f"+1|{CALL}|sales|NONE|SOMETHINGNEW|1", f"+1|{CALL}|sales|Anna|CONNECT|1", JOINS))
    [refused] = parked(told)
    assert refused.reason == "the ring time is missing"
    assert len(events_of(CallOffered, told)) == 1


def test_the_penalty_line_that_names_an_interface_makes_no_agent() -> None:
    assert not facts(read_log(lines("+1|NONE|sales|PJSIP/agent103|PENALTY|2")))
