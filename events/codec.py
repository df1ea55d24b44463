"""From the raw bytes of a record to an event, and back. What one reader can read, every reader can."""

from dataclasses import dataclass
from typing import cast

import jiter
import msgspec
from pydantic import ValidationError

from events.catalogue import CATALOGUE, EventType, entry_of
from events.envelope import Envelope, read_expects, schema_urn, schema_version
from events.event import Event, in_utc, is_instant
from events.upcasters import Data, upcast

_ENVELOPE = msgspec.json.Decoder(Envelope)
_ATTRIBUTES = msgspec.json.Decoder(dict[str, msgspec.Raw])
_DATA = msgspec.json.Decoder(Data)
_ENCODER = msgspec.json.Encoder()
_CONTEXT = {"occurred_at", "day", "type", "version"}
_NOT_QUOTED = {"union_tag_invalid": "Input has a type that does not belong here"}
"""What is said in place of the messages of pydantic that repeat the content."""


class UnreadableError(ValueError):
    """These bytes are not an event that Kvota can read; the message says what is wrong, without quoting the content."""


class _NewerError(Exception):
    """A newer version of Kvota wrote this event: it is kept, and left to those who know it."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A readable record: its envelope, its event (None for a type that this version does not know) and today's JSON.

    `json` is the record as it would be written by the current version: the raw bytes, unless an upcaster changed them.
    """

    envelope: Envelope
    event: Event | None
    json: bytes


def decode(raw: bytes) -> Decoded:
    """Read one record; raises UnreadableError when it is not an event, or not what its type says it is."""
    envelope = _envelope(raw)
    known = CATALOGUE.get(envelope.type)
    if known is None:
        return Decoded(envelope, None, raw)
    try:
        version = schema_version(envelope.dataschema)
    except ValueError:
        message = f"dataschema of {envelope.type} names no version"
        raise UnreadableError(message) from None
    try:
        envelope, raw = _today(envelope, raw, version, known)
    except _NewerError:
        return Decoded(envelope, None, raw)
    return Decoded(envelope, _event(envelope, known), raw)


def encode(envelope: Envelope) -> bytes:
    """Write a record as the bytes that go to Kafka."""
    return _ENCODER.encode(envelope)


def event_data(event: Event) -> msgspec.Raw:
    """Write the part of an event that goes into the envelope's `data`."""
    return msgspec.Raw(event.model_dump_json(exclude=_CONTEXT, exclude_none=True).encode())


def event_schema(event: Event) -> str:
    """Give the `dataschema` of an event."""
    entry = entry_of(event)
    return schema_urn(entry.name, entry.version)


def _envelope(raw: bytes) -> Envelope:
    written = _written(raw)
    try:
        envelope = _ENVELOPE.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"not a CloudEvent in structured JSON: {error}"
        raise UnreadableError(message) from None
    if not is_instant(written["time"]):
        message = "time should be an instant with its zone, written like 2026-11-24T09:00:00Z"
        raise UnreadableError(message)
    if reason := _wrong(envelope):
        raise UnreadableError(reason)
    return envelope


def _written(raw: bytes) -> Data:
    """The JSON as it is written; a name that stands twice is refused, since readers differ in which one they take."""
    try:
        raw.decode()
        written = jiter.from_json(raw, catch_duplicate_keys=True)
    except UnicodeDecodeError as error:
        message = f"not UTF-8 at byte {error.start}"
        raise UnreadableError(message) from None
    except ValueError as error:
        problem = "a name stands twice in one object" if "duplicate key" in str(error) else error
        message = f"not a CloudEvent in structured JSON: {problem}"
        raise UnreadableError(message) from None
    if not isinstance(written, dict):
        message = "not a CloudEvent in structured JSON: not an object"
        raise UnreadableError(message)
    return written


def _wrong(envelope: Envelope) -> str | None:
    if envelope.specversion != "1.0":
        return "specversion must be 1.0"
    try:
        in_utc(envelope.time)
    except ValueError as error:
        return f"time {error}"
    if (envelope.stream is None) != (envelope.streamversion is None):
        return "stream and streamversion go together"
    try:
        read_expects(envelope.expects)
    except ValueError:
        return "expects must be `stream@version` items separated by spaces, each stream once"
    return None


def _today(envelope: Envelope, raw: bytes, version: int, known: EventType) -> tuple[Envelope, bytes]:
    """Bring a record to today's version, and with it the events that a correction holds; most are there already."""
    if version == known.version and not known.corrects:
        return envelope, raw
    data = _data(envelope)
    try:
        current = _to_version(known, version, data)
        if known.corrects:
            current = current | {part: _part_today(current[part]) for part in ("was", "now") if part in current}
    except (LookupError, TypeError, ValueError) as error:
        message = (
            f"{envelope.type} version {version} cannot be brought to version {known.version}: {type(error).__name__}"
        )
        raise UnreadableError(message) from None
    if current == data and version == known.version:
        return envelope, raw
    changed = {"data": _ENCODER.encode(current), "dataschema": _ENCODER.encode(schema_urn(known.name, known.version))}
    whole = _ATTRIBUTES.decode(raw) | {name: msgspec.Raw(value) for name, value in changed.items()}
    now = _ENCODER.encode(whole)
    return _ENVELOPE.decode(now), now


def _data(envelope: Envelope) -> Data:
    try:
        return _DATA.decode(envelope.data)
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"{envelope.type}: data: {error}"
        raise UnreadableError(message) from None


def _to_version(known: EventType, version: int, data: Data) -> Data:
    if version > known.version:
        raise _NewerError
    return upcast(known.name, version, known.version, data)


def _part_today(part: object) -> object:
    """Bring an event inside a correction to today's version; its own type and version stand in it."""
    if not isinstance(part, dict):
        return part
    fields = cast("Data", part)
    known, version = CATALOGUE.get(str(fields.get("type"))), fields.get("version")
    if known is None or not isinstance(version, int):
        return fields
    data = {name: value for name, value in fields.items() if name not in _CONTEXT}
    return fields | _to_version(known, version, data) | {"version": known.version}


def _event(envelope: Envelope, known: EventType) -> Event:
    try:
        return known.model.model_validate_json(_with_context(envelope), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "data"
        reason = _NOT_QUOTED.get(first["type"], first["msg"]).removeprefix("Value error, ")
        message = f"{envelope.type}: {where}: {reason}"
        raise UnreadableError(message) from None


def _with_context(envelope: Envelope) -> bytes:
    """Give the event's JSON with the two fields that the envelope carries for it: one strict pass checks it all."""
    data = bytes(envelope.data).strip()
    if not data.startswith(b"{"):
        message = f"{envelope.type}: data must be an object"
        raise UnreadableError(message)
    when = in_utc(envelope.time).isoformat()
    comma = b"" if data[1:].lstrip().startswith(b"}") else b","
    return data[:-1] + comma + f'"occurred_at":"{when}","day":"{envelope.day}"}}'.encode()
