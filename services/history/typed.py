"""A report's values as what they mean, and as a table of Arrow: days are days, instants are instants in UTC. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import pyarrow as pa

from services.history.columns import Column, Kind
from services.history.rendering import about, zoned
from services.history.report import Field, Report

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


def typed(kind: Kind, value: Field) -> Field:
    """A value as what its kind means: DuckDB's TIMESTAMP lacks its zone."""
    return zoned(value).astimezone(UTC) if kind == "instant" and isinstance(value, datetime) else value


def arrow_table(report: Report) -> pa.Table:
    """The rows, with the declared columns' types even where there are none.

    What the report says of itself is in the schema's metadata as `kvota`, in JSON; of each column its kind and titles.
    """
    fields = [_field(column, held) for column, held in zip(report.schema, report.types, strict=True)]
    columns = zip(*report.rows, strict=True) if report.rows else [()] * len(fields)
    arrays = [
        pa.array([_arrow(typed(column.kind, value)) for value in values], field.type)
        for column, field, values in zip(report.schema, fields, columns, strict=True)
    ]
    return pa.table(arrays, schema=pa.schema(fields, {"kvota": msgspec.json.encode(about(report, "en"))}))


def _field(column: Column, held: str) -> "pa.Field[pa.DataType]":
    told = {"kind": column.kind, "title.en": column.title.en, "title.ru": column.title.ru}
    return pa.field(column.name, _type(column.kind, held), metadata=told)


def _type(kind: Kind, held: str) -> pa.DataType:
    match kind:
        case "text":
            return pa.list_(pa.field("element", pa.string())) if held.endswith("[]") else pa.string()
        case "day":
            return pa.date32()
        case "instant":
            return pa.timestamp("us", tz="UTC")
        case "flag":
            return pa.bool_()
        case "map":
            return pa.map_(pa.string(), pa.int64())
        case _:
            return _number(held)


def _number(held: str) -> pa.DataType:
    if found := _DECIMAL.fullmatch(held):
        return pa.decimal128(int(found[1]), int(found[2]))
    return pa.float64() if held == "DOUBLE" else pa.int64()


def _arrow(value: Field) -> object:
    """A value as Arrow takes it."""
    return list(value.items()) if isinstance(value, Mapping) else value
