"""MANGO OFFICE: the official examples' own wobbles, and a call from the first ring to its summary."""

import json
from collections.abc import Mapping

import pytest

from events.calls import CallAnswered, CallEnded, CallOffered
from services.feeds.facts import UnreadableItemError
from services.feeds.mango.deliveries import read
from services.feeds.webhooks.seen import Seen, seen_in
from tests.feeds.authenticity.delivered import by_mango
from tests.feeds.webhooks.given import COMPANY, NOON, events, told

CALLER = {"number": "79160000001"}


def seen(kind: str, **fields: object) -> list[Seen]:
    told_json = json.dumps({name.rstrip("_"): value for name, value in fields.items()}, ensure_ascii=False)
    return seen_in(read(by_mango("key:salt", told_json, kind), COMPANY))


def summary(**changes: object) -> list[Seen]:
    fields: Mapping[str, object] = {
        "entry_id": "E1",
        "call_direction": 1,
        "from_": CALLER,
        "to": {"extension": "515", "number": "sip:515@vpbx"},
        "create_time": NOON,
        "forward_time": NOON + 2,
        "talk_time": NOON + 9,
        "end_time": NOON + 70,
        "entry_result": 1,
        "disconnect_reason": 1110,
    }
    return seen("summary", **{**fields, **changes})


def waiting(**changes: object) -> list[Seen]:
    to = {"extension": "1", "acd_group": "sales"}
    fields = {"entry_id": "E1", "call_id": "L1", "timestamp": NOON + 1, "seq": 1, "call_state": "Appeared"}
    return seen("call", **{**fields, "location": "queue", "from_": CALLER, "to": to, **changes})


def picked_up(**changes: object) -> list[Seen]:
    to = {"extension": "515", "number": "79990000000"}
    fields = {"entry_id": "E1", "call_id": "L2", "timestamp": NOON + 9, "seq": 2, "call_state": "Connected"}
    return seen("call", **{**fields, "location": "abonent", "from_": CALLER, "to": to, **changes})


def test_a_call_from_the_queue_to_its_summary() -> None:
    facts = told(*waiting(), *picked_up(), *summary())
    [offered], [answered], [ended] = events(CallOffered, facts), events(CallAnswered, facts), events(CallEnded, facts)
    assert (offered.queue, answered.rep, answered.wait_seconds) == ("sales", "515", 8)
    assert (ended.call, ended.direction, ended.outcome, ended.queue, ended.rep) == (
        *("E1", "inbound", "answered"),
        *("sales", "515"),
    )
    assert (ended.wait_seconds, ended.talk_seconds) == (8, 61)
    assert not [fact for fact in facts if b"7916" in bytes(fact.data) or b"7999" in bytes(fact.data)]


def test_numbers_may_be_texts_and_the_key_misspelt() -> None:
    assert waiting(timestamp=str(NOON + 1), seq="1", location="", locaton="queue") == waiting()
    assert summary(talk_time=str(NOON + 9), call_direction="1") == summary()


def test_the_agent_that_connected_first_answered_whatever_a_transfer_says_later() -> None:
    later = picked_up(to={"extension": "202"}, seq=3, timestamp=NOON + 5)
    assert events(CallAnswered, told(*waiting(), *picked_up(), *later)) == events(
        CallAnswered, told(*waiting(), *picked_up())
    )


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"talk_time": 0, "entry_result": 0}, "abandoned"),
        ({"talk_time": 0, "entry_result": 0, "call_direction": 2, "disconnect_reason": 4201}, "no_answer"),
        ({"talk_time": 0, "entry_result": 0, "call_direction": 2, "disconnect_reason": 3200}, "failed"),
        ({"call_direction": 2, "from_": {"extension": "515"}, "to": CALLER}, "answered"),
    ],
)
def test_how_a_call_ended(changes: Mapping[str, object], outcome: str) -> None:
    [ended] = events(CallEnded, told(*summary(**changes)))
    assert ended.outcome == outcome
    assert ended.rep == ("515" if outcome == "answered" else None)


def test_an_extension_that_may_be_somebodys_number_is_nobodys_name() -> None:
    assert not picked_up(to={"extension": "79160000001"})


def test_what_kvota_does_not_count_says_nothing() -> None:
    assert not seen("dtmf", entry_id="E1")
    assert not picked_up(location="ivr")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"entry_id": ""}, "entry_id is empty or too long"),
        ({"call_direction": 7}, "call_direction is out of range"),
        ({"end_time": -1}, "end_time is out of range"),
        ({"end_time": "soon"}, "Expected `int`, got `str` - at `$.end_time`"),
    ],
)
def test_what_cannot_be_read_says_where(changes: Mapping[str, object], where: str) -> None:
    with pytest.raises(UnreadableItemError, match=f"^{where.replace('$', r'[$]')}$"):
        summary(**changes)
