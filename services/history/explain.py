"""Explaining a number: the contributions behind it, down to the events and their places in the log."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from projections.cells import Cells, Value, merge, shown
from projections.projection import Measure, Projection
from services.history.archive import Archive, Reading
from services.history.errors import BadValueError, UnknownNameError
from services.history.excluded import Excluded, excluded
from services.history.schema import contributions_of
from services.runtime.shards import Positions


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one event adds (weight 1) or takes back (weight -1)."""

    id: UUID
    type: str
    time: datetime
    """When it happened, in UTC: of a correction, when that happened which it corrects."""
    topic: str
    partition: int
    offset: int
    sequence: str | None
    """The source's own order among events of one time."""
    weight: int
    measures: Mapping[str, int | str]
    """What the event says something about."""


_PLACE = len(fields(Contribution)) - 1


@dataclass(frozen=True, slots=True)
class Explanation:
    """All contributions to one cell, or to the cells that share what the key names; and what they come to."""

    projection: str
    question: str
    key: Mapping[str, str | None]
    as_of: Positions
    contributions: tuple[Contribution, ...]
    total: Mapping[str, int | str | None]
    """Equal to the cell where the key names one."""
    excluded: tuple[Excluded, ...]
    """What does not count of it, and why."""


def explain(
    archive: Archive, name: str, key: Mapping[str, str], *, measure: str | None = None, cut: Positions | None = None
) -> Explanation:
    """Say which events a number is made of.

    An empty text in `key` stands for no value; a part that is left out may have any value. With `measure`, only events
    that say something about it. Raises HistoryError when a name is unknown, or sums of two currencies would be mixed.
    """
    projection = archive.projection(name)
    _check_names(key, projection.keys)
    measures = _chosen(projection, measure)
    wanted = {part: value or None for part, value in key.items()}
    with archive.reading(cut) as reading:
        _check_currency(reading, projection, wanted)
        contributions = _contributions(reading, projection, wanted, measures)
        total = _total(measures, contributions)
        left_out = excluded(reading, projection, *_where(wanted))
        return Explanation(name, projection.question, wanted, reading.cut, contributions, total, left_out)


def _check_names(names: Mapping[str, str], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise UnknownNameError(name, kind="key", known=known)


def _chosen(projection: Projection, name: str | None) -> tuple[Measure, ...]:
    chosen = tuple(measure for measure in projection.measures if name in (None, measure.name))
    if not chosen:
        raise UnknownNameError(str(name), kind="measure", known=[measure.name for measure in projection.measures])
    return chosen


def _check_currency(reading: Reading, projection: Projection, wanted: Mapping[str, str | None]) -> None:
    if "currency" not in projection.keys or "currency" in wanted:
        return
    where, parameters = _where(wanted)
    sql = f"SELECT DISTINCT currency FROM {contributions_of(projection)} WHERE {where} ORDER BY ALL"
    found = [str(row[0]) for row in reading.con.execute(sql, parameters).fetchall() if row[0] is not None]
    if len(found) > 1:
        message = f"name one currency: {', '.join(found)} cannot be added up"
        raise BadValueError(message)


def _contributions(
    reading: Reading, projection: Projection, wanted: Mapping[str, str | None], measures: tuple[Measure, ...]
) -> tuple[Contribution, ...]:
    where, parameters = _where(wanted)
    rows = reading.con.execute(_sql(projection, where, measures), parameters).fetchall()
    return tuple(_contribution(measures, *row) for row in rows)


def _contribution(measures: tuple[Measure, ...], *row: Any) -> Contribution:  # noqa: ANN401  # a row of DuckDB
    place, values = row[:_PLACE], row[_PLACE:]
    said = {measure.name: value for measure, value in zip(measures, values, strict=True) if value is not None}
    return Contribution(*(*place, said))


def _sql(projection: Projection, where: str, measures: tuple[Measure, ...]) -> str:
    columns = ", ".join(f'adds."{measure.name}"' for measure in measures)
    speaking = " OR ".join(_speaks(measure) for measure in measures)
    return f"""
SELECT records.id, records.type, adds.fact.at AT TIME ZONE 'UTC',
       adds.fact.topic, adds.fact."partition", adds.fact."offset", adds.fact.sequence, adds.fact.weight,
       {columns}
FROM (SELECT * FROM {contributions_of(projection)} WHERE {where}) AS adds
     JOIN records ON records.topic = adds.fact.topic
                 AND records."partition" = adds.fact."partition"
                 AND records."offset" = adds.fact."offset"
WHERE {speaking}
ORDER BY adds.fact.at, adds.fact.topic, adds.fact."partition", adds.fact."offset", adds.fact.weight
"""


def _speaks(measure: Measure) -> str:
    """Whether an event says something of a measure: of the latest, also that there is nothing any more."""
    return "true" if measure.kind == "last" else f'adds."{measure.name}" IS NOT NULL'


def _total(measures: tuple[Measure, ...], contributions: tuple[Contribution, ...]) -> dict[str, int | str | None]:
    """The contributions added up as cells are, by other means than the SQL that makes cells."""
    cells: Cells = {}
    summing = Projection("", "", (), measures, frozenset(), "")
    for contribution in contributions:
        merge(summing, cells, {(): tuple(_value(contribution, measure) for measure in measures)})
    values = cells.get((), (None,) * len(measures))
    return {measure.name: shown(value) for measure, value in zip(measures, values, strict=True)}


def _value(contribution: Contribution, measure: Measure) -> Value:
    value = contribution.measures.get(measure.name)
    if measure.kind == "sum":
        return contribution.weight * int(value or 0)
    if measure.kind == "last":
        return _order(contribution), None if value is None else str(value)
    return cast("int | None", value)


def _order(contribution: Contribution) -> str:
    moment = contribution.time.isoformat(timespec="microseconds")
    return f"{moment} {contribution.sequence or ''} {contribution.id}"


def _where(wanted: Mapping[str, str | None]) -> tuple[str, dict[str, str | None]]:
    """The condition on the key columns, which are known names, and its parameters."""
    parts = [f'"{part}"::VARCHAR IS NOT DISTINCT FROM $key_{part}' for part in wanted]
    return " AND ".join(parts) or "true", {f"key_{part}": value for part, value in wanted.items()}
