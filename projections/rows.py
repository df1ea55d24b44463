"""Plain records as rows of their noun's relation, column by column: what the relation's SQL makes of their JSON."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

import pyarrow as pa

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
        return instants([record.time for record in self._records])

    def _attribute(self, name: str) -> Column:
        return pa.array([getattr(record, name) for record in self._records], pa.string())

    def _field(self, field: Kind) -> Column:
        info = self._shape.event.model.model_fields.get(field.name)
        if info is None:
            return pa.nulls(len(self._records), field.type)
        default = None if info.is_required() else info.default
        values = [getattr(data, field.name) for data in self._data]
        if field.name in self._shape.instants:
            moments: Column = instants(values).cast(pa.timestamp("us"))
            return moments
        if default is not None:
            values = [default if value is None else value for value in values]
        column: Column = pa.array(values, field.type)
        return column
