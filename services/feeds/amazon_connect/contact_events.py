"""Contact events of EventBridge: what happens to a contact, told at once, in any order, at best effort. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from events.calls import Outcome
from services.feeds.amazon_connect.records import BY, FAILED, SOURCE, direction_of, is_call
from services.feeds.facts import Micros, UnreadableItemError
from services.feeds.webhooks.reading import Wanted, iso, read_json
from services.feeds.webhooks.seen import Answered, Ended, Offered, Outside, Seen, Told

DETAIL_TYPE = "Amazon Connect Contact Event"
_DISCONNECTED, _COMPLETED = 0, 1
"""The order of what says how a contact ended: completing knows the work after it, and a record is later than both."""

_Fields = Mapping[str, msgspec.Raw]


class _Envelope(msgspec.Struct):
    time: str
    detail: dict[str, msgspec.Raw]


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw] | None)
_TEXT = msgspec.json.Decoder(str | None)
_NUMBER = msgspec.json.Decoder(int | None)


def told_by(item: bytes) -> Sequence[Told]:
    """Say what was seen of a contact; nothing of one that is no call, and of other events.

    An event names queues and agents by their ARN alone: the last part of that is what they are called here.
    """
    envelope = read_json(item, _ENVELOPE)
    told = _whatever_case(envelope.detail)
    if not is_call(_needed(told, "channel"), _text(told, "initiationmethod") or ""):
        return ()
    seen = _seen(told, envelope.time)
    number = _text(_inner(told, "customerendpoint"), "address")
    return [*seen, Outside(SOURCE, _needed(told, "contactid"), number)] if seen else ()


def _seen(told: _Fields, time: str) -> Sequence[Seen]:
    match _needed(told, "eventtype").upper():
        case "QUEUED":
            return _queued(told, time)
        case "CONNECTED_TO_AGENT":
            return _connected(told, time)
        case "DISCONNECTED":
            return [_ended(told, time, _DISCONNECTED)]
        case "COMPLETED" if _text(told, "disconnecttimestamp"):
            return [_ended(told, time, _COMPLETED)]
        case _:
            return ()


def _queued(told: _Fields, time: str) -> Sequence[Seen]:
    queue = _name(told, "queueinfo", "queuearn")
    if queue is None:
        return ()
    at = _moment(_inner(told, "queueinfo"), "enqueuetimestamp") or iso(time, "time")
    return [Offered(source=SOURCE, at=at, call=_needed(told, "contactid"), queue=queue)]


def _connected(told: _Fields, time: str) -> Sequence[Seen]:
    agent = _name(told, "agentinfo", "agentarn")
    if agent is None or direction_of(_needed(told, "initiationmethod")) == "outbound":
        return ()
    at = _moment(_inner(told, "agentinfo"), "connectedtoagenttimestamp") or iso(time, "time")
    queue = _name(told, "queueinfo", "queuearn")
    return [Answered(source=SOURCE, at=at, call=_needed(told, "contactid"), agent=agent, queue=queue)]


def _ended(told: _Fields, time: str, order: int) -> Ended:
    agent, queue = _name(told, "agentinfo", "agentarn"), _name(told, "queueinfo", "queuearn")
    direction, reason = direction_of(_needed(told, "initiationmethod")), _text(told, "disconnectreason") or ""
    inbound = direction == "inbound"
    answered = (
        _moment(_inner(told, "agentinfo"), "connectedtoagenttimestamp")
        if inbound
        else _moment(told, "connectedtosystemtimestamp")
    )
    talked = answered is not None or (inbound and agent is not None)
    outcome = _unanswered(reason, queue) if inbound else FAILED.get(reason, "no_answer")
    return Ended(
        source=SOURCE,
        at=_moment(told, "disconnecttimestamp") or iso(time, "time"),
        order=order,
        call=_needed(told, "contactid"),
        direction=direction,
        outcome="answered" if talked else outcome,
        queue=queue,
        agent=agent,
        began=_moment(_inner(told, "queueinfo"), "enqueuetimestamp") or _moment(told, "initiationtimestamp"),
        answered=answered,
        hold=_number(_inner(told, "agentinfo"), "holdduration"),
        wrap=_number(_inner(told, "agentinfo"), "aftercontactworkduration"),
        by=BY.get(reason),
    )


def _unanswered(reason: str, queue: str | None) -> Outcome | None:
    """How an inbound contact ended that no agent is told of; None where another event may tell of one."""
    return "closed" if reason == "CONTACT_FLOW_DISCONNECT" and queue is None else None


def _whatever_case(told: Mapping[str, msgspec.Raw]) -> _Fields:
    """The fields by name in lower case: how they are written differs from version to version."""
    return {name.lower(): value for name, value in told.items()}


def _inner(told: _Fields, name: str) -> _Fields:
    return _whatever_case(_read(told, name, _OBJECT) or {})


def _name(told: _Fields, of: str, arn: str) -> str | None:
    return (_text(_inner(told, of), arn) or "").rpartition("/")[2] or None


def _text(told: _Fields, name: str) -> str | None:
    return _read(told, name, _TEXT)


def _needed(told: _Fields, name: str) -> str:
    text = _text(told, name)
    if not text:
        message = f"{name} is missing"
        raise UnreadableItemError(message)
    return text


def _moment(told: _Fields, name: str) -> Micros | None:
    text = _text(told, name)
    return iso(text, name) if text else None


def _number(told: _Fields, name: str) -> int:
    return _read(told, name, _NUMBER) or 0


def _read(told: _Fields, name: str, decoder: msgspec.json.Decoder[Wanted]) -> Wanted | None:
    try:
        return read_json(bytes(told[name]), decoder) if name in told else None
    except UnreadableItemError as error:
        message = f"{name}: {error}"
        raise UnreadableItemError(message) from None
