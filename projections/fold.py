"""Fold records into cells: run every projection that their nouns concern, in a DuckDB of memory."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from events.catalogue import CATALOGUE, NOUNS, Noun
from events.codec import Decoded
from projections.cells import Boards, Cells, values_from_wire
from projections.projection import Projection
from projections.relations import SOURCE, create_relation_tables_sql, relation_sql

_SCHEMA = pa.schema(
    {
        "noun": pa.string(),
        "json": pa.string(),
        "topic": pa.string(),
        "partition": pa.int32(),
        "offset": pa.int64(),
    }  # type: ignore[arg-type]  # the stubs take the types for unlike ones
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A record that counts, and where it lies in the log (offset -1: not in a log)."""

    record: Decoded
    topic: str = ""
    partition: int = -1
    offset: int = -1

    @property
    def noun(self) -> str | None:
        """The noun of the record's event; None when this version does not know the event."""
        return CATALOGUE[self.record.envelope.type].noun if self.record.event is not None else None


class Folder:
    """Runs projections over batches of records. Not for use by two threads at once.

    The rows of a noun are made once for each batch, for all projections that read them: as views they would be made,
    and planned, again for each, which takes most of the time that a small batch takes.
    """

    def __init__(self, projections: Mapping[str, Projection]) -> None:
        """Make the database that the projections run in."""
        self.projections = projections
        self._con = duckdb.connect()
        self._con.execute("SET threads = 1; SET TimeZone = 'UTC'")
        self._con.register(SOURCE, _SCHEMA.empty_table())
        self._con.execute(create_relation_tables_sql())

    def fold(self, counted: Iterable[Counted]) -> Boards:
        """What these records add, by projection; projections that they do not concern are left out."""
        known = [record for record in counted if record.noun is not None]
        nouns = {record.noun for record in known}
        concerned = [projection for projection in self.projections.values() if projection.relations & nouns]
        if not concerned:
            return {}
        self._con.register(SOURCE, _table(known))
        with self._filled(noun for noun in NOUNS.values() if noun.name in nouns):
            boards = {projection.name: self._cells(projection) for projection in concerned}
        return {name: cells for name, cells in boards.items() if cells}

    @contextmanager
    def _filled(self, nouns: Iterable[Noun]) -> Generator[None]:
        """Fill the relations of these nouns for a block; the others are empty."""
        filled = list(nouns)
        try:
            for noun in filled:
                self._con.execute(f"CREATE OR REPLACE TABLE {noun.name} AS {relation_sql(noun)}")
            yield
        finally:
            for noun in filled:
                self._con.execute(f"TRUNCATE {noun.name}")

    def _cells(self, projection: Projection) -> Cells:
        width = len(projection.keys)
        rows = self._con.execute(projection.cells_sql).fetchall()
        return {tuple(row[:width]): values_from_wire(row[width:]) for row in rows}

    def close(self) -> None:
        """Give the database's memory back."""
        self._con.close()


def _table(counted: Sequence[Counted]) -> pa.Table:
    return pa.table(
        [
            [record.noun for record in counted],
            [record.record.json.decode() for record in counted],
            [record.topic for record in counted],
            [record.partition for record in counted],
            [record.offset for record in counted],
        ],
        schema=_SCHEMA,
    )
