"""A report as CSV (RFC 4180), for programs and for spreadsheets. Pure."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from services.history.flat import flat, names_in_maps
from services.history.rendering import as_text
from services.history.report import Field, Report
from services.runtime.languages import Language

_MARK = "'"
_MISTAKEN = ("=", "+", "-", "@", "\t", "\r", _MARK)
"""What makes a spreadsheet take text for a formula; and the mark itself, so that it can be taken away again."""


def as_csv(report: Report, language: Language = "en") -> str:
    """The rows, under a line of titles in a language.

    Text that a spreadsheet would take for a formula has an apostrophe before it, and so has text that begins with one.
    """
    return "".join(csv_parts(lambda: [report], language))


def csv_parts(pieces: Callable[[], Iterable[Report]], language: Language) -> Iterator[str]:
    """The same in parts, of a report whose rows are in several pieces; they are gone through twice.

    First for the names in its maps: each is a column.
    """
    names = names_in_maps(pieces())
    for place, piece in enumerate(pieces()):
        columns, text = flat(piece, language, names), io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        if place == 0:
            writer.writerow([column.title for column in columns])
        writer.writerows(map(_cell, row) for row in zip(*(column.values for column in columns), strict=True))
        yield text.getvalue()


def _cell(value: Field) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = as_text(value)
    return _MARK + text if isinstance(value, (str, list)) and text.startswith(_MISTAKEN) else text
