"""The live cells of the whole company as tables of a DuckDB in memory, a whole tick at a time."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from projections.cells import Boards, Cells, Key, merge, merge_boards, shown, without_zeros
from projections.metrics import create_metrics_sql
from projections.projection import Projection
from projections.relations import SOURCE, SOURCE_COLUMNS, create_relation_tables_sql
from services.runtime.shard_cells import ShardCells

_ARROW: dict[str, pa.DataType] = {"BIGINT": pa.int64(), "VARCHAR": pa.string()}


class Tables:
    """One table a projection: its key columns, then its measures, of a `last_` measure the value alone.

    A cell of nothing but zeros is not there. For use by one thread.
    """

    def __init__(self, projections: Mapping[str, Projection]) -> None:
        """Make the tables, empty."""
        self.projections = projections
        self.con = duckdb.connect()
        self.con.execute("SET threads = 1; SET TimeZone = 'UTC'")
        self.con.execute(create_metrics_sql())
        self._schemas = _schemas(projections)
        self._cells: Boards = {name: {} for name in projections}
        self.laid: Counter[str] = Counter()
        """How often each table has been laid: an answer from tables that were not laid since is still right."""
        for name in projections:
            self._lay(name)

    def __enter__(self) -> Self:
        """Use them."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the memory back."""
        self.con.close()

    def load(self, shards: Collection[ShardCells]) -> None:
        """Take in all that the shards hold."""
        total: Boards = {name: {} for name in self.projections}
        for shard in shards:
            shard.take_changed()
            merge_boards(self.projections, total, {name: shard.boards.get(name, {}) for name in self.projections})
        for name, projection in self.projections.items():
            self._cells[name] = without_zeros(projection, total[name])
            self._lay(name)

    def take_in(self, shards: Collection[ShardCells]) -> set[str]:
        """Take in what ticks have touched since the last time; the names of the tables that it concerns."""
        touched = {cell for shard in shards for cell in shard.take_changed() if cell[0] in self.projections}
        for name, key in touched:
            self._take_in(name, key, shards)
        changed = {name for name, _ in touched}
        for name in changed:
            self._lay(name)
        return changed

    def _take_in(self, name: str, key: Key, shards: Iterable[ShardCells]) -> None:
        total: Cells = {}
        for shard in shards:
            values = shard.boards.get(name, {}).get(key)
            if values is not None:
                merge(self.projections[name], total, {key: values})
        cells = self._cells[name]
        cells.pop(key, None)
        cells.update(without_zeros(self.projections[name], total))

    def _lay(self, name: str) -> None:
        """Put the cells of a projection in place of its table."""
        self.laid[name] += 1
        schema = self._schemas[name]
        rows = [(*key, *map(shown, values)) for key, values in self._cells[name].items()]
        columns = list(zip(*rows, strict=True)) or [()] * len(schema)
        arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
        self.con.register(name, pa.table(arrays, schema=schema))


def _schemas(projections: Mapping[str, Projection]) -> dict[str, pa.Schema]:
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE {SOURCE} ({SOURCE_COLUMNS})")
        con.execute(create_relation_tables_sql())
        return {projection.name: _schema(con, projection) for projection in projections.values()}


def _schema(con: duckdb.DuckDBPyConnection, projection: Projection) -> pa.Schema:
    described = dict(row[:2] for row in con.execute(f"DESCRIBE {projection.cells_sql}").fetchall())
    keys: list[tuple[str, pa.DataType]] = [(key, _ARROW[described[key]]) for key in projection.keys]
    measures = [
        (each.name, pa.string() if each.kind == "last" else _ARROW[described[each.name]])
        for each in projection.measures
    ]
    return pa.schema(keys + measures)
