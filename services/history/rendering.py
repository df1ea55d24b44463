"""Reports as text: one JSON object. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from events.event import written_instant
from services.history.columns import Column
from services.history.report import Report
from services.runtime.languages import Language
from services.runtime.shards import Positions


def as_json(report: Report, language: Language = "en") -> bytes:
    """The report as one JSON object; decimals are text, so that nobody's float rounds them again.

    The question and the titles of columns are in the language that is asked for.
    """
    return b"".join(json_parts([report], language))


def json_parts(pieces: Iterable[Report], language: Language) -> Iterator[bytes]:
    """The same in parts, of a report whose rows are in several pieces."""
    before = None
    for piece in pieces:
        rows = [dict(zip(piece.columns, map(plain, row), strict=True)) for row in piece.rows]
        yield (_opened(piece, language) if before is None else before) + _listed(rows)
        before = b","
    yield b"]}"


def _opened(report: Report, language: Language) -> bytes:
    """The object up to its first row."""
    return msgspec.json.encode({**about(report, language), "rows": []}).removesuffix(b"]}")


def _listed(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Rows as they stand in a list, without its brackets."""
    return msgspec.json.encode(rows)[1:-1]


def about(report: Report, language: Language) -> dict[str, object]:
    """What a report says of itself, without its rows: all that is needed to get the same answer again."""
    return {
        "report": report.name,
        "question": report.question.to(language),
        "needs": None if report.needs is None else report.needs.to(language),
        "parameters": {name: plain(value) for name, value in report.parameters.items()},
        "as_of": written_positions(report.as_of),
        "policies": report.policies,
        "schema": described_columns(report.schema, language),
        "columns": report.columns,
    }


def described_columns(columns: Sequence[Column], language: Language) -> list[dict[str, object]]:
    """What each column is called, of what kind it is, its title, and what its words mean where it has but a few."""
    return [
        {"name": each.name, "kind": each.kind, "title": each.title.to(language)}
        | ({"words": each.named(language)} if each.words else {})
        for each in columns
    ]


def written_positions(positions: Positions) -> dict[str, int]:
    """A cut as it is written down: the offset of the next record, by `topic/partition`."""
    return {f"{topic}/{partition}": before for (topic, partition), before in sorted(positions.items())}


def zoned(moment: datetime) -> datetime:
    """A moment with its zone: DuckDB's TIMESTAMP has none, and is in UTC here."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def plain(value: object) -> object:
    """A value as JSON holds it."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return written_instant(zoned(value))
    return value


def as_text(value: object) -> str:
    """A value as a person reads it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str() | int():
            return str(value)
        case list():
            return ", ".join(map(str, value))
        case Mapping():
            return " ".join(f"{name} {amount}" for name, amount in value.items())
        case _:
            return str(plain(value))
