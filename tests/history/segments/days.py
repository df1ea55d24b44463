"""A log of several days in an archive, and what the open archive holds of it."""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from projections.projection import Projection, load_projections
from services.history.archive import FILE_NAME, Archive
from services.history.judging import LogRecord
from services.history.segments.files import read_segment
from services.history.segments.manifest import Segment, read_manifest
from tests.events.examples.dates import at
from tests.telling import CALLS, answered, lying, raw

PROJECTIONS = load_projections()
DAY = timedelta(days=1)


def days(counts: Iterable[int]) -> list[LogRecord]:
    """Give the records of a partition, so many on each day: calls, some of them told twice, and what is no event."""
    log = list[LogRecord]()
    for number, count in enumerate(counts):
        values = [raw(answered(talk=start), start - start % 5) for start in range(len(log), len(log) + count)]
        values[1:2] = [b"no event"] if count > 1 else values[1:2]
        log += lying(values, start=len(log), since=at(9) + number * DAY)
    return log


@contextmanager
def archived(
    log: list[LogRecord], projections: Mapping[str, Projection] = PROJECTIONS
) -> Generator[tuple[Archive, Path]]:
    """Have a log in an archive, and a folder for what is sealed of it."""
    with TemporaryDirectory() as folder, Archive(Path(folder) / FILE_NAME, projections) as archive:
        archive.ingest(log)
        yield archive, Path(folder) / "archive"


def sealed(folder: Path) -> list[LogRecord]:
    """Read all that is sealed, as the log held it."""
    return [record for each in read_manifest(folder) for batch in read_segment(folder, each) for record in batch]


def flip(file: Path) -> None:
    """Alter one bit in the middle of a file."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def stretches(segments: Iterable[Segment]) -> list[tuple[int, int]]:
    """Give the offsets of segments: the first and the last of each."""
    return [(each.first, each.last) for each in segments]


def rows(archive: Archive) -> list[tuple[object, ...]]:
    """Give all that the archive holds of the records and of how far it has read."""
    with archive.cursor() as con:
        return [
            *con.execute('SELECT * FROM records ORDER BY topic, "partition", "offset"').fetchall(),
            *con.execute("SELECT * FROM progress ORDER BY ALL").fetchall(),
        ]


LOG = (CALLS, 0)
