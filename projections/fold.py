"""Fold records into cells: run every projection that their nouns concern, in a DuckDB of memory."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb
import msgspec
import pyarrow as pa

from events.catalogue import CATALOGUE, NOUNS
from events.codec import Decoded
from events.plain import PlainRecord
from projections.cells import Boards, Cells, values_from_sql
from projections.projection import Projection
from projections.relations import SOURCE, relation_sql
from projections.rows import plain_rows

_SCHEMA = pa.schema(
    {
        "noun": pa.string(),
        "json": pa.string(),
        "topic": pa.string(),
        "partition": pa.int32(),
        "offset": pa.int64(),
    }  # type: ignore[arg-type]  # the stubs take the types for unlike ones
)


class Counted(msgspec.Struct, frozen=True, gc=False):
    """A record that counts, and where it lies in the log (offset -1: not in a log)."""

    record: PlainRecord | Decoded
    topic: str = ""
    partition: int = -1
    offset: int = -1


class _Filled:
    """A table of DuckDB whose rows are whatever Arrow table it is given: a prepared statement sees each in turn."""

    def __init__(self, empty: pa.Table) -> None:
        self.empty = self.rows = empty

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.rows.__arrow_c_stream__(requested_schema)  # type: ignore[no-untyped-call]  # Arrow's


class Folder:
    """Runs projections over batches of records. Not for use by two threads at once.

    The rows of a noun are made once for each batch, for all projections that read them; statements are prepared once.
    DuckDB would optimize a statement anew for each batch, which takes longer than folding a small one, so it does not.
    """

    def __init__(self, projections: Mapping[str, Projection]) -> None:
        """Make the database that the projections run in."""
        self.projections = projections
        self._con = duckdb.connect()
        self._con.execute("SET threads = 1; SET TimeZone = 'UTC'; PRAGMA disable_optimizer")
        self._json = self._fillable(SOURCE, _SCHEMA.empty_table())
        self._used = frozenset[str]().union(*(each.columns for each in projections.values()))
        self._relations = {noun: self._relation(noun) for each in projections.values() for noun in each.relations}
        for projection in projections.values():
            self._con.execute(f'PREPARE "cells of {projection.name}" AS {projection.cells_sql}')

    def _relation(self, noun: str) -> _Filled:
        self._con.execute(f'PREPARE "rows of {noun}" AS {relation_sql(NOUNS[noun])}')
        return self._fillable(noun, self._execute_rows(noun))

    def _fillable(self, name: str, empty: pa.Table) -> _Filled:
        filled = _Filled(empty)
        self._con.register(name, filled)
        return filled

    def fold(self, counted: Iterable[Counted]) -> Boards:
        """What these records add, by projection; projections that they do not concern are left out."""
        with self._holding(counted) as nouns:
            concerned = [projection for projection in self.projections.values() if projection.relations & nouns]
            boards = {projection.name: self._cells(projection) for projection in concerned}
        return {name: cells for name, cells in boards.items() if cells}

    @contextmanager
    def _holding(self, counted: Iterable[Counted]) -> Generator[frozenset[str]]:
        """Let the relations hold the rows of these records for a block; gives the nouns that have some."""
        filled: dict[str, list[pa.Table]] = {}
        for noun, rows in self._rows(counted):
            filled.setdefault(noun, []).append(rows)
        try:
            for noun, tables in filled.items():
                self._relations[noun].rows = pa.concat_tables(tables)
            yield frozenset(filled)
        finally:
            for relation in self._relations.values():
                relation.rows = relation.empty

    def _rows(self, counted: Iterable[Counted]) -> Iterator[tuple[str, pa.Table]]:
        """The rows of these records, with their nouns; of nouns that no projection reads there are none."""
        plain: dict[str, list[Counted]] = {}
        others: dict[str, list[Counted]] = {}
        for each in counted:
            record = each.record
            if isinstance(record, PlainRecord):
                plain.setdefault(record.shape.event.name, []).append(each)
            elif record.event is not None:
                others.setdefault(CATALOGUE[record.envelope.type].noun, []).append(each)
        for name, found in plain.items():
            noun = CATALOGUE[name].noun
            if noun in self._relations:
                yield noun, self._plain(noun, found)
        for noun, found in others.items():
            if noun in self._relations:
                yield noun, self._of_json(noun, found)

    def _plain(self, noun: str, counted: Sequence[Counted]) -> pa.Table:
        records = [each.record for each in counted if isinstance(each.record, PlainRecord)]
        places = [(each.topic, each.partition, each.offset) for each in counted]
        return plain_rows(self._relations[noun].empty.schema, records[0].shape, records, places)

    def _of_json(self, noun: str, counted: Sequence[Counted]) -> pa.Table:
        self._json.rows = _json_table(noun, counted)
        try:
            return self._execute_rows(noun)
        finally:
            self._json.rows = self._json.empty

    def _execute_rows(self, noun: str) -> pa.Table:
        rows = self._con.sql(f'EXECUTE "rows of {noun}"').to_arrow_table()
        wanted: pa.Table = rows.select([name for name in rows.column_names if name in self._used])
        return wanted

    def _cells(self, projection: Projection) -> Cells:
        width = len(projection.keys)
        rows = self._con.execute(f'EXECUTE "cells of {projection.name}"').fetchall()
        if all(measure.kind != "last" for measure in projection.measures):
            return {row[:width]: row[width:] for row in rows}
        return {row[:width]: values_from_sql(row[width:]) for row in rows}

    def close(self) -> None:
        """Give the database's memory back."""
        self._con.close()


def _json_table(noun: str, counted: Sequence[Counted]) -> pa.Table:
    return pa.table(
        [
            pa.repeat(noun, len(counted)),
            [each.record.json.decode() for each in counted if isinstance(each.record, Decoded)],
            [each.topic for each in counted],
            [each.partition for each in counted],
            [each.offset for each in counted],
        ],
        schema=_SCHEMA,
    )
