"""The captured Kamailio: what is told is what was done, from whichever of its outputs it is read."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from events.calls import CallAnswered, CallEnded
from events.envelope import Envelope
from events.feeds import FeedCaughtUp
from services.feeds.facts import Company
from services.feeds.registry import read_files
from tests.captures.kamailio import ACC, DIALOG, EVAPI
from tests.feeds.kamailio.given import acc_then_dialog, called, evapi, plan, read, topic, topic_records
from tests.feeds.samples import MOSCOW, contents, ended, events_of, facts, parked

Capture = Callable[[], bytes]
EACH = pytest.mark.parametrize("capture", [evapi, acc_then_dialog, topic], ids=["evapi", "files", "topic"])
OUTCOMES = {"hangup": "answered", "wait": "answered", "cancel": "no_answer", "busy": "busy", "cong": "failed"}
CALLERS = {call["caller"]: f"rep {number}" for number, call in enumerate(plan().values())}
CALLEE_LEAVES_MS = 3000


def by_number(calls: list[CallEnded]) -> Mapping[str, CallEnded]:
    return {called()[call.call]: call for call in calls}


@EACH
def test_every_call_ended_once_and_as_it_was_planned(capture: Capture) -> None:
    told = ended(read(capture()))
    assert len(told) == len(by_number(told)) == len(plan()) == 50
    for number, call in by_number(told).items():
        assert call.outcome == OUTCOMES[plan()[number]["mode"]]
    assert Counter(call.outcome for call in told) == {"answered": 32, "no_answer": 9, "busy": 5, "failed": 4}


@EACH
def test_every_talk_lasted_as_planned_to_five_milliseconds(capture: Capture) -> None:
    checked = 0
    for number, call in by_number(ended(read(capture()))).items():
        if call.outcome != "answered":
            assert (call.talk_seconds, call.answered_at) == (0, None)
            continue
        held_ms = plan()[number]["hold_ms"] or CALLEE_LEAVES_MS
        assert call.answered_at is not None
        lasted_ms = (call.ended_at - call.answered_at) // timedelta(milliseconds=1)
        assert 0 <= lasted_ms - held_ms <= 5
        assert call.talk_seconds == held_ms // 1000
        checked += 1
    assert checked == 32


def test_a_talk_is_as_long_as_its_cdr_says() -> None:
    cdrs = [record for line in ACC.read_text().splitlines() if "call_id" in (record := json.loads(line))]
    said = {record["call_id"]: round(float(record["duration"]) * 1000) for record in cdrs}
    for call in ended(read(evapi())):
        talked = call.ended_at - call.answered_at if call.answered_at is not None else timedelta()
        assert talked // timedelta(milliseconds=1) == said[call.call]


@EACH
def test_a_caller_who_gave_up_waited_as_long_as_planned_within_a_second(capture: Capture) -> None:
    waits = [
        (call.wait_seconds, plan()[number]["hold_ms"] / 1000)
        for number, call in by_number(ended(read(capture()))).items()
        if call.outcome == "no_answer"
    ]
    assert len(waits) == 9
    assert all(abs(told - planned) < 1 for told, planned in waits)


@EACH
def test_who_hung_up_is_who_was_to(capture: Capture) -> None:
    by = {"hangup": "customer", "wait": "rep", "cancel": "customer", "busy": None, "cong": None}
    for number, call in by_number(ended(read(capture()))).items():
        assert call.hung_up_by == by[plan()[number]["mode"]]


def test_all_of_them_tell_the_very_same_facts() -> None:
    first, *others = [sorted(contents(told(capture()))) for capture in (evapi, acc_then_dialog, topic)]
    assert others == [first, first]


def told(data: bytes) -> list[Envelope]:
    return facts(read(data, company=Company(MOSCOW, CALLERS)))


def test_the_capture_has_duplicates_and_each_counts_once() -> None:
    lines = evapi().splitlines()
    assert len(lines) - len(set(lines)) == 14
    assert contents(facts(read(evapi()))) == contents(
        facts(read(b"".join(line + b"\n" + line + b"\n" for line in lines)))
    )


def test_the_records_of_a_call_lie_in_several_partitions_of_the_topic() -> None:
    assert any(record["key"] not in record["value"] for record in topic_records())


def test_a_call_of_those_whom_the_roster_names_is_theirs_and_holds_no_number() -> None:
    calls = by_number(ended(told(evapi())))
    assert {call.direction for call in calls.values()} == {"outbound"}
    assert {number: call.rep for number, call in calls.items()} == {
        number: CALLERS[call["caller"]] for number, call in plan().items()
    }
    assert b"+7" not in b"".join(contents(told(evapi())))


def test_a_call_to_those_whom_the_roster_names_is_picked_up_by_them() -> None:
    names = {number: f"rep {place}" for place, number in enumerate(plan())}
    records = facts(read(evapi(), company=Company(MOSCOW, names)))
    picked_up, calls = events_of(CallAnswered, records), by_number(ended(records))
    assert len(picked_up) == 32
    assert {answer.call for answer in picked_up} == {call.call for call in calls.values() if call.outcome == "answered"}
    for number, call in calls.items():
        assert call.direction == "inbound"
        assert call.rep == (names[number] if call.outcome == "answered" else None)


def test_the_registry_reads_the_files_together_in_whatever_order_they_are_named() -> None:
    one, other, raw = (
        list(read_files("kamailio", files, zone=MOSCOW, system="edge"))
        for files in ([ACC, DIALOG], [DIALOG, ACC], [EVAPI])
    )
    assert one == other
    assert sorted(contents(facts(one))) == sorted(contents(facts(raw)))
    acc, dialog = events_of(FeedCaughtUp, one)
    assert [acc.received, acc.appended, acc.parked] == [150, 50, 0]
    assert [dialog.received, dialog.appended, dialog.parked] == [82, 0, 0]


def test_no_captured_record_is_parked(tmp_path: Path) -> None:
    assert not parked(read(evapi()))
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    assert not list(read_files("kamailio", [empty], zone=MOSCOW))
