"""A morning at a FreeSWITCH, told event by event, and exactly the facts that follow from it."""

from events.agents import AgentSignedIn, AgentSignedOut, AgentStateEntered, AgentStateLasted
from events.calls import CallAnswered, CallOffered
from events.feeds import FeedCaughtUp, FeedGapFound
from tests.feeds.freeswitch.given import AUTH, Member, Switch, framed, read_file
from tests.feeds.samples import at, ended, events_of, parked

first, second = Switch(), Switch("0c0de-2", number=1)
answered = Member(first, "c1", joined=10)
abandoned = Member(first, "c2", joined=20)
timed_out = Member(first, "c3", "support", joined=30)
transferred = Member(first, "c4", "support", "boris", joined=200)
unfinished = Member(first, "c5", joined=880)
after = Member(second, "c6", agent="boris", joined=1810)

MORNING = [
    first.status(0, "anna", "Available"),
    first.status(1, "boris", "On Break"),
    answered.starts(),
    answered.offered(12),
    abandoned.starts(),
    answered.answered(12, 17),
    first.channel("HOLD", 40, answered.leg),
    timed_out.starts(),
    first.channel("UNHOLD", 52, answered.leg),
    abandoned.cancelled(50, "BREAK_OUT", "hangup"),
    first.hangup(50, "c2", "recv_bye", variable_cc_side="member"),
    first.hangup(77, answered.leg, "recv_bye"),
    answered.bridge_ended(12, 17, 77),
    answered.terminated(12, 17, 77),
    first.state(77.2, "anna", "Waiting"),
    first.hangup(77.3, "c1", variable_cc_side="member"),
    timed_out.cancelled(90, "TIMEOUT"),
    first.hangup(99, "c3", variable_cc_side="member"),
    first.status(120, "boris", "Available"),
    transferred.starts(),
    transferred.offered(203),
    transferred.answered(203, 208),
    first.hangup(268, transferred.leg, Hangup_Cause="BLIND_TRANSFER", variable_sip_refer_to="<sip:200@sw1.example>"),
    transferred.bridge_ended(203, 208, 268),
    transferred.terminated(203, 208, 268),
    first.state(268.3, "boris", "Waiting"),
    first.hangup(400, "c4", "recv_bye", variable_cc_side="member"),
    first.status(600, "anna", "On Break"),
]
LOST = [unfinished.starts()]
LATER = [
    unfinished.answered(881, 885),
    first.event("HEARTBEAT", 905, {}),
]
RESTARTED = [
    second.event("HEARTBEAT", 1800, {}),
    second.status(1801, "anna", "Available"),
    after.starts(),
    after.offered(1811),
    after.failed(1821),
    after.cancelled(1830, "EXIT_WITH_KEY"),
    second.status(1840, "anna", "Logged Out"),
]


def stream() -> bytes:
    """Two connections to the first core, with some of it missing between, one event twice, and then another core."""
    connections = [[*MORNING[:5], MORNING[4], *MORNING[5:]], [*LATER, *RESTARTED]]
    return b"".join(AUTH + b"".join(map(framed, events)) for events in connections)


TOLD = read_file(stream())


def test_every_stay_in_a_queue_is_told_once_with_its_durations() -> None:
    assert [
        (call.call, call.queue, call.outcome, call.rep, call.wait_seconds, call.ring_seconds, call.talk_seconds)
        for call in ended(TOLD)
    ] == [
        ("c2", "sales", "abandoned", None, 30, 0, 0),
        ("c1", "sales", "answered", "anna", 7, 5, 60),
        ("c3", "support", "timed_out", None, 60, 0, 0),
        ("c4", "support", "transferred_blind", "boris", 8, 5, 60),
        ("c6", "sales", "key_exit", None, 20, 0, 0),
    ]


def test_hold_transfers_and_who_hung_up_come_from_the_channels() -> None:
    assert [
        (call.call, call.hold_seconds, call.transfers, call.transferred_to, call.hung_up_by) for call in ended(TOLD)
    ] == [
        ("c2", 0, 0, None, "customer"),
        ("c1", 12, 0, None, "rep"),
        ("c3", 0, 0, None, None),
        ("c4", 0, 1, "200", None),
        ("c6", 0, 0, None, None),
    ]


def test_the_moments_of_a_stay_are_those_of_the_events_within_the_seconds_that_were_told() -> None:
    call = next(call for call in ended(TOLD) if call.call == "c1")
    assert (call.enqueued_at, call.answered_at, call.ended_at) == (at(10.2), at(17.1), at(77.15))
    assert {call.direction for call in ended(TOLD)} == {"inbound"}


def test_callers_are_offered_and_answered() -> None:
    assert [(offered.call, offered.queue, offered.position) for offered in events_of(CallOffered, TOLD)] == [
        ("c1", "sales", 1),
        ("c2", "sales", 2),
        ("c3", "support", 1),
        ("c4", "support", 1),
        ("c6", "sales", 1),
    ]
    assert [
        (taken.call, taken.rep, taken.wait_seconds, taken.ring_seconds) for taken in events_of(CallAnswered, TOLD)
    ] == [
        ("c1", "anna", 7, 5),
        ("c4", "boris", 8, 5),
        ("c5", "anna", 5, 4),
    ]


def test_agents_sign_in_and_out_of_the_phone_system_as_a_whole() -> None:
    assert [(event.rep, event.queue) for event in events_of(AgentSignedIn, TOLD)] == [("anna", None), ("boris", None)]
    assert [(event.rep, event.occurred_at) for event in events_of(AgentSignedOut, TOLD)] == [("anna", at(1840))]


def test_states_join_without_a_gap_and_are_cut_at_quarter_hours() -> None:
    lasted = [
        (event.rep, event.state, event.queue, event.began_at, event.seconds)
        for event in events_of(AgentStateLasted, TOLD)
    ]
    assert [piece for piece in lasted if piece[0] == "anna"] == [
        ("anna", "ready", None, at(0), 12),
        ("anna", "ringing", "sales", at(12), 5),
        ("anna", "talking", "sales", at(17), 60),
        ("anna", "ready", None, at(77), 523),
        ("anna", "talking", "sales", at(885), 15),
        ("anna", "talking", "sales", at(900), 5),
        ("anna", "ready", None, at(1801), 39),
    ]
    assert [piece for piece in lasted if piece[0] == "boris"] == [
        ("boris", "paused", None, at(1), 119),
        ("boris", "ready", None, at(120), 83),
        ("boris", "ringing", "support", at(203), 5),
        ("boris", "talking", "support", at(208), 60),
        ("boris", "ready", None, at(268), 332),
        ("boris", "ringing", "sales", at(1811), 10),
    ]
    entered = [(event.rep, event.state) for event in events_of(AgentStateEntered, TOLD)]
    assert entered[-3:] == [("boris", "ringing"), ("boris", "ready"), ("anna", "offline")]


def test_the_hole_between_two_connections_and_the_new_start_are_told() -> None:
    hole, restart = events_of(FeedGapFound, TOLD)
    assert (hole.feed, hole.missing) == ("freeswitch/sw1/esl", (len(LOST) + 1) * first.step - 1)
    assert hole.before == f"0c0de-1/{int(hole.after.removeprefix('0c0de-1/')) + (len(LOST) + 1) * first.step}"
    assert "nobody asked for" in hole.reason
    assert (restart.before, restart.missing) == ("0c0de-2/8", None)
    assert "began anew" in restart.reason


def test_nothing_is_parked_and_the_summary_counts_every_block() -> None:
    assert not parked(TOLD)
    [summary] = events_of(FeedCaughtUp, TOLD)
    assert (summary.received, summary.appended, summary.parked) == (2 + 2 * (29 + 9), len(TOLD) - 1, 0)
