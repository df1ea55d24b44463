"""Whatever is delivered, by a sender that proved itself: it is read, or it is told that it cannot be."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.event import Event
from services.feeds.facts import UnreadableItemError
from services.feeds.registry import WEBHOOKS
from services.feeds.webhooks.seen import Outside, decode_seen, seen_in, written
from tests.feeds.authenticity.delivered import HERE, by_mango, delivery
from tests.feeds.webhooks.given import COMPANY, events, told
from tests.feeds.webhooks.test_amazon_connect import contact, event, record
from tests.feeds.webhooks.test_amazon_connect_events import STORY
from tests.feeds.webhooks.test_receiving import CALL
from tests.feeds.webhooks.test_twilio_streams import STREAM

VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([[], {}])
)
AT = "2026-11-25T09:00:00.000Z"
GENESYS = {"eventTime": 1_795_597_300_000, "conversationId": "c", "queueId": "q", "interactingDurationMs": 1_000}
GENESYS_PARTS = {"acd.start": {}, "acd.end": {"answeredUserId": "u"}, "user.end": {}, "customer.end": {}}
VONAGE = {"uuid": "u", "conversation_uuid": "CON", "timestamp": AT, "to": "anna"}
UIS = ("waiting", "started", "lost", "finished")
SAMPLES: Mapping[str, list[dict[str, Any]]] = {
    "aircall": [
        {"event": kind, "timestamp": 1_795_597_300, "token": "t", "data": CALL}
        for kind in ("call.created", "call.answered", "call.hungup", "call.ended", "user.opened")
    ],
    "amazon_connect": [record(), event("STATE_CHANGE", 5, "Available", contact("CONNECTED")), *STORY],
    "bitrix24": [
        {"event": "OnVoximplantCallEnd", "ts": "1795597300", "data[CALL_ID]": "C", "data[CALL_TYPE]": "2"},
        {"event": "OnVoximplantCallStart", "ts": "1795597300", "data[CALL_ID]": "C", "data[USER_ID]": "7"},
        {"event": "ONEXTERNALCALLSTART", "ts": "1795597300", "data[CALL_ID]": "C", "data[USER_ID]": "7"},
    ],
    "genesys": [
        {"topicName": f"v2.detail.events.conversation.1.{part}", "eventBody": {**GENESYS, **more}}
        for part, more in (
            ("acd.start", {}),
            ("acd.end", {"answeredUserId": "u"}),
            ("user.end", {}),
            ("customer.end", {}),
        )
    ],
    "uis": [{"kind": kind, "time": "2026-11-25 12:00:00", "session": 5, "scenario": "s"} for kind in UIS],
    "vonage": [
        {
            "uuid": "u",
            "conversation_uuid": "CON",
            "status": status,
            "direction": direction,
            "timestamp": AT,
            "to": "anna",
        }
        for status, direction in (("answered", "outbound"), ("completed", "inbound"), ("completed", "outbound"))
    ],
    "mango": [
        {"entry_id": "E", "timestamp": 1, "seq": 1, "call_state": "Appeared", "location": "queue", "to": {}},
        {"entry_id": "E", "call_direction": 1, "create_time": 1, "end_time": 2, "entry_result": 1, "from": {}},
    ],
    "twilio": [
        {"AccountSid": "A", "CallStatus": "completed", "CallSid": "C", "Timestamp": "Sun, 24 Aug 2025 13:49:54 +0000"},
        {"AccountSid": "A", "EventType": "task.completed", "TaskSid": "T", "TaskAttributes": "{}", "Timestamp": "1"},
        *STREAM,
    ],
}
each_source = pytest.mark.parametrize("source", sorted(WEBHOOKS))


def test_every_source_has_its_samples() -> None:
    assert SAMPLES.keys() == WEBHOOKS.keys()


def body_of(source: str, fields: Mapping[str, Any]) -> bytes:
    if source == "mango":
        return urlencode({"vpbx_api_key": "k", "sign": "s", "json": json.dumps(fields)}).encode()
    is_form = source == "bitrix24" or (source == "twilio" and "specversion" not in fields)
    return urlencode(fields).encode() if is_form else json.dumps(fields).encode()


def read(source: str, body: bytes, path: str = "") -> None:
    with suppress(UnreadableItemError):
        seen = seen_in(WEBHOOKS[source].read(delivery(body, f"{HERE}/{source}{path}"), COMPANY))
        assert [decode_seen(written(each)) for each in seen] == seen
        events(Event, told(*seen))


@each_source
@given(body=st.binary(), path=st.sampled_from(["", "/events/call", "/events/summary"]))
def test_any_bytes(source: str, body: bytes, path: str) -> None:
    read(source, body, path)


@each_source
@given(data=st.data())
def test_a_delivery_in_which_anything_is_something_else(source: str, data: st.DataObject) -> None:
    fields = dict(data.draw(st.sampled_from(SAMPLES[source])))
    for name in data.draw(st.lists(st.sampled_from(sorted(fields)), max_size=3)):
        fields[name] = data.draw(VALUES)
    inner = [name for name, value in fields.items() if isinstance(value, dict) and value]
    if inner:
        name = data.draw(st.sampled_from(inner))
        fields[name] = {**fields[name], data.draw(st.sampled_from(sorted(fields[name]))): data.draw(VALUES)}
    read(source, body_of(source, fields), data.draw(st.sampled_from(["", "/events/call", "/events/summary"])))


@pytest.mark.parametrize("name", ["", "x" * 201, "\ud800"])
def test_a_name_that_no_fact_can_have_is_refused_at_the_door(name: str) -> None:
    body = json.dumps(record(Agent={"Username": name})).encode()
    with pytest.raises(UnreadableItemError):
        [written(each) for each in seen_in(WEBHOOKS["amazon_connect"].read(delivery(body), COMPANY))]


@pytest.mark.parametrize("seq", [-(2**53), 2**53, 10**40])
def test_a_number_that_no_checkpoint_could_hold_is_refused_at_the_door(seq: int) -> None:
    fields = {"entry_id": "E", "timestamp": 1, "seq": seq, "call_state": "Appeared", "location": "queue", "to": {}}
    [appeared, _] = WEBHOOKS["mango"].read(by_mango("key:salt", json.dumps(fields), "call"), COMPANY)
    assert not isinstance(appeared, Outside)
    with pytest.raises(UnreadableItemError, match="order"):
        written(appeared)


@each_source
def test_what_is_nested_too_deeply_is_told_so(source: str) -> None:
    deep = b"[" * 100_000
    with suppress(UnreadableItemError):
        assert not WEBHOOKS[source].read(delivery(deep, f"{HERE}/{source}"), COMPANY)
    read(source, b'{"ContactId": ' + deep)
    read(source, b'{"topicName": ' + deep)
