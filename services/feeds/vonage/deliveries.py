"""An event of a leg of a conversation. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from events.calls import Outcome
from services.feeds.authenticity.delivery import Delivery
from services.feeds.facts import SECOND, Company
from services.feeds.webhooks.reading import extension, iso, number, read_json
from services.feeds.webhooks.seen import Answered, Ended, Outside, Told

SOURCE = "/vonage"
_OF_THE_CALLER = 1
"""The order of the caller's own leg, which says how the call ended, whatever other legs did."""
_OUTCOMES: Mapping[str, Outcome] = {
    "completed": "answered",
    "busy": "busy",
    "cancelled": "no_answer",
    "unanswered": "no_answer",
    "timeout": "no_answer",
    "rejected": "busy",
    "failed": "failed",
}


class _Event(msgspec.Struct):
    uuid: str
    conversation_uuid: str
    status: str
    direction: str
    timestamp: str
    to: str | None = None
    from_: str | None = msgspec.field(name="from", default=None)
    start_time: str | None = None
    end_time: str | None = None
    duration: str | None = None


_DECODER = msgspec.json.Decoder(_Event)


def read(delivery: Delivery, _company: Company) -> Sequence[Told]:
    """Say what was seen; of other states of a leg nothing. Raises UnreadableItemError."""
    event = read_json(delivery.body, _DECODER)
    agent, inbound = extension(event.to), event.direction == "inbound"
    if event.status == "answered" and not inbound and agent is not None:
        at = iso(event.timestamp, "timestamp")
        return [Answered(source=SOURCE, at=at, call=event.conversation_uuid, agent=agent)]
    outcome = _OUTCOMES.get(event.status)
    if outcome is None:
        return ()
    digits = (event.from_ if inbound else event.to) or ""
    outside = Outside(SOURCE, event.conversation_uuid, f"+{digits}" if digits.isdigit() else None)
    return [_of_the_caller(event) if inbound else _dialled(event, outcome), outside]


def _of_the_caller(event: _Event) -> Ended:
    at = iso(event.end_time or event.timestamp, "end_time")
    began = None if event.start_time is None else iso(event.start_time, "start_time")
    call = event.conversation_uuid
    return Ended(source=SOURCE, at=at, order=_OF_THE_CALLER, call=call, direction="inbound", began=began)


def _dialled(event: _Event, outcome: Outcome) -> Ended:
    at, talked = iso(event.end_time or event.timestamp, "end_time"), number(event.duration or "0", "duration")
    picked_up = at - talked * SECOND if outcome == "answered" else None
    return Ended(
        source=SOURCE,
        at=at,
        call=event.conversation_uuid,
        direction="outbound",
        outcome=outcome,
        answered=picked_up,
        talk=talked,
    )
