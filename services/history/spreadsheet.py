"""A report as an Excel workbook: the rows on one sheet, on another what is needed to get the same answer again.

Text is written as text, whatever it begins with: no cell is a formula or a link. Amounts are whole minor units. Excel
has no time zones: instants are in UTC, and their titles say so. It has 15 digits for a number: what has more is text.
It has 32,767 characters for a text: what has more is refused.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, count, groupby
from operator import itemgetter
from tempfile import TemporaryFile

import msgspec
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from services.history.columns import Kind
from services.history.errors import CellTooLongError, TooManyRowsError
from services.history.flat import Flat, flat, names_in_maps
from services.history.rendering import about, as_text, written_positions
from services.history.report import Field, Report
from services.runtime.languages import Language

_OPTIONS = {"constant_memory": True}
"""Rows wait in a temporary file: a cell in memory takes a hundred times the room."""
_ALWAYS = datetime(2000, 1, 1)  # noqa: DTZ001  # Excel's have none. The same bytes for the same answer, whenever it is made
_MOST_ROWS = 2**20 - 1
"""What a sheet has room for below its line of titles."""
_MOST_DIGITS = 15
_MOST_CHARACTERS = 32_767
"""Of a cell, as Excel counts them: in UTF-16."""
_FIRST_YEAR = 1901
"""Excel takes 1900 for a leap year, and knows nothing of earlier ones."""
_LEAST_WIDTH, _GREATEST_WIDTH = 12, 40
_SHEET_NAME = 31
_AT_ONCE = 256 * 1024
_SHOWN_AS: Mapping[Kind, str] = {
    "day": "yyyy-mm-dd",
    "instant": "yyyy-mm-dd hh:mm:ss",
    "count": "#,##0",
    "minor": "#,##0",
    "ratio": "0.0%",
    "percent": "0.00",
}


def as_xlsx(report: Report, language: Language) -> bytes:
    """The workbook; raises the same."""
    return b"".join(xlsx_parts(lambda: [report], language))


def xlsx_parts(pieces: Callable[[], Iterable[Report]], language: Language) -> Iterator[bytes]:
    """The workbook of a report whose rows are in several pieces, in parts; all of it is made before the first is given.

    It lies in a temporary file meanwhile, and the pieces are gone through twice, as for CSV. Raises TooManyRowsError
    when there are more rows than a sheet can have, and CellTooLongError when a text is longer than a cell's may be.
    """
    with TemporaryFile() as file:
        with Workbook(file, _OPTIONS) as workbook:
            _write_workbook(workbook, pieces, language)
        file.seek(0)
        while part := file.read(_AT_ONCE):
            yield part


def _write_workbook(workbook: Workbook, pieces: Callable[[], Iterable[Report]], language: Language) -> None:
    names, rest = names_in_maps(pieces()), iter(pieces())
    first = next(rest)
    workbook.set_properties({"title": first.question.to(language), "created": _ALWAYS})
    sheet, columns = workbook.add_worksheet(first.name[:_SHEET_NAME]), flat(first, language, names)
    _write_titles(sheet, columns, workbook.add_format({"bold": True, "text_wrap": True}))
    _write_rows(sheet, chain([columns], (flat(piece, language, names) for piece in rest)), _formats(workbook))
    _write_about(workbook.add_worksheet("Об ответе" if language == "ru" else "About"), first, language)


def _write_titles(sheet: Worksheet, columns: Sequence[Flat], bold: Format) -> None:
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        title = f"{column.title}, UTC" if column.kind == "instant" else column.title
        sheet.set_column(place, place, min(max(len(title), _LEAST_WIDTH), _GREATEST_WIDTH))
        sheet.write_string(0, place, title, bold)


def _write_rows(sheet: Worksheet, pieces: Iterable[Sequence[Flat]], shown: Mapping[Kind, Format]) -> None:
    rows = count(1)
    for columns in pieces:
        for values in zip(*(column.values for column in columns), strict=True):
            if (row := next(rows)) > _MOST_ROWS:
                raise TooManyRowsError(_MOST_ROWS)
            for place, (column, value) in enumerate(zip(columns, values, strict=True)):
                _write(sheet, row, place, value, shown.get(column.kind))


def _formats(workbook: Workbook) -> Mapping[Kind, Format]:
    return {kind: workbook.add_format({"num_format": shown}) for kind, shown in _SHOWN_AS.items()}


def _write(sheet: Worksheet, row: int, place: int, value: Field, shown: Format | None) -> None:
    match value:
        case None:
            return
        case bool():
            sheet.write_boolean(row, place, value)
        case int() | float() | Decimal() if _fits(value):
            sheet.write_number(row, place, float(value), shown)
        case datetime() if value.year >= _FIRST_YEAR:
            sheet.write_datetime(row, place, value.replace(tzinfo=None), shown)
        case date() if value.year >= _FIRST_YEAR:
            sheet.write_datetime(row, place, value, shown)
        case _:
            _write_text(sheet, row, place, as_text(value))


def _write_text(sheet: Worksheet, row: int, place: int, text: str) -> None:
    characters = len(text.encode("utf-16-le")) // 2
    if characters > _MOST_CHARACTERS:
        raise CellTooLongError(row + 1, place + 1, characters, _MOST_CHARACTERS)
    sheet.write_string(row, place, text)


def _fits(number: float | Decimal) -> bool:
    """Whether Excel holds a number as it is."""
    if isinstance(number, Decimal):
        return len(number.as_tuple().digits) <= _MOST_DIGITS
    return isinstance(number, float) or abs(number) < 10**_MOST_DIGITS


def _write_about(sheet: Worksheet, report: Report, language: Language) -> None:
    for row, (name, value) in enumerate(_told(report, language)):
        sheet.write_string(row, 0, name)
        _write_text(sheet, row, 1, value if isinstance(value, str) else msgspec.json.encode(value).decode())
    sheet.set_column(0, 1, _GREATEST_WIDTH)


def _told(report: Report, language: Language) -> Iterator[tuple[str, object]]:
    """What the report says of itself, its cut a topic at a time: a cell may not hold all of it."""
    for name, value in about(report, language).items():
        if name == "as_of" and report.as_of:
            for _, of_topic in groupby(sorted(report.as_of), key=itemgetter(0)):
                yield name, written_positions({source: report.as_of[source] for source in of_topic})
        else:
            yield name, value
