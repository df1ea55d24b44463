"""A delivery of MANGO OFFICE: a form whose `json` says what happened, at an address that says of which kind. Pure."""

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from events.calls import Direction, Outcome
from services.feeds.authenticity.delivery import Delivery
from services.feeds.facts import Company, UnreadableItemError
from services.feeds.webhooks.reading import LENGTH, epoch, extension, read_form, read_json
from services.feeds.webhooks.seen import Answered, Ended, Offered, Outside, Seen, Told

SOURCE = "/mango"
_DIRECTIONS: Sequence[Direction] = ("internal", "inbound", "outbound")
_FAILED = ("2", "32", "5")
"""How disconnect reasons begin that say a number could not be dialled: no money, no such number, a fault."""


class _End(msgspec.Struct):
    extension: str | None = None
    number: str | None = None
    acd_group: str | None = None


class _Call(msgspec.Struct):
    entry_id: str
    timestamp: int
    seq: int
    call_state: str
    location: str = ""
    misspelt: str = msgspec.field(name="locaton", default="")
    from_: _End = msgspec.field(name="from", default_factory=_End)
    to: _End = msgspec.field(default_factory=_End)


class _Summary(msgspec.Struct):
    entry_id: str
    call_direction: int
    create_time: int
    end_time: int
    entry_result: int
    talk_time: int = 0
    disconnect_reason: int = 0
    from_: _End = msgspec.field(name="from", default_factory=_End)
    to: _End = msgspec.field(default_factory=_End)


Named = TypeVar("Named", _Call, _Summary)
_CALL, _SUMMARY = msgspec.json.Decoder(_Call, strict=False), msgspec.json.Decoder(_Summary, strict=False)


def read(delivery: Delivery, _company: Company) -> Sequence[Told]:
    """Say what was seen; of other kinds of events nothing. Raises UnreadableItemError."""
    kind = urlsplit(delivery.url).path.rpartition("/events/")[2]
    if kind not in {"call", "summary"}:
        return ()
    text = read_form(delivery.body).get("json", "")
    if kind == "call":
        call = _named(read_json(text, _CALL))
        seen = _call(call)
        return [*seen, Outside(SOURCE, call.entry_id, call.from_.number)] if seen else ()
    summary = _named(read_json(text, _SUMMARY))
    ended = _ended(summary)
    outside = summary.to if ended.direction == "outbound" else summary.from_
    return [ended, Outside(SOURCE, summary.entry_id, outside.number)]


def _named(told: Named) -> Named:
    if not 0 < len(told.entry_id) <= LENGTH:
        message = "entry_id is empty or too long"
        raise UnreadableItemError(message)
    return told


def _call(call: _Call) -> Sequence[Seen]:
    at, place = epoch(call.timestamp, "timestamp"), call.location or call.misspelt
    if place == "queue" and call.call_state == "Appeared":
        group = call.to.acd_group or extension(call.to.extension) or "queue"
        return [Offered(source=SOURCE, at=at, order=call.seq, call=call.entry_id, queue=group)]
    agent, queue = extension(call.to.extension), call.to.acd_group or None
    if place == "abonent" and call.call_state == "Connected" and agent is not None and not call.from_.extension:
        return [Answered(source=SOURCE, at=at, order=call.seq, call=call.entry_id, agent=agent, queue=queue)]
    return ()


def _ended(summary: _Summary) -> Ended:
    if not 0 <= summary.call_direction < len(_DIRECTIONS):
        message = "call_direction is out of range"
        raise UnreadableItemError(message)
    direction = _DIRECTIONS[summary.call_direction]
    began, end = epoch(summary.create_time, "create_time"), epoch(summary.end_time, "end_time")
    picked_up = epoch(summary.talk_time, "talk_time") if summary.talk_time else None
    ours = summary.to if direction == "inbound" else summary.from_
    return Ended(
        source=SOURCE,
        at=end,
        call=summary.entry_id,
        direction=direction,
        outcome=_outcome(summary, direction, talked=picked_up is not None),
        queue=summary.to.acd_group or None,
        agent=extension(ours.extension) if picked_up is not None or direction != "inbound" else None,
        began=began,
        answered=picked_up,
    )


def _outcome(summary: _Summary, direction: Direction, *, talked: bool) -> Outcome:
    if talked and summary.entry_result:
        return "answered"
    if direction == "inbound":
        return "abandoned"
    return "failed" if str(summary.disconnect_reason).startswith(_FAILED) else "no_answer"
