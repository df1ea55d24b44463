"""From the raw records of a shard to what counts: decoded, judged by the law, unreadable ones set aside. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import groupby

import msgspec
from faust.types import TP

from events.codec import Decoded, UnreadableError, event_data, event_schema
from events.envelope import Envelope
from events.ids import fact_id
from events.law import Ledger, Verdict
from events.parked import RecordParked
from events.plain import PlainRecord, Read
from events.reading import judgeable, read_and_judge
from projections.fold import Counted
from services.projector.transport import Record, RecordBatch
from services.runtime.parked import Aside

SOURCE = "/projector"


class Judged(msgspec.Struct, frozen=True, gc=False):
    """One record and what became of it: it counts, it does not, or it is parked."""

    topic: str
    partition: int
    offset: int
    appended_ms: int
    counted: Counted | None = None
    parked: Envelope | None = None
    expired: bool = False
    """Of one that does not count: whether its day is too long past for that."""
    adds: bool = True
    """Of one that counts: whether it adds to numbers. A decision that is set aside does not, but keeps its version."""


def judge(ledgers: Mapping[str, Ledger], batches: Iterable[RecordBatch], aside: Aside) -> list[Judged]:
    """Judge the records of some batches, in the order of the log of each topic; its ledger moves on with them."""
    judged: list[Judged] = []
    for topic, of_topic in groupby(sorted(batches, key=_topic), key=_topic):
        found = list(of_topic)
        records = [record for batch in found for record in batch.records]
        tp = found[0].tp
        judged += _judge(ledgers[topic], tp, records, aside.get((tp.topic, tp.partition), {}))
    return judged


def _judge(ledger: Ledger, tp: TP, records: Sequence[Record], aside: Collection[int]) -> list[Judged]:
    places = {place for place, record in enumerate(records) if record.offset in aside} if aside else ()
    raws = [record.value or b"" for record in records]
    found = read_and_judge(ledger, raws, lambda: [record.timestamp for record in records], places)
    return [_judged(tp, record, *each) for record, each in zip(records, found, strict=True)]


def _judged(tp: TP, record: Record, read: Read, verdict: Verdict) -> Judged:
    """A record that counts, or does not, or is parked."""
    place = tp.topic, tp.partition, record.offset, record.timestamp
    if isinstance(read, UnreadableError):
        return Judged(*place, parked=parked(tp, record, str(read)))
    if verdict is Verdict.COUNTS or (verdict is Verdict.PARKED and _stream(read) is not None):
        return Judged(*place, Counted(read, tp.topic, tp.partition, record.offset), adds=verdict is Verdict.COUNTS)
    return Judged(*place, expired=verdict is Verdict.EXPIRED)


def _stream(read: PlainRecord | Decoded) -> str | None:
    return read.stream if isinstance(read, PlainRecord) else read.envelope.stream


def take_back(ledgers: Mapping[str, Ledger], judged: Sequence[Judged], days: Mapping[str, date]) -> None:
    """Have the ledgers forget the last records that they judged, so that these can be judged again.

    `days` says which day each topic's log had come to before.
    """
    for topic, ledger in ledgers.items():
        ledger.day = days.get(topic)
    for each in reversed(judged):
        record = None if each.counted is None else judgeable(each.counted.record)
        if record is not None and record.stream is not None and record.streamversion is not None:
            ledgers[each.topic].heads[record.stream] = record.streamversion - 1


def _topic(batch: RecordBatch) -> str:
    return batch.tp.topic


def parked(tp: TP, record: Record, reason: str) -> Envelope:
    """The event that says where a record that is set aside lies and why; the same record always gives the same."""
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
        record = None if each.counted is None else judgeable(each.counted.record)
        if record is None:
            continue
        if record.stream is None:
            told, day = record.told
            seen.setdefault(each.topic, {}).setdefault(day, []).append(told)
        elif record.streamversion is not None:
            heads[each.topic, record.stream] = record.streamversion
    return {topic: {day: b"".join(ids) for day, ids in days.items()} for topic, days in seen.items()}, heads
