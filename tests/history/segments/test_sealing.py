"""Sealing: what is due becomes segments, all of it, once, and as the log held it."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from services.history.archive import FILE_NAME, Archive
from services.history.room import NoRoomError
from services.history.segments import sealing
from services.history.segments.checking import problems
from services.history.segments.compacting import compact
from services.history.segments.files import write_segment
from services.history.segments.manifest import FILE_NAME as MANIFEST
from services.history.segments.manifest import (
    DamagedArchiveError,
    Segment,
    Stretch,
    read_manifest,
    read_path,
    write_manifest,
)
from services.history.segments.sealing import keep_sealing, seal
from tests.events.examples.dates import at
from tests.feeds.watching import soon
from tests.history.segments.days import DAY, LOG, PROJECTIONS, archived, days, sealed, stretches
from tests.telling import DECISIONS, decided, lying, won

THREE_DAYS = days([4, 3, 5])


def test_a_day_is_sealed_when_all_of_it_is_known() -> None:
    with archived(THREE_DAYS) as (archive, folder):
        archive.note_ends(at(23), [LOG])
        assert stretches(seal(archive, folder)) == [(0, 3), (4, 6)]
        archive.note_ends(at(9) + 3 * DAY, [LOG])
        assert stretches(seal(archive, folder)) == [(7, 11)]
        assert sealed(folder) == THREE_DAYS


def test_a_day_that_may_have_more_is_not_sealed() -> None:
    with archived(THREE_DAYS) as (archive, folder):
        archive.note_ends(at(23) + 2 * DAY, [LOG])
        assert stretches(seal(archive, folder)) == [(0, 3), (4, 6)]
        assert seal(archive, folder) == []


def test_nothing_is_sealed_before_a_moment_is_closed_but_what_is_full(path: Path, tmp_path: Path) -> None:
    with Archive(path, PROJECTIONS) as archive:
        assert seal(archive, tmp_path) == []
        archive.note_new([LOG, (DECISIONS, 0)])
        archive.ingest(THREE_DAYS)
        assert seal(archive, tmp_path) == []
        assert stretches(seal(archive, tmp_path, most=4)) == [(0, 3), (4, 6), (7, 10)]
        assert read_manifest(tmp_path)[0].appended == at(9).date()


def test_at_once_all_is_sealed_and_it_goes_on_from_there() -> None:
    with archived(THREE_DAYS[:6]) as (archive, folder):
        assert stretches(seal(archive, folder, now=True)) == [(0, 3), (4, 5)]
        archive.ingest(THREE_DAYS)
        assert stretches(seal(archive, folder, now=True)) == [(6, 6), (7, 11)]
        assert sealed(folder) == THREE_DAYS
        assert list(problems(folder, read_manifest(folder))) == []


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=5), st.integers(1, 6), st.integers(0, 25))
def test_whatever_comes_when_the_segments_are_the_log(counts: list[int], most: int, cut: int) -> None:
    """Of two partitions; sealed when some of it is there, and again; a record without a value is one, too."""
    log = days(counts)
    deals = [*lying([decided(won(), "deal/d1", 1), None, *[decided(won(), "deal/d2", 1)] * len(log)], DECISIONS)]
    with archived(log[:cut] + deals[:cut]) as (archive, folder):
        seal(archive, folder, most=most)
        archive.ingest(log + deals)
        seal(archive, folder, now=True, most=most)
        assert sealed(folder) == log + deals
        assert all(each.rows <= most for each in read_manifest(folder))
        assert list(problems(folder, read_manifest(folder))) == []


def test_a_gap_in_the_offsets_is_none_between_segments() -> None:
    """A transaction of somebody else's leaves offsets behind that hold no record."""
    log = [each for each in THREE_DAYS if each.offset not in (3, 4, 8)]
    with archived(log) as (archive, folder):
        assert stretches(seal(archive, folder, now=True)) == [(0, 2), (3, 6), (7, 11)]
        assert sealed(folder) == log
        assert list(problems(folder, read_manifest(folder))) == []


def test_where_a_file_lies_says_what_it_holds() -> None:
    with archived(THREE_DAYS) as (archive, folder):
        for each in seal(archive, folder, now=True):
            assert (folder / each.path).is_file()
            found = read_path(each.path)
            assert found is not None
            assert each.file == each.path
            assert (found.source, found.first, found.last, found.appended) == (
                each.source,
                each.first,
                each.last,
                each.appended,
            )


def test_others_read_it_without_our_code() -> None:
    """As docs/operations.md says it."""
    with archived(THREE_DAYS) as (archive, folder), duckdb.connect() as con:
        seal(archive, folder, now=True)
        con.execute(f"SET VARIABLE files = (SELECT list('{folder}/' || file) FROM '{folder}/{MANIFEST}')")
        found = con.execute(
            'SELECT topic, "partition", "offset", epoch_ms(appended_at), raw'
            " FROM read_parquet(getvariable('files'), hive_partitioning = true) ORDER BY ALL"
        ).fetchall()
        counts = con.execute(
            "SELECT count(*) FROM read_parquet(getvariable('files'), hive_partitioning = true)"
            " GROUP BY appended ORDER BY appended"
        ).fetchall()
    assert found == [(*LOG, each.offset, each.appended_ms, each.raw) for each in THREE_DAYS]
    assert counts == [(4,), (3,), (5,)]


def crash(path: str, point: str) -> None:
    """Seal all there is, and be killed at a point of it."""
    named = {"a file is there": "write_segment", "all files are there": "write_manifest", "it is listed": "log"}[point]
    part = getattr(sealing, named)

    def doomed(*told: object) -> None:
        if point == "a file is there":
            part(*told)
        os.kill(os.getpid(), signal.SIGKILL)

    if point == "it is listed":
        with Archive(Path(path), PROJECTIONS) as archive:
            seal(archive, Path(path).parent / "archive", now=True)
            os.kill(os.getpid(), signal.SIGKILL)
    setattr(sealing, named, doomed)
    with Archive(Path(path), PROJECTIONS) as archive:
        seal(archive, Path(path).parent / "archive", now=True)


@pytest.mark.parametrize("point", ["a file is there", "all files are there", "it is listed"])
def test_killed_at_any_point_it_goes_on(tmp_path: Path, point: str) -> None:
    path, folder = tmp_path / FILE_NAME, tmp_path / "archive"
    with Archive(path, PROJECTIONS) as archive:
        archive.ingest(THREE_DAYS)
    program = "import sys; from tests.history.segments.test_sealing import crash; crash(*sys.argv[1:])"
    ran = subprocess.run([sys.executable, "-c", program, str(path), point], check=False, timeout=60)
    assert ran.returncode == -signal.SIGKILL
    listed = sealed(folder)
    assert listed == (THREE_DAYS if point == "it is listed" else [])
    with Archive(path, PROJECTIONS) as archive:
        seal(archive, folder, now=True)
    assert sealed(folder) == THREE_DAYS
    assert list(problems(folder, read_manifest(folder))) == []


def test_a_manifest_that_lacks_a_segment_is_not_gone_on_from() -> None:
    with archived(THREE_DAYS) as (archive, folder):
        segments = seal(archive, folder, now=True)
        write_manifest(folder, [segments[0], segments[2]])
        with pytest.raises(DamagedArchiveError, match=r"kvota\.calls/0 goes on from 7 and not from 4"):
            seal(archive, folder)
        (folder / MANIFEST).write_bytes(b"{}\n")
        with pytest.raises(DamagedArchiveError, match=MANIFEST):
            seal(archive, folder)


async def test_the_service_seals_what_is_due_until_it_is_told_to_stop() -> None:
    with archived(THREE_DAYS) as (archive, folder):
        archive.note_ends(at(9) + 3 * DAY, [LOG])
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_sealing(archive, folder, stop))
            assert await soon(lambda: read_manifest(folder) != [])
            stop.set()
        assert sealed(folder) == THREE_DAYS


async def test_where_the_disk_refuses_it_is_said_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_LOOK_S", 0.01)
    with archived(THREE_DAYS) as (archive, folder), capture_logs() as said:
        archive.note_ends(at(9) + 3 * DAY, [LOG])
        folder.write_text("a file, where a folder should be")
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_sealing(archive, folder, stop))
            assert await soon(lambda: any(each["event"] == "not_sealed" for each in said))
            folder.unlink()
            assert await soon(lambda: folder.is_dir() and read_manifest(folder) != [])
            stop.set()
        assert sealed(folder) == THREE_DAYS


def test_what_was_sealed_before_the_disk_was_full_is_listed_and_nothing_is_left_beside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The system refuses in the middle of a file; we are told by the same error."""
    parts = list[int]()

    def refusing(folder: Path, stretch: Stretch, batches: Iterable[pa.RecordBatch]) -> Segment:
        parts.append(stretch.first)
        return write_segment(folder, stretch, batches if len(parts) == 1 else broken_off(batches))

    with archived(THREE_DAYS) as (archive, folder):
        monkeypatch.setattr(sealing, "write_segment", refusing)
        with pytest.raises(OSError, match="No space left"):
            seal(archive, folder, now=True)
        assert stretches(read_manifest(folder)) == [(0, 3)]
        assert [each.suffix for each in folder.rglob("*") if each.is_file() and each.name != ".lock"] == [
            ".ndjson",
            ".parquet",
        ]
        monkeypatch.undo()
        assert stretches(seal(archive, folder, now=True)) == [(4, 6), (7, 11)]
        assert sealed(folder) == THREE_DAYS


def broken_off(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield next(iter(batches))
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_told_to_stop_it_stops_between_two_segments() -> None:
    with archived(THREE_DAYS) as (archive, folder):
        asked = iter([False, True])
        assert stretches(seal(archive, folder, now=True, until=lambda: next(asked))) == [(0, 3)]
        assert stretches(seal(archive, folder, now=True)) == [(4, 6), (7, 11)]


def test_without_room_nothing_is_sealed() -> None:
    with archived(THREE_DAYS) as (archive, folder):
        archive.reserve_mb = 2**40
        with pytest.raises(NoRoomError):
            seal(archive, folder, now=True)
        assert read_manifest(folder) == []


def test_sealing_and_compaction_take_turns() -> None:
    """Each reads the manifest and writes it later: at once, one would write over what the other had written."""
    log = days([2] * 40)
    with archived(log[:2]) as (archive, folder), ThreadPoolExecutor(2) as threads:
        for count in range(4, len(log) + 1, 4):
            archive.ingest(log[:count])
            both = [threads.submit(seal, archive, folder, now=True), threads.submit(compact, folder)]
            for each in both:
                each.result()
            assert sealed(folder) == log[:count]
            assert list(problems(folder, read_manifest(folder))) == []
