"""Published examples, and what a real log makes of them: what the tests of both kinds of vectors share."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from events.event import Event
from services.history.archive import Archive
from services.history.report import run_report
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from tests.projector.workers import append_to
from tests.telling import DECISIONS, decided

VECTORS = Path(__file__).parents[1] / "vectors"


def vectors(name: str) -> dict[str, Mapping[str, Any]]:
    """Give published examples by their id."""
    return {each["id"]: each for each in json.loads((VECTORS / f"{name}.json").read_bytes())}


def attainment(name: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Give what an example of attainment is told, and what it comes to."""
    example = vectors("attainment")[name]
    return example["input"], example["expected"]


def rows_of(archive: Archive, report: str, given: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give the rows of a report by column."""
    found = run_report(archive, report, given)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def of_one(archive: Archive, report: str, given: Mapping[str, str], **where: str | None) -> dict[str, Any]:
    """Give the one row of a report that says this of itself."""
    [row] = [row for row in rows_of(archive, report, given) if all(row[name] == value for name, value in where.items())]
    return row


async def decide_all(kafka: KafkaSettings, decisions: Mapping[str, Event]) -> None:
    """Append decisions, each as the first of its stream."""
    await ensure_topics(kafka.bootstrap_servers, source_topics())
    records = [((DECISIONS, 0), decided(event, stream, 1)) for stream, event in decisions.items()]
    await append_to(kafka.bootstrap_servers, records)


def minor(amount: str) -> int:
    """Give an amount of roubles in kopecks."""
    return round(100 * float(amount))


def months_from(first: date, count: int) -> list[date]:
    """Give the first days of so many months, and of the month after them."""
    ordinals = range(first.month - 1, first.month + count)
    return [date(first.year + number // 12, number % 12 + 1, 1) for number in ordinals]
