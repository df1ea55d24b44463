"""An answer that DuckDB keeps while it is given out, so that a large one never lies in memory as objects of Python."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import duckdb

from services.history.archive import Archive
from services.history.beside import used
from services.history.limits import Limits
from services.history.questions import Question, Value
from services.history.report import Report, asking, told
from services.runtime.shards import Positions

PIECE = 2_000
"""How many rows a piece has."""

_MADE = "CREATE TEMP TABLE answer AS\n"
_COUNT = "SELECT count(*) FROM answer"
_ROWS = "FROM answer"


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer whose rows are in a table of the connection's own."""

    report: Report
    """All but the rows."""
    count: int
    """How many there are."""
    _con: duckdb.DuckDBPyConnection

    @property
    def is_small(self) -> bool:
        """Whether it is one piece."""
        return self.count <= PIECE

    def pieces(self) -> Iterator[Report]:
        """The answer as small ones, one at least, in order; anew each time, once the last time is over."""
        rows = self._con.execute(_ROWS)
        yield replace(self.report, rows=tuple(rows.fetchmany(PIECE)))
        while more := rows.fetchmany(PIECE):
            yield replace(self.report, rows=tuple(more))


@contextmanager
def kept(
    archive: Archive, question: Question, parameters: Mapping[str, Value], cut: Positions, limits: Limits
) -> Generator[Kept]:
    """Answer a loaded report as of a cut, within limits, and keep the answer for a block; raises HistoryError.

    The block holds no transaction: the archive goes on, and the answer does not change.
    """
    with archive.cursor() as con:
        with archive.reading_by(con, cut) as reading:
            with asking(reading, question, parameters, limits):
                con.execute(_MADE + limits.enough_of(question.sql), used(question, parameters))
            [(count,)] = con.execute(_COUNT).fetchall()
            limits.allow(count)
            report = told(reading, question, parameters, con.execute(_ROWS), ())
        yield Kept(report, count, con)
