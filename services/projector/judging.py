"""From the raw records of a shard to what counts: decoded, judged by the law, unreadable ones set aside. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256

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
    """Judge the records of some batches, in the order of the log; the ledger of each topic moves on with them."""
    return [_judge(ledgers[batch.tp.topic], batch.tp, record) for batch in batches for record in batch.records]


def _judge(ledger: Ledger, tp: TP, record: Record) -> Judged:
    place = tp.topic, record.offset, record.timestamp
    try:
        decoded = decode(record.value or b"")
    except UnreadableError as error:
        return Judged(*place, parked=parked(tp, record, str(error)))
    if ledger.judge(decoded.envelope) is not Verdict.COUNTS:
        return Judged(*place)
    return Judged(*place, counted=Counted(decoded, tp.topic, tp.partition, record.offset))


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
