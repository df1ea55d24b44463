"""Replaying: what was known at a moment, folded anew from the raw records alone, beside what the views say of it.

Nothing is taken over that the archive has made of the records: no verdict, no row, no SQL of its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import duckdb

from events.codec import UnreadableError
from events.law import Ledger, Verdict
from projections.cells import Boards, merge_boards
from projections.fold import Counted, Folder, UnfoldableError
from services.history.agreement import differences
from services.history.archive import Archive
from services.history.errors import UnfoldableHistoryError
from services.history.judging import Row, judge
from services.history.parking import told_by
from services.history.store import read_records
from services.history.verify import Difference
from services.runtime.parked import PARKED
from services.runtime.shards import FACT_TOPICS, Positions, Source

_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Replay:
    """The outcome of one replay."""

    known_at: datetime
    cut: Positions
    cells: int
    """How many cells came out of it."""
    differences: Sequence[Difference]


def replay(archive: Archive, moment: datetime) -> Replay:
    """Replay what was known at a moment; raises NotClosedError, and UnfoldableHistoryError where it has no numbers."""
    cut, projections = archive.known_at(moment), archive.projections
    with archive.reading(cut) as reading, closing(Folder(projections)) as folder:
        replayed = _replayed(reading.con, cut, folder)
    return Replay(moment, cut, sum(map(len, replayed.values())), differences(archive, replayed, cut, projections))


def _replayed(con: duckdb.DuckDBPyConnection, cut: Positions, folder: Folder) -> Boards:
    aside = told_by(chain.from_iterable(_judged(con, PARKED, cut[PARKED], {})))
    boards: Boards = {}
    for source, before in cut.items():
        for rows in _judged(con, source, before, aside.get(source, {})):
            merge_boards(folder.projections, boards, _folded(folder, rows))
    return boards


def _judged(
    con: duckdb.DuckDBPyConnection, source: Source, before: int, aside: Mapping[int, str]
) -> Iterator[Sequence[Row]]:
    """The records of a partition before an offset, judged from the first one on."""
    ledger = Ledger(expires=source[0] in FACT_TOPICS)
    for records in read_records(con, {source: before}, _BATCH, "records"):
        yield judge(ledger, records, aside)


def _folded(folder: Folder, rows: Iterable[Row]) -> Boards:
    counted = [
        Counted(row.read, row.record.topic, row.record.partition, row.record.offset)
        for row in rows
        if row.verdict is Verdict.COUNTS and not isinstance(row.read, UnreadableError)
    ]
    try:
        return folder.fold(counted)
    except UnfoldableError as error:
        raise UnfoldableHistoryError(error.name, error.kind) from None
