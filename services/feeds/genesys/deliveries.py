"""Messages about conversations: the topic says which part of which began or ended. Pure."""

from collections.abc import Sequence

import msgspec

from events.calls import Direction
from services.feeds.authenticity.delivery import Delivery
from services.feeds.facts import Company, Micros
from services.feeds.webhooks.reading import epoch, read_each, read_json
from services.feeds.webhooks.seen import Answered, Ended, Offered, Outside, Seen, Told

SOURCE = "/genesys"
_OF_AN_AGENT = 1
"""The order of the end of an agent's part, which knows how long it took."""
_MS = 1000


class _Body(msgspec.Struct, rename="camel"):
    event_time: int
    conversation_id: str
    media_type: str = "VOICE"
    direction: str = "INBOUND"
    queue_id: str | None = None
    user_id: str | None = None
    answered_user_id: str | None = None
    ani: str | None = None
    dnis: str | None = None
    interacting_duration_ms: int = 0
    held_duration_ms: int = 0
    alerting_duration_ms: int = 0


class _Message(msgspec.Struct, rename="camel"):
    topic_name: str
    event_body: _Body


_DECODER = msgspec.json.Decoder(_Message)


def read(delivery: Delivery, _company: Company) -> Sequence[Told]:
    """Say what was seen; raises UnreadableItemError with the number of the item."""
    return read_each(delivery.body, lambda item: _read(read_json(item, _DECODER)))


def _read(message: _Message) -> Sequence[Told]:
    body = message.event_body
    number = body.dnis if _direction(body) == "outbound" else body.ani
    seen = _seen(message)
    return [*seen, Outside(SOURCE, body.conversation_id, (number or "").removeprefix("tel:"))] if seen else ()


def _seen(message: _Message) -> Sequence[Seen]:
    body, part = message.event_body, ".".join(message.topic_name.split(".")[-2:])
    if body.media_type.upper() != "VOICE":
        return ()
    at, call = epoch(body.event_time / _MS, "eventTime"), body.conversation_id
    if part == "acd.start" and body.queue_id is not None:
        return [Offered(source=SOURCE, at=at, call=call, queue=body.queue_id)]
    if part == "acd.end" and body.answered_user_id is not None:
        return [Answered(source=SOURCE, at=at, call=call, agent=body.answered_user_id, queue=body.queue_id)]
    if part == "user.end" and body.interacting_duration_ms > 0:
        return [_of_the_agent(body, at)]
    if part == "customer.end":
        return [Ended(source=SOURCE, at=at, call=call, direction=_direction(body))]
    return ()


def _of_the_agent(body: _Body, at: Micros) -> Ended:
    talked, held = body.interacting_duration_ms * _MS, body.held_duration_ms * _MS
    return Ended(
        source=SOURCE,
        at=at,
        order=_OF_AN_AGENT,
        call=body.conversation_id,
        direction=_direction(body),
        outcome="answered",
        queue=body.queue_id,
        agent=body.user_id,
        answered=at - talked - held,
        ring=body.alerting_duration_ms // _MS,
        hold=body.held_duration_ms // _MS,
    )


def _direction(body: _Body) -> Direction:
    return "outbound" if body.direction.upper() == "OUTBOUND" else "inbound"
