"""The picture of a report, as it declares it. Pure.

`-- chart: bar x=rep,period y=attainment by=currency`: every row is a mark. `bar` draws a bar for each row, `stack` one
of several parts, and `line` a line over days or instants. `x` are the columns by which a mark is named, and for a line
the time; `y` is a number, for a stack several; `by` tells bars of one name, or lines, apart by colour.
`between=low,high` are the columns with the bounds of a bar's interval. `x` and `by` have all columns of the key, so
that no two rows are the same mark.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from services.history.columns import Column, Kind

Mark = Literal["bar", "stack", "line"]
_WORD = re.compile(r"(x|y|by|between)=(\w+(?:,\w+)*)")
_TIMES: frozenset[Kind] = frozenset({"day", "instant"})
_NUMBERS: frozenset[Kind] = frozenset({"count", "seconds", "minor", "percent", "number"})
_ENDS = 2


@dataclass(frozen=True, slots=True)
class Chart:
    """What to draw, by the names of columns."""

    mark: Mark
    x: tuple[str, ...]
    y: tuple[str, ...]
    by: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    """Of a bar's interval the lower bound and the upper one; none: it has no interval."""


def read_chart(lines: Sequence[str], columns: Sequence[Column], key: Sequence[str]) -> Chart | None:
    """Read what a report declares, None where that is nothing; raises ValueError when it cannot be drawn."""
    if not lines:
        return None
    chart = _read(lines)
    kinds: dict[str, Kind] = {column.name: column.kind for column in columns}
    if wrong := _unknown(chart, kinds) or _undrawable(chart, kinds) or _ambiguous(chart, key):
        message = f"chart: {wrong}"
        raise ValueError(message)
    return chart


def _read(lines: Sequence[str]) -> Chart:
    mark, *words = " ".join(lines).split()
    found = [_WORD.fullmatch(word) for word in words]
    said = {one[1]: tuple(one[2].split(",")) for one in found if one}
    named = [each for each in get_args(Mark) if each == mark]
    if len(lines) > 1 or not named or len(said) < len(words) or not {"x", "y"} <= said.keys():
        message = "one line `-- chart: bar|stack|line x=NAME,NAME y=NAME by=NAME between=LOW,HIGH`, each word once"
        raise ValueError(message)
    return Chart(named[0], said["x"], said["y"], said.get("by", ()), said.get("between", ()))


def _unknown(chart: Chart, kinds: Mapping[str, Kind]) -> str | None:
    unknown = [name for name in (*chart.x, *chart.y, *chart.by, *chart.between) if name not in kinds]
    return f"no column is called {', '.join(unknown)}" if unknown else None


def _undrawable(chart: Chart, kinds: Mapping[str, Kind]) -> str | None:
    """What of it cannot be drawn, if anything."""
    numbers = [*chart.y, *chart.between]
    if words := [name for name in numbers if kinds[name] not in _NUMBERS]:
        return f"{', '.join(words)} is not a number"
    if len({kinds[name] for name in numbers}) > 1:
        return f"{', '.join(numbers)} are of several kinds: one scale shows one"
    if chart.mark == "line" and (len(chart.x) > 1 or not _TIMES.issuperset(kinds[name] for name in chart.x)):
        return f"a line goes over one column of days or instants, not {', '.join(chart.x)}"
    if (len(chart.y) > 1) != (chart.mark == "stack") or (chart.mark == "stack" and chart.by):
        return "a stack has several numbers and no `by`, all else one number"
    if chart.between and (chart.mark != "bar" or chart.by or len(chart.between) != _ENDS):
        return "an interval is of a bar without `by`, between two columns"
    return None


def _ambiguous(chart: Chart, key: Sequence[str]) -> str | None:
    missing = [name for name in key if name not in {*chart.x, *chart.by}]
    return f"rows that differ by {', '.join(missing)} only would be one mark: name it as x or by" if missing else None
