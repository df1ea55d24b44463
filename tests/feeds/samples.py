"""Bytes to give to the readers, and how the tests read them."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from events.calls import CallEnded
from events.codec import decode, encode
from events.envelope import Envelope
from events.event import Event
from events.parked import RecordParked
from services.feeds.asterisk.ami import AmiReader
from services.feeds.asterisk.cdr import CdrReader
from services.feeds.asterisk.cel import CelReader
from services.feeds.asterisk.queue_log import QueueLogReader
from services.feeds.facts import Company, Teller
from services.feeds.reading import Reading
from tests.captures.asterisk import AMI

Kind = TypeVar("Kind", bound=Event)

MOSCOW = ZoneInfo("Europe/Moscow")
CAPTURES = Path(__file__).parents[1] / "captures" / "asterisk"
AMI_FILE = AMI
LOG_FILE = CAPTURES / "queue_log.txt"
CEL_FILE = CAPTURES / "cel.json"
CDR_FILE = CAPTURES / "cdr.csv"
CDR_JSON_FILE = CAPTURES / "cdr.jsonl"
AGENTS = {
    "agent101": "Anna Ivanova",
    "agent102": "Boris Petrov",
    "agent103": "Clara Müller",
    "agent104": "Dmitry Orlov",
    "agent107": "Hans Transfer",
    "agent108": "Jana Overflow",
    "agent111": "Irina Consult",
}
"""The member behind each endpoint of the captures, which CEL and CDR do not tell."""
NOON = 1_795_597_200
"""Noon in Moscow on 25 November 2026: a quarter of an hour begins."""


@cache
def ami_capture() -> bytes:
    """Give the bytes of the captured AMI connection."""
    return AMI_FILE.read_bytes()


@cache
def log_capture() -> bytes:
    """Give the bytes of the captured queue_log."""
    return LOG_FILE.read_bytes()


@cache
def cel_capture() -> bytes:
    """Give the bytes of the captured CEL."""
    return CEL_FILE.read_bytes()


@cache
def cdr_capture() -> bytes:
    """Give the bytes of the captured CDR as CSV."""
    return CDR_FILE.read_bytes()


@cache
def cdr_json_capture() -> bytes:
    """Give the bytes of the captured CDR as JSON."""
    return CDR_JSON_FILE.read_bytes()


def truth(name: str) -> Any:  # noqa: ANN401  # JSON of many shapes
    """Load a file of what really happened."""
    return json.loads((CAPTURES / f"truth-{name}.json").read_text())


def at(seconds: float = 0) -> datetime:
    """Give the instant so many seconds after noon."""
    return datetime.fromtimestamp(NOON + seconds, UTC)


def lines(*rows: str) -> bytes:
    """Write queue_log lines; `+5|...` is five seconds after noon."""
    return "".join(f"{_stamped(row)}\n" for row in rows).encode()


def _stamped(row: str) -> str:
    if not row.startswith("+"):
        return row
    seconds, _, rest = row.partition("|")
    return f"{NOON + int(seconds)}|{rest}"


def message(kind: str, seconds: float, **fields: object) -> bytes:
    """Write an AMI event, so many seconds after noon."""
    head = {"Event": kind, "Privilege": "call,all", "Timestamp": f"{NOON + seconds:.6f}", "SystemName": "pbx1"}
    return "".join(f"{key}: {value}\r\n" for key, value in {**head, **fields}.items()).encode() + b"\r\n"


def read_log(*chunks: bytes, roster: Mapping[str, str] | None = None, name: str = "queue_log") -> list[Envelope]:
    """Read a queue_log that comes in these chunks."""
    reader = QueueLogReader(Teller("/asterisk/pbx1", Company(MOSCOW, roster or {})))
    return list(Reading(reader, name).read(chunks))


def read_ami(*chunks: bytes, roster: Mapping[str, str] | None = None, name: str = "ami.txt") -> list[Envelope]:
    """Read an AMI stream that comes in these chunks."""
    reader = AmiReader(Teller("/asterisk/pbx1", Company(MOSCOW, roster or {})))
    return list(Reading(reader, name).read(chunks))


def read_cel(*chunks: bytes, roster: Mapping[str, str] | None = None, name: str = "cel.json") -> list[Envelope]:
    """Read CEL that comes in these chunks."""
    reader = CelReader(Teller("/asterisk/pbx1", Company(MOSCOW, AGENTS if roster is None else roster)))
    return list(Reading(reader, name).read(chunks))


def read_cdr(
    *chunks: bytes, roster: Mapping[str, str] | None = None, name: str = "Master.csv", zone: tzinfo = MOSCOW
) -> list[Envelope]:
    """Read CDR that comes in these chunks, from a phone system whose clock is in this zone."""
    company = Company(MOSCOW, AGENTS if roster is None else roster)
    return list(Reading(CdrReader(Teller("/asterisk/pbx1", company), zone), name).read(chunks))


def facts(envelopes: Iterable[Envelope]) -> list[Envelope]:
    """Leave out what the feed says of itself."""
    return [envelope for envelope in envelopes if not envelope.type.startswith(("feed.", "record."))]


def event_of(envelope: Envelope) -> Event:
    """Decode the event as any reader of the log would."""
    event = decode(encode(envelope)).event
    assert event is not None
    return event


def events_of(kind: type[Kind], envelopes: Iterable[Envelope]) -> list[Kind]:
    """Decode the events of one kind, in order."""
    return [event for event in map(event_of, envelopes) if isinstance(event, kind)]


def ended(envelopes: Iterable[Envelope]) -> list[CallEnded]:
    """Decode how calls and stays ended."""
    return events_of(CallEnded, envelopes)


def parked(envelopes: Iterable[Envelope]) -> list[RecordParked]:
    """Decode what could not be read."""
    return events_of(RecordParked, envelopes)


def contents(envelopes: Iterable[Envelope]) -> list[bytes]:
    """Give the records as they go to Kafka."""
    return [encode(envelope) for envelope in envelopes]
