"""Records to give to the reader of Kamailio, and how the tests read them."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from events.envelope import Envelope
from services.feeds.facts import Company, Teller
from services.feeds.frames import Cutter
from services.feeds.kamailio.reader import KamailioMemory, KamailioReader
from services.feeds.reading import Items, Reading
from tests.captures.kamailio import ACC, DIALOG, EVAPI, KAFKA, PLAN
from tests.feeds.samples import MOSCOW, NOON

SOURCE = "/kamailio/edge"
COMPANY = Company(MOSCOW, {"+74957771111": "anna"})


@cache
def plan() -> Mapping[str, Mapping[str, Any]]:
    """Give what was to happen, by the number that was called."""
    return {call["dst"]: call for call in json.loads(PLAN.read_text())}


@cache
def evapi() -> bytes:
    """Give what came over evapi."""
    return EVAPI.read_bytes()


@cache
def acc_then_dialog() -> bytes:
    """Give the transactions and CDRs, and then the events of dialogs."""
    return ACC.read_bytes() + DIALOG.read_bytes()


@cache
def topic() -> bytes:
    """Give the records of the topic in the order of its timestamps, as the partitions are merged."""
    merged = sorted(topic_records(), key=lambda record: record["ts"])
    return b"".join(record["value"].encode() + b"\n" for record in merged)


@cache
def topic_records() -> list[dict[str, Any]]:
    """Give the records of the topic, with where they lay."""
    return [json.loads(line) for line in KAFKA.read_text().splitlines()]


@cache
def called() -> Mapping[str, str]:
    """Give whom each call was for, by its Call-ID."""
    records = [json.loads(line) for line in ACC.read_text().splitlines()]
    return {record["callid"]: record["dst_user"] for record in records if record.get("method") == "INVITE"}


def reader(memory: KamailioMemory | None = None, company: Company = COMPANY) -> KamailioReader:
    """Make a reader that goes on with this memory."""
    return KamailioReader(Teller(SOURCE, company), memory)


def read(*chunks: bytes, company: Company = COMPANY) -> list[Envelope]:
    """Read a file that comes in these chunks."""
    return list(Reading(reader(company=company), "kamailio.json").read(chunks))


def heard(data: bytes, company: Company = COMPANY) -> list[Envelope]:
    """Read a stream that does not end, as the live feed does."""
    items = Items(reader(company=company), "evapi")
    return [envelope for frame in Cutter(b"\n").feed(data) for envelope in items.item(frame)]


def lines(*records: Mapping[str, object]) -> bytes:
    """Write records, one a line."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def acc(seconds: float, code: int = 200, method: str = "INVITE", **changes: object) -> dict[str, object]:
    """Give the record of a transaction, so many seconds after noon."""
    record = {
        "time": NOON + int(seconds),
        "method": method,
        "callid": "1@edge",
        "sip_code": str(code),
        "src_user": "+79161234567",
        "dst_user": "101",
    }
    return record | changes


def cdr(began: float, ended: float, **changes: object) -> dict[str, object]:
    """Give a CDR that begins and ends so many seconds after noon."""
    record = {
        "start_time": f"{NOON + began:.3f}",
        "end_time": f"{NOON + ended:.3f}",
        "duration": f"{ended - began:.3f}",
        "call_id": "1@edge",
        "src_user": "+79161234567",
        "dst_user": "101",
    }
    return record | changes


def dialog(kind: str, seconds: float, answered: float | None = None, **changes: object) -> dict[str, object]:
    """Give an event of the dialog module, so many seconds after noon."""
    record = {
        "event": f"dialog:{kind}",
        "callid": "1@edge",
        "src": "+79161234567",
        "dst": "101",
        "start_ts": 0 if answered is None else NOON + int(answered),
        "ts": str(NOON + int(seconds)),
    }
    return record | changes


def other(seconds: float) -> dict[str, object]:
    """Give a record that tells nothing but that time has come so far."""
    return acc(seconds, method="OPTIONS", callid="2@edge")
