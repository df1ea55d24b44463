"""Explaining a row of a report: the facts behind it, those it is read with, and the records that do not count."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from services.history.archive import Archive, Reading
from services.history.behind import ROW, Behind
from services.history.beside import used
from services.history.columns import Column, Kind
from services.history.errors import BadParametersError, NoSuchRowError, UnknownNameError
from services.history.facts_behind import Asked, LeftOut, Part, facts_behind, left_out
from services.history.limits import NO_LIMITS, Limits
from services.history.questions import Parameter, Question, Value, value_of
from services.history.rendering import plain
from services.history.report import Report, asking, told
from services.runtime.errors import WrongField
from services.runtime.shards import Positions

PREFIX = "row."
"""What begins the name of a part of the row's key, where it is asked for beside the report's parameters."""

_HELD_AS: Mapping[Kind, str] = {"day": "DATE", "instant": "TIMESTAMPTZ"}
"""The types of the parts of a key that are no text."""
_UNASKABLE = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
_LAST_DAY = "SELECT day FROM last_told"
_SEVERAL = (
    "several rows are meant: give it; an empty text stands for no value",
    "подходит несколько строк: укажите значение; пустая строка означает, что значения нет",
)


@dataclass(frozen=True, slots=True)
class RowExplained:
    """A row of a report, and what it is made of."""

    report: Report
    """The report, with this row alone."""
    column: str | None
    """The column that is explained; None: all of the row."""
    parts: tuple[Part, ...]
    left_out: LeftOut
    last_day: date | None
    """The last business day that the log tells of, which some reports are as of; None: of none."""


def split_row(given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The parameters of a report, and the key of a row, that are asked for together."""
    parameters = {name: value for name, value in given.items() if not name.startswith(PREFIX)}
    key = {name.removeprefix(PREFIX): value for name, value in given.items() if name.startswith(PREFIX)}
    return parameters, key


def read_row(question: Question, key: Mapping[str, str], column: str | None) -> dict[str, Value]:
    """The values of a row's key; raises BadParametersError, which says all that is wrong, with the column as well."""
    columns = {each.name: each for each in question.columns}
    wrong = [_unknown(PREFIX + name, question.key) for name in key if name not in question.key]
    if column is not None and column not in columns:
        wrong.append(_unknown("column", columns))
    read = {name: _value(columns[name], text) for name, text in key.items() if name in question.key}
    wrong += [value for value in read.values() if isinstance(value, WrongField)]
    if wrong:
        raise BadParametersError(*wrong)
    return {name: value for name, value in read.items() if not isinstance(value, WrongField)}


def _unknown(field: str, known: Iterable[str]) -> WrongField:
    there = ", ".join(known)
    return WrongField(field, f"the report has no such column; there are: {there}", f"такого столбца нет; есть: {there}")


def _value(column: Column, text: str) -> Value | WrongField:
    """What a row is asked for with; the Russian word of a column that has words is the one that it is held as."""
    if not text:
        return None
    held = {word.ru: word.en for word in column.words}
    part = Parameter(PREFIX + column.name, column.kind if column.kind in _HELD_AS else "text", None)
    return value_of(part, {part.name: held.get(text, text)})


def explain_row(  # noqa: PLR0913, PLR0917  # a question, and one row of its answer
    archive: Archive,
    question: Question,
    parameters: Mapping[str, Value],
    key: Mapping[str, str],
    column: str | None = None,
    cut: Positions | None = None,
    limits: Limits = NO_LIMITS,
) -> RowExplained:
    """Say which events are behind a row of a report that is asked with these values, or behind one column of it.

    An empty text in `key` stands for no value; a part that is left out may have any value, if one row alone is meant.
    Raises HistoryError when a name is unknown, or there is no such row.
    """
    wanted = read_row(question, key, column)
    with archive.reading(cut) as reading, asking(reading, question, parameters, limits):
        report = _row(reading, question, parameters, wanted)
        [row] = report.rows
        values = {ROW + name: value for name, value in zip(report.columns, row, strict=True)}
        declared = [each for each in question.behind if column is None or column in each.columns]
        asked = {**used(question, parameters), **values}
        parts = tuple(_part(archive, reading, question, each, asked) for each in declared)
        excluded = left_out(archive, reading, declared, asked)
        [(last_day,)] = reading.con.execute(_LAST_DAY).fetchall()
        return RowExplained(report, column, parts, excluded, last_day)


def _part(archive: Archive, reading: Reading, question: Question, behind: Behind, asked: Asked) -> Part:
    try:
        return facts_behind(archive, reading, behind, asked)
    except (*_UNASKABLE, UnknownNameError) as error:
        message = f"reports/{question.name}.sql: {behind.role} {behind.relation}: {error}"
        raise ValueError(message) from None


def _row(reading: Reading, question: Question, parameters: Mapping[str, Value], wanted: Mapping[str, Value]) -> Report:
    """The report with the one row that is meant."""
    kinds: dict[str, Kind] = {each.name: each.kind for each in question.columns}
    parts = [f'"{name}"::{_HELD_AS.get(kinds[name], "VARCHAR")} IS NOT DISTINCT FROM $key_{name}' for name in wanted]
    sql = f"FROM (\n{question.sql}\n) WHERE {' AND '.join(parts) or 'true'} LIMIT 2"
    keys = {f"key_{name}": value for name, value in wanted.items()}
    result = reading.con.execute(sql, {**used(question, parameters), **keys})
    rows = result.fetchall()
    if not rows:
        raise NoSuchRowError(
            question.name, {name: "" if value is None else str(plain(value)) for name, value in wanted.items()}
        )
    if len(rows) > 1:
        raise BadParametersError(*(WrongField(PREFIX + name, *_SEVERAL) for name in question.key if name not in wanted))
    return told(reading, question, parameters, result, tuple(rows))
