"""The files of segments: how one is written, so that it is there as a whole or not at all, and how it is read."""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec.structs import asdict

from services.history.judging import LogRecord
from services.history.segments.manifest import Segment, Stretch, digest_of
from services.runtime.durable import sync_folder

_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("offset", pa.int64()),
    ("appended_at", pa.timestamp("ms")),
    ("raw", pa.binary()),
]
SCHEMA = pa.schema(_COLUMNS)
"""What the log holds of each record: its offset, the broker's time in UTC, and its bytes; none where it has none."""
_READ = 20_000


def write_segment(folder: Path, stretch: Stretch, batches: Iterable[pa.RecordBatch]) -> Segment:
    """Write the records of a stretch, which come in their order."""
    file = folder / stretch.path
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    try:
        rows = _write(beside, batches)
        digest, size = digest_of(beside), beside.stat().st_size
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    for made in file.relative_to(folder).parents:
        sync_folder(folder / made)
    return Segment(**asdict(stretch), file=stretch.path, rows=rows, bytes=size, sha256=digest)


def _write(file: Path, batches: Iterable[pa.RecordBatch]) -> int:
    """Write a whole file to the disk; how many records it has."""
    rows = 0
    with file.open("wb") as out:
        with pq.ParquetWriter(out, SCHEMA, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch.cast(SCHEMA))
                rows += batch.num_rows
        out.flush()
        os.fsync(out.fileno())
    return rows


def latest_in(folder: Path, segment: Segment) -> datetime:
    """When the log learned of the latest record of a segment, by the broker's clock."""
    with pq.ParquetFile(folder / segment.path) as file:
        times: list[Any] = file.read(["appended_at"]).column(0).cast(pa.int64()).to_pylist()
    return datetime.fromtimestamp(max(times) / 1_000, UTC)


def read_batches(folder: Path, segment: Segment) -> Iterator[pa.RecordBatch]:
    """The records of a segment as they lie in its file, some at a time."""
    with pq.ParquetFile(folder / segment.path) as file:
        yield from file.iter_batches(_READ)


def read_segment(folder: Path, segment: Segment) -> Iterator[list[LogRecord]]:
    """The records of a segment as the log held them, some at a time."""
    for batch in read_batches(folder, segment):
        columns: list[list[Any]] = [batch[0].to_pylist(), batch[1].cast(pa.int64()).to_pylist(), batch[2].to_pylist()]
        yield [LogRecord(*segment.source, *record) for record in zip(*columns, strict=True)]
