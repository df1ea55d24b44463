"""A report as a plain sheet: a title and values for each column, and a column for each name in a map. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.history.columns import Column, Kind
from services.history.report import Field, Report
from services.history.typed import typed
from services.runtime.languages import Language

Names = Mapping[str, Sequence[str]]
"""The names in the maps of a column, by the column's."""

_CURRENCY = "currency"
"""The column in which a row tells the currency of its amounts."""


@dataclass(frozen=True, slots=True)
class Flat:
    """One column of the sheet."""

    name: str
    """Of the column that the report declares."""
    title: str
    kind: Kind
    values: Sequence[Field]
    currencies: Sequence[Field]
    """Of each value its currency, where the row or the map tells one."""


def flat(report: Report, language: Language, names: Names | None = None) -> list[Flat]:
    """The columns, titled and worded in a language. A map of which no row has a name is one empty column.

    `names` are those in the maps; without them, those that the rows have.
    """
    names = names_in_maps([report]) if names is None else names
    columns = list(zip(*report.rows, strict=True)) if report.rows else [()] * len(report.schema)
    named = dict(zip(report.columns, columns, strict=True))
    currencies = named.get(_CURRENCY, [None] * len(report.rows))
    return [
        each
        for column, values in zip(report.schema, columns, strict=True)
        for each in _flattened(column, values, currencies, language, names)
    ]


def names_in_maps(pieces: Iterable[Report]) -> Names:
    """Which names the maps of each column have, in all pieces of a report; one without maps is not gone through."""
    found = dict[str, set[str]]()
    for piece in pieces:
        places = {place: column.name for place, column in enumerate(piece.schema) if column.kind == "map"}
        if not places:
            return {}
        for place, column in places.items():
            found.setdefault(column, set()).update(*(_map(row[place]) for row in piece.rows))
    return {column: sorted(names) for column, names in found.items()}


def _flattened(
    column: Column, values: Sequence[Field], currencies: Sequence[Field], language: Language, names: Names
) -> list[Flat]:
    if column.kind == "map":
        return _by_name(column, values, language, names[column.name])
    words = column.named(language)
    held = [_said(typed(column.kind, value), words) for value in values]
    return [Flat(column.name, column.title.to(language), column.kind, held, currencies)]


def _said(value: Field, words: Mapping[str, str]) -> Field:
    return words.get(value, value) if isinstance(value, str) else value


def _by_name(column: Column, values: Sequence[Field], language: Language, names: Sequence[str]) -> list[Flat]:
    maps = [_map(value) for value in values]
    title = column.title.to(language)
    if not names:
        nothing = [None] * len(maps)
        return [Flat(column.name, title, "count", nothing, nothing)]
    return [
        Flat(column.name, f"{title}: {name}", "count", [each.get(name) for each in maps], [name] * len(maps))
        for name in names
    ]


def _map(value: Field) -> Mapping[str, int]:
    return value if isinstance(value, Mapping) else {}
