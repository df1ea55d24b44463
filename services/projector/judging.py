"""From the raw records of a shard to what counts: decoded, judged by the law, unreadable ones set aside. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import groupby

import msgspec
from faust.types import TP

from events.codec import Decoded, UnreadableError, event_data, event_schema
from events.envelope import Envelope
from events.ids import fact_id
from events.law import Judgeable, Ledger, Verdict
from events.parked import RecordParked
from events.plain import PlainRecord, Read, read_all
from projections.fold import Counted
from services.projector.transport import Record, RecordBatch

SOURCE = "/projector"


class Judged(msgspec.Struct, frozen=True, gc=False):
    """One record and what became of it: it counts, it does not, or it is parked."""

    topic: str
    offset: int
    appended_ms: int
    counted: Counted | None = None
    parked: Envelope | None = None


def judge(ledgers: Mapping[str, Ledger], batches: Iterable[RecordBatch]) -> list[Judged]:
    """Judge the records of some batches, in the order of the log of each topic; its ledger moves on with them."""
    judged: list[Judged] = []
    for topic, of_topic in groupby(sorted(batches, key=_topic), key=_topic):
        found = list(of_topic)
        records = [record for batch in found for record in batch.records]
        judged += _judge(ledgers[topic], found[0].tp, records)
    return judged


def _judge(ledger: Ledger, tp: TP, records: Sequence[Record]) -> list[Judged]:
    read = read_all([record.value or b"" for record in records])
    verdicts = iter(ledger.judge_all([_judgeable(each) for each in read if not isinstance(each, UnreadableError)]))
    return [_judged(tp, record, each, verdicts) for record, each in zip(records, read, strict=True)]


def _judgeable(read: PlainRecord | Decoded) -> Judgeable:
    return read if isinstance(read, PlainRecord) else read.envelope


def _judged(tp: TP, record: Record, read: Read, verdicts: Iterator[Verdict]) -> Judged:
    """A record that counts, or does not, or is parked."""
    if isinstance(read, UnreadableError):
        return Judged(tp.topic, record.offset, record.timestamp, parked=parked(tp, record, str(read)))
    if next(verdicts) is not Verdict.COUNTS:
        return Judged(tp.topic, record.offset, record.timestamp)
    return Judged(tp.topic, record.offset, record.timestamp, Counted(read, tp.topic, tp.partition, record.offset))


def _topic(batch: RecordBatch) -> str:
    return batch.tp.topic


def parked(tp: TP, record: Record, reason: str) -> Envelope:
    """The event that says where an unreadable record lies and why; the same record always gives the same event."""
    raw = record.value or b""
    origin = f"{tp.topic}/{tp.partition}"
    when = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    event = RecordParked(
        occurred_at=when,
        day=when.date(),
        origin=origin,
        position=record.offset,
        length=len(raw),
        sha256=sha256(raw).hexdigest(),
        reason=reason,
    )
    return Envelope(
        specversion="1.0",
        id=fact_id(SOURCE, origin, "", event.type, record.offset),
        source=SOURCE,
        type=event.type,
        time=when,
        day=event.day,
        subject=f"parked/{origin}/{record.offset}",
        dataschema=event_schema(event),
        data=event_data(event),
    )


Seen = dict[str, dict[date, bytes]]
"""Ids of facts by topic and day, 16 bytes each."""

Heads = dict[tuple[str, str], int]
"""Versions of streams of decisions, by topic and stream."""


def learned(judged: Sequence[Judged]) -> tuple[Seen, Heads]:
    """The ids of the facts that count, and the versions that the decisions that count bring their streams to."""
    seen: dict[str, dict[date, list[bytes]]] = {}
    heads: Heads = {}
    for each in judged:
        if each.counted is None:
            continue
        record = _judgeable(each.counted.record)
        if record.stream is None:
            told, day = record.told
            seen.setdefault(each.topic, {}).setdefault(day, []).append(told)
        elif record.streamversion is not None:
            heads[each.topic, record.stream] = record.streamversion
    return {topic: {day: b"".join(ids) for day, ids in days.items()} for topic, days in seen.items()}, heads
