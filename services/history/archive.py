"""The archive: one DuckDB file that holds every record of the log, and answers as of any cut."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from events.window import FARTHEST_EAST
from projections.cells import Boards, Cells, cells_from_sql
from projections.projection import Projection
from services.history.closing import closed_until, known_at, note_ends, note_new
from services.history.earlier_verdicts import say_earlier_verdicts
from services.history.errors import (
    HistoryBehindError,
    HistoryBusyError,
    NotClosedError,
    UnfoldableHistoryError,
    UnknownNameError,
)
from services.history.judging import LogRecord
from services.history.ledgers import TOLD_DAY
from services.history.rereading import read_by_todays_catalogue
from services.history.rollups import rolled_up_sql, say_all_rolled_up, say_rolled_up
from services.history.room import RESERVE_MB, require_room, telling_no_room
from services.history.rows import reading_evidence
from services.history.schema import create_tables, create_views
from services.history.store import STRETCH, Store, read_positions, transaction
from services.runtime.parked import PARKED
from services.runtime.shards import Positions, Source

FILE_NAME = "history.duckdb"

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {"wal_autocheckpoint": "256MB"}
_MEMORY = "50%"
"""Kafka, the projector and all else on the machine have the other half; DuckDB's own limit is four fifths."""
_DAYS = f"""
SELECT topic, "partition", max({TOLD_DAY})
FROM judged WHERE verdict = 'counts'
GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """A connection whose relations and cells hold the records before `cut`, and no others. It cannot write."""

    con: duckdb.DuckDBPyConnection
    cut: Positions


class Archive:
    """The file, open in this process and in no other. Writing is for one thread at a time, reading for any."""

    def __init__(
        self,
        path: Path,
        projections: Mapping[str, Projection],
        reserve_mb: int = RESERVE_MB,
        stretch: int = STRETCH,
        memory_mb: int | None = None,
    ) -> None:
        """Open the file, or make it. It takes records while so much is free on the disk, and rolls up each stretch.

        DuckDB uses so much memory at the most, or else half of what the machine has, and then goes on on the disk.
        Raises HistoryBusyError when another process has it, and NoRoomError where it cannot be opened on a full disk.
        """
        self.path, self.projections, self.reserve_mb = path.absolute(), projections, reserve_mb
        self._root = _connect(path, memory_mb)
        self._writer = self._root.cursor()
        with telling_no_room(self.path.parent):
            create_tables(self._writer)
            read_by_todays_catalogue(self._writer)
            with transaction(self._writer):
                create_views(self._writer, projections)
        self._store = Store(self._writer, projections.values(), stretch)

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Give the file free."""
        self._writer.close()
        self._root.close()

    def ingest(self, records: Iterable[LogRecord]) -> int:
        """Archive a batch in one transaction, skipping what is archived already; how many records were new.

        The records of a partition come in the order of their offsets. Raises NoRoomError, NoMemoryError or
        BrokenOffError where the disk takes no more, or there is no memory; all of the batch is archived then, or none.
        """
        self.require_room()
        with telling_no_room(self.path.parent):
            archived = self._store.write(records)
            self._store.roll_up()
        return archived

    def require_room(self, size: int = 0) -> None:
        """Make sure that there is room to write, and for so many bytes besides; raises NoRoomError."""
        require_room(self.path.parent, self.reserve_mb, size)

    def settle(self) -> None:
        """Take into the file what DuckDB has only logged; raises BrokenOffError where the disk takes no more."""
        with telling_no_room(self.path.parent):
            self._writer.execute("CHECKPOINT")

    def positions(self) -> dict[Source, int]:
        """How far each partition is archived: the offset of the next record. Raises NoMemoryError."""
        with telling_no_room(self.path.parent), self.cursor() as con:
            return read_positions(con)

    def note_ends(self, moment: datetime, sources: Iterable[Source]) -> None:
        """Remember that at a moment the log held no more of these partitions than is archived. A part of writing.

        Raises what `ingest` does.
        """
        with telling_no_room(self.path.parent), transaction(self._writer):
            note_ends(self._writer, moment, sources)

    def note_new(self, sources: Iterable[Source]) -> None:
        """Remember which partitions the log has; those not known before hold nothing known until now. So is this."""
        with telling_no_room(self.path.parent), transaction(self._writer):
            note_new(self._writer, sources)

    def closed_until(self) -> datetime | None:
        """The latest moment of which it is certain what was known at it; None: there is none yet."""
        with self.cursor() as con:
            return closed_until(con)

    def known_at(self, moment: datetime) -> dict[Source, int]:
        """The cut of what was known at a moment, ever the same; raises NotClosedError while that is not certain.

        It has the partitions that held anything then: the records before the first that was appended later. It always
        names the parked topic, of which no more than that is known either.
        """
        if moment.tzinfo is None:
            message = "a moment needs a time zone"
            raise ValueError(message)
        with self.cursor() as con, transaction(con, "READ ONLY"):
            until = closed_until(con)
            if until is None or moment > until:
                raise NotClosedError(moment, until)
            known = known_at(con, moment)
        return {PARKED: 0} | {source: before for source, before in known.items() if before > 0}

    def cells_at(self, positions: Positions, projections: Mapping[str, Projection], day: date | None = None) -> Boards:
        """The cells of these projections, made anew from the records before a cut; with `day`, those live on it.

        Partitions that the cut does not name do not take part. Raises HistoryBehindError when it is not archived yet.
        """
        with self.reading(positions) as reading:
            return _boards(reading.con, projections, day, attrgetter("cells_sql"))

    def rolled_up_at(
        self, positions: Positions, projections: Mapping[str, Projection], day: date | None = None
    ) -> Boards:
        """The same cells, of the archive's own projections, as reports read them: of rollups, and of rows since."""
        with self.reading(positions) as reading:
            return _boards(reading.con, projections, day, lambda each: each.written_sql(rolled_up_sql(each)))

    def evidence_at(
        self, positions: Positions, projections: Mapping[str, Projection], day: date | None = None
    ) -> Boards:
        """The same from the raw records alone, without the rows that were made of them."""
        with self.reading(positions) as reading, reading_evidence(reading.con):
            return _boards(reading.con, projections, day, attrgetter("cells_sql"))

    def days_at(self, positions: Positions) -> dict[Source, date]:
        """The business day that each partition has come to at a cut, as the projector reckons it."""
        with self.reading(positions) as reading:
            rows = reading.con.execute(_DAYS, {"farthest_east": FARTHEST_EAST}).fetchall()
        return {(topic, partition): day for topic, partition, day in rows}

    def day_at(self, positions: Positions) -> date | None:
        """The business day that the log has come to at a cut; None: to none."""
        return max(self.days_at(positions).values(), default=None)

    @contextmanager
    def reading(self, cut: Positions | None = None) -> Iterator[Reading]:
        """Read as of a cut, or all that is archived; raises HistoryBehindError when the cut is not archived yet.

        Of the parked topic it knows what lies before the cut, and all where the cut does not name it.
        """
        with self.cursor() as con, self.reading_by(con, cut) as reading:
            yield reading

    @contextmanager
    def reading_by(self, con: duckdb.DuckDBPyConnection, cut: Positions | None) -> Generator[Reading]:
        """Read so by a connection that goes on afterwards."""
        with transaction(con, "READ ONLY"):
            yield _reading(con, read_positions(con), cut)

    def projection(self, name: str) -> Projection:
        """A projection by name; raises UnknownNameError, which lists them."""
        if name not in self.projections:
            raise UnknownNameError(name, kind="projection", known=self.projections)
        return self.projections[name]

    def chosen(self, names: Sequence[str]) -> Mapping[str, Projection]:
        """These projections, or all when none is named; raises UnknownNameError."""
        return {name: self.projection(name) for name in names} or self.projections

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own to the open file."""
        con = self._root.cursor()
        try:
            yield con
        finally:
            con.close()


def turned(reading: Reading, cut: Positions) -> Reading:
    """The same state of the file as of another cut; the reading that was is over. Raises HistoryBehindError."""
    return _reading(reading.con, read_positions(reading.con), cut)


def _reading(con: duckdb.DuckDBPyConnection, archived: Positions, cut: Positions | None) -> Reading:
    cut = archived if cut is None else cut
    if any(archived.get(source, 0) < before for source, before in cut.items()):
        raise HistoryBehindError(archived, cut)
    if _places(cut) == _places(archived):
        con.execute("SET VARIABLE cut = NULL; SET VARIABLE otherwise = NULL")
        say_all_rolled_up(con, archived)
    else:
        con.execute("SET VARIABLE cut = map($topics::VARCHAR[], $befores::BIGINT[][])", _by_topic(cut))
        say_earlier_verdicts(con, cut, archived)
        say_rolled_up(con)
    return Reading(con, cut)


def _places(cut: Positions) -> dict[Source, int]:
    """Where a cut takes something in."""
    return {source: before for source, before in cut.items() if before > 0}


def is_locked(error: duckdb.Error) -> bool:
    """Whether a file cannot be opened because another process has it."""
    return "Could not set lock" in str(error)


def _connect(path: Path, memory_mb: int | None) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True)
    memory = _MEMORY if memory_mb is None else f"{memory_mb}MiB"
    try:
        con = duckdb.connect(path, config={**_SETTINGS, "memory_limit": memory})
    except duckdb.IOException as error:
        if is_locked(error):
            raise HistoryBusyError(path) from None
        raise
    con.execute("SET GLOBAL TimeZone = 'UTC'")
    return con


def _by_topic(cut: Positions) -> dict[str, Sequence[object]]:
    """A cut as the views take it: the topics, and for each where the cut is in its partitions, from the first on."""
    befores: dict[str, list[int]] = {}
    for (topic, partition), before in sorted(_places(cut).items()):
        of_topic = befores.setdefault(topic, [])
        of_topic += [0] * (partition - len(of_topic))
        of_topic.append(before)
    return {"topics": list(befores), "befores": list(befores.values())}


def _boards(
    con: duckdb.DuckDBPyConnection,
    projections: Mapping[str, Projection],
    day: date | None,
    cells_sql: Callable[[Projection], str],
) -> Boards:
    boards = {each.name: _cells(con, each, day, cells_sql(each)) for each in projections.values()}
    return {name: cells for name, cells in boards.items() if cells}


def _cells(con: duckdb.DuckDBPyConnection, projection: Projection, day: date | None, sql: str) -> Cells:
    live, told = projection.live, dict[str, str]()
    if live is not None and day is not None:
        sql, told = f'SELECT * FROM ({sql}) WHERE coalesce("{live.column}" >= $first, true)', {"first": live.first(day)}
    try:
        rows = con.execute(sql, told).fetchall()
    except (duckdb.DataError, duckdb.InvalidInputException) as error:
        raise UnfoldableHistoryError(projection.name, str(error).partition(":")[0]) from None
    return cells_from_sql(projection, rows)
