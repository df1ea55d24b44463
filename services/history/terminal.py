"""A report on a terminal: a table, and the formulas of its numbers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from rich.table import Table
from rich.text import Text

from projections.metrics import Policy
from services.history.cuts import written_cut
from services.history.rendering import as_text

_FRAME = 3
"""What a column of a table takes besides its text."""
_TURNED = 20
"""What a turned row may take: an instant fits."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a terminal shows of a report."""

    question: str
    needs: str | None
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    policies: tuple[Policy, ...]
    cut: str
    """As of what it is, as it can be asked for again."""


def shown(line: bytes) -> Shown:
    """Read a report's JSON; what JSON has no form for stays text, which is shown alike."""
    read = msgspec.json.decode(line)
    return Shown(
        question=read["question"],
        needs=read["needs"],
        columns=tuple(read["columns"]),
        rows=tuple(tuple(row.values()) for row in read["rows"]),
        policies=tuple(Policy(**policy) for policy in read["policies"]),
        cut=written_cut(read["as_of"]),
    )


def as_tables(answer: Shown, width: int) -> list[Table]:
    """The rows for a terminal of `width` characters; where they are too wide, turned: what was a row is a column."""
    columns = [[name, *cells] for name, *cells in zip(answer.columns, *_cells(answer), strict=True)]
    if sum(max(map(len, column)) + _FRAME for column in columns) <= width:
        return [table(answer.columns, _cells(answer), answer.question)]
    apiece = max(1, (width - max(map(len, answer.columns)) - _FRAME) // (_TURNED + _FRAME))
    parts = [answer.rows[start : start + apiece] for start in range(0, len(answer.rows), apiece)] or [()]
    return [_turned(answer, part, answer.question if part is parts[0] else None) for part in parts]


def remarks(answer: Shown) -> str:
    """What the report cannot tell yet, the formulas by which its numbers were reckoned, and its cut, a line each."""
    needs = [] if answer.needs is None else [f"needs: {answer.needs}"]
    formulas = [f"{policy.id} v{policy.version}: {policy.formula}" for policy in answer.policies]
    return "\n".join([*needs, *formulas, f"cut: {answer.cut}"])


def _turned(answer: Shown, rows: Sequence[Sequence[object]], title: str | None) -> Table:
    cells = [[as_text(value) for value in row] for row in rows]
    header, *turned = zip(answer.columns, *cells, strict=True)
    return table(header, turned, title)


def _cells(answer: Shown) -> list[list[str]]:
    return [[as_text(value) for value in row] for row in answer.rows]


def table(header: Sequence[str], rows: Sequence[Sequence[str]], title: str | None) -> Table:
    """A table of a terminal. What stands in it is text, and never rich's markup: an id may have brackets."""
    table = Table(title=None if title is None else Text(title, "bold"), title_justify="left")
    for place, column in enumerate(header):
        table.add_column(Text(column), justify="left" if place == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
