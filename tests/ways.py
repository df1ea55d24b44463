"""Every way from the log to the numbers as of a cut, side by side: all of them have to meet.

The cells: rollups, which reports read, rows, the raw records, a file made anew from Parquet, a projector's fold, plain
Python. And the rows of the reports that are made of `rep_day`, `queue_interval` and `agent_interval`.
"""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from events.agents import State
from events.codec import UnreadableError
from events.event import written_instant
from events.law import Ledger, Verdict
from projections.cells import Boards, as_rows, merge_boards
from projections.fold import Counted, Folder
from projections.projection import load_projections
from services.history.archive import FILE_NAME, Archive
from services.history.judging import LogRecord, judge
from services.history.rendering import zoned
from services.history.report import run_report
from services.history.segments.restoring import restore
from services.history.segments.sealing import seal
from services.history.store import read_records
from services.runtime.shards import FACT_TOPICS, Positions, Source
from tests.recompute import recompute_logs

Row = Mapping[str, Any]
Number = tuple[str, str, str, int]
"""Whose, of when, what, and how many."""

PROJECTIONS = load_projections()
STATES: tuple[str, ...] = get_args(State)
_TICK = 500


@dataclass(frozen=True, slots=True)
class Ways:
    """An archive, the one that was restored from its Parquet files, and what a projector folds with."""

    archive: Archive
    restored: Archive
    folder: Folder

    def meet(self, cut: Positions) -> Boards:
        """Make sure that all come to the same as of a cut, and give the cells."""
        log = {source: _before(self.archive, source, end) for source, end in cut.items()}
        truth = recompute_logs([record.raw or b"" for record in records] for records in log.values())
        assert self.archive.rolled_up_at(cut, PROJECTIONS) == truth
        assert self.archive.cells_at(cut, PROJECTIONS) == truth
        assert self.archive.evidence_at(cut, PROJECTIONS) == truth
        assert self.restored.cells_at(cut, PROJECTIONS) == truth
        assert _folded(self.folder, log) == truth
        reps, queues, agents = (_cells(truth, name) for name in ("rep_day", "queue_interval", "agent_interval"))
        assert _summed(_of_reps(_reported(self.archive, "rep_day", cut))) == _summed(_of_reps(reps))
        assert _summed(_of_queues(_reported(self.archive, "call_centre", cut))) == _summed(_joined(queues))
        assert _summed(_of_agents(_reported(self.archive, "agent_time", cut))) == _summed(_spent(agents))
        return truth


@contextmanager
def every_way(archive: Archive, folder: Path) -> Generator[Ways]:
    """Restore an archive from Parquet files, all in a folder, and open whatever leads to its numbers."""
    seal(archive, folder / "archive", now=True)
    restore(folder / "archive", folder / FILE_NAME, PROJECTIONS)
    with Archive(folder / FILE_NAME, PROJECTIONS) as restored, closing(Folder(PROJECTIONS)) as of_live:
        yield Ways(archive, restored, of_live)


def _before(archive: Archive, source: Source, end: int) -> list[LogRecord]:
    with archive.cursor() as con:
        return [record for batch in read_records(con, {source: end}, 20_000, "records") for record in batch]


def _folded(folder: Folder, log: Mapping[Source, Sequence[LogRecord]]) -> Boards:
    """Fold a log as a projector does, a partition after the other and a few records at a time."""
    boards: Boards = {}
    for (topic, partition), records in log.items():
        ledger = Ledger(expires=topic in FACT_TOPICS)
        for start in range(0, len(records), _TICK):
            rows = judge(ledger, records[start : start + _TICK], {})
            counted = [
                Counted(row.read, topic, partition, row.record.offset)
                for row in rows
                if row.verdict is Verdict.COUNTS and not isinstance(row.read, UnreadableError)
            ]
            merge_boards(PROJECTIONS, boards, folder.fold(counted))
    return boards


def _reported(archive: Archive, report: str, cut: Positions) -> list[Row]:
    answer = run_report(archive, report, {}, cut)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def _cells(boards: Boards, name: str) -> list[Row]:
    return [dict(row) for row in as_rows(PROJECTIONS[name], boards.get(name, {}))]


def _of_reps(rows: Iterable[Row]) -> Iterator[Number]:
    """What each rep did on each day: the report has the names of the cells, and adds up their currencies."""
    for row in rows:
        for name in ("calls", "answered", "talk_seconds", "wins"):
            yield row["rep"], str(row["day"]), name, row[name]


def _of_queues(rows: Iterable[Row]) -> Iterator[Number]:
    """Who joined each queue in each quarter of an hour, as a report says; its totals are left out."""
    for row in rows:
        interval = row["interval"]
        for name in ("offered", "answered") if isinstance(interval, datetime) else ():
            yield row["queue"], written_instant(zoned(interval)), name, row[name]


def _joined(cells: Iterable[Row]) -> Iterator[Number]:
    for row in cells:
        for name, part in {"offered": 1, "answered": row["answered"]}.items() if row["clock"] == "enqueue" else ():
            yield row["queue"], row["interval"], name, part * row["calls"]


def _of_agents(rows: Iterable[Row]) -> Iterator[Number]:
    """How each agent spent each day in UTC, as a report says."""
    for row in rows:
        for state in STATES:
            yield row["rep"], str(row["day"]), state, row[f"{state}_seconds"]


def _spent(cells: Iterable[Row]) -> Iterator[Number]:
    for row in cells:
        yield row["rep"], row["interval"][:10], row["state"], row["seconds"]


def _summed(numbers: Iterable[Number]) -> dict[tuple[str, str, str], int]:
    """Numbers of the same added up; what comes to nothing is left out."""
    sums = Counter[tuple[str, str, str]]()
    for who, when, what, number in numbers:
        sums[who, when, what] += number
    return {about: number for about, number in sums.items() if number}
