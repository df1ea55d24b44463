"""Event callbacks of TaskRouter: what became of a task, and what a worker does. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from events.agents import State
from services.feeds.facts import Micros
from services.feeds.webhooks.reading import epoch, needed, number, read_json
from services.feeds.webhooks.seen import Answered, Doing, Ended, Offered, Outside, Seen, Told

_MS = 1000
_STATES: Mapping[str, State] = {
    "offline": "offline",
    "available": "ready",
    "idle": "ready",
    "reserved": "ringing",
    "busy": "talking",
    "wrapup": "wrap",
}
"""What the activities of a new workspace, and of Flex, stand for; any other is a pause of that name."""
_ENDS = {"task.completed": -2, "task.canceled": -2, "task.wrapup": -1}
"""What says that the call of a task is over, the last the best: a task lasts until the work after the call is done. The
call's own word, whose number is from zero up, is better than all of them.
"""


class _Attributes(msgspec.Struct):
    call_sid: str = ""
    from_: str | None = msgspec.field(name="from", default=None)


_ATTRIBUTES = msgspec.json.Decoder(_Attributes)


def read(form: Mapping[str, str], source: str, at: Micros | None = None) -> Sequence[Told]:
    """Say what was seen of a task or a worker; other events say nothing that Kvota counts.

    `at` is when it was, where the form itself does not say it.
    """
    kind, at = form["EventType"], _moment(form) if at is None else at
    if kind == "worker.activity.update":
        return [_activity(form, source, at)]
    if kind not in {"task-queue.entered", "reservation.accepted", *_ENDS}:
        return ()
    attributes = read_json(form.get("TaskAttributes") or "{}", _ATTRIBUTES)
    call = attributes.call_sid or needed(form, "TaskSid")
    return [_of_task(form, source, at, call), Outside(source, call, attributes.from_)]


def _of_task(form: Mapping[str, str], source: str, at: Micros, call: str) -> Seen:
    match form["EventType"]:
        case "task-queue.entered":
            return Offered(source=source, at=at, call=call, queue=needed(form, "TaskQueueName"))
        case "reservation.accepted":
            agent, queue = needed(form, "WorkerSid"), form.get("TaskQueueName") or None
            return Answered(source=source, at=at, call=call, agent=agent, queue=queue)
        case _:
            order, queue = _ENDS[form["EventType"]], form.get("TaskQueueName") or None
            return Ended(source=source, at=at, order=order, call=call, direction="inbound", queue=queue)


def _activity(form: Mapping[str, str], source: str, at: Micros) -> Doing:
    name = needed(form, "WorkerActivityName")
    state = _STATES.get(name.lower())
    reason = name if state is None else None
    return Doing(source=source, at=at, agent=needed(form, "WorkerSid"), state=state or "paused", reason=reason)


def _moment(form: Mapping[str, str]) -> Micros:
    if form.get("TimestampMs"):
        return epoch(number(form["TimestampMs"][:-3], "TimestampMs"), "TimestampMs") + _millis(form["TimestampMs"])
    return epoch(number(needed(form, "Timestamp"), "Timestamp"), "Timestamp")


def _millis(text: str) -> Micros:
    return number(text[-3:], "TimestampMs") * _MS
