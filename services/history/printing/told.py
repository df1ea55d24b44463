"""What stands on paper, or on a page of a browser, in a language: all that a report tells, as text. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.history.cuts import written_cut
from services.history.errors import TooLongToPrintError
from services.history.printing.cells import DASH
from services.history.printing.picture import MOST_ROWS, drawn
from services.history.printing.table import Printed, columns
from services.history.rendering import as_text, plain, written_positions
from services.history.report import Report
from services.runtime.languages import Language


@dataclass(frozen=True, slots=True)
class Told:
    """A report as it is printed."""

    language: Language
    name: str
    question: str
    remarks: Sequence[tuple[str, str]]
    """Above the table: a title each, and what it was asked with or cannot tell yet."""
    picture: str | None
    """SVG, without the question, which stands above it already; None: there is nothing to draw."""
    columns: Sequence[Printed]
    nothing: str
    """What to say of no rows."""
    foot: Sequence[tuple[str, str]]
    """Below the table, likewise: the formulas, and the cut that it can be asked for by again."""


def told(report: Report, language: Language) -> Told:
    """It in a language; raises TooLongToPrintError when it has too many rows."""
    if len(report.rows) > MOST_ROWS:
        raise TooLongToPrintError(MOST_ROWS)
    ru = language == "ru"
    given = [f"{name} = {as_text(plain(value)) or DASH}" for name, value in report.parameters.items()]
    needs = "" if report.needs is None else report.needs.to(language)
    formulas = [f"{policy.id} v{policy.version}: {policy.formula}" for policy in report.policies]
    cut = written_cut(written_positions(report.as_of)).replace(",", ", ") or DASH
    above = [
        ("Параметры" if ru else "Asked with", "; ".join(given)),
        ("Пока не сказано, нужно" if ru else "Not told yet, it needs", needs),
    ]
    below = [
        ("Формулы" if ru else "Formulas", "; ".join(formulas)),
        ("Составлено по всем записям до" if ru else "Made of all records before", cut),
    ]
    return Told(
        language=language,
        name=report.name,
        question=report.question.to(language),
        remarks=[remark for remark in above if remark[1]],
        picture=drawn(report, report.chart, language, heading="") if report.chart and report.rows else None,
        columns=columns(report, language),
        nothing="Рассказать не о чем." if ru else "There is nothing to tell.",
        foot=[remark for remark in below if remark[1]],
    )
