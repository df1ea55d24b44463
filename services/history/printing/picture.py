"""The picture of a report, by Vega-Lite, as SVG: on one machine the same bytes for the same answer.

No font of the machine is needed to make it, but letters are measured by those that it has. It names those that it would
like best; whoever shows it may lack them.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from subprocess import PIPE, SubprocessError, run
from typing import cast

import msgspec

from services.history.charts import Chart
from services.history.errors import NotDrawnError, TooLongToPrintError
from services.history.flat import Flat, flat
from services.history.printing.cells import DASH, printed, whole_units, without_minor_units
from services.history.rendering import plain
from services.history.report import Field, Report
from services.runtime.languages import Language

MOST_ROWS = 2_000
MOST_BARS = 24
"""What can be told apart: of more rows the first are drawn, and the picture says so."""
_DRAWING = Path(__file__).with_name("drawing.py")
_WITHIN_S = 60
_FONT = "Libertinus Serif, Georgia, Times New Roman, serif"
_WIDTH, _HEIGHT, _BAR = 640, 240, 18
_LOCALE: Mapping[Language, str] = {"en": "en-US", "ru": "ru-RU"}

Spec = dict[str, object]
Mark = dict[str, object]


def as_svg(report: Report, language: Language) -> bytes:
    """The picture under its question; raises TooLongToPrintError and NotDrawnError.

    And ValueError when the report declares none.
    """
    if len(report.rows) > MOST_ROWS:
        raise TooLongToPrintError(MOST_ROWS)
    if report.chart is None:
        message = f"reports/{report.name}.sql: it declares no `-- chart:`"
        raise ValueError(message)
    return drawn(report, report.chart, language, report.question.to(language)).encode()


def drawn(report: Report, chart: Chart, language: Language, heading: str) -> str:
    """A chart of a report under a heading, which may be empty."""
    asked = msgspec.json.encode({"spec": spec(report, chart, language, heading), "locale": _LOCALE[language]})
    command = [sys.executable, "-I", str(_DRAWING)]
    try:
        return run(command, input=asked, stdout=PIPE, check=True, env={}, timeout=_WITHIN_S).stdout.decode()
    except SubprocessError:
        raise NotDrawnError from None


def spec(report: Report, chart: Chart, language: Language, heading: str) -> Spec:
    """The picture as Vega-Lite describes it. Pure."""
    columns = {column.name: column for column in flat(report, language)}
    rows = len(report.rows) if chart.mark == "line" else min(len(report.rows), MOST_BARS)
    marks = [mark for row in range(rows) for mark in _marks(chart, columns, row, language)]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "title": {"text": heading, "subtitle": _subtitle(len(report.rows), rows, language)},
        "data": {"values": marks},
        "width": _WIDTH,
        "height": _HEIGHT if chart.mark == "line" else {"step": _BAR, "for": "position"},
        "layer": _layers(chart, columns, language),
        "config": {"font": _FONT, "axis": {"labelLimit": 320}, "legend": {"labelLimit": 320}},
    }


def _marks(chart: Chart, columns: Mapping[str, Flat], row: int, language: Language) -> Iterator[Mark]:
    """What one row puts into the picture: nothing without the number, nor a line's point without its time."""
    name = _moment(columns[chart.x[0]].values[row]) if chart.mark == "line" else _named(chart.x, columns, row, language)
    ends = dict(zip(("low", "high"), (_number(columns[each], row) for each in chart.between), strict=False))
    for place, each in enumerate(chart.y):
        number = _number(columns[each], row)
        series = _title(columns[each], language) if chart.mark == "stack" else _named(chart.by, columns, row, language)
        if number is not None and name is not None:
            yield {"name": name, "number": number, "series": series or DASH, "place": place, **ends}


def _named(names: Sequence[str], columns: Mapping[str, Flat], row: int, language: Language) -> str:
    """What a row is called by some of its columns; a dash stands for what is unknown."""
    return ", ".join(printed(columns[name].kind, columns[name].values[row], language) for name in names)


def _moment(value: Field) -> str | None:
    return str(plain(value)) if isinstance(value, (date, datetime)) else None


def _number(column: Flat, row: int) -> float | None:
    value = column.values[row]
    if column.kind == "minor":
        value = whole_units(value, column.currencies[row])
    return None if value is None else float(cast("float", value))


def _title(column: Flat, language: Language) -> str:
    return without_minor_units(column.title, language)


def _layers(chart: Chart, columns: Mapping[str, Flat], language: Language) -> list[Spec]:
    number: Spec = {"field": "number", "type": "quantitative", "title": _title(columns[chart.y[0]], language)}
    series: Spec = {"field": "series", "type": "nominal", "sort": None, "title": None}
    coloured: Spec = {"color": series} if chart.by or chart.mark == "stack" else {}
    if chart.mark == "line":
        time = _time(columns[chart.x[0]])
        return [{"mark": {"type": "line", "point": True}, "encoding": {"x": time, "y": number, **coloured}}]
    name: Spec = {"field": "name", "type": "nominal", "sort": None, "title": None}
    if chart.mark == "stack":
        parts: Spec = {"x": {**number, "title": None}, "order": {"field": "place"}}
        return [{"mark": "bar", "encoding": {"y": name, **parts, **coloured}}]
    beside: Spec = {"yOffset": series} if chart.by else {}
    bars: Spec = {"mark": "bar", "encoding": {"y": name, "x": {**number, "stack": None}, **coloured, **beside}}
    return [bars, _interval(name)] if chart.between else [bars]


def _time(column: Flat) -> Spec:
    """An axis of days or of instants, which are in UTC."""
    days = column.kind == "day"
    axis: Spec = {"format": "%Y-%m-%d" if days else "%m-%d %H:%M", "labelOverlap": True, "tickCount": 8}
    title = column.title if days else f"{column.title}, UTC"
    return {"field": "name", "type": "temporal", "scale": {"type": "utc"}, "axis": axis, "title": title}


def _interval(name: Spec) -> Spec:
    """A thin line from one bound to the other."""
    low: Spec = {"field": "low", "type": "quantitative"}
    return {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": {"y": name, "x": low, "x2": {"field": "high"}}}


def _subtitle(rows: int, drawn: int, language: Language) -> str:
    if rows == 0:
        return "Рассказать не о чем." if language == "ru" else "There is nothing to tell."
    if drawn < rows:
        return f"Первые строки: {drawn} из {rows}" if language == "ru" else f"The first {drawn} of {rows} rows"
    return ""
