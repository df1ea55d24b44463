"""Reports for machines and for people: one JSON object, CSV, or a table for a terminal. Pure."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from rich.table import Table

from projections.metrics import Policy
from services.history.report import Field, Report
from services.runtime.shards import Positions, Source

_FRAME = 3
"""What a column of a table takes besides its text."""
_TURNED = 20
"""What a turned row may take: an instant fits."""


def as_json(report: Report) -> bytes:
    """The report as one JSON object; decimals are text, so that nobody's float rounds them again."""
    return msgspec.json.encode(
        {
            "report": report.name,
            "question": report.question,
            "parameters": {name: _plain(value) for name, value in report.parameters.items()},
            "as_of": written_positions(report.as_of),
            "policies": report.policies,
            "columns": report.columns,
            "rows": [dict(zip(report.columns, map(_plain, row), strict=True)) for row in report.rows],
        }
    )


def from_json(line: bytes) -> Report:
    """Read what `as_json` wrote; values that JSON has no form for stay text, which is shown alike."""
    read = msgspec.json.decode(line)
    return Report(
        name=read["report"],
        question=read["question"],
        parameters=read["parameters"],
        as_of=_read_positions(read["as_of"]),
        columns=tuple(read["columns"]),
        rows=tuple(tuple(row.values()) for row in read["rows"]),
        policies=tuple(Policy(**policy) for policy in read["policies"]),
    )


def as_csv(report: Report) -> str:
    """The rows as CSV, with a line of column names."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(report.columns)
    writer.writerows([_cell(value) for value in row] for row in report.rows)
    return text.getvalue()


def as_tables(report: Report, width: int) -> list[Table]:
    """The rows for a terminal of `width` characters; where they are too wide, turned: what was a row is a column."""
    columns = [[name, *cells] for name, *cells in zip(report.columns, *_cells(report), strict=True)]
    if sum(max(map(len, column)) + _FRAME for column in columns) <= width:
        return [_table(report.columns, _cells(report), report.question)]
    apiece = max(1, (width - max(map(len, report.columns)) - _FRAME) // (_TURNED + _FRAME))
    parts = [report.rows[start : start + apiece] for start in range(0, len(report.rows), apiece)]
    return [_turned(report, part, report.question if part is parts[0] else None) for part in parts]


def formulas(report: Report) -> str:
    """The formulas by which the numbers were reckoned, a line each."""
    return "\n".join(f"{policy.id} v{policy.version}: {policy.formula}" for policy in report.policies)


def _turned(report: Report, rows: Sequence[Sequence[Field]], title: str | None) -> Table:
    cells = [[_cell(value) for value in row] for row in rows]
    return _table(("", *(row[0] for row in cells)), list(zip(report.columns, *cells, strict=True))[1:], title)


def _cells(report: Report) -> list[list[str]]:
    return [[_cell(value) for value in row] for row in report.rows]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], title: str | None) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for place, column in enumerate(header):
        table.add_column(column, justify="left" if place == 0 else "right")
    for row in rows:
        table.add_row(*row)
    return table


def written_positions(positions: Positions) -> dict[str, int]:
    """A cut as it is written down: the offset of the next record, by `topic/partition`."""
    return {f"{topic}/{partition}": before for (topic, partition), before in sorted(positions.items())}


def _read_positions(written: Mapping[str, int]) -> dict[Source, int]:
    parts = {place.rpartition("/"): before for place, before in written.items()}
    return {(topic, int(partition)): before for (topic, _, partition), before in parts.items()}


def _plain(value: object) -> object:
    """A value as JSON holds it."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value


def _cell(value: object) -> str:
    """A value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return " ".join(f"{name} {amount}" for name, amount in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(_plain(value))
