"""Amazon Connect: contact records that come again with more in them, and what agents do."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from events.agents import AgentSignedOut, AgentStateEntered
from events.calls import CallAnswered, CallEnded, CallOffered, CallRestated
from services.feeds.amazon_connect.deliveries import read
from services.feeds.facts import UnreadableItemError, instant
from services.feeds.webhooks.seen import Seen, seen_in
from tests.feeds.authenticity.delivered import delivery
from tests.feeds.webhooks.given import COMPANY, events, micros, told


def at(seconds: float) -> str:
    return instant(micros(seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def record(**changes: object) -> dict[str, Any]:
    return {
        "AWSContactTraceRecordFormatVersion": "2017-03-10",
        "ContactId": "0c1",
        "Channel": "VOICE",
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": at(0),
        "DisconnectTimestamp": at(100),
        "DisconnectReason": "CUSTOMER_DISCONNECT",
        "LastUpdateTimestamp": at(200),
        "CustomerEndpoint": {"Address": "+79160000001", "Type": "TELEPHONE_NUMBER"},
        "Queue": {"ARN": "arn", "Name": "sales", "EnqueueTimestamp": at(10), "Duration": 15},
        "Agent": {
            "ARN": "arn",
            "Username": "anna",
            "ConnectedToAgentTimestamp": at(25),
            "AgentInteractionDuration": 65,
            "CustomerHoldDuration": 10,
            "AfterContactWorkDuration": 20,
        },
        **changes,
    }


def event(kind: str, seconds: float, status: str, *contacts: Mapping[str, object], **changes: object) -> dict[str, Any]:
    snapshot = {
        "AgentStatus": {"ARN": "arn", "Name": status, "StartTimestamp": at(0)},
        "Configuration": {"Username": "anna", "FirstName": "Anna"},
        "Contacts": list(contacts),
    }
    told_at = {"EventId": f"e{seconds}", "EventTimestamp": at(seconds), "EventType": kind}
    return {**told_at, "CurrentAgentSnapshot": snapshot, **changes}


def contact(state: str) -> dict[str, object]:
    return {"ContactId": "0c1", "State": state, "Queue": {"ARN": "arn", "Name": "sales"}}


def seen(*items: Mapping[str, object]) -> list[Seen]:
    return seen_in(read(delivery("\n".join(map(json.dumps, items)).encode()), COMPANY))


def test_a_record_is_a_call() -> None:
    facts = told(*seen(record()))
    [ended] = events(CallEnded, facts)
    assert (ended.queue, ended.rep, ended.outcome, ended.hung_up_by) == ("sales", "anna", "answered", "customer")
    assert (ended.wait_seconds, ended.talk_seconds, ended.hold_seconds, ended.wrap_seconds) == (15, 75, 10, 20)
    assert not [fact for fact in facts if b"7916" in bytes(fact.data)]


def test_a_record_tells_when_the_caller_queued_and_who_picked_up() -> None:
    facts = told(*seen(record()))
    [offered], [answered] = events(CallOffered, facts), events(CallAnswered, facts)
    assert (offered.queue, answered.queue, answered.rep, answered.wait_seconds) == ("sales", "sales", "anna", 15)
    assert len(facts) == 3


def test_a_chat_is_no_call() -> None:
    assert not seen(record(Channel="CHAT"))


def test_a_record_that_comes_again_with_more_restates_and_an_older_one_does_not() -> None:
    newer = record(LastUpdateTimestamp=at(300), TransferCompletedTimestamp=at(90))
    assert events(CallRestated, told(*seen(newer, record()))) == []
    [restated] = events(CallRestated, told(*seen(record(), record(), newer)))
    assert isinstance(restated.now, CallEnded)
    assert (restated.now.outcome, restated.now.transfers) == ("transferred_blind", 1)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"Agent": None}, "abandoned"),
        ({"Agent": None, "Queue": None, "DisconnectReason": "CONTACT_FLOW_DISCONNECT"}, "closed"),
        ({"Agent": None, "Queue": None}, "abandoned"),
        ({"Agent": None, "InitiationMethod": "OUTBOUND", "DisconnectReason": "TELECOM_BUSY"}, "busy"),
        ({"Agent": None, "InitiationMethod": "API", "DisconnectReason": None}, "no_answer"),
        ({"InitiationMethod": "CALLBACK", "ConnectedToSystemTimestamp": at(40)}, "answered"),
    ],
)
def test_how_a_contact_ended(changes: Mapping[str, object], outcome: str) -> None:
    [ended] = events(CallEnded, told(*seen(record(**changes))))
    assert ended.outcome == outcome


DIALLED = {"InitiationMethod": "OUTBOUND", "Queue": None}
"""A call that an agent made, who was connected to it from the beginning."""


def test_a_call_that_was_made_is_answered_when_the_customer_answers_and_not_when_an_agent_was_there() -> None:
    [ended] = events(CallEnded, told(*seen(record(**DIALLED, ConnectedToSystemTimestamp=at(40)))))
    assert (ended.direction, ended.outcome, ended.rep) == ("outbound", "answered", "anna")
    assert (ended.wait_seconds, ended.talk_seconds, ended.hold_seconds) == (40, 60, 10)
    [ended] = events(CallEnded, told(*seen(record(**DIALLED))))
    assert (ended.outcome, ended.rep, ended.answered_at) == ("no_answer", "anna", None)
    assert (ended.wait_seconds, ended.talk_seconds, ended.hold_seconds) == (100, 0, 0)


def test_the_talk_of_a_call_that_was_made_is_no_longer_than_the_agent_was_there() -> None:
    left = {**record()["Agent"], "AgentInteractionDuration": 20}
    [ended] = events(CallEnded, told(*seen(record(**DIALLED, ConnectedToSystemTimestamp=at(40), Agent=left))))
    assert ended.talk_seconds == 30


def test_a_supervisor_who_listens_in_is_no_call() -> None:
    assert not seen(record(InitiationMethod="MONITOR"))


def test_what_an_agent_does() -> None:
    facts = told(
        *seen(
            event("LOGIN", 0, "Offline"),
            event("STATE_CHANGE", 5, "Available"),
            event("HEART_BEAT", 120, "Available"),
            event("STATE_CHANGE", 130, "Available", contact("CONNECTING")),
            event("STATE_CHANGE", 135, "Available", contact("CONNECTED")),
            event("STATE_CHANGE", 150, "Available", contact("CONNECTED_ONHOLD")),
            event("STATE_CHANGE", 160, "Available", contact("ENDED")),
            event("STATE_CHANGE", 170, "Lunch"),
            event("LOGOUT", 180, "Lunch"),
        )
    )
    entered = [(each.state, each.reason, each.queue) for each in events(AgentStateEntered, facts)]
    assert entered == [
        *(("offline", None, None), ("ready", None, None), ("ringing", None, "sales"), ("talking", None, "sales")),
        *(("hold", None, "sales"), ("wrap", None, "sales"), ("paused", "Lunch", None), ("offline", None, None)),
    ]
    assert len(events(AgentSignedOut, facts)) == 1


@pytest.mark.parametrize(
    ("item", "where"),
    [
        ({}, "item 1: it has neither ContactId nor EventId, nor a detail-type"),
        (record(DisconnectTimestamp="2026-11-25 12:00:00"), "item 1: DisconnectTimestamp is no moment with a zone"),
        (record(Queue={"Name": 7}), "item 1: Expected `str`, got `int` - at `$.Queue.Name`"),
    ],
)
def test_what_cannot_be_read_says_which_item_and_where(item: Mapping[str, object], where: str) -> None:
    with pytest.raises(UnreadableItemError) as refused:
        seen(record(), item)
    assert str(refused.value) == where


def test_one_object_may_be_laid_out_over_lines() -> None:
    assert seen_in(read(delivery(json.dumps(record(), indent=2).encode()), COMPANY)) == seen(record())
