"""A report as PDF, by typst: the same bytes for the same answer, whenever and wherever it is made.

The answer reaches the page as JSON, so that text is text whatever marks stand in it. Fonts are those that typst brings.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import msgspec

from services.history.cuts import written_cut
from services.history.errors import TooLongToPrintError
from services.history.printing.cells import DASH
from services.history.printing.picture import drawn
from services.history.printing.table import Printed, columns, lies, parts
from services.history.rendering import as_text, plain, written_positions
from services.history.report import Report
from services.runtime.languages import Language

MOST_ROWS = 2_000
"""More make a document that nobody reads, and for which everybody else would wait."""
_PAGE = Path(__file__).with_name("page.typ")
_WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "parameters": "Asked with",
        "needs": "Not told yet, it needs",
        "formulas": "Formulas",
        "cut": "Made of all records before",
        "nothing": "There is nothing to tell.",
    },
    "ru": {
        "parameters": "Параметры",
        "needs": "Пока не сказано, нужно",
        "formulas": "Формулы",
        "cut": "Составлено по всем записям до",
        "nothing": "Рассказать не о чем.",
    },
}


def as_pdf(report: Report, language: Language) -> bytes:
    """The document; raises TooLongToPrintError when it would have too many rows."""
    if len(report.rows) > MOST_ROWS:
        raise TooLongToPrintError(MOST_ROWS)
    import typst  # noqa: PLC0415  # 80 MB, for whoever prints

    told = msgspec.json.encode(_told(report, language)).decode()
    page = typst.Compiler(_PAGE.read_bytes(), font_paths=[], ignore_system_fonts=True, sys_inputs={"report": told})
    return cast("bytes", page.compile(format="pdf"))  # an image would be one for each page


def _told(report: Report, language: Language) -> dict[str, object]:
    """What the page shows."""
    table = columns(report, language)
    return {
        "language": language,
        "words": _WORDS[language],
        "name": report.name,
        "question": report.question.to(language),
        "needs": None if report.needs is None else report.needs.to(language),
        "parameters": [f"{name} = {as_text(plain(value)) or DASH}" for name, value in report.parameters.items()],
        "picture": _picture(report, language),
        "lying": lies(table),
        "tables": [_table(part) for part in parts(table)],
        "formulas": [f"{policy.id} v{policy.version}: {policy.formula}" for policy in report.policies],
        "cut": written_cut(written_positions(report.as_of)) or DASH,
    }


def _picture(report: Report, language: Language) -> str | None:
    """The picture without the question, which stands above it already; None where there is nothing to draw."""
    if report.chart is None or not report.rows:
        return None
    return drawn(report, report.chart, language, heading="")


def _table(part: Sequence[Printed]) -> dict[str, object]:
    return {
        "titles": [each.title for each in part],
        "right": [each.right for each in part],
        "widths": [each.width for each in part],
        "rows": list(zip(*(each.cells for each in part), strict=True)),
    }
