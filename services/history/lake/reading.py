"""Reading: a DuckDB over a snapshot of the lake. It needs no extension, and as many may read as like."""

from contextlib import ExitStack
from urllib.parse import urlsplit

import duckdb
from fsspec.implementations.arrow import ArrowFSWrapper
from pyiceberg.io.pyarrow import PyArrowFileIO

from services.history.lake.lake import Lake

_VIEW = """
CREATE VIEW records AS
SELECT topic, "partition", appended, "offset", appended_at, raw
FROM read_parquet(getvariable('files'), hive_partitioning = true,
                  hive_types = {'topic': VARCHAR, 'appended': DATE, 'partition': INTEGER})
"""


def connected(lake: Lake, snapshot: int | None = None) -> duckdb.DuckDBPyConnection:
    """A database in memory whose view `records` has the records of a snapshot, or of the latest.

    What is pushed later is not in it. Raises EmptyLakeError and UnknownSnapshotError.
    """
    with ExitStack() as unless_connected:
        con = unless_connected.enter_context(duckdb.connect())
        con.execute("SET enable_progress_bar = false")
        place, io = urlsplit(lake.table.location()), lake.table.io
        if place.scheme == "s3" and isinstance(io, PyArrowFileIO):
            con.register_filesystem(ArrowFSWrapper(io.fs_by_scheme(place.scheme, place.netloc)))
        con.execute("SET VARIABLE files = $files", {"files": lake.locations(snapshot)})
        con.execute(_VIEW)
        unless_connected.pop_all()
    return con
