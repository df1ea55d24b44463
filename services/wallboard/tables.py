"""The live cells of the whole company as tables of a DuckDB in memory, a whole tick at a time."""

from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from projections.cells import shown
from projections.metrics import create_metrics_sql
from projections.projection import Projection
from projections.relations import SOURCE, SOURCE_COLUMNS, create_relation_tables_sql
from services.runtime.live_boards import LiveBoards

_ARROW: dict[str, pa.DataType] = {"BIGINT": pa.int64(), "VARCHAR": pa.string()}


class Tables:
    """One table a projection: its key columns, then its measures, of a `last_` measure the value alone.

    A cell of nothing but zeros is not there, nor one that is past its horizon. For use by one thread.
    """

    def __init__(self, projections: Mapping[str, Projection]) -> None:
        """Make the tables, empty."""
        self.projections = projections
        self.con = duckdb.connect()
        self.con.execute("SET threads = 1; SET TimeZone = 'UTC'")
        self.con.execute(create_metrics_sql())
        self._schemas = _schemas(projections)
        self._live = LiveBoards(projections)
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

    def load(self, live: LiveBoards) -> None:
        """Take in all that is live; these cells, and no others from now on."""
        self._live = live
        live.take_touched()
        for name in self.projections:
            self._lay(name)

    def take_in(self) -> set[str]:
        """Take in what ticks have touched since the last time; the names of the boards that it concerns."""
        changed = self._live.take_touched()
        for name in changed & self.projections.keys():
            self._lay(name)
        return changed

    def late_events(self) -> int:
        """How many events have come for closed days lately: history has them, and the tables do not."""
        return self._live.late_events()

    def _lay(self, name: str) -> None:
        """Put the cells of a projection in place of its table."""
        self.laid[name] += 1
        schema, board = self._schemas[name], self._live.boards.get(name, {})
        width = len(self.projections[name].keys)
        columns = [[key[place] for key in board] for place in range(width)]
        columns += [[shown(values[place]) for values in board.values()] for place in range(len(schema) - width)]
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
