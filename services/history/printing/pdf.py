"""A report as PDF, by typst: the same bytes for the same answer, whenever it is made on a machine.

The answer reaches the page as JSON, so that text is text whatever marks stand in it. Fonts are those that typst brings.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import msgspec

from services.history.printing.table import Printed, lies, parts
from services.history.printing.told import Told, told
from services.history.report import Report
from services.runtime.languages import Language

_PAGE = Path(__file__).with_name("page.typ")


def as_pdf(report: Report, language: Language) -> bytes:
    """The document; raises TooLongToPrintError when it would have too many rows."""
    inputs = {"report": msgspec.json.encode(_for_page(told(report, language))).decode()}
    import typst  # noqa: PLC0415  # 80 MB, for whoever prints

    page = typst.Compiler(_PAGE.read_bytes(), font_paths=[], ignore_system_fonts=True, sys_inputs=inputs)
    return cast("bytes", page.compile(format="pdf"))  # an image would be one for each page


def _for_page(said: Told) -> dict[str, object]:
    """What the page takes: the table in parts that have room side by side."""
    return {
        "language": said.language,
        "name": said.name,
        "question": said.question,
        "remarks": said.remarks,
        "picture": said.picture,
        "lying": lies(said.columns),
        "tables": [_table(part) for part in parts(said.columns)],
        "nothing": said.nothing,
        "foot": said.foot,
    }


def _table(part: Sequence[Printed]) -> dict[str, object]:
    return {
        "titles": [each.title for each in part],
        "right": [each.right for each in part],
        "widths": [each.width for each in part],
        "rows": list(zip(*(each.cells for each in part), strict=True)),
    }
