"""The record around an event: one CloudEvents 1.0 event in structured JSON, with Kvota's extension attributes.

CloudEvents 1.0.2, https://github.com/cloudevents/spec: attribute names are lower case, extension values are scalars.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

CONTENT_TYPE = "application/cloudevents+json"
"""The Kafka header `content-type` of every record (CloudEvents Kafka binding, structured mode)."""

_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}")
_HEAD = re.compile(rf"(\S+)@({_NUMBER.pattern})")


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Identity, origin, cause and place in a stream of one event; `data` is the event's own JSON, untouched."""

    specversion: str
    id: UUID
    source: Annotated[str, Meta(min_length=1)]
    """Who saw it or decided it: a URI reference, such as `/asterisk/pbx1` or `/desk`."""
    type: Annotated[str, Meta(min_length=1)]
    time: datetime
    """When it happened."""
    day: date
    """The business day it belongs to."""
    data: msgspec.Raw
    datacontenttype: str = "application/json"
    dataschema: str | None = None
    """`urn:kvota:<type>:<version>`."""
    subject: str | None = None
    """What it is about, such as `call/pbx1-1795533132.0`."""
    recordedtime: datetime | None = None
    """When whoever appended it wrote it down; the broker's own append time is the log's word."""
    sequence: str | None = None
    """The source's own order, as text that sorts (CloudEvents `sequence` extension)."""
    stream: str | None = None
    """For a decision: the stream whose next version it is."""
    streamversion: Annotated[int, Meta(ge=1, lt=2**31)] | None = None
    expects: str | None = None
    """For a decision: the heads of other streams that it relies on, `stream@version` separated by spaces."""
    commandid: str | None = None
    correlationid: str | None = None
    causationid: str | None = None
    authid: str | None = None

    @property
    def told(self) -> tuple[bytes, date]:
        """The id as 16 bytes, and the day: what makes a fact the same fact."""
        return self.id.bytes, self.day


def schema_urn(event_type: str, version: int) -> str:
    """Give the `dataschema` of a version of an event type."""
    return f"urn:kvota:{event_type}:{version}"


def schema_version(dataschema: str | None) -> int:
    """Read the version that a `dataschema` names; 1 when there is none. Raises ValueError when it ends in no number."""
    if dataschema is None:
        return 1
    version = dataschema.rpartition(":")[2]
    if not _NUMBER.fullmatch(version):
        message = "no version"
        raise ValueError(message)
    return int(version)


def write_expects(heads: Mapping[str, int]) -> str | None:
    """Write down the heads that a decision relies on, as the scalar that CloudEvents asks for; None for no heads.

    Raises ValueError for the name of a stream that could not be read back.
    """
    items = [f"{stream}@{version}" for stream, version in sorted(heads.items())]
    if not all(_HEAD.fullmatch(item) for item in items):
        message = "the name of a stream must not be empty or have a space in it"
        raise ValueError(message)
    return " ".join(items) or None


def read_expects(text: str | None) -> dict[str, int]:
    """Read what `write_expects` wrote; raises ValueError for anything else."""
    found = [_HEAD.fullmatch(item) for item in text.split(" ")] if text is not None else []
    heads = {head[1]: int(head[2]) for head in found if head}
    if len(heads) != len(found):
        message = "not heads, each of another stream"
        raise ValueError(message)
    return heads
