"""A record that somebody else wrote, by the names of the company. Pure."""

from functools import partial

import msgspec

from events.codec import Decoded, event_data
from services.feeds.facts import Company
from services.feeds.naming import named

_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODER = msgspec.json.Encoder()


def by_our_names(record: Decoded, company: Company) -> bytes:
    """The record with what the company calls those whom its source calls otherwise; all else in it stays."""
    event = record.event
    if event is None or (ours := named(event, partial(company.decided, record.envelope.source))) == event:
        return record.json
    parts = _PARTS.decode(record.json)
    data = _PARTS.decode(parts["data"]) | _PARTS.decode(event_data(ours))
    return _ENCODER.encode(parts | {"data": msgspec.Raw(_ENCODER.encode(data))})
