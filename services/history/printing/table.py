"""The table of a report on pages: what stands in each column, how wide it is, and what has room side by side. Pure.

A table that is too wide for a page goes on below in a second one, which begins with the same columns of the key.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.history.columns import Kind
from services.history.flat import Flat, flat
from services.history.printing.cells import printed, printed_amount, without_minor_units
from services.history.report import Report
from services.runtime.languages import Language

UPRIGHT, LYING = 120, 180
"""How many letters have room on a line of the page, upright or lying."""
_LEFT: frozenset[Kind] = frozenset({"text", "day", "instant", "flag"})
_LEAST, _GREATEST = 4, 22
_GAP = 2
"""What a column takes besides its text."""


@dataclass(frozen=True, slots=True)
class Printed:
    """One column."""

    title: str
    right: bool
    """Numbers stand on the right."""
    cells: Sequence[str]
    key: bool

    @property
    def width(self) -> int:
        """How many letters it takes: titles break between words, and longer texts as well."""
        longest = max(map(len, [*self.title.split(), *self.cells]))
        return min(max(longest, _LEAST), _GREATEST) + _GAP


def columns(report: Report, language: Language) -> list[Printed]:
    """Every column, as text in a language."""
    return [_printed(each, each.name in report.key, language) for each in flat(report, language)]


def parts(columns: Sequence[Printed]) -> Iterator[Sequence[Printed]]:
    """The columns in tables that have room on a page, each with those of the key."""
    key, others = [each for each in columns if each.key], [each for each in columns if not each.key]
    room = LYING - _width(key)
    part: list[Printed] = []
    for column in others:
        if part and _width(part) + column.width > room:
            yield [*key, *part]
            part = []
        part.append(column)
    yield [*key, *part]


def lies(columns: Sequence[Printed]) -> bool:
    """Whether they are too wide for an upright page."""
    return _width(columns) > UPRIGHT


def _width(columns: Sequence[Printed]) -> int:
    return sum(each.width for each in columns)


def _printed(column: Flat, key: bool, language: Language) -> Printed:  # noqa: FBT001  # a column is one or not
    title = f"{column.title}, UTC" if column.kind == "instant" else column.title
    if not _is_money(column):
        return Printed(title, column.kind not in _LEFT, _texts(column, language), key)
    amounts = zip(column.values, column.currencies, strict=True)
    cells = [printed_amount(minor, currency, language) for minor, currency in amounts]
    return Printed(without_minor_units(title, language), right=True, cells=cells, key=key)


def _texts(column: Flat, language: Language) -> list[str]:
    return [printed(column.kind, value, language) for value in column.values]


def _is_money(column: Flat) -> bool:
    """Amounts are named after what they are counted in."""
    return column.kind == "minor" or column.name.endswith("_minor")
