"""Reports for machines and for people: one JSON object, CSV, or a table for a terminal. Pure."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from rich.table import Table

from services.history.report import Report
from services.runtime.shards import Positions


def as_json(report: Report) -> bytes:
    """The report as one JSON object; decimals are text, so that nobody's float rounds them again."""
    return msgspec.json.encode(
        {
            "report": report.name,
            "question": report.question,
            "parameters": {name: _plain(value) for name, value in report.parameters.items()},
            "as_of": written_positions(report.as_of),
            "policies": report.policies,
            "rows": [dict(zip(report.columns, map(_plain, row), strict=True)) for row in report.rows],
        }
    )


def as_csv(report: Report) -> str:
    """The rows as CSV, with a line of column names."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(report.columns)
    writer.writerows([_cell(value) for value in row] for row in report.rows)
    return text.getvalue()


def as_table(report: Report) -> Table:
    """The rows for a terminal, with the formulas of the numbers beneath."""
    formulas = "\n".join(f"{policy.id} v{policy.version}: {policy.formula}" for policy in report.policies)
    table = Table(title=report.question, caption=formulas or None, caption_justify="left")
    for place, column in enumerate(report.columns):
        numbers = any(isinstance(row[place], int | Decimal) for row in report.rows)
        table.add_column(column, justify="right" if numbers else "left")
    for row in report.rows:
        table.add_row(*map(_cell, row))
    return table


def written_positions(positions: Positions) -> dict[str, int]:
    """A cut as it is written down: the offset of the next record, by `topic/partition`."""
    return {f"{topic}/{partition}": before for (topic, partition), before in sorted(positions.items())}


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
