"""Cells: one row of numbers a key, and the one way to add two of them up. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from operator import add
from typing import Any, cast

import msgspec

from projections.horizon import is_past
from projections.projection import Kind, Projection

Key = tuple[str | int | None, ...]
"""The values of a cell's key columns, in the order of the projection's `keys`."""

Latest = tuple[str, str | None]
"""A `last_` measure: what orders it (time, source sequence, event id), and the value."""

Value = int | None | Latest
Values = tuple[Value, ...]
"""The numbers of a cell, in the order of the projection's `measures`."""

Sums = tuple[int, ...]

Cells = dict[Key, Values]
"""The cells of one projection, or what a batch of events adds to them."""

Source = tuple[str, int]
"""A partition of the log: topic and partition number."""

Wire = list[tuple[Key, Values]]
"""Cells as JSON can carry them: pairs of key and values."""

Boards = dict[str, Cells]
"""The cells of every projection, by its name."""


def merge(projection: Projection, into: Cells, deltas: Mapping[Key, Values]) -> None:
    """Add `deltas` to `into`, in place: the order in which parts are merged makes no difference."""
    kinds: list[Kind] = [measure.kind for measure in projection.measures]
    combined = _added if set(kinds) == {"sum"} else partial(_combined, kinds)
    for key, values in deltas.items():
        known = into.get(key)
        into[key] = values if known is None else combined(known, values)


def merge_boards(projections: Mapping[str, Projection], into: Boards, deltas: Mapping[str, Cells]) -> None:
    """Add the cells of several projections to those of a board, in place."""
    for name, cells in deltas.items():
        merge(projections[name], into.setdefault(name, {}), cells)


def without_zeros(projection: Projection, cells: Mapping[Key, Values]) -> Cells:
    """The cells that say something: a cell of sums that are all zero is as good as none.

    What a restatement takes back leaves zeros behind; a reader that never saw either must hold the same cells.
    """
    if not projection.sums_up:
        return dict(cells)
    return {key: values for key, values in cells.items() if any(values)}


def still_live(projection: Projection, cells: Cells, day: date | None) -> Cells:
    """The cells that are live once the log has come to a business day; all of them where it has come to none."""
    if projection.live is None or projection.place is None or day is None:
        return cells
    place, first = projection.place, projection.live.first(day)
    return {key: values for key, values in cells.items() if not is_past(key, place, first)}


def as_rows(projection: Projection, cells: Mapping[Key, Values]) -> list[dict[str, str | int | None]]:
    """Cells as plain rows, sorted by key, the way a person reads them: the value alone of a `last_` measure."""
    columns = (*projection.keys, *(measure.name for measure in projection.measures))
    return [
        dict(zip(columns, (*key, *map(shown, values)), strict=True))
        for key, values in sorted(cells.items(), key=lambda cell: _sortable(cell[0]))
    ]


def shown(value: Value) -> str | int | None:
    """The value of a measure without what orders it."""
    return value[1] if isinstance(value, tuple) else value


def cells_from_sql(projection: Projection, rows: Iterable[tuple[Any, ...]]) -> Cells:
    """Rows that a projection's SQL gives, as cells: the columns of the key, then the measures."""
    width, values = len(projection.keys), values_from_sql(projection)
    return {row[:width]: values(row[width:]) for row in rows}


def values_from_sql(projection: Projection) -> Callable[[tuple[Any, ...]], Values]:
    """How the measures of one cell are taken from a row: as they are, unless some are `last_` ones."""
    return _with_latest if any(measure.kind == "last" for measure in projection.measures) else tuple


def _with_latest(values: Iterable[Any]) -> Values:
    return tuple([tuple(value) if isinstance(value, list) else value for value in values])


def key_bytes(key: Key) -> bytes:
    """A key as JSON bytes: the same for the same key, always."""
    return msgspec.json.encode(key)


def _added(known: Values, new: Values) -> Values:
    """Add up sums, which are never empty."""
    return tuple(map(add, cast("Sums", known), cast("Sums", new)))


def _combined(kinds: Sequence[Kind], known: Values, new: Values) -> Values:
    return tuple(_combine(*parts) for parts in zip(kinds, known, new, strict=True))


def _combine(kind: Kind, known: Value, new: Value) -> Value:
    if known is None or new is None:
        return new if known is None else known
    if kind == "sum":
        return cast("int", known) + cast("int", new)
    if kind == "last":
        return max(cast("Latest", known), cast("Latest", new), key=_order)
    return (min if kind == "min" else max)(cast("int", known), cast("int", new))


def _order(value: Latest) -> str:
    return value[0]


def _sortable(key: Key) -> tuple[tuple[str, int | str], ...]:
    return tuple((type(part).__name__, "" if part is None else part) for part in key)
