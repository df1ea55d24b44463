"""Sealing: what the archive holds of a day that is over becomes a segment of the open archive, which never changes."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import structlog

from services.history.archive import Archive
from services.history.errors import HistoryError
from services.history.segments.files import write_segment
from services.history.segments.manifest import Segment, Stretch, changing, read_manifest, sealed_until, write_manifest
from services.runtime.shards import Source
from services.runtime.stopping import unless

MOST = 1_000_000
"""How many records a segment holds at most."""
FOLDER_NAME = "archive"
_LOOK_S = 60.0
_BATCH = 20_000
_DUE = """
SELECT max("offset") AS last, any_value(appended)
FROM (SELECT "offset", appended, (row_number() OVER (PARTITION BY appended ORDER BY "offset") - 1) // $most AS part
      FROM (SELECT "offset", max(appended_at::DATE) OVER (ORDER BY "offset") AS appended
            FROM records WHERE topic = $topic AND "partition" = $partition AND "offset" >= $first))
GROUP BY appended, part
QUALIFY bool_or(appended < $before OR count(*) = $most) OVER (ORDER BY max("offset") DESC)
ORDER BY last
"""
_RECORDS = """
SELECT "offset", appended_at::TIMESTAMP_MS AS appended_at, raw FROM records
WHERE topic = $topic AND "partition" = $partition AND "offset" BETWEEN $first AND $last ORDER BY "offset"
"""

log = structlog.get_logger()


async def keep_sealing(archive: Archive, folder: Path, stop: asyncio.Event) -> None:
    """Seal what is due, each minute, until told to stop; where the disk refuses, later."""
    while not stop.is_set():
        try:
            segments = await asyncio.to_thread(seal, archive, folder, until=stop.is_set)
        except (OSError, duckdb.Error, HistoryError) as error:
            log.error("not_sealed", reason=str(error), folder=str(folder))  # noqa: TRY400  # what it says is enough
        else:
            if segments:
                log.info("sealed", segments=len(segments), records=sum(each.rows for each in segments))
        await unless(stop, asyncio.sleep(_LOOK_S))


def seal(
    archive: Archive, folder: Path, *, now: bool = False, most: int = MOST, until: Callable[[], bool] = lambda: False
) -> list[Segment]:
    """Seal what is due, days of which all is known and stretches that are full, and what is before it; with `now`, all.

    Gives the new segments, which go on from those that the folder has. It stops between two of them when `until` says
    so. Raises DamagedArchiveError where they cannot go on, NoRoomError, and OSError; what was sealed before is listed.
    """
    before, new = date.max if now else _over(archive), list[Segment]()
    with archive.cursor() as con, changing(folder):
        segments = read_manifest(folder)
        sealed = sealed_until(segments)
        for source in archive.positions():
            known = len(new)
            try:
                for stretch in _due(con, source, sealed.get(source, 0), before, most):
                    if until():
                        return new
                    archive.require_room()
                    new.append(write_segment(folder, stretch, _records(con, stretch)))
            finally:
                if len(new) > known:
                    write_manifest(folder, [*segments, *new])
    return new


def _over(archive: Archive) -> date:
    """The first day that is not over: something may yet come of it."""
    closed = archive.closed_until()
    return date.min if closed is None else closed.date()


def _due(con: duckdb.DuckDBPyConnection, source: Source, first: int, before: date, most: int) -> Iterator[Stretch]:
    """The stretches of a partition to seal, from its first record on that is not."""
    topic, partition = source
    about = {"topic": topic, "partition": partition, "first": first, "before": before, "most": most}
    for last, appended in con.execute(_DUE, about).fetchall():
        yield Stretch(topic=topic, partition=partition, first=first, last=last, appended=appended)
        first = last + 1


def _records(con: duckdb.DuckDBPyConnection, stretch: Stretch) -> Iterator[pa.RecordBatch]:
    """The records of a stretch, a few at a time: sorted at once they would take as much memory as they have bytes."""
    for start in range(stretch.first, stretch.last + 1, _BATCH):
        last = min(start + _BATCH - 1, stretch.last)
        about = {"topic": stretch.topic, "partition": stretch.partition, "first": start, "last": last}
        yield from con.sql(_RECORDS, params=about).to_arrow_table().to_batches()
