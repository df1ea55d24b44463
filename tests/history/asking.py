"""Filling an archive with events, and asking it a report: what the tests of reports share."""

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from events.event import Event
from projections.projection import load_projections
from services.history.archive import Archive
from services.history.differing import rows_by_key
from services.history.errors import HistoryError
from services.history.questions import load_questions
from services.history.report import run_report
from tests.telling import CALLS, DECISIONS, decided, lying, raw

Row = dict[str, Any]

PROJECTIONS = load_projections()


@contextmanager
def empty_archive() -> Generator[Archive]:
    """Open an archive of nothing, which is thrown away after use."""
    with TemporaryDirectory() as folder, Archive(Path(folder) / "history.duckdb", PROJECTIONS) as archive:
        yield archive


def tell(archive: Archive, *told: Event, topic: str = CALLS) -> None:
    """Append facts in the order of their days, so that none has expired."""
    start = archive.positions().get((topic, 0), 0)
    in_order = sorted(told, key=_day)
    archive.ingest(lying([raw(event, start + place) for place, event in enumerate(in_order)], topic, start=start))


def decide(archive: Archive, *decisions: Event) -> None:
    """Append decisions, each to a stream of its own."""
    start = archive.positions().get((DECISIONS, 0), 0)
    log = [decided(event, f"stream/{start + place}", 1) for place, event in enumerate(decisions)]
    archive.ingest(lying(log, DECISIONS, start=start))


def ask(archive: Archive, report: str, /, **given: object) -> list[Row]:
    """Ask a report, and give its rows by column; fails where two of them have the same key."""
    answer = run_report(archive, report, {name: str(value) for name, value in given.items()})
    rows_by_key(answer, load_questions()[report].key)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def columns(archive: Archive, report: str) -> tuple[str, ...]:
    """Give the columns of a report that is asked without parameters."""
    return run_report(archive, report, {}).columns


def declared(report: str) -> tuple[str, ...]:
    """Give the columns that a report says it has, in their order."""
    lines: Sequence[str] = load_questions()[report].sql.splitlines()
    return tuple(line.split()[2] for line in lines if line.startswith("-- column:"))


def refusal(archive: Archive, report: str, /, **given: object) -> str:
    """Ask a report what it cannot be asked, and give what it says to that."""
    with pytest.raises(HistoryError) as refused:
        ask(archive, report, **given)
    return str(refused.value)


def words(text: str) -> set[str]:
    """Give the words of a text, each once."""
    return set(re.findall(r"\w+", text))


def _day(event: Event) -> date:
    return event.day
