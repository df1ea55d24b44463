"""Twilio: callbacks of calls in any order, tasks with and without a call, and workers."""

import json
from collections.abc import Mapping
from email.utils import format_datetime
from itertools import permutations

import pytest

from events.agents import AgentStateEntered, AgentStateLasted
from events.calls import CallAnswered, CallEnded, CallOffered
from services.feeds.facts import UnreadableItemError, instant
from services.feeds.twilio.deliveries import read
from services.feeds.webhooks.seen import Seen, seen_in
from tests.feeds.authenticity.delivered import by_twilio
from tests.feeds.webhooks.given import COMPANY, NOON, counted, events, micros, told
from tests.feeds.webhooks.test_adapter import as_it_stands


def seen(**fields: str) -> list[Seen]:
    form = [*{"AccountSid": "AC1", **fields}.items()]
    return seen_in(read(by_twilio("token", form), COMPANY))


def voice(status: str, seconds: float, number: int, **changes: str) -> list[Seen]:
    fields = {
        "CallSid": "CA1",
        "CallStatus": status,
        "Direction": "inbound",
        "From": "+79160000001",
        "To": "+74950000000",
        "Timestamp": format_datetime(instant(micros(seconds))),
        "SequenceNumber": str(number),
    }
    return seen(**{**fields, **changes})


def leg(status: str, seconds: float, **changes: str) -> list[Seen]:
    return voice(status, seconds, 1, CallSid="CA2", ParentCallSid="CA1", To="client:anna", **changes)


def task(kind: str, milliseconds: int, **changes: str) -> list[Seen]:
    fields = {
        "EventType": kind,
        "TaskSid": "WT1",
        "TaskAttributes": json.dumps({"call_sid": "CA1", "from": "+79160000001"}),
        "TaskQueueName": "sales",
        "WorkerSid": "WK7",
        "TimestampMs": str(NOON * 1000 + milliseconds),
    }
    return seen(**{**fields, **changes})


def test_a_caller_whose_call_was_dialled_on_to_a_client() -> None:
    facts = told(*voice("ringing", 0, 0), *leg("ringing", 1), *leg("in-progress", 6), *voice("completed", 66, 3))
    [answered], [ended] = events(CallAnswered, facts), events(CallEnded, facts)
    assert (answered.rep, ended.rep, ended.outcome, ended.talk_seconds) == ("anna", "anna", "answered", 60)
    assert not [fact for fact in facts if b"7916" in bytes(fact.data)]


def test_a_caller_whom_nobody_answered() -> None:
    [ended] = events(CallEnded, told(*voice("completed", 66, 3)))
    assert (ended.outcome, ended.rep, ended.talk_seconds) == ("abandoned", None, 0)


def test_the_end_may_come_before_the_answer() -> None:
    facts = counted(told(*voice("completed", 66, 3), *leg("in-progress", 6)))
    assert [fact.type for fact in facts] == ["call.ended", "call.answered", "call.restated"]


@pytest.mark.parametrize(
    ("status", "outcome", "talk"),
    [
        ("completed", "answered", 31),
        ("busy", "busy", 0),
        ("failed", "failed", 0),
        ("no-answer", "no_answer", 0),
        ("canceled", "no_answer", 0),
    ],
)
def test_a_call_that_was_dialled_through_the_api(status: str, outcome: str, talk: int) -> None:
    duration = {"CallDuration": str(talk)} if talk else {}
    [ended] = events(CallEnded, told(*voice(status, 40, 2, Direction="outbound-api", **duration)))
    assert (ended.direction, ended.outcome, ended.talk_seconds) == ("outbound", outcome, talk)


def test_a_task_and_its_call_come_together() -> None:
    facts = told(
        *task("task-queue.entered", 0),
        *task("reservation.accepted", 9_400),
        *voice("completed", 70, 3),
        *task("task.completed", 75_000),
    )
    [offered], [answered] = events(CallOffered, facts), events(CallAnswered, facts)
    assert (offered.call, offered.queue) == ("CA1", "sales")
    assert (answered.rep, answered.wait_seconds) == ("WK7", 9)
    [ended] = events(CallEnded, facts)
    assert (ended.queue, ended.rep, ended.wait_seconds, ended.talk_seconds) == ("sales", "WK7", 9, 60)


BEFORE = [*task("task-queue.entered", 0), *task("reservation.accepted", 10_000)]
WRAPPED = [*task("task.wrapup", 70_400), *task("task.completed", 130_000)]


@pytest.mark.parametrize("over", [WRAPPED, *([*WRAPPED, *voice("completed", 70, number)] for number in (0, 3))])
def test_a_call_is_over_when_it_says_so_or_else_when_the_work_after_it_begins(over: list[Seen]) -> None:
    for order in permutations(over):
        [ended] = [event for event in as_it_stands(told(*BEFORE, *order)).values() if isinstance(event, CallEnded)]
        assert (ended.talk_seconds, ended.queue, ended.rep) == (60, "sales", "WK7")


def test_a_task_without_a_call_is_a_call_by_its_own_name() -> None:
    facts = told(*task("task-queue.entered", 0, TaskAttributes="{}"), *task("task.canceled", 5_000, TaskAttributes=""))
    [ended] = events(CallEnded, facts)
    assert (ended.call, ended.outcome, ended.wait_seconds) == ("WT1", "abandoned", 5)


def test_what_a_worker_does() -> None:
    said = [("Available", 0), ("Busy", 60_000), ("Tea break", 120_000), ("Offline", 180_000)]
    facts = told(*(each for name, at in said for each in task("worker.activity.update", at, WorkerActivityName=name)))
    entered = [(each.state, each.reason) for each in events(AgentStateEntered, facts)]
    assert entered == [("ready", None), ("talking", None), ("paused", "Tea break"), ("offline", None)]
    assert [each.seconds for each in events(AgentStateLasted, facts)] == [60, 60, 60]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"AccountSid": ""}, "AccountSid is missing"),
        ({}, "it has neither CallStatus nor EventType"),
        ({"CallStatus": "completed"}, "CallSid is missing"),
        ({"CallStatus": "completed", "CallSid": "CA1", "Timestamp": "noon"}, "Timestamp is no moment of RFC 2822"),
        ({"EventType": "task.completed", "TimestampMs": "12"}, "TimestampMs is not a number"),
        ({"EventType": "task.completed", "Timestamp": str(NOON)}, "TaskSid is missing"),
    ],
)
def test_what_cannot_be_read_says_where(fields: Mapping[str, str], where: str) -> None:
    with pytest.raises(UnreadableItemError, match=f"^{where}$"):
        seen(**fields)
