"""Writing the archive: records and progress in one transaction, judged exactly once each, in the order of the log."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain

import duckdb
import structlog

from events.law import Verdict
from projections.projection import Projection
from services.history.closing import forget_implied
from services.history.judging import LogRecord, Row, judge, table
from services.history.ledgers import Ledgers
from services.history.parking import park, still_to_come, told_by
from services.history.rollups import archived_since, roll_up
from services.history.rows import add_rows
from services.runtime.parked import ahead_of, merged
from services.runtime.shards import Positions, Source

STRETCH = 100_000
"""How many records are rolled up together, unless told otherwise."""
_INSERT = "INSERT INTO records SELECT * FROM batch"
_SET_ASIDE = """
INSERT INTO set_aside SELECT topic, "partition", "offset" FROM batch WHERE verdict = 'parked'
"""
_WITH_ROWS = (Verdict.COUNTS, Verdict.PARKED)
_PROGRESS = """
INSERT INTO progress SELECT topic, "partition", max("offset") + 1, max(appended_at) FROM batch GROUP BY ALL
ON CONFLICT (topic, "partition") DO UPDATE
SET next_offset = excluded.next_offset, latest = greatest(latest, excluded.latest)
"""
_ABORTED = "Current transaction is aborted"
"""How DuckDB says that a transaction has failed and was not rolled back."""

log = structlog.get_logger()


class Store:
    """The one writer of the archive's tables."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, projections: Collection[Projection] = (), stretch: int = STRETCH
    ) -> None:
        """Go on from where the file stands; the cells of these projections are rolled up every so many records."""
        self._con, self._projections, self._stretch = con, projections, stretch
        self._ledgers = Ledgers(con)
        self._next = read_positions(con)
        self._aside = still_to_come(con)
        self._since = archived_since(con)
        self._is_sure = True
        """Whether what is remembered here is what the file holds."""

    def write(self, records: Iterable[LogRecord]) -> int:
        """Archive a batch, all or nothing; how many of its records were not archived before.

        The records of a partition come in the order of their offsets.
        """
        with transaction(self._con):
            self._remember()
            self._is_sure = False
            archived = self._write(records)
        self._is_sure = True
        return archived

    def roll_up(self) -> None:
        """Roll up the cells, if it is time to; where some record cannot be folded, after it has been parked."""
        if self._since >= self._stretch:
            try:
                with transaction(self._con):
                    roll_up(self._con, self._projections)
            except (duckdb.DataError, duckdb.InvalidInputException, duckdb.OutOfMemoryException) as error:
                log.warning("not_rolled_up", reason=str(error).partition(":")[0])
            self._since = 0

    def _remember(self) -> None:
        """After a batch that failed, go on from where the file stands."""
        if not self._is_sure:
            self._ledgers.forget()
            self._next = read_positions(self._con)
            self._aside = still_to_come(self._con)

    def _write(self, records: Iterable[LogRecord]) -> int:
        rows = self._judged(records)
        with self._archived(rows):
            add_rows(self._con, {row.noun for row in rows if row.noun is not None and row.verdict in _WITH_ROWS})
        self._park(rows, self._projections)
        self._since += len(rows)
        return len(rows)

    def write_records(self, records: Iterable[LogRecord]) -> None:
        """Archive a batch as a part of the transaction that is open, and leave the rows of relations to others."""
        rows = self._judged(records)
        with self._archived(rows):
            pass
        self._park(rows, None)

    def _judged(self, records: Iterable[LogRecord]) -> list[Row]:
        """What becomes of each record that is new, partition after partition."""
        by_source: dict[Source, list[LogRecord]] = {}
        for record in self._new(records):
            by_source.setdefault(record.source, []).append(record)
        judged = [judge(self._ledgers.of(each), new, self._aside.get(each, {})) for each, new in by_source.items()]
        self._ledgers.forget_old_days()
        return list(chain.from_iterable(judged))

    @contextmanager
    def _archived(self, rows: Sequence[Row]) -> Iterator[None]:
        """Archive rows; for the block, they are the table `batch`."""
        self._con.register("batch", table(rows))
        forget_implied(self._con)
        self._con.execute(_INSERT)
        self._con.execute(_SET_ASIDE)
        self._con.execute(_PROGRESS)
        yield
        self._con.unregister("batch")

    def _park(self, rows: Sequence[Row], projections: Collection[Projection] | None) -> None:
        """Take in what these records say is parked: what is archived already is judged anew, the rest when it comes."""
        news = told_by(rows)
        if news and park(self._con, news, projections):
            self._ledgers.forget()
            self._since = archived_since(self._con)
        self._aside = ahead_of(merged(self._aside, news), self._next)

    def _new(self, records: Iterable[LogRecord]) -> Iterator[LogRecord]:
        for record in records:
            if record.offset >= self._next.get(record.source, 0):
                self._next[record.source] = record.offset + 1
                yield record


def read_positions(con: duckdb.DuckDBPyConnection) -> dict[Source, int]:
    """How far each partition is archived: the offset of the next record."""
    rows = con.execute('SELECT topic, "partition", next_offset FROM progress').fetchall()
    return {(topic, partition): offset for topic, partition, offset in sorted(rows)}


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection, mode: str = "") -> Iterator[None]:
    """Do all of it or nothing; `mode` may be READ ONLY."""
    _begin(con, f"BEGIN TRANSACTION {mode}")
    try:
        yield
        con.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.Error):  # a COMMIT that fails has rolled back already; without memory, this fails as well
            con.execute("ROLLBACK")
        raise


def _begin(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Begin a transaction, once one before it that failed and could not be rolled back then has been."""
    try:
        con.execute(sql)
    except duckdb.TransactionException as error:
        if _ABORTED not in str(error):
            raise
        con.execute("ROLLBACK")
        con.execute(sql)


def read_records(
    con: duckdb.DuckDBPyConnection, end: Positions, batch: int, table: str
) -> Iterator[Sequence[LogRecord]]:
    """The records of a table like `records`, partition by partition, in batches, as the log held them."""
    for (topic, partition), before in end.items():
        about = {"topic": topic, "partition": partition, "before": before, "batch": batch}
        start = 0
        while rows := con.execute(_read_sql(table), about | {"start": start}).fetchall():
            yield [LogRecord(topic, partition, *row) for row in rows]
            start = rows[-1][0] + 1


def _read_sql(table: str) -> str:
    return f"""
SELECT "offset", epoch_ms(appended_at), raw FROM {table}
WHERE topic = $topic AND "partition" = $partition AND "offset" >= $start AND "offset" < $before
ORDER BY "offset" LIMIT $batch
"""
