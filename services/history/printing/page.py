"""A report as a page for a browser that needs nothing else, no script either, and prints well. Pure.

The same bytes for the same answer. What is told is escaped; the picture is as Vega-Lite drew it, its text escaped too.
"""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from services.history.printing.table import Printed
from services.history.printing.told import told
from services.history.report import Report
from services.runtime.languages import Language

_STYLE = Path(__file__).with_name("page.css")


def as_html(report: Report, language: Language) -> bytes:
    """The page; raises TooLongToPrintError when it would have too many rows."""
    said = told(report, language)
    rows = [*zip(*(column.cells for column in said.columns), strict=True)]
    parts = [
        _tag("h1", said.question),
        *map(_remark, said.remarks),
        "" if said.picture is None else f"<figure>{said.picture}</figure>",
        f"<table><thead>{_row('th', said.columns, [column.title for column in said.columns])}</thead>",
        f"<tbody>{''.join(_row('td', said.columns, row) for row in rows)}</tbody></table>",
        "" if rows else _tag("p", said.nothing),
        *map(_remark, said.foot),
    ]
    head = f'<meta charset="utf-8">{_tag("title", said.question)}<style>{_STYLE.read_text("utf-8")}</style>'
    page = f'<!doctype html><html lang="{language}"><head>{head}</head><body>{_lines(parts)}</body></html>\n'
    return page.encode()


def _row(tag: str, columns: Sequence[Printed], texts: Sequence[str]) -> str:
    cells = zip(columns, texts, strict=True)
    return f"<tr>{''.join(_tag(tag, text, 'number' if column.right else 'text') for column, text in cells)}</tr>\n"


def _remark(remark: tuple[str, str]) -> str:
    title, text = remark
    return f"<p><b>{escape(title)}:</b> {escape(text)}</p>"


def _tag(tag: str, text: str, kind: str = "text") -> str:
    return f'<{tag} class="{kind}">{escape(text)}</{tag}>'


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(part for part in parts if part)
