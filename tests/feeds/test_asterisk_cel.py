"""CEL in the cases that the capture does not have: what is inferred of callers in queues, and of the phones called."""

import json

import pytest

from events.calls import CallAnswered, CallEnded, CallOffered
from tests.feeds.samples import NOON, contents, ended, events_of, parked, read_cel

CALL = f"pbx1-{NOON}.1"
AGENT = f"pbx1-{NOON}.2"
TRUNK, PHONE = "PJSIP/trunk-00000001", "PJSIP/agent101-00000002"
MEMBER = {"uniqueid": AGENT, "channame": PHONE, "appname": "AppQueue"}


def cel(kind: str, seconds: float, **fields: object) -> bytes:
    """Write an event, so many seconds after noon, of the caller's channel if not said otherwise."""
    extra = fields.pop("extra", None)
    given: dict[str, object] = {
        "eventtype": kind,
        "eventtime": f"{NOON + seconds:.6f}",
        "num": "+79160000001",
        "exten": "+74950000001",
        "channame": TRUNK,
        "uniqueid": CALL,
        "linkedid": CALL,
        "eventextra": json.dumps(extra) if extra is not None else "",
    }
    return json.dumps(given | fields).encode() + b"\n"


def queue(seconds: float = 1, data: str = "sales,t,,,60", **fields: object) -> bytes:
    return cel("APP_START", seconds, appname="Queue", appdata=data, **fields)


def leaves(seconds: float, **fields: object) -> bytes:
    return cel("APP_END", seconds, appname="Queue", **fields)


def hangs_up(seconds: float, by: str | None = TRUNK, **fields: object) -> bytes:
    extra = {} if by is None else {"hangupsource": by}
    return cel("HANGUP", seconds, extra=extra, **fields)


BEGINS = cel("CHAN_START", 0)
RINGS = cel("CHAN_START", 2, **{**MEMBER, "appname": ""})
PICKS_UP = cel("ANSWER", 4.5, **MEMBER) + cel("BRIDGE_ENTER", 4.6, **MEMBER)
TOGETHER = cel("BRIDGE_ENTER", 4.7, appname="Queue", peer=PHONE)
ANSWERED = BEGINS + queue() + RINGS + PICKS_UP + TOGETHER
BY_DIALPLAN = "dialplan/builtin"


def one(*events: bytes) -> CallEnded:
    [call] = ended(read_cel(*events))
    return call


@pytest.mark.parametrize(
    ("events", "outcome", "wait"),
    [
        (queue() + leaves(9) + hangs_up(9), "abandoned", 8),
        (queue() + leaves(9) + hangs_up(9, by=None), "abandoned", 8),
        (queue() + leaves(1.01) + hangs_up(1.01), "abandoned", 0),
        (queue() + leaves(1.01) + hangs_up(1.02, by=BY_DIALPLAN), "join_empty", 0),
        (queue() + leaves(1.01) + cel("APP_START", 1.02, appname="VoiceMail") + hangs_up(9), "join_empty", 0),
        (queue(data="sales,t,,,8") + leaves(9) + hangs_up(9.1, by=BY_DIALPLAN), "timed_out", 8),
        (queue(data="sales,n") + leaves(9) + hangs_up(9.1, by=BY_DIALPLAN), "timed_out", 8),
        (queue() + leaves(9) + hangs_up(9.1, by=BY_DIALPLAN), "leave_empty", 8),
        (queue(data="sales") + leaves(9) + cel("APP_START", 9.1, appname="Playback") + hangs_up(12), "leave_empty", 8),
        (queue() + cel("DTMF", 9) + leaves(9.01) + hangs_up(9.1, by=BY_DIALPLAN), "key_exit", 8),
        (queue() + cel("DTMF", 3) + leaves(9) + hangs_up(9), "abandoned", 8),
    ],
)
def test_how_the_waiting_ended_is_known_by_what_came_after(events: bytes, outcome: str, wait: int) -> None:
    call = one(BEGINS + events)
    assert (call.outcome, call.queue, call.wait_seconds, call.rep) == (outcome, "sales", wait, None)
    assert call.hung_up_by == ("customer" if outcome == "abandoned" else None)


def test_a_caller_whom_a_queue_refused_never_joined_it() -> None:
    told = read_cel(BEGINS + queue() + leaves(1.01) + hangs_up(1.02, by=BY_DIALPLAN))
    assert not events_of(CallOffered, told)


@pytest.mark.parametrize(
    ("events", "by", "talk"),
    [
        (leaves(9) + hangs_up(9.1) + hangs_up(9.2, **MEMBER), "customer", 5),
        (hangs_up(9, **MEMBER) + leaves(9.1) + hangs_up(9.1), "customer", 5),
        (hangs_up(9, by=PHONE, **MEMBER) + leaves(9.1) + hangs_up(20, by=PHONE), "rep", 5),
        (
            hangs_up(9, by=PHONE, **MEMBER) + leaves(9.1) + cel("APP_START", 9.2, appname="Read") + hangs_up(30),
            "rep",
            5,
        ),
        (leaves(9) + hangs_up(9.1, by=BY_DIALPLAN), None, 5),
    ],
)
def test_a_talk_ends_with_whoever_leaves_first(events: bytes, by: str | None, talk: int) -> None:
    call = one(ANSWERED + events)
    assert (call.outcome, call.rep, call.hung_up_by) == ("answered", "Anna Ivanova", by)
    assert (call.wait_seconds, call.ring_seconds, call.talk_seconds) == (3, 2, talk)


def test_the_caller_may_be_in_the_bridge_before_the_agent() -> None:
    first = cel("BRIDGE_ENTER", 4.5, appname="Queue") + cel("BRIDGE_ENTER", 4.6, **MEMBER, peer=f"x,{TRUNK}")
    [answered] = events_of(CallAnswered, read_cel(BEGINS + queue() + RINGS + first))
    assert (answered.rep, answered.wait_seconds) == ("Anna Ivanova", 3)


def test_places_in_a_queue_are_counted() -> None:
    second, third = (
        {
            "uniqueid": f"pbx1-{NOON}.{number}",
            "linkedid": f"pbx1-{NOON}.{number}",
            "channame": f"PJSIP/t-0000000{number}",
        }
        for number in (5, 6)
    )
    gone = leaves(3) + hangs_up(3)
    other = cel("CHAN_START", 1.5, **second) + queue(2, **second)
    last = cel("CHAN_START", 3.5, **third) + queue(4, **third)
    keys = cel("DTMF", 5, **second) + cel("DTMF", 5, **third)
    offers = events_of(CallOffered, read_cel(BEGINS + queue() + other + gone + last + keys))
    assert {offer.call[-1]: offer.position for offer in offers} == {"1": 1, "5": 2, "6": 2}


def test_two_stays_in_queues_are_told_apart() -> None:
    told = read_cel(
        BEGINS + queue() + leaves(9) + queue(9.5, "support,,,,60") + cel("DTMF", 10) + leaves(20) + hangs_up(20)
    )
    assert [(call.queue, call.outcome, call.wait_seconds) for call in ended(told)] == [
        ("sales", "leave_empty", 8),
        ("support", "abandoned", 11),
    ]


def local(seconds: float, kind: str, **fields: object) -> bytes:
    return cel(kind, seconds, **{**MEMBER, "channame": "Local/101@agents-00000001;1", **fields})


def test_a_member_who_is_called_through_the_dialplan_is_the_extension_and_may_leave_the_local_channel() -> None:
    rings, picks_up = local(2, "CHAN_START"), local(4.5, "ANSWER")
    together = cel("BRIDGE_ENTER", 4.7, appname="Queue", peer="Local/101@agents-00000001;1")
    optimised, over = local(5, "HANGUP"), leaves(9) + hangs_up(9)
    call = one(BEGINS + queue() + rings + picks_up + together + optimised + over)
    assert (call.rep, call.talk_seconds) == ("101", 5)


def test_a_member_who_is_called_by_a_number_has_no_name_here() -> None:
    channel = "PJSIP/+79160000009-00000002"
    rings = cel("CHAN_START", 2, uniqueid=AGENT, channame=channel)
    together = cel("BRIDGE_ENTER", 4.7, appname="Queue", peer=channel)
    told = read_cel(BEGINS + queue() + rings + together + leaves(9) + hangs_up(9))
    [call] = ended(told)
    assert (call.outcome, call.rep, call.talk_seconds) == ("answered", None, 5)
    assert not events_of(CallAnswered, told)
    assert b"79160000009" not in b"".join(contents(told))


@pytest.mark.parametrize(
    ("extra", "outcome", "to"),
    [
        (("BLINDTRANSFER", {"extension": "200", "transferee_channel_uniqueid": CALL}), "transferred_blind", "200"),
        (("BLINDTRANSFER", {"extension": "+79160000009"}), "transferred_blind", None),
        (("ATTENDEDTRANSFER", {"transfer_target_channel_name": "PJSIP/x-00000009"}), "transferred_attended", None),
    ],
)
def test_a_transfer_ends_the_stay_whatever_follows(
    extra: tuple[str, dict[str, str]], outcome: str, to: str | None
) -> None:
    kind, said = extra
    sent = cel(kind, 9, **MEMBER, extra=said)
    call = one(ANSWERED + sent + hangs_up(9.1, **MEMBER) + leaves(9.2) + hangs_up(30))
    assert (call.outcome, call.transferred_to, call.talk_seconds, call.hung_up_by) == (outcome, to, 5, None)


def dial(targets: str, *callees: tuple[str, str], src: str = "+79160000001", exten: str = "+74950000001") -> bytes:
    """Write a call that is put through to others: each rings two seconds after noon."""
    return (
        cel("CHAN_START", 0, num=src, exten=exten)
        + cel("APP_START", 1, appname="Dial", appdata=f"{targets},30", exten=exten)
        + b"".join(cel("CHAN_START", 2, uniqueid=leg, channame=channel) for leg, channel in callees)
    )


def test_of_those_who_ring_together_one_answers() -> None:
    other = f"pbx1-{NOON}.3", "PJSIP/agent102-00000003"
    rings = dial("PJSIP/agent102&PJSIP/agent101", other, (AGENT, PHONE))
    answers = cel("ANSWER", 5, uniqueid=AGENT, channame=PHONE) + cel("HANGUP", 5, uniqueid=other[0], channame=other[1])
    call = one(rings + answers + hangs_up(9, by=PHONE, uniqueid=AGENT, channame=PHONE) + hangs_up(9.1, by=PHONE))
    assert (call.direction, call.outcome, call.queue, call.rep) == ("inbound", "answered", None, "Anna Ivanova")
    assert (call.wait_seconds, call.talk_seconds, call.hung_up_by) == (3, 4, "rep")


@pytest.mark.parametrize(
    ("status", "by", "outcome"),
    [
        ("BUSY", BY_DIALPLAN, "busy"),
        ("NOANSWER", BY_DIALPLAN, "no_answer"),
        ("CONGESTION", BY_DIALPLAN, "failed"),
        ("CANCEL", TRUNK, "abandoned"),
    ],
)
def test_why_nobody_answered_is_what_the_callers_own_end_says(status: str, by: str, outcome: str) -> None:
    rings = dial("PJSIP/agent101", (AGENT, PHONE))
    silent = cel("HANGUP", 8, uniqueid=AGENT, channame=PHONE)
    call = one(rings + silent + cel("HANGUP", 8.1, extra={"dialstatus": status, "hangupsource": by}))
    assert (call.outcome, call.rep) == (outcome, None)


@pytest.mark.parametrize(
    ("targets", "src", "exten", "direction", "outcome"),
    [
        ("PJSIP/agent101", "102", "101", "internal", "answered"),
        ("PJSIP/+79160000009@out", "102", "89160000009", "outbound", "answered"),
        ("PJSIP/+79160000009@out", "+79160000001", "+74950000001", "inbound", "diverted"),
    ],
)
def test_where_a_call_went_is_known_by_who_called_and_what(
    targets: str, src: str, exten: str, direction: str, outcome: str
) -> None:
    answers = cel("ANSWER", 5, uniqueid=AGENT, channame=PHONE)
    call = one(dial(targets, (AGENT, PHONE), src=src, exten=exten) + answers + hangs_up(9))
    assert (call.direction, call.outcome) == (direction, outcome)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (b"hello\n", "the line is no JSON object of an event"),
        (b'{"eventtype": 5, "eventtime": "+79160000001"}\n', "the line is no JSON object of an event"),
        (cel("HANGUP", 1, eventextra="+79160000001"), "the line is no JSON object of an event"),
        (cel("HANGUP", 1, eventtime="2026-11-25 12:00:00"), "eventtime is not an epoch time"),
        (cel("HANGUP", 1, uniqueid=""), "uniqueid is missing"),
        (cel("ANSWER", 1, channame="x" * 300), "channame is longer than 200 characters"),
        (queue(data=""), "the queue in appdata is missing"),
        (hangs_up(9)[:-1], "the line is torn: its end is missing"),
    ],
)
def test_an_event_that_cannot_be_read_is_parked_and_nothing_of_it_is_quoted(item: bytes, reason: str) -> None:
    told = read_cel(BEGINS + item)
    assert [refused.reason for refused in parked(told)] == [reason]
