"""How two answers to one question differ, row by row. Pure.

Rows are the same row when the columns that the report declares as its key have the same values.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from services.history.columns import Column
from services.history.report import Field, Report

Change = Literal["added", "removed", "changed"]
Key = tuple[Field, ...]
Row = Mapping[str, Field]
By = int | float | Decimal | Mapping[str, int]
"""By how much a number is another now; of a map, by name where it is."""


@dataclass(frozen=True, slots=True)
class Differing:
    """One row that is not the same in both answers."""

    key: Row
    change: Change
    was: Row | None
    """Of all columns; None: the row was not there."""
    now: Row | None
    differ: tuple[str, ...]
    """The columns in which it is another now; of a row that was or is not there, those with a value."""
    difference: Mapping[str, By]
    """What is now less what was, of a changed row's numbers that differ and were there both times."""


def differing(was: Report, now: Report, key: Sequence[str]) -> tuple[Differing, ...]:
    """The rows that differ, in the order of their keys; raises ValueError where two rows of an answer have one key."""
    before, after = rows_by_key(was, key), rows_by_key(now, key)
    places = sorted((each for each in before.keys() | after.keys() if before.get(each) != after.get(each)), key=_order)
    return tuple(
        _differing(dict(zip(key, each, strict=True)), before.get(each), after.get(each), now.schema) for each in places
    )


def rows_by_key(report: Report, key: Sequence[str]) -> Mapping[Key, Row]:
    """The rows of an answer by their keys; raises ValueError where two have the same: nobody could tell them apart."""
    rows: list[Row] = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
    by_key = {tuple(row[column] for column in key): row for row in rows}
    if len(by_key) < len(rows):
        message = f"reports/{report.name}.sql: two rows have the same {', '.join(key)}"
        raise ValueError(message)
    return by_key


def _order(key: Key) -> tuple[tuple[bool, Field], ...]:
    """Keys by the values of their columns, those without a value last."""
    return tuple((value is None, value) for value in key)


def _differing(key: Row, was: Row | None, now: Row | None, schema: Sequence[Column]) -> Differing:
    names = [column.name for column in schema if column.name not in key]
    return Differing(
        key=key,
        change=_change(was, now),
        was=was,
        now=now,
        differ=tuple(name for name in names if _of(was, name) != _of(now, name)),
        difference=dict(_differences(was, now, schema)) if was and now else {},
    )


def _change(was: Row | None, now: Row | None) -> Change:
    if was is None:
        return "added"
    return "removed" if now is None else "changed"


def _of(row: Row | None, name: str) -> Field:
    return None if row is None else row[name]


def _differences(was: Row, now: Row, schema: Sequence[Column]) -> Iterator[tuple[str, By]]:
    for column in schema:
        by = None if column.kind == "flag" else _by(was[column.name], now[column.name])
        if by:
            yield column.name, by


def _by(was: Field, now: Field) -> By | None:
    """By how much a number is another now; None: these are no numbers."""
    match was, now:
        case int(), int():
            return now - was
        case float(), float():
            return now - was
        case Decimal(), Decimal():
            return now - was
        case Mapping(), Mapping():
            return _by_name(was, now)
        case _:
            return None


def _by_name(was: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    """By how much each name of a map is another; one that is not there counts as nothing."""
    by = {name: now.get(name, 0) - was.get(name, 0) for name in sorted(was.keys() | now.keys())}
    return {name: amount for name, amount in by.items() if amount != 0}
