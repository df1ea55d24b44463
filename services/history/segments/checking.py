"""Checking: whether the files of the open archive are those of its manifest, and whether nothing lacks."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from services.history.segments.files import SCHEMA
from services.history.segments.manifest import DamagedArchiveError, Segment, digest_of


def check(folder: Path, segments: Iterable[Segment]) -> None:
    """Make sure that these segments are what the manifest says; raises DamagedArchiveError."""
    if found := list(problems(folder, segments)):
        raise DamagedArchiveError(found)


def problems(folder: Path, segments: Iterable[Segment]) -> Iterator[str]:
    """What is wrong with each of them that is not what the manifest says."""
    for each in segments:
        if wrong := _wrong(folder / each.path, each):
            yield f"{each.path}: {wrong}"


def _wrong(file: Path, segment: Segment) -> str | None:
    if segment.file != segment.path:
        return f"is called {segment.file} in the manifest"
    if not file.exists():
        return "is missing"
    if file.stat().st_size != segment.bytes or digest_of(file) != segment.sha256:
        return "is not the file that was sealed: its SHA-256 is another"
    return _wrong_inside(file, segment)


def _wrong_inside(file: Path, segment: Segment) -> str | None:
    with pq.ParquetFile(file) as opened:
        if opened.schema_arrow != SCHEMA:
            return "has other columns than a segment"
        offsets: list[Any] = opened.read(["offset"]).column(0).to_pylist()
    if len(offsets) != segment.rows:
        return f"holds {len(offsets)} records and not {segment.rows}"
    if offsets != sorted(set(offsets)) or offsets[0] < segment.first or offsets[-1] != segment.last:
        return f"does not hold the records {segment.first} to {segment.last} in their order"
    return None
