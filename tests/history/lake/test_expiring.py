"""Expiring: early snapshots are forgotten; all records, all files and the latest snapshots stay."""

from pathlib import Path

import pytest

from services.history.lake.errors import UnknownSnapshotError
from services.history.lake.expiring import expire
from services.history.lake.lake import Lake
from services.history.lake.pushing import push
from services.history.lake.settings import LakeSettings
from services.history.segments.compacting import compact
from services.history.segments.sealing import seal
from tests.history.lake.lakes import Opened, of_no_projection, read_by_duckdb, read_by_iceberg, require_all_of
from tests.history.segments.days import days

NINE_DAYS = days([2] * 9)


def test_all_but_the_latest_are_forgotten_and_every_record_stays(settings: LakeSettings, opened: Opened) -> None:
    lake = opened(settings)
    with of_no_projection([]) as (archive, folder):
        for known in (4, 8, 12, 18):
            archive.ingest(NINE_DAYS[:known])
            seal(archive, folder, now=True)
            push(folder, lake)
        compact(folder)
        push(folder, lake)
        before, files = lake.pushed(), lake.locations()
        assert expire(lake, 2) == before[:3]
        assert lake.pushed() == opened(settings).pushed() == before[3:]
        assert expire(lake, 2) == []
        with pytest.raises(UnknownSnapshotError, match="kvota lake snapshots"):
            lake.segments(int(before[0].snapshot))
        assert read_by_duckdb(lake, int(before[3].snapshot)) == NINE_DAYS
        require_all_of(folder, lake)
        assert read_by_iceberg(lake) == NINE_DAYS
        assert lake.locations() == files


def test_the_files_of_what_is_forgotten_stay(in_folder: LakeSettings, opened: Opened, tmp_path: Path) -> None:
    lake = opened(in_folder)
    with of_no_projection(NINE_DAYS) as (archive, folder):
        seal(archive, folder, now=True)
        push(folder, lake)
        compact(folder)
        push(folder, lake)
        files = set((tmp_path / "warehouse").rglob("*.parquet"))
        expire(lake, 1)
        assert set((tmp_path / "warehouse").rglob("*.parquet")) == files
        require_all_of(folder, lake)


class Overtaken(Lake):
    """A lake that is pushed to just before it would forget."""

    def __init__(self, lake: Lake, folder: Path, other: Lake) -> None:
        super().__init__(lake.table)
        self._folder, self._other = folder, other

    def look_again(self) -> None:
        super().look_again()
        push(self._folder, self._other)


def test_a_push_meanwhile_is_kept(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with of_no_projection(NINE_DAYS[:4]) as (archive, folder):
        seal(archive, folder, now=True)
        push(folder, lake)
        archive.ingest(NINE_DAYS[:8])
        seal(archive, folder, now=True)
        push(folder, lake)
        archive.ingest(NINE_DAYS)
        seal(archive, folder, now=True)
        first, *_ = lake.pushed()
        assert expire(Overtaken(lake, folder, opened(in_folder)), 1) == [first]
        require_all_of(folder, lake)
        assert [each.records for each in lake.pushed()] == [8, 18]
