"""Vonage, Genesys Cloud, UIS and Bitrix24: one call from its beginning to its end, and those that nobody answered."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest

from events.calls import CallAnswered, CallEnded, CallOffered, CallRestated
from services.feeds.bitrix24.deliveries import read as read_bitrix24
from services.feeds.facts import UnreadableItemError, instant
from services.feeds.genesys.deliveries import read as read_genesys
from services.feeds.uis.deliveries import read as read_uis
from services.feeds.vonage.deliveries import read as read_vonage
from services.feeds.webhooks.seen import Seen, seen_in
from tests.feeds.authenticity.delivered import by_bitrix24, delivery
from tests.feeds.webhooks.given import COMPANY, NOON, events, micros, told


def iso(seconds: float) -> str:
    return instant(micros(seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def vonage(status: str, seconds: float, direction: str = "inbound", **changes: str) -> list[Seen]:
    leg = {"uuid": direction, "conversation_uuid": "CON-1", "status": status, "direction": direction}
    told_of = {**leg, "timestamp": iso(seconds), "from": "79160000001", "to": "74950000000", **changes}
    return seen_in(read_vonage(delivery(json.dumps(told_of).encode()), COMPANY))


def genesys(part: str, seconds: float, **changes: Any) -> list[Seen]:  # noqa: ANN401  # fields
    body = {"eventTime": (NOON * 1000) + round(seconds * 1000), "conversationId": "c1", "ani": "tel:+79160000001"}
    body |= {"mediaType": "VOICE", "direction": "INBOUND", "queueId": "q1"}
    message = {"topicName": f"v2.detail.events.conversation.c1.{part}", "version": "2", "eventBody": body | changes}
    return seen_in(read_genesys(delivery(json.dumps(message).encode()), COMPANY))


def uis(kind: str, time: str, **changes: object) -> list[Seen]:
    told_of = {"kind": kind, "time": time, "session": 815, "direction": "in", "scenario": "Sales", "employee": ""}
    return seen_in(read_uis(delivery(json.dumps(told_of | changes).encode()), COMPANY))


def bitrix24(event: str, seconds: int, **data: str) -> list[Seen]:
    fields = {
        f"data[{name}]": value for name, value in {"CALL_ID": "X.1", "PHONE_NUMBER": "79160000001", **data}.items()
    }
    return seen_in(read_bitrix24(by_bitrix24("t", event=event, ts=str(NOON + seconds), **fields), COMPANY))


def test_vonage_a_caller_whom_an_agent_answered_in_whatever_order_the_legs_end() -> None:
    answered = vonage("answered", 8.5, "outbound", to="anna")
    agents_leg = vonage("completed", 70, "outbound", to="anna", end_time=iso(70), duration="61")
    callers_leg = vonage("completed", 70.2, start_time=iso(0), end_time=iso(70.2), duration="70")
    facts = told(*answered, *agents_leg, *callers_leg)
    [now] = [restated.now for restated in events(CallRestated, facts) if isinstance(restated.now, CallEnded)]
    assert (now.direction, now.outcome, now.rep) == ("inbound", "answered", "anna")
    assert (now.wait_seconds, now.talk_seconds) == (8, 61)
    assert [now] == events(CallEnded, told(*answered, *callers_leg, *agents_leg))


@pytest.mark.parametrize(
    ("status", "outcome"), [("completed", "answered"), ("busy", "busy"), ("timeout", "no_answer"), ("failed", "failed")]
)
def test_vonage_a_call_that_was_dialled(status: str, outcome: str) -> None:
    [ended] = events(CallEnded, told(*vonage(status, 50, "outbound", duration="30" if status == "completed" else "0")))
    assert (ended.outcome, ended.talk_seconds) == (outcome, 30 if status == "completed" else 0)


def test_vonage_ringing_says_nothing() -> None:
    assert not vonage("ringing", 1)
    assert not vonage("answered", 1)


def test_genesys_a_conversation_with_an_agent() -> None:
    talked = {"interactingDurationMs": 60_000, "heldDurationMs": 10_000, "alertingDurationMs": 4_100}
    facts = told(
        *genesys("acd.start", 0),
        *genesys("acd.end", 12.5, answeredUserId="u7"),
        *genesys("user.end", 82.5, userId="u7", **talked),
        *genesys("customer.end", 83),
        *genesys("acw", 90),
    )
    [offered], [answered] = events(CallOffered, facts), events(CallAnswered, facts)
    assert (offered.queue, answered.rep, answered.wait_seconds) == ("q1", "u7", 12)
    [ended] = events(CallEnded, facts)
    assert (ended.talk_seconds, ended.hold_seconds, ended.ring_seconds, ended.outcome) == (70, 10, 4, "answered")


def test_genesys_a_caller_who_left_and_a_conversation_that_is_no_call() -> None:
    [ended] = events(CallEnded, told(*genesys("acd.start", 0), *genesys("acd.end", 30), *genesys("customer.end", 30)))
    assert (ended.outcome, ended.wait_seconds, ended.queue) == ("abandoned", 30, "q1")
    assert not genesys("customer.end", 30, mediaType="CHAT")


def test_uis_a_call_by_our_own_template() -> None:
    template = json.loads((files("services.feeds.uis") / "template.json").read_text("utf-8"))
    assert template.keys() == {"kind", "time", "session", "direction", "contact", "scenario", "employee"} | {
        f"{what}_seconds" for what in ("wait", "talk", "total")
    }
    spoken = {"employee": 7, "wait_seconds": "9", "talk_seconds": "60", "total_seconds": 71}
    facts = told(
        *uis("waiting", "2026-11-25 12:00:02"),
        *uis("started", "2026-11-25 12:00:11", employee="7"),
        *uis("finished", "2026-11-25T12:01:11+03:00", **spoken),
    )
    [ended] = events(CallEnded, facts)
    assert (ended.queue, ended.rep, ended.wait_seconds, ended.talk_seconds) == ("Sales", "anna", 9, 60)
    assert ended.occurred_at == instant(micros(71))
    [lost] = events(CallEnded, told(*uis("lost", "2026-11-25 12:00:31", wait_seconds="29")))
    assert (lost.outcome, lost.wait_seconds, lost.rep) == ("abandoned", 29, None)


def test_bitrix24_calls_that_were_answered_and_not() -> None:
    began = bitrix24("ONVOXIMPLANTCALLSTART", 5, USER_ID="7")
    talked = {"CALL_TYPE": "2", "CALL_DURATION": "60", "CALL_FAILED_CODE": "200", "PORTAL_USER_ID": "7"}
    ended_ = bitrix24("OnVoximplantCallEnd", 65, **talked, CALL_START_DATE="2026-11-25T12:00:00+03:00")
    [ended] = events(CallEnded, told(*began, *ended_))
    assert (ended.rep, ended.outcome, ended.wait_seconds, ended.talk_seconds) == ("anna", "answered", 5, 60)
    missed = bitrix24("ONVOXIMPLANTCALLEND", 65, CALL_TYPE="2", CALL_FAILED_CODE="304", PORTAL_USER_ID="7")
    busy = bitrix24("ONVOXIMPLANTCALLEND", 65, CALL_TYPE="1", CALL_FAILED_CODE="486", PORTAL_USER_ID="7", CALL_ID="X.2")
    assert [(call.outcome, call.rep) for call in events(CallEnded, told(*missed, *busy))] == [
        ("abandoned", None),
        ("busy", "anna"),
    ]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        *((code, "no_answer") for code in ("304", "480", "603-S", "OTHER")),
        *((code, "failed") for code in ("402", "403", "404", "423", "484", "503")),
        *((code, "busy") for code in ("486", "603")),
    ],
)
def test_bitrix24_a_call_that_could_not_be_made_is_told_from_one_that_nobody_answered(code: str, outcome: str) -> None:
    over = bitrix24("ONVOXIMPLANTCALLEND", 65, CALL_TYPE="1", CALL_FAILED_CODE=code, PORTAL_USER_ID="7")
    assert [call.outcome for call in events(CallEnded, told(*over))] == [outcome]


def test_bitrix24_a_call_that_somebody_began_from_the_portal() -> None:
    began = bitrix24("ONEXTERNALCALLSTART", 5, USER_ID="7", PHONE_NUMBER_INTERNATIONAL="+79160000001", IS_MOBILE="0")
    over = bitrix24("ONVOXIMPLANTCALLEND", 85, CALL_TYPE="1", CALL_DURATION="60", CALL_FAILED_CODE="200")
    assert not told(*began)
    [ended] = events(CallEnded, told(*began, *over))
    assert (ended.direction, ended.rep, ended.outcome) == ("outbound", "anna", "answered")
    assert (ended.wait_seconds, ended.talk_seconds) == (20, 60)
    late = told(*over, *began, *began, *over)
    [restated] = events(CallRestated, late)
    assert restated.now == ended
    assert not [fact for fact in late if b"7916" in bytes(fact.data)]


def test_bitrix24_a_call_that_came_in_is_nobodys_for_having_been_dialled() -> None:
    missed = bitrix24("ONVOXIMPLANTCALLEND", 65, CALL_TYPE="2", CALL_FAILED_CODE="304")
    [ended] = events(CallEnded, told(*bitrix24("OnExternalCallStart", 5, USER_ID="7"), *missed))
    assert (ended.outcome, ended.rep, ended.wait_seconds) == ("abandoned", None, 0)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"kind": "called"}, "kind is none of waiting, started, lost and finished"),
        ({"time": "noon"}, "time is no moment with a zone"),
        ({"direction": "up"}, "direction is neither in nor out"),
        ({"talk_seconds": "-1"}, "talk_seconds is not a number"),
    ],
)
def test_uis_what_cannot_be_read_says_where(fields: Mapping[str, str], where: str) -> None:
    told_of = {"kind": "finished", "time": "2026-11-25 12:00:00", **fields}
    kind, time = told_of.pop("kind"), told_of.pop("time")
    with pytest.raises(UnreadableItemError, match=f"^{where}$"):
        uis(kind, time, **told_of)
