"""A delivery of Aircall: `resource`, `event`, `timestamp` and `data`, whose shape the resource says. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from events.agents import State
from events.calls import Outcome
from services.feeds.authenticity.delivery import Delivery
from services.feeds.facts import Company, Micros
from services.feeds.webhooks.reading import epoch, read_json
from services.feeds.webhooks.seen import Answered, Doing, Ended, Offered, Outside, Seen, Told

SOURCE = "/aircall"
_INCOMPLETE, _WHOLE = 1, 2
_MISSED: Mapping[str, Outcome] = {
    "out_of_opening_hours": "closed",
    "no_available_agent": "join_empty",
    "agents_did_not_answer": "timed_out",
    "abandoned_in_ivr": "abandoned",
    "abandoned_in_classic": "abandoned",
    "short_abandoned": "abandoned",
}
_STATES: Mapping[str, State] = {
    "user.connected": "ready",
    "user.opened": "ready",
    "user.wut_end": "ready",
    "user.wut_start": "wrap",
    "user.closed": "paused",
    "user.disconnected": "offline",
}


class _Thing(msgspec.Struct):
    id: int


class _Call(msgspec.Struct):
    id: int
    direction: str
    started_at: int
    answered_at: int | None = None
    ended_at: int | None = None
    missed_call_reason: str | None = None
    voicemail: str | None = None
    raw_digits: str | None = None
    user: _Thing | None = None
    number: _Thing | None = None
    transferred_to: _Thing | None = None


class _Kind(msgspec.Struct):
    event: str
    timestamp: int


class _OfCall(msgspec.Struct):
    data: _Call


class _OfUser(msgspec.Struct):
    data: _Thing


_KIND = msgspec.json.Decoder(_Kind)
_OF_CALL, _OF_USER = msgspec.json.Decoder(_OfCall), msgspec.json.Decoder(_OfUser)


def read(delivery: Delivery, _company: Company) -> Sequence[Told]:
    """Say what was seen; events that say nothing of what Kvota counts say nothing. Raises UnreadableItemError."""
    kind = read_json(delivery.body, _KIND)
    at = epoch(kind.timestamp, "timestamp")
    if kind.event in _STATES:
        agent = str(read_json(delivery.body, _OF_USER).data.id)
        return [Doing(source=SOURCE, at=at, agent=agent, state=_STATES[kind.event])]
    if kind.event in {"call.created", "call.answered", "call.hungup", "call.ended"}:
        call = read_json(delivery.body, _OF_CALL).data
        return [*_call(kind.event, call, at), Outside(SOURCE, str(call.id), call.raw_digits)]
    return ()


def _call(event: str, call: _Call, at: Micros) -> Sequence[Seen]:
    inbound, name = call.direction == "inbound", str(call.id)
    began = epoch(call.started_at, "data.started_at")
    if event == "call.created":
        return [Offered(source=SOURCE, at=began, call=name, queue=_line(call))] if inbound else ()
    if event == "call.answered":
        answered = at if call.answered_at is None else epoch(call.answered_at, "data.answered_at")
        if not inbound or call.user is None:
            return ()
        return [Answered(source=SOURCE, at=answered, call=name, agent=str(call.user.id), queue=_line(call))]
    return [_ended(call, name, began, at, _WHOLE if event == "call.ended" else _INCOMPLETE)]


def _ended(call: _Call, name: str, began: Micros, at: Micros, order: int) -> Ended:
    picked_up = None if call.answered_at is None else epoch(call.answered_at, "data.answered_at")
    inbound = call.direction == "inbound"
    return Ended(
        source=SOURCE,
        at=at if call.ended_at is None else epoch(call.ended_at, "data.ended_at"),
        order=order,
        call=name,
        direction="inbound" if inbound else "outbound",
        outcome=_outcome(call, answered=picked_up is not None),
        queue=_line(call) if inbound else None,
        agent=str(call.user.id) if call.user is not None and (picked_up is not None or not inbound) else None,
        began=began,
        answered=picked_up,
        transfers=0 if call.transferred_to is None else 1,
    )


def _outcome(call: _Call, *, answered: bool) -> Outcome:
    if answered:
        return "answered" if call.transferred_to is None else "transferred_blind"
    if call.direction != "inbound":
        return "no_answer"
    if call.voicemail:
        return "voicemail"
    return _MISSED.get(call.missed_call_reason or "", "abandoned")


def _line(call: _Call) -> str:
    return "aircall" if call.number is None else str(call.number.id)
