"""Fold records into cells: run every projection that their nouns concern, in a DuckDB of memory."""

from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager

import duckdb
import msgspec
import pyarrow as pa

from events.catalogue import entry_of
from events.codec import Decoded
from events.plain import PlainRecord
from events.shapes import SHAPES
from projections.cells import Boards, Cells, Source, merge_boards, values_from_sql
from projections.projection import Projection
from projections.relations import SOURCE, SOURCE_COLUMNS, create_relation_tables_sql
from projections.rows import Place, careful_rows, plain_rows


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


_LONG = 20_000
"""Bytes of a record from which on a statement is worth optimizing."""


class UnfoldableError(ValueError):
    """Some records cannot be folded, together or at all; the message quotes nothing of them."""

    def __init__(self, name: str, error: duckdb.Error) -> None:
        """Name the projection or relation that could not take them, and the kind of error."""
        self.name, self.kind = name, str(error).partition(":")[0]
        super().__init__(f"{name} cannot take it: {self.kind}")


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
        self._con.execute(f"CREATE TABLE {SOURCE} ({SOURCE_COLUMNS})")
        self._con.execute(create_relation_tables_sql())
        read = frozenset[str]().union(*(each.relations for each in projections.values()))
        used = frozenset[str]().union(*(each.columns for each in projections.values()))
        self._relations = {noun: self._fillable(noun, used) for noun in read}
        for projection in projections.values():
            self._con.execute(f'PREPARE "cells of {projection.name}" AS {projection.cells_by_source_sql}')

    def _fillable(self, noun: str, used: frozenset[str]) -> _Filled:
        """Put a table that can be filled, of the columns that are used, in the place of an empty relation."""
        rows = self._con.sql(f"FROM {noun}").to_arrow_table()
        filled = _Filled(rows.select([name for name in rows.column_names if name in used]))
        self._con.execute(f"DROP TABLE {noun}")
        self._con.register(noun, filled)
        return filled

    def fold(self, counted: Iterable[Counted]) -> Boards:
        """What these records add, by projection; projections that they do not concern are left out.

        Raises UnfoldableError where a record, or the sum of several, is more than a projection can take.
        """
        return self.added_up(self.fold_by_source(counted).values())

    def fold_by_source(self, counted: Iterable[Counted]) -> dict[Source, Boards]:
        """The same for each partition of each topic by itself: most of what folding few records costs is paid once."""
        records = list(counted)
        long = any(map(_is_long, records))
        found: dict[Source, Boards] = {}
        with self._holding(records) as nouns, self._optimizing(long):
            for projection in self.projections.values():
                if projection.relations & nouns:
                    for source, cells in self._cells(projection, anew=long).items():
                        found.setdefault(source, {})[projection.name] = cells
        return found

    def added_up(self, parts: Collection[Boards]) -> Boards:
        """What some parts add together."""
        if len(parts) == 1:
            return next(iter(parts))
        boards: Boards = {}
        for part in parts:
            merge_boards(self.projections, boards, part)
        return boards

    @contextmanager
    def _optimizing(self, wanted: bool) -> Generator[None]:  # noqa: FBT001  # whether it is worth it
        """Have DuckDB optimize for a block: else it carries a list along with each of its elements."""
        if wanted:
            self._con.execute("PRAGMA enable_optimizer")
        try:
            yield
        finally:
            if wanted:
                self._con.execute("PRAGMA disable_optimizer")

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
        plain: dict[type, list[tuple[PlainRecord, Place]]] = {}
        others: dict[str, list[tuple[Decoded, Place]]] = {}
        for each in counted:
            record, place = each.record, (each.topic, each.partition, each.offset)
            if isinstance(record, PlainRecord):
                plain.setdefault(type(record.record), []).append((record, place))
            elif record.event is not None:
                others.setdefault(entry_of(record.event).noun, []).append((record, place))
        for struct, found in plain.items():
            noun = SHAPES[struct].event.noun
            if relation := self._relations.get(noun):
                yield noun, plain_rows(relation.empty.schema, SHAPES[struct], *zip(*found, strict=True))
        for noun, records in others.items():
            if relation := self._relations.get(noun):
                yield noun, careful_rows(relation.empty.schema, records)

    def _cells(self, projection: Projection, *, anew: bool) -> dict[Source, Cells]:
        sql = projection.cells_by_source_sql if anew else f'EXECUTE "cells of {projection.name}"'
        width = 2 + len(projection.keys)
        with _blaming(projection.name):
            rows = self._con.execute(sql).fetchall()
        values = values_from_sql(projection)
        cells: dict[Source, Cells] = defaultdict(dict)
        for row in rows:
            cells[row[:2]][row[2:width]] = values(row[width:])
        return cells

    def close(self) -> None:
        """Give the database's memory back."""
        self._con.close()


def _is_long(counted: Counted) -> bool:
    """Whether a record may hold a list of hundreds: a quota by the day, for one."""
    return isinstance(counted.record, Decoded) and len(counted.record.json) > _LONG


@contextmanager
def _blaming(name: str) -> Generator[None]:
    """Tell what is wrong with the data, which is the records' fault, from what is wrong with the machine."""
    try:
        yield
    except (duckdb.DataError, duckdb.InvalidInputException) as error:
        raise UnfoldableError(name, error) from None
