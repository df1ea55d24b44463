"""Event Streams of Twilio: the same facts as the callbacks tell, however often and in whichever way they come."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.agents import AgentStateEntered
from events.calls import CallAnswered, CallEnded, CallOffered
from services.feeds.facts import UnreadableItemError, instant
from services.feeds.twilio.deliveries import read
from services.feeds.webhooks.seen import Seen, seen_in
from tests.feeds.authenticity.delivered import delivery
from tests.feeds.webhooks.given import COMPANY, events, micros, told
from tests.feeds.webhooks.test_adapter import as_it_stands
from tests.feeds.webhooks.test_twilio import leg, task
from tests.feeds.webhooks.test_twilio import voice as by_form

CALLER = "+79160000001"


def iso(milliseconds: int) -> str:
    return instant(micros(milliseconds / 1000)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def cloud_event(kind: str, data: Mapping[str, object]) -> dict[str, Any]:
    head = {"specversion": "1.0", "type": f"com.twilio.{kind}", "source": "AB1", "id": f"NO{kind}"}
    return {**head, "datacontenttype": "2025-10-08T07:17:02.363Z", "data": dict(data)}


def call(status: str, seconds: float, number: int, **changes: str) -> dict[str, Any]:
    parameters = {
        "AccountSid": "AC1",
        "CallSid": "CA1",
        "CallStatus": status,
        "Direction": "inbound",
        "From": CALLER,
        "Timestamp": instant(micros(seconds)).strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "SequenceNumber": str(number),
        **changes,
    }
    kind = "answered" if status == "in-progress" else status
    data = {"sid": "CA1", "request": {"method": "POST", "url": "https://x.example", "parameters": parameters}}
    return cloud_event(f"voice.status-callback.call.{kind}", data)


def routed(kind: str, milliseconds: int, **changes: object) -> dict[str, Any]:
    payload = {
        "eventtype": kind,
        "account_sid": "AC1",
        "task_sid": "WT1",
        "task_attributes": json.dumps({"call_sid": "CA1", "from": CALLER}),
        "task_queue_name": "sales",
        "worker_sid": "WK7",
        "worker_name": None,
        "task_age": 7,
        "timestamp": iso(milliseconds),
        **changes,
    }
    return cloud_event(f"taskrouter.{kind}", {"account_sid": "AC1", "timestamp": iso(milliseconds), "payload": payload})


STREAM = [
    routed("task-queue.entered", 0),
    routed("reservation.accepted", 9_400),
    call("completed", 70, 3),
    routed("task.completed", 75_000),
    routed("worker.activity.update", 80_000, worker_activity_name="Available"),
]
BY_FORM = [
    task("task-queue.entered", 0),
    task("reservation.accepted", 9_400),
    by_form("completed", 70, 3),
    task("task.completed", 75_000),
    task("worker.activity.update", 80_000, WorkerActivityName="Available"),
]


def seen(*items: Mapping[str, Any]) -> list[Seen]:
    return seen_in(read(delivery(json.dumps(items).encode()), COMPANY))


def test_a_stream_tells_what_the_callbacks_tell() -> None:
    assert [seen(item) for item in STREAM] == BY_FORM


def test_a_call_from_a_stream() -> None:
    facts = told(*seen(*STREAM))
    [offered], [answered], [ended] = events(CallOffered, facts), events(CallAnswered, facts), events(CallEnded, facts)
    assert (offered.call, offered.queue, answered.rep, answered.wait_seconds) == ("CA1", "sales", "WK7", 9)
    assert (ended.queue, ended.rep, ended.talk_seconds) == ("sales", "WK7", 60)
    assert [entered.state for entered in events(AgentStateEntered, facts)] == ["ready"]
    assert not [fact for fact in facts if b"7916" in bytes(fact.data)]


def test_an_agents_leg_and_a_call_that_was_dialled() -> None:
    at_anna = {"CallSid": "CA2", "ParentCallSid": "CA1", "To": "client:anna"}
    assert seen(call("in-progress", 6, 1, **at_anna)) == leg("in-progress", 6)
    dialled = {"Direction": "outbound-api", "CallDuration": "31"}
    assert seen(call("completed", 40, 2, **dialled)) == by_form("completed", 40, 2, **dialled)


EVERY = [*(seen(item) for item in STREAM[:-1]), *BY_FORM[:-1]]


@given(order=st.permutations([*EVERY, *EVERY]))
def test_in_whichever_way_and_order_and_however_often_a_fact_counts_once(order: Sequence[Sequence[Seen]]) -> None:
    facts = as_it_stands(told(*(each for part in order for each in part)))
    assert facts == as_it_stands(told(*(each for part in BY_FORM[:-1] for each in part)))
    assert len(facts) == 3


def test_a_stream_may_be_an_array_one_event_or_one_a_line() -> None:
    whole = seen(*STREAM)
    lines = b"\n".join(json.dumps(item).encode() for item in STREAM)
    assert seen_in(read(delivery(lines), COMPANY)) == whole
    assert seen_in(read(delivery(json.dumps(STREAM[0], indent=1).encode()), COMPANY)) == whole[:1]


def test_the_name_until_2024_and_attributes_that_are_an_object_are_read() -> None:
    old = call("completed", 70, 3)
    old["type"] = old["type"].replace("voice.", "voice.webhook.")
    assert seen(old) == by_form("completed", 70, 3)
    assert seen(routed("task.completed", 75_000, task_attributes={"call_sid": "CA1"})) == BY_FORM[3]
    assert seen(routed("task.completed", 75_000, timestamp=None)) == BY_FORM[3]
    in_ms = str(micros(75) // 1000)
    assert seen(routed("task.completed", 1, timestamp=in_ms)) == BY_FORM[3]
    assert seen(routed("task.completed", 1, timestamp=in_ms[:-3])) == BY_FORM[3]


def test_other_events_say_nothing() -> None:
    assert not seen(
        cloud_event("eventstreams.test-event", {"test_id": "1"}), cloud_event("voice.twiml.call.redirected", {})
    )
    assert not seen(call("ringing", 1, 0), routed("task.updated", 5))


@pytest.mark.parametrize(
    ("item", "where"),
    [
        ({"specversion": "1.0"}, "item 0: Object missing required field `type` - at `$[0]`"),
        (cloud_event("voice.status-callback.call.completed", {}), "item 0: Object missing required field `request`"),
        (call("completed", 70, 3, CallStatus=""), "item 0: CallStatus is missing"),
        (call("completed", 70, 3, AccountSid=""), "item 0: AccountSid is missing"),
        (call("completed", 70, 3, Timestamp="noon"), "item 0: Timestamp is no moment of RFC 2822"),
        (routed("task.completed", 1, timestamp="noon"), "item 0: timestamp is no moment with a zone"),
        (routed("task.completed", 1, task_sid=None, task_attributes=None), "item 0: TaskSid is missing"),
    ],
)
def test_what_cannot_be_read_says_where(item: Mapping[str, object], where: str) -> None:
    with pytest.raises(UnreadableItemError) as refused:
        seen(item)
    assert str(refused.value) == where
