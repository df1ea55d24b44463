"""Records as rows of their noun's relation: those that the relation's SQL makes of their JSON, without reading that.

Plain records are many, and become rows column by column; the others become rows one by one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
import pyarrow as pa

from events.catalogue import entry_of
from events.codec import Decoded
from events.event import Event
from events.plain import PlainRecord, instants
from events.shapes import Shape

Place = tuple[str, int, int]
"""Where a record lies in the log: topic, partition and offset."""

Column: TypeAlias = "pa.Array[Any]"
Kind: TypeAlias = "pa.Field[Any]"

_WEIGHT = 1
"""A plain record takes nothing back."""


def plain_rows(schema: pa.Schema, shape: Shape, records: Sequence[PlainRecord], places: Sequence[Place]) -> pa.Table:
    """The rows of records of one type, with these columns of the relation."""
    rows = _Rows(shape, records, places)
    return pa.table([rows.column(field) for field in schema], schema=schema)


def careful_rows(schema: pa.Schema, counted: Iterable[tuple[Decoded, Place]]) -> pa.Table:
    """The rows of records that were read carefully, with these columns of the relation."""
    return pa.Table.from_pylist([row for each in counted for row in _unfolded(*each)], schema=schema)


def _unfolded(record: Decoded, place: Place) -> Iterator[dict[str, object]]:
    """The row of an event, or the two of a correction: what it takes back, and what it brings."""
    event = record.event
    if event is None:
        return
    parts = [(-1, "was"), (1, "now")] if entry_of(event).corrects else []
    for weight, part in parts:
        yield _row(record, place, weight, getattr(event, part))
    if not parts:
        yield _row(record, place, 1, event)


def _row(record: Decoded, place: Place, weight: int, event: Event) -> dict[str, object]:
    envelope = record.envelope
    written = _ID.decode(record.json)
    fact = {"weight": weight, "id": written.id, "at": event.occurred_at, "sequence": envelope.sequence}
    position = dict(zip(("topic", "partition", "offset"), place, strict=True))
    about = {"time": event.occurred_at, "source": envelope.source, "subject": envelope.subject}
    fields: dict[str, object] = _as_sql(event.model_dump())
    return fields | about | {"fact": fact | position}


def _as_sql(value: Any) -> Any:  # noqa: ANN401  # whatever events are made of
    """A value as Arrow takes it for SQL: ids as text."""
    if isinstance(value, dict):
        return {name: _as_sql(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [_as_sql(inner) for inner in value]
    return str(value) if isinstance(value, UUID) else value


class _Id(msgspec.Struct):
    """The id of a record as it is written, which the order of `last_` measures ends with."""

    id: str


_ID = msgspec.json.Decoder(_Id)


class _Rows:
    def __init__(self, shape: Shape, records: Sequence[PlainRecord], places: Sequence[Place]) -> None:
        self._shape, self._places = shape, places
        self._days: list[date] = [record.told[1] for record in records]
        self._records = [record.record for record in records]
        self._data = [record.data for record in self._records]

    def column(self, field: Kind) -> Column:
        """One column of the relation; null where these records have none."""
        match field.name:
            case "fact":
                return self._fact(field)
            case "type":
                return pa.repeat(self._shape.event.name, len(self._records))
            case "time":
                return self._time().cast(pa.timestamp("us"))
            case "day":
                return pa.array(self._days, pa.date32())
            case "source" | "subject" as name:
                return self._attribute(name)
            case _:
                return self._field(field)

    def _fact(self, field: Kind) -> Column:
        topics, partitions, offsets = zip(*self._places, strict=True)
        parts: Mapping[str, Column] = {
            "weight": pa.repeat(_WEIGHT, len(self._records)),
            "id": self._attribute("id"),
            "at": self._time(),
            "sequence": self._attribute("sequence"),
            "topic": pa.array(topics, pa.string()),
            "partition": pa.array(partitions, pa.int32()),
            "offset": pa.array(offsets, pa.int64()),
        }
        kinds: list[Kind] = list(field.type)
        return pa.StructArray.from_arrays([parts[kind.name].cast(kind.type) for kind in kinds], fields=kinds)

    def _time(self) -> Column:
        return instants(list(map(attrgetter("time"), self._records)))

    def _attribute(self, name: str) -> Column:
        return pa.array(list(map(attrgetter(name), self._records)), pa.string())

    def _field(self, field: Kind) -> Column:
        info = self._shape.event.model.model_fields.get(field.name)
        column: Column
        if info is None:
            column = pa.nulls(len(self._records), field.type)
            return column
        values = list(map(attrgetter(field.name), self._data))
        if field.name in self._shape.instants:
            column = instants(values).cast(pa.timestamp("us"))
            return column
        if not info.is_required() and info.default is not None:
            values = [info.default if value is None else value for value in values]
        column = pa.array(values, field.type)
        return column
