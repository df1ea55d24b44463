"""Records and events of Amazon Connect, told apart by what they have. Pure."""

from collections.abc import Sequence

import msgspec

from services.feeds.amazon_connect.agents import AgentEvent, doing
from services.feeds.amazon_connect.records import SOURCE, ContactRecord, ended
from services.feeds.authenticity.delivery import Delivery
from services.feeds.facts import Company, UnreadableItemError
from services.feeds.webhooks.reading import read_each, read_json
from services.feeds.webhooks.seen import Outside, Told


class _Kind(msgspec.Struct, rename="pascal"):
    contact_id: str | None = None
    event_id: str | None = None
    event_type: str | None = None


_KIND = msgspec.json.Decoder(_Kind)
_RECORD, _EVENT = msgspec.json.Decoder(ContactRecord), msgspec.json.Decoder(AgentEvent)


def read(delivery: Delivery, _company: Company) -> Sequence[Told]:
    """Say what was seen; raises UnreadableItemError with the number of the line."""
    return read_each(delivery.body, _read)


def _read(item: bytes) -> Sequence[Told]:
    kind = read_json(item, _KIND)
    if kind.contact_id is not None:
        record = read_json(item, _RECORD)
        return [ended(record), Outside(SOURCE, record.contact_id, record.number)]
    if kind.event_id is not None:
        return doing(read_json(item, _EVENT))
    message = "it has neither ContactId nor EventId"
    raise UnreadableItemError(message)
