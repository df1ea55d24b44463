"""What was let go of is had from the lake again, or it is said where it lay."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from services.history.archive import FILE_NAME, Archive
from services.history.lake.errors import DamagedLakeError, NotInLakeError
from services.history.lake.lake import Lake
from services.history.lake.pushing import Push, push
from services.history.lake.restoring import restore as restore_from_lake
from services.history.lake.retaining import retain
from services.history.lake.settings import LakeSettings
from services.history.lake.verifying import problems
from services.history.segments import checking, restoring
from services.history.segments.manifest import LetGoError, Segment, read_manifest
from services.history.segments.restoring import restore
from services.history.segments.sealing import seal
from tests.history.lake.lakes import NINE_DAYS, Opened, of_no_projection, pushed
from tests.history.lake.letting_go import MIDNIGHT, day, files, require_whole
from tests.history.segments.days import PROJECTIONS, archived, days, flip, rows


def test_what_still_lies_here_is_used_where_the_lake_has_lost_it(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS) as (_, folder, [first, *_]):
        whole = (folder / first.path).read_bytes()
        retain(folder, lake, MIDNIGHT + day(3))
        lost(lake, first)
        with pytest.raises(NotInLakeError, match=rf"put the file back at {first.path} .*`kvota lake push --anew`"):
            push(folder, lake, anew=True)
        (folder / first.path).write_bytes(whole)
        restored = folder.parent / "restored.duckdb"
        assert restore(folder, restored, {}, elsewhere=lake.let_go) == len(NINE_DAYS)
        assert push(folder, lake, anew=True) == Push()
        assert [each.as_sealed for each in retain(folder, lake, MIDNIGHT + day(3)).let_go] == [first]
        require_whole(folder, lake, NINE_DAYS)


def test_what_is_let_go_of_while_it_is_restored_comes_from_the_lake(
    in_folder: LakeSettings, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = checking.check
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS) as (_, folder, _):

        def retained_meanwhile(of: Path, segments: Iterable[Segment]) -> None:
            check(of, segments)
            retain(of, lake, MIDNIGHT + day(3))

        monkeypatch.setattr(restoring, "check", retained_meanwhile)
        assert restore(folder, folder.parent / "one.duckdb", {}, elsewhere=lake.let_go) == len(NINE_DAYS)


def lost(lake: Lake, segment: Segment) -> None:
    """Have the lake lose the file of a segment."""
    Path(lake.location(segment).removeprefix("file://")).unlink()


class TestRestoring:
    def test_what_was_let_go_of_comes_from_the_lake(self, on_s3: LakeSettings, opened: Opened, tmp_path: Path) -> None:
        path, lake = tmp_path / "anew" / FILE_NAME, opened(on_s3)
        path.parent.mkdir()
        with archived(days([4, 30, 5])) as (archive, folder):
            seal(archive, folder, now=True)
            push(folder, lake)
            retain(folder, lake, MIDNIGHT + day(2))
            assert len(files(folder)) == 1
            assert restore(folder, path, PROJECTIONS, elsewhere=lake.let_go) == 39
            with Archive(path, PROJECTIONS) as restored:
                assert rows(restored) == rows(archive)
            assert restore_from_lake(lake, path, PROJECTIONS, replace=True) == 39
            with Archive(path, PROJECTIONS) as restored:
                assert rows(restored) == rows(archive)

    def test_without_a_lake_it_is_said_where_it_lies(
        self, in_folder: LakeSettings, opened: Opened, tmp_path: Path
    ) -> None:
        lake = opened(in_folder)
        with pushed(lake, NINE_DAYS) as (_, folder, [first, *_]):
            retain(folder, lake, MIDNIGHT + day(1))
            with pytest.raises(LetGoError, match=rf"let go of {first.path}.*lies in {lake.location(first)}") as refused:
                restore(folder, tmp_path / FILE_NAME, {})
            assert lake.location(first) in (refused.value.ru or "")
            assert not (tmp_path / FILE_NAME).exists()

    def test_what_the_lake_lost_is_named_and_what_was_there_stays(
        self, in_folder: LakeSettings, opened: Opened, tmp_path: Path
    ) -> None:
        path, lake = tmp_path / FILE_NAME, opened(in_folder)
        path.write_bytes(b"what was there")
        with pushed(lake, NINE_DAYS) as (_, folder, [_, second, *_]):
            retain(folder, lake, MIDNIGHT + day(2))
            flip(Path(lake.location(second).removeprefix("file://")))
            with pytest.raises(NotInLakeError, match=rf"{second.path} is not in this lake as it was sealed") as refused:
                restore(folder, path, {}, replace=True, elsewhere=lake.let_go)
            assert "KVOTA_LAKE_WAREHOUSE" in (refused.value.ru or "")
            assert path.read_bytes() == b"what was there"
            assert not list(tmp_path.glob("*.restored*"))
            with pytest.raises(NotInLakeError, match=second.path):
                push(folder, lake, anew=True)
            assert [each.partition(":")[0] for each in problems(lake, read_manifest(folder))] == [second.path]


class TestAnotherLake:
    def test_a_lake_that_lacks_what_was_let_go_of_is_found_and_not_pushed_to(
        self, in_folder: LakeSettings, opened: Opened, tmp_path: Path
    ) -> None:
        lake = opened(in_folder)
        with pushed(lake, NINE_DAYS) as (_, folder, [first, *_]):
            retain(folder, lake, MIDNIGHT + day(1))
            (tmp_path / "lake.sqlite").unlink()
            other = opened(LakeSettings(warehouse=(tmp_path / "other").as_uri()))
            assert list(problems(other, read_manifest(folder))) == [
                f"{first.path}: is not in the lake, and the archive let go of it"
            ]
            with pytest.raises(NotInLakeError, match=rf"{first.path}.*it lay in {lake.location(first)}"):
                push(folder, other)
            other.look_again()
            assert other.segments() == []

    def test_a_lake_whose_catalogue_is_lost_is_made_anew_of_its_files(
        self, in_folder: LakeSettings, opened: Opened, tmp_path: Path
    ) -> None:
        with of_no_projection(NINE_DAYS) as (archive, folder):
            seal(archive, folder, now=True)
            push(folder, opened(in_folder))
            retain(folder, opened(in_folder), MIDNIGHT + day(3))
            (tmp_path / "lake.sqlite").unlink()
            lake = opened(in_folder)
            assert push(folder, lake).segments == 9
            require_whole(folder, lake, NINE_DAYS)

    def test_a_segment_that_the_table_lost_is_taken_back(self, in_folder: LakeSettings, opened: Opened) -> None:
        lake = opened(in_folder)
        with pushed(lake, NINE_DAYS) as (_, folder, _):
            retain(folder, lake, MIDNIGHT + day(3))
            lake.commit([], [lake.segments()[1]], lake.cut())
            assert len(list(problems(lake, read_manifest(folder)))) == 2
            with pytest.raises(DamagedLakeError, match=r"goes on from 4 and not from 2.*--anew"):
                push(folder, lake)
            assert push(folder, lake, anew=True).segments == 1
            require_whole(folder, lake, NINE_DAYS)
