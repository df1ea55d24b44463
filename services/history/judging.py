"""From a record of the log to a row of the archive: what it is, and what the law says of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from events.catalogue import CATALOGUE
from events.codec import Decoded, UnreadableError, decode
from events.law import Ledger, Verdict
from services.runtime.shards import Source


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A record as the log holds it: where, since when (epoch milliseconds, the broker's word) and its bytes."""

    topic: str
    partition: int
    offset: int
    appended_ms: int
    raw: bytes | None

    @property
    def source(self) -> Source:
        """The partition that the record lies in."""
        return self.topic, self.partition


@dataclass(frozen=True, slots=True)
class Row:
    """A record with its verdict, and what could be read of it."""

    record: LogRecord
    verdict: Verdict
    decoded: Decoded | None = None
    reason: str | None = None

    @property
    def noun(self) -> str | None:
        """The noun of the record's event; None when this version does not know the event."""
        if self.decoded is None or self.decoded.event is None:
            return None
        return CATALOGUE[self.decoded.envelope.type].noun


def judge(ledger: Ledger, record: LogRecord, parked: str | None) -> Row:
    """Judge the next record of a partition, which may be parked for a reason; the ledger moves on with it."""
    try:
        decoded = decode(record.raw or b"")
    except UnreadableError as error:
        return Row(record, Verdict.UNREADABLE, reason=str(error))
    if parked is not None and decoded.envelope.stream is None:
        return Row(record, Verdict.PARKED, decoded, parked)
    verdict = ledger.judge(decoded.envelope, record.appended_ms if parked is None else None)
    if parked is not None and verdict is Verdict.COUNTS:
        return Row(record, Verdict.PARKED, decoded, parked)
    return Row(record, verdict, decoded)


_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("topic", pa.string()),
    ("partition", pa.int32()),
    ("offset", pa.int64()),
    ("appended_at", pa.timestamp("ms")),
    ("raw", pa.large_binary()),
    ("verdict", pa.string()),
    ("reason", pa.string()),
    ("noun", pa.string()),
    ("id", pa.string()),
    ("type", pa.string()),
    ("day", pa.date32()),
    ("stream", pa.string()),
    ("streamversion", pa.int64()),
    ("json", pa.large_string()),
]
_SCHEMA = pa.schema(_COLUMNS)


def table(rows: Sequence[Row]) -> pa.Table:
    """Rows as the Arrow table that is inserted into `records`."""
    columns = zip(*map(_values, rows), strict=True) if rows else [()] * len(_SCHEMA)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, _SCHEMA.types, strict=True)]
    return pa.table(arrays, schema=_SCHEMA)


def _values(row: Row) -> tuple[object, ...]:
    record = row.record
    place = record.topic, record.partition, record.offset, record.appended_ms, record.raw, row.verdict.value, row.reason
    if row.decoded is None:
        return *place, *([None] * (len(_SCHEMA) - len(place)))
    envelope = row.decoded.envelope
    return (
        *place,
        row.noun,
        str(envelope.id),
        envelope.type,
        envelope.day,
        envelope.stream,
        envelope.streamversion,
        row.decoded.json if row.decoded.json != record.raw else None,
    )
