"""A report as a plain sheet: a title and values for each column, and a column for each name in a map. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.history.columns import Column, Kind
from services.history.report import Field, Report
from services.history.typed import typed
from services.runtime.languages import Language


@dataclass(frozen=True, slots=True)
class Flat:
    """One column of the sheet."""

    title: str
    kind: Kind
    values: Sequence[Field]


def flat(report: Report, language: Language) -> list[Flat]:
    """The columns, titled in a language. A map of which no row has a name is one empty column."""
    columns = zip(*report.rows, strict=True) if report.rows else [()] * len(report.schema)
    return [
        each
        for column, values in zip(report.schema, columns, strict=True)
        for each in (_by_name(column, values, language) if column.kind == "map" else [_one(column, values, language)])
    ]


def _one(column: Column, values: Sequence[Field], language: Language) -> Flat:
    return Flat(column.title.to(language), column.kind, [typed(column.kind, value) for value in values])


def _by_name(column: Column, values: Sequence[Field], language: Language) -> list[Flat]:
    maps = [value if isinstance(value, Mapping) else dict[str, int]() for value in values]
    names = sorted({name for each in maps for name in each})
    title = column.title.to(language)
    if not names:
        return [Flat(title, "count", [None] * len(maps))]
    return [Flat(f"{title}: {name}", "count", [each.get(name) for each in maps]) for name in names]
