"""From a record of the log to a row of the archive: what it is, and what the law says of it. Pure."""

from collections.abc import Mapping, Sequence

import msgspec
import pyarrow as pa

from events.catalogue import CATALOGUE
from events.codec import Decoded, UnreadableError
from events.law import Ledger, Verdict
from events.plain import PlainRecord, Read
from events.reading import read_and_judge
from services.runtime.shards import Source


class LogRecord(msgspec.Struct, frozen=True, gc=False):
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


class Row(msgspec.Struct, frozen=True, gc=False):
    """A record with its verdict, and what could be read of it."""

    record: LogRecord
    verdict: Verdict
    read: Read
    reason: str | None = None

    @property
    def type(self) -> str | None:
        """The type of the record's event; None where it could not be read."""
        match self.read:
            case PlainRecord():
                return self.read.shape.event.name
            case Decoded():
                return self.read.envelope.type
            case UnreadableError():
                return None

    @property
    def noun(self) -> str | None:
        """The noun of the record's event; None when this version does not know the event."""
        match self.read:
            case PlainRecord():
                return self.read.shape.event.noun
            case Decoded() if self.read.event is not None:
                return CATALOGUE[self.read.envelope.type].noun
            case _:
                return None


def judge(ledger: Ledger, records: Sequence[LogRecord], aside: Mapping[int, str]) -> list[Row]:
    """Judge the next records of a partition; the ledger moves on with them.

    `aside` says why those records of the partition are set aside that are, by their offset.
    """
    places = {place for place, record in enumerate(records) if record.offset in aside} if aside else ()
    raws = [record.raw or b"" for record in records]
    found = read_and_judge(ledger, raws, lambda: [record.appended_ms for record in records], places)
    return [_row(record, aside, *each) for record, each in zip(records, found, strict=True)]


def _row(record: LogRecord, aside: Mapping[int, str], read: Read, verdict: Verdict) -> Row:
    if isinstance(read, UnreadableError):
        return Row(record, verdict, read, str(read))
    return Row(record, verdict, read, aside[record.offset] if verdict is Verdict.PARKED else None)


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
    record, read = row.record, row.read
    place = record.topic, record.partition, record.offset, record.appended_ms, record.raw, row.verdict, row.reason
    match read:
        case PlainRecord():
            event = read.shape.event
            return *place, event.noun, read.record.id, event.name, read.told[1], None, None, None
        case Decoded():
            envelope = read.envelope
            about = str(envelope.id), envelope.type, envelope.day, envelope.stream, envelope.streamversion
            return *place, row.noun, *about, read.json if read.json != record.raw else None
        case UnreadableError():
            return *place, *([None] * (len(_SCHEMA) - len(place)))
