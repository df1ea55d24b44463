"""Reading: whoever reads sees a whole snapshot, whatever is pushed meanwhile."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

import duckdb
import pytest

from services.history.lake.errors import EmptyLakeError, UnknownSnapshotError
from services.history.lake.lake import Lake
from services.history.lake.pushing import push
from services.history.lake.reading import connected
from services.history.lake.settings import LakeSettings
from services.history.segments.compacting import compact
from services.history.segments.sealing import seal
from tests.history.lake.lakes import Opened, of_no_projection, read_by_duckdb
from tests.history.segments.days import days
from tests.telling import CALLS

NINE_DAYS = days([2] * 9)


def test_many_read_while_it_is_pushed_to_and_each_sees_a_whole_snapshot(
    on_s3: LakeSettings, tmp_path: Path, opened: Opened
) -> None:
    done = Event()

    def read() -> set[int]:
        """What a reader of its own saw, time after time: so many records, the first of the log."""
        seen = set[int]()
        while not done.is_set() or not seen:
            with Lake.open(on_s3, tmp_path) as lake:
                before = lake.cut()[CALLS, 0]
                assert read_by_duckdb(lake) == NINE_DAYS[:before]
                seen.add(before)
        return seen

    with of_no_projection([]) as (archive, folder), ThreadPoolExecutor(3) as threads:
        lake, readers = opened(on_s3), list[Future[set[int]]]()
        try:
            for before in (4, 10, 18):
                archive.ingest(NINE_DAYS[:before])
                seal(archive, folder, now=True)
                compact(folder)
                push(folder, lake)
                readers = readers or [threads.submit(read) for _ in range(3)]
        finally:
            done.set()
        assert all(each.result() <= {4, 10, 18} for each in readers)


def test_a_reader_goes_on_with_what_it_has(in_folder: LakeSettings, opened: Opened) -> None:
    """The files of its snapshot stay, though the next one has them no more."""
    with of_no_projection(NINE_DAYS[:10]) as (archive, folder):
        seal(archive, folder, now=True)
        lake = opened(in_folder)
        push(folder, lake)
        with connected(lake) as con:
            archive.ingest(NINE_DAYS)
            seal(archive, folder, now=True)
            compact(folder)
            assert push(folder, lake).joined == 5
            asked = (
                "SELECT count(*), max(\"offset\"), count(DISTINCT appended) FROM records WHERE topic = 'kvota.calls'"
            )
            assert con.execute(asked).fetchall() == [(10, 9, 5)]
        with connected(lake) as con:
            assert con.execute(asked).fetchall() == [(18, 17, 3)]


def test_what_is_not_there_is_said(in_folder: LakeSettings, tmp_path: Path, opened: Opened) -> None:
    with pytest.raises(EmptyLakeError, match="kvota lake push"):
        Lake.open(in_folder, tmp_path)
    lake = opened(in_folder)
    with pytest.raises(EmptyLakeError):
        connected(lake)
    with pytest.raises(UnknownSnapshotError, match="no snapshot 5"):
        connected(lake, 5)


def test_where_there_is_no_lake_its_catalogue_does_not_stay_open(in_folder: LakeSettings, tmp_path: Path) -> None:
    with pytest.raises(EmptyLakeError) as raised:
        Lake.open(in_folder, tmp_path)
    assert (tmp_path / "lake.sqlite").resolve() not in open_files(), raised  # an error keeps what it was raised over


def test_where_nothing_can_be_read_no_database_stays_open(
    in_folder: LakeSettings, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, cons, connect = opened(in_folder), list[duckdb.DuckDBPyConnection](), duckdb.connect

    def noted() -> duckdb.DuckDBPyConnection:
        cons.append(connect())
        return cons[-1]

    monkeypatch.setattr(duckdb, "connect", noted)
    with pytest.raises(EmptyLakeError):
        connected(lake)
    [con] = cons
    with pytest.raises(duckdb.ConnectionException, match="closed"):
        con.execute("SELECT 1")


def open_files() -> set[Path]:
    """Give the files that this process has open."""
    return {each.resolve() for each in Path("/proc/self/fd").iterdir()}
