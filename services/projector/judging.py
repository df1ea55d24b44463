"""From the raw records of a shard to what counts: decoded, judged by the law, unreadable ones set aside. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
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


def _judge(ledger: Ledger, tp: TP, records: Sequence[Record], aside: Mapping[int, str]) -> list[Judged]:
    read: Sequence[Read | None] = read_all([record.value or b"" for record in records])
    if aside:
        read = [_unless(record.offset in aside, each) for record, each in zip(records, read, strict=True)]
    readable = [_judgeable(each) for each in read if isinstance(each, PlainRecord | Decoded)]
    verdicts = iter(ledger.judge_all(readable, partial(_appended, records, read, aside)))
    judged = [_judged(tp, record, each, verdicts) for record, each in zip(records, read, strict=True)]
    return [_adding(each.offset not in aside, each) for each in judged] if aside else judged


def _appended(records: Sequence[Record], read: Sequence[Read | None], aside: Collection[int]) -> list[int | None]:
    """When the log took those that could be read, in epoch milliseconds; None for what is set aside."""
    return [
        None if record.offset in aside else record.timestamp
        for record, each in zip(records, read, strict=True)
        if isinstance(each, PlainRecord | Decoded)
    ]


def _unless(aside: bool, read: Read | None) -> Read | None:  # noqa: FBT001  # what is asked of each record
    """What was read, unless it is a fact that is set aside, which was never told."""
    is_fact = isinstance(read, PlainRecord | Decoded) and _judgeable(read).stream is None
    return None if aside and is_fact else read


def _adding(adds: bool, judged: Judged) -> Judged:  # noqa: FBT001  # what is asked of each record
    """The same; a decision that is set aside keeps its version and adds nothing."""
    return judged if adds else msgspec.structs.replace(judged, adds=False)


def _judgeable(read: PlainRecord | Decoded) -> Judgeable:
    return read if isinstance(read, PlainRecord) else read.envelope


def _judged(tp: TP, record: Record, read: Read | None, verdicts: Iterator[Verdict]) -> Judged:
    """A record that counts, or does not, or is parked."""
    place = tp.topic, tp.partition, record.offset, record.timestamp
    if isinstance(read, UnreadableError):
        return Judged(*place, parked=parked(tp, record, str(read)))
    verdict = None if read is None else next(verdicts)
    if read is None or verdict is not Verdict.COUNTS:
        return Judged(*place, expired=verdict is Verdict.EXPIRED)
    return Judged(*place, Counted(read, tp.topic, tp.partition, record.offset))


def take_back(ledgers: Mapping[str, Ledger], judged: Sequence[Judged], days: Mapping[str, date]) -> None:
    """Have the ledgers forget the last records that they judged, so that these can be judged again.

    `days` says which day each topic's log had come to before.
    """
    for topic, ledger in ledgers.items():
        ledger.day = days.get(topic)
    for each in reversed(judged):
        record = None if each.counted is None else _judgeable(each.counted.record)
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
        if each.counted is None:
            continue
        record = _judgeable(each.counted.record)
        if record.stream is None:
            told, day = record.told
            seen.setdefault(each.topic, {}).setdefault(day, []).append(told)
        elif record.streamversion is not None:
            heads[each.topic, record.stream] = record.streamversion
    return {topic: {day: b"".join(ids) for day, ids in days.items()} for topic, days in seen.items()}, heads
