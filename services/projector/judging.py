"""From the raw records of a shard to what counts: decoded, judged by the law, unreadable ones set aside. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import groupby

from faust.types import TP

from events.codec import UnreadableError, decode, event_data, event_schema
from events.envelope import Envelope
from events.ids import fact_id
from events.law import Ledger, Verdict
from events.parked import RecordParked
from projections.fold import Counted
from services.projector.transport import Record, RecordBatch

SOURCE = "/projector"


@dataclass(frozen=True, slots=True)
class Judged:
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
        judged += _judge(ledgers[topic], [_decoded(batch.tp, record) for batch in of_topic for record in batch.records])
    return judged


def _judge(ledger: Ledger, records: Sequence[Judged]) -> list[Judged]:
    read = [record.counted.record.envelope for record in records if record.counted is not None]
    verdicts = iter(ledger.judge_all(read))
    return [
        record if record.counted is None or next(verdicts) is Verdict.COUNTS else replace(record, counted=None)
        for record in records
    ]


def _decoded(tp: TP, record: Record) -> Judged:
    """A record as it counts if the law says so, or parked."""
    place = tp.topic, record.offset, record.timestamp
    try:
        decoded = decode(record.value or b"")
    except UnreadableError as error:
        return Judged(*place, parked=parked(tp, record, str(error)))
    return Judged(*place, counted=Counted(decoded, tp.topic, tp.partition, record.offset))


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


def first_seen(judged: Sequence[Judged]) -> dict[str, dict[date, bytes]]:
    """The ids of the facts that count, by topic and day, 16 bytes each."""
    seen: dict[str, dict[date, bytearray]] = {}
    for counted in _counted(judged):
        envelope = counted.record.envelope
        if envelope.stream is None:
            ids = seen.setdefault(counted.topic, {}).setdefault(envelope.day, bytearray())
            ids.extend(envelope.id.bytes)
    return {topic: {day: bytes(ids) for day, ids in days.items()} for topic, days in seen.items()}


def heads_of(judged: Sequence[Judged]) -> dict[tuple[str, str], int]:
    """The versions that the decisions that count bring their streams to, by topic and stream."""
    return {
        (counted.topic, envelope.stream): envelope.streamversion
        for counted, envelope in ((counted, counted.record.envelope) for counted in _counted(judged))
        if envelope.stream is not None and envelope.streamversion is not None
    }


def _counted(judged: Sequence[Judged]) -> Iterable[Counted]:
    return (record.counted for record in judged if record.counted is not None)
