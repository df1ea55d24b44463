"""The file `mart.duckdb`: the rows of the Parquet files beside it, and views that make every number of them.

It holds the rows themselves. Views over the files would have to say where these lie, and a relative path is taken from
wherever the tool was started.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from events.catalogue import NOUNS
from projections.projection import Projection
from projections.relations import create_relations_sql
from services.history.mart.files import RECORDS
from services.history.schema import create_answers
from services.runtime.shards import Positions

FILE_NAME = "mart.duckdb"
STORAGE_VERSION = "v1.4.0"
"""What the drivers of BI tools read."""

_SQL = Path(__file__).parent / "mart.sql"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a mart is made of."""

    cut: Positions
    known_at: datetime | None
    """The moment of which the cut is what was known; None: the cut is all that was archived."""
    projections: Mapping[str, Projection]


def write_database(folder: Path, contents: Contents) -> None:
    """Write the file beside the Parquet files of a folder."""
    with _new(folder / FILE_NAME) as con:
        for name in (*NOUNS, RECORDS):
            con.read_parquet(str(folder / f"{name}.parquet")).create(name)
        con.execute(_SQL.read_text("utf-8"))
        _describe(con, contents)
        con.execute("USE mart.evidence")
        con.execute(create_relations_sql())
        con.execute("USE mart.main")
        create_answers(con, contents.projections)


@contextmanager
def _new(file: Path) -> Generator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        path = str(file).replace("'", "''")
        con.execute(f"ATTACH '{path}' AS mart (STORAGE_VERSION '{STORAGE_VERSION}')")
        con.execute("USE mart")
        yield con


def _describe(con: duckdb.DuckDBPyConnection, contents: Contents) -> None:
    cut = [[topic, partition, before] for (topic, partition), before in sorted(contents.cut.items())]
    by = [[each.name, each.question, each.digest] for each in contents.projections.values()]
    _insert(con, "cut", cut)
    _insert(con, "about", [[_in_utc(contents.known_at), version("kvota"), duckdb.__version__]])
    _insert(con, "definitions", by)


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    for row in rows:
        con.execute(f"INSERT INTO {table} VALUES (?, ?, ?)", row)


def _in_utc(moment: datetime | None) -> datetime | None:
    """A moment as DuckDB's TIMESTAMP, which has no zone."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)
