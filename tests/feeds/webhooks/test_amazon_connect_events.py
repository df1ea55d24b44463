"""Contact events of Amazon Connect beside its records: what is told early, and who is right in the end."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.calls import CallAnswered, CallEnded, CallOffered, CallRestated
from services.feeds.amazon_connect.deliveries import read
from services.feeds.facts import UnreadableItemError, instant
from services.feeds.webhooks.seen import Seen
from tests.feeds.authenticity.delivered import delivery
from tests.feeds.webhooks.given import COMPANY, events, micros, told
from tests.feeds.webhooks.test_adapter import as_it_stands
from tests.feeds.webhooks.test_amazon_connect import at as whole
from tests.feeds.webhooks.test_amazon_connect import record, seen

ARN = "arn:aws:connect:us-west-2:111122223333:instance/1"
QUEUE = {"queueArn": f"{ARN}/queue/q1", "queueType": "STANDARD"}
AGENT = {"AgentArn": f"{ARN}/agent/a7", "RoutingProfileArn": "arn"}


def at(seconds: float) -> str:
    return instant(micros(seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(kind: str, seconds: float, **detail: object) -> dict[str, Any]:
    return {
        "version": "0",
        "id": f"{kind}-{seconds}",
        "detail-type": "Amazon Connect Contact Event",
        "source": "aws.connect",
        "time": at(seconds),
        "detail": {
            "eventType": kind,
            "contactId": "0c1",
            "channel": "VOICE",
            "initiationMethod": "INBOUND",
            "customerEndpoint": {"address": "+79160000001"},
            **detail,
        },
    }


QUEUED = event("QUEUED", 10.4, queueInfo={**QUEUE, "enqueueTimestamp": at(10.2)})
CONNECTED = event("CONNECTED_TO_AGENT", 25.9, queueInfo=QUEUE, agentInfo=AGENT)
OVER = {
    "queueInfo": {**QUEUE, "enqueueTimestamp": at(10.2)},
    "agentInfo": {**AGENT, "connectedToAgentTimestamp": at(25.6), "holdDuration": 9},
    "disconnectTimestamp": at(100.3),
    "disconnectReason": "CUSTOMER_DISCONNECT",
}
DISCONNECTED = event("DISCONNECTED", 100.8, **OVER)
COMPLETED = event(
    "COMPLETED",
    121,
    **OVER | {"agentInfo": {**AGENT, "connectedToAgentTimestamp": at(25.6), "AfterContactWorkDuration": 19}},
)
STORY = [event("INITIATED", 0), event("CONNECTED_TO_SYSTEM", 1), QUEUED, CONNECTED, DISCONNECTED, COMPLETED]
OLDER, NEWER = record(), record(LastUpdateTimestamp=whole(300), TransferCompletedTimestamp=whole(90))


def test_events_tell_a_call_before_there_is_a_record() -> None:
    facts = told(*seen(*STORY))
    [offered], [answered], [ended] = events(CallOffered, facts), events(CallAnswered, facts), events(CallEnded, facts)
    assert (offered.queue, answered.rep, answered.queue, answered.wait_seconds) == ("q1", "a7", "q1", 15)
    assert (ended.outcome, ended.rep, ended.queue, ended.talk_seconds) == ("answered", "a7", "q1", 74)
    assert (ended.hold_seconds, ended.hung_up_by) == (9, "customer")
    [restated] = events(CallRestated, facts)
    assert isinstance(restated.now, CallEnded)
    assert restated.now.wrap_seconds == 19
    assert not [fact for fact in facts if b"7916" in bytes(fact.data)]


def test_a_record_restates_what_events_told() -> None:
    restated = {each.of: each.now for each in events(CallRestated, told(*seen(*STORY[:-1], OLDER)))}
    assert {now.type for now in restated.values()} == {"call.offered", "call.answered", "call.ended"}
    assert as_it_stands(told(*seen(*STORY, OLDER))) == as_it_stands(told(*seen(OLDER)))


@given(order=st.permutations([*STORY, OLDER, NEWER] * 2))
def test_in_whatever_order_and_however_often_they_come_the_latest_record_is_right(order: list[dict[str, Any]]) -> None:
    assert as_it_stands(told(*seen(*order))) == as_it_stands(told(*seen(NEWER)))


@given(order=st.permutations(STORY * 2))
def test_without_a_record_events_end_up_the_same_in_any_order(order: list[dict[str, Any]]) -> None:
    assert as_it_stands(told(*seen(*order))) == as_it_stands(told(*seen(*STORY)))


KINDS = ["QUEUED", "CONNECTED_TO_AGENT", "DISCONNECTED", "COMPLETED"]
WRONG = st.builds(
    event,
    st.sampled_from(KINDS),
    st.integers(-50, 200),
    queueInfo=st.sampled_from([None, QUEUE]),
    agentInfo=st.sampled_from([None, AGENT, {**AGENT, "connectedToAgentTimestamp": at(3)}]),
    initiationMethod=st.sampled_from(["INBOUND", "OUTBOUND"]),
    disconnectTimestamp=st.sampled_from([None, at(50)]),
    disconnectReason=st.sampled_from([None, "AGENT_DISCONNECT", "CONTACT_FLOW_DISCONNECT"]),
)
UNANSWERED = record(Agent=None, Queue={"Name": "sales", "EnqueueTimestamp": whole(10), "Duration": 90})


@given(
    wrong=st.lists(WRONG, max_size=6),
    right=st.sampled_from([OLDER, UNANSWERED, record(Agent=None, Queue=None)]),
    place=st.integers(0, 6),
)
def test_how_a_call_ended_is_as_the_record_says_whatever_events_said(
    wrong: list[dict[str, Any]], right: dict[str, Any], place: int
) -> None:
    def how(items: Sequence[Mapping[str, object]]) -> list[object]:
        return [now for now in as_it_stands(told(*seen(*items))).values() if isinstance(now, CallEnded)]

    assert how([*wrong[:place], right, *wrong[place:]]) == how([right])


def in_another_case(item: Mapping[str, Any], turn: Mapping[str, str]) -> dict[str, Any]:
    def turned(value: Any) -> Any:  # noqa: ANN401  # JSON
        if not isinstance(value, dict):
            return value
        return {turn.get(name, name[0].upper() + name[1:]): turned(inner) for name, inner in value.items()}

    return {**item, "detail": turned(item["detail"])}


@pytest.mark.parametrize("turn", [{}, {"queueArn": "QueueARN", "AgentArn": "AgentARN", "eventType": "EVENTTYPE"}])
@pytest.mark.parametrize("channel", ["Voice", "voice"])
def test_the_case_of_names_and_channels_says_nothing(turn: Mapping[str, str], channel: str) -> None:
    items = [in_another_case({**item, "detail": {**item["detail"], "channel": channel}}, turn) for item in STORY]
    assert seen(*items) == seen(*STORY)


def test_a_caller_who_gave_up_and_one_whom_the_flow_let_go() -> None:
    over = {"disconnectTimestamp": at(40), "queueInfo": QUEUE, "disconnectReason": "CUSTOMER_DISCONNECT"}
    [gave_up] = events(CallEnded, told(*seen(QUEUED, event("DISCONNECTED", 41, **over))))
    assert (gave_up.outcome, gave_up.queue, gave_up.rep, gave_up.wait_seconds) == ("abandoned", "q1", None, 29)
    [let_go] = events(CallEnded, told(*seen(event("DISCONNECTED", 41, disconnectReason="CONTACT_FLOW_DISCONNECT"))))
    assert (let_go.outcome, let_go.hung_up_by) == ("closed", "system")


@pytest.mark.parametrize(
    ("detail", "outcome", "talk"),
    [
        ({"connectedToSystemTimestamp": at(30)}, "answered", 70),
        ({}, "no_answer", 0),
        ({"disconnectReason": "TELECOM_BUSY"}, "busy", 0),
    ],
)
def test_a_call_that_an_agent_made(detail: Mapping[str, object], outcome: str, talk: int) -> None:
    dialled = {"initiationMethod": "OUTBOUND", "agentInfo": AGENT, "disconnectTimestamp": at(100), **detail}
    facts = told(*seen(event("CONNECTED_TO_AGENT", 1, **dialled), event("DISCONNECTED", 101, **dialled)))
    [ended] = events(CallEnded, facts)
    assert (ended.direction, ended.outcome, ended.rep, ended.talk_seconds) == ("outbound", outcome, "a7", talk)
    assert len(facts) == 1


def test_other_events_say_nothing() -> None:
    assert not seen(
        event("DISCONNECTED", 1, initiationMethod="MONITOR"),
        event("QUEUED", 1, channel="CHAT"),
        {"detail-type": "Contact Lens Analysis State Change"},
    )
    assert not seen(
        event("COMPLETED", 120), event("AMD_DISABLED", 1), event("QUEUED", 1), event("CONNECTED_TO_AGENT", 1)
    )


@pytest.mark.parametrize(
    ("item", "where"),
    [
        (event("QUEUED", 1, contactId=None, queueInfo=QUEUE), "item 0: contactid is missing"),
        (event("QUEUED", 1, queueInfo=5), "item 0: queueinfo: Expected `object | null`, got `int`"),
        (event("QUEUED", 1, channel=[]), "item 0: channel: Expected `str | null`, got `array`"),
        (event("DISCONNECTED", 1, disconnectTimestamp="noon"), "item 0: disconnecttimestamp is no moment with a zone"),
        ({**QUEUED, "detail": []}, "item 0: Expected `object`, got `array` - at `$.detail`"),
    ],
)
def test_what_cannot_be_read_says_where(item: Mapping[str, object], where: str) -> None:
    with pytest.raises(UnreadableItemError) as refused:
        read(delivery(json.dumps(item).encode()), COMPANY)
    assert str(refused.value) == where


def test_every_event_of_the_story_is_read() -> None:
    kinds: list[type[Seen]] = [type(each) for each in seen(*STORY)]
    assert len(kinds) == 4
