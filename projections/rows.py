"""Plain records as rows of their noun's relation, column by column: what the relation's SQL makes of their JSON."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from events.plain import PlainRecord, Shape, instants

Place = tuple[str, int, int]
"""Where a record lies in the log: topic, partition and offset."""

_WEIGHT = 1
"""A plain record takes nothing back."""


def plain_rows(schema: pa.Schema, shape: Shape, records: Sequence[PlainRecord], places: Sequence[Place]) -> pa.Table:
    """The rows of records of one type, with the columns of the relation."""
    rows = _Rows(shape, records, places)
    return pa.table([rows.column(field) for field in schema], schema=schema)


class _Rows:
    def __init__(self, shape: Shape, records: Sequence[PlainRecord], places: Sequence[Place]) -> None:
        self._shape, self._places = shape, places
        self._records = [record.record for record in records]
        self._data = [record.data for record in self._records]
        self._days: list[date] = [record.told[1] for record in records]
        self._time = instants(map(attrgetter("time"), self._records)).cast(pa.timestamp("us"))

    def column(self, field: pa.Field) -> pa.Array:
        """One column of the relation; null where these records have none."""
        make = self._OF_EVERY.get(field.name, _Rows._own)
        return make(self, field)

    def _fact(self, field: pa.Field) -> pa.Array:
        topics, partitions, offsets = zip(*self._places, strict=True)
        parts = {
            "weight": pa.repeat(_WEIGHT, len(self._records)),
            "id": pa.array(map(attrgetter("id"), self._records), pa.string()),
            "at": self._time,
            "sequence": pa.array(map(attrgetter("sequence"), self._records), pa.string()),
            "topic": pa.array(topics, pa.string()),
            "partition": pa.array(partitions, pa.int32()),
            "offset": pa.array(offsets, pa.int64()),
        }
        return pa.StructArray.from_arrays(
            [parts[part.name].cast(part.type) for part in field.type], fields=list(field.type)
        )

    def _type(self, _field: pa.Field) -> pa.Array:
        return pa.repeat(self._shape.event.name, len(self._records))

    def _of_envelope(self, field: pa.Field) -> pa.Array:
        return pa.array(map(attrgetter(field.name), self._records), field.type)

    def _own(self, field: pa.Field) -> pa.Array:
        info = self._shape.event.model.model_fields.get(field.name)
        if info is None:
            return pa.nulls(len(self._records), field.type)
        values = map(attrgetter(field.name), self._data)
        if field.name in self._shape.instants:
            return instants(values).cast(field.type)
        column = pa.array(values, field.type)
        return column if info.is_required() or info.default is None else pc.fill_null(column, info.default)

    _OF_EVERY: Mapping[str, Callable[["_Rows", pa.Field], pa.Array]] = {
        "fact": _fact,
        "type": _type,
        "time": lambda rows, _field: rows._time,
        "day": lambda rows, field: pa.array(rows._days, field.type),
        "source": _of_envelope,
        "subject": _of_envelope,
    }
