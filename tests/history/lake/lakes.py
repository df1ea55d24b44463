"""What a lake holds, read by others than us."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import SecretStr

from services.history.archive import Archive
from services.history.judging import LogRecord
from services.history.lake.lake import Lake
from services.history.lake.pushing import push
from services.history.lake.reading import connected
from services.history.lake.settings import LakeSettings
from services.history.lake.verifying import problems
from services.history.segments.checking import check
from services.history.segments.files import read_segment
from services.history.segments.manifest import Segment, read_manifest, sealed_until
from services.history.segments.sealing import seal
from tests.history.segments.days import archived, days, sealed

Opened = Callable[[LakeSettings], Lake]
"""Opens a lake in the home of a test; it is closed when the test ends."""

NINE_DAYS = days([2] * 9)
"""From the 24th of November 2026 on: seven days of it, and two of December."""
_RECORDS = 'SELECT topic, "partition", "offset", epoch_ms(appended_at), raw FROM records ORDER BY ALL'


def of_no_projection(log: list[LogRecord]) -> AbstractContextManager[tuple[Archive, Path]]:
    """Have a log in an archive, and a folder for what is sealed of it; without cells it is there sooner."""
    return archived(log, {})


@contextmanager
def pushed(lake: Lake, log: list[LogRecord]) -> Generator[tuple[Archive, Path, list[Segment]]]:
    """Have a log in an archive, all of it sealed and in the lake; with the folder, and what was sealed."""
    with of_no_projection(log) as (archive, folder):
        segments = seal(archive, folder, now=True)
        push(folder, lake)
        yield archive, folder, list(segments)


def read_by_duckdb(lake: Lake, snapshot: int | None = None) -> list[LogRecord]:
    with connected(lake, snapshot) as con:
        return [LogRecord(*each) for each in con.execute(_RECORDS).fetchall()]


def read_by_iceberg(lake: Lake, condition: str = "true") -> list[LogRecord]:
    """Read by pyiceberg's own reader, which knows nothing of us but the table."""
    found: pa.Table = lake.table.scan(row_filter=condition).to_arrow()
    columns: list[list[Any]] = [found[name].to_pylist() for name in ("topic", "partition", "offset")]
    columns += [found["appended_at"].cast(pa.timestamp("ms")).cast(pa.int64()).to_pylist(), found["raw"].to_pylist()]
    return in_order([LogRecord(*each) for each in zip(*columns, strict=True)])


def read_wherever(folder: Path, lake: Lake) -> Iterator[LogRecord]:
    """Read each segment of an archive in its folder or, if it was let go of, in the lake; neither may be damaged."""
    for each in read_manifest(folder):
        if each.is_here:
            check(folder, [each])
        for batch in read_segment(folder, each) if each.is_here else lake.let_go(each):
            yield from batch


def in_order(log: Sequence[LogRecord]) -> list[LogRecord]:
    return sorted(log, key=lambda each: (*each.source, each.offset))


def require_all_of(folder: Path, lake: Lake) -> None:
    """Hold the lake to the archive: the same segments, offsets and records, each once."""
    lake.look_again()
    segments = read_manifest(folder)
    assert lake.segments() == segments
    assert lake.cut() == sealed_until(segments)
    assert read_by_duckdb(lake) == sealed(folder)
    assert list(problems(lake, segments)) == []


def told_to_processes(settings: LakeSettings) -> dict[str, str]:
    """The variables that tell a process what these settings say."""
    told = {name: getattr(settings, name) for name in LakeSettings.model_fields}
    shown = {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in told.items()}
    return {f"KVOTA_LAKE_{name}".upper(): value for name, value in shown.items() if value is not None}
