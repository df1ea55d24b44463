"""Retaining: what is old and lies in the lake goes from the folder, and nothing else; all of it can still be had."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.history.lake import retaining
from services.history.lake.lake import Lake
from services.history.lake.pushing import Push, push
from services.history.lake.retaining import retain
from services.history.lake.settings import LakeSettings
from services.history.segments.compacting import compact
from services.history.segments.manifest import Segment, read_manifest
from services.history.segments.sealing import seal
from tests.events.examples.dates import at
from tests.history.lake.lakes import NINE_DAYS, Opened, of_no_projection, pushed, read_by_duckdb, read_wherever
from tests.history.lake.letting_go import MIDNIGHT, day, files, here, require_whole
from tests.history.segments.days import days, flip, stretches


def test_what_is_old_and_in_the_lake_lies_there_alone(settings: LakeSettings, opened: Opened) -> None:
    with of_no_projection(NINE_DAYS[:16]) as (archive, folder):
        segments, lake = seal(archive, folder, now=True), opened(settings)
        push(folder, lake)
        archive.ingest(NINE_DAYS)
        seal(archive, folder, now=True)
        before = files(folder)
        done = retain(folder, lake, MIDNIGHT + day(3), dry_run=True)
        assert files(folder) == before
        assert all(each.is_here for each in read_manifest(folder))
        assert retain(folder, lake, MIDNIGHT + day(3)) == done
        assert [each.as_sealed for each in done.let_go] == segments[:3]
        assert {each.file for each in done.let_go} <= set(lake.locations())
        assert done.kept == []
        assert read_manifest(folder)[:3] == done.let_go
        assert stretches(here(folder)) == [(first, first + 1) for first in range(6, 18, 2)]
        require_whole(folder, lake, NINE_DAYS)
        assert retain(folder, lake, MIDNIGHT + day(3)).let_go == []


def test_a_segment_with_one_record_that_is_young_stays(in_folder: LakeSettings, opened: Opened) -> None:
    """A joined one is of many days; the last record alone says how old it is."""
    with of_no_projection(NINE_DAYS) as (archive, folder):
        seal(archive, folder, now=True)
        compact(folder)
        lake = opened(in_folder)
        push(folder, lake)
        last = at(9) + day(6) + timedelta(milliseconds=NINE_DAYS[13].appended_ms - NINE_DAYS[12].appended_ms)
        assert NINE_DAYS[13].appended_ms == last.timestamp() * 1_000
        assert retain(folder, lake, last).let_go == []
        just_after = retain(folder, lake, last + timedelta(milliseconds=1))
        assert stretches(just_after.let_go) == [(0, 13)]
        require_whole(folder, lake, NINE_DAYS)


def test_what_is_not_pushed_stays_and_is_said(in_folder: LakeSettings, opened: Opened) -> None:
    with of_no_projection(NINE_DAYS[:4]) as (archive, folder):
        lake = opened(in_folder)
        first, second = seal(archive, folder, now=True)
        done = retain(folder, lake, MIDNIGHT + day(9))
        assert (done.let_go, len(done.kept)) == ([], 2)
        assert done.kept[0].startswith(f"{first.path}: is not in the lake yet: `kvota lake push`")
        assert files(folder) == {first.path, second.path}


@pytest.mark.parametrize("damage", [flip, Path.unlink])
def test_a_file_of_the_right_name_is_not_enough(
    in_folder: LakeSettings, opened: Opened, damage: Callable[[Path], object]
) -> None:
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS[:4]) as (_, folder, [first, second]):
        damage(Path(lake.location(first).removeprefix("file://")))
        done = retain(folder, lake, MIDNIGHT + day(9))
        assert [each.as_sealed for each in done.let_go] == [second]
        [kept] = done.kept
        assert kept == f"{first.path}: is not in the lake as it was sealed: `kvota lake push --anew` sends it again"
        assert files(folder) == {first.path}
        push(folder, lake, anew=True)
        assert [each.as_sealed for each in retain(folder, lake, MIDNIGHT + day(9)).let_go] == [first]
        require_whole(folder, lake, NINE_DAYS[:4])


def test_what_is_damaged_here_is_left_to_be_seen(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS[:4]) as (_, folder, [first, _]):
        flip(folder / first.path)
        done = retain(folder, lake, MIDNIGHT + day(9))
        assert done.kept == [f"{first.path}: is not the file that was sealed: its SHA-256 is another"]
        assert files(folder) == {first.path}


def test_what_no_manifest_names_is_left(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS[:4]) as (_, folder, [first, _]):
        other = first.path.replace("partition=0", "partition=1")
        (folder / other).parent.mkdir(parents=True)
        (folder / other).write_bytes((folder / first.path).read_bytes())
        retain(folder, lake, MIDNIGHT + day(9))
        assert files(folder) == {other}


@pytest.mark.parametrize("point", ["write_manifest", "Path.unlink"])
def test_broken_off_it_leaves_all_and_the_next_one_goes_on(
    point: str, in_folder: LakeSettings, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError

    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS) as (_, folder, _):
        with monkeypatch.context() as breaking:
            breaking.setattr(retaining if point == "write_manifest" else Path, point.rpartition(".")[2], broken)
            with pytest.raises(OSError):  # noqa: PT011  # it is ours
                retain(folder, lake, MIDNIGHT + day(3))
        assert list(read_wherever(folder, lake)) == NINE_DAYS
        assert len(retain(folder, lake, MIDNIGHT + day(3)).let_go) == 3
        require_whole(folder, lake, NINE_DAYS)


def test_what_the_storage_refuses_to_give_stays_and_the_others_go(
    in_folder: LakeSettings, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_sound = Lake.has_sound
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS) as (_, folder, [_, second, *_]):

        def refusing(of: Lake, segment: Segment) -> bool:
            if segment == second:
                message = "503 from the storage"
                raise OSError(message)
            return has_sound(of, segment)

        with monkeypatch.context() as away:
            away.setattr(Lake, "has_sound", refusing)
            done = retain(folder, lake, MIDNIGHT + day(3))
        assert done.kept == [f"{second.path}: cannot be read in the lake: 503 from the storage"]
        assert stretches(done.let_go) == [(0, 1), (4, 5)]
        require_whole(folder, lake, NINE_DAYS)


def test_broken_off_in_the_middle_it_has_let_go_of_what_came_before(
    in_folder: LakeSettings, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_sound = Lake.has_sound
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS) as (_, folder, [_, _, third, *_]):

        def broken_off(of: Lake, segment: Segment) -> bool:
            if segment == third:
                raise KeyboardInterrupt
            return has_sound(of, segment)

        with monkeypatch.context() as breaking:
            breaking.setattr(Lake, "has_sound", broken_off)
            with pytest.raises(KeyboardInterrupt):
                retain(folder, lake, MIDNIGHT + day(5))
        assert stretches(here(folder))[0] == (4, 5)
        require_whole(folder, lake, NINE_DAYS)


def test_what_is_compacted_while_it_is_read_is_left(
    in_folder: LakeSettings, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_sound, folders = Lake.has_sound, list[Path]()

    def compacted_meanwhile(lake: Lake, segment: Segment) -> bool:
        compact(folders[0])
        return has_sound(lake, segment)

    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS) as (_, folder, _):
        folders.append(folder)
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(Lake, "has_sound", compacted_meanwhile)
            assert retain(folder, lake, MIDNIGHT + day(1)).let_go == []
        assert stretches(here(folder)) == [(0, 13), (14, 15), (16, 17)]
        push(folder, lake)
        require_whole(folder, lake, NINE_DAYS)


def test_sealing_joining_and_pushing_go_on(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS[:10]) as (archive, folder, _):
        retain(folder, lake, MIDNIGHT + day(3))
        assert push(folder, lake) == Push()
        assert push(folder, lake, anew=True) == Push()
        archive.ingest(NINE_DAYS)
        seal(archive, folder, now=True)
        assert stretches(compact(folder)) == [(6, 13)]
        assert push(folder, lake) == Push(segments=3, records=8, joined=2)
        require_whole(folder, lake, NINE_DAYS)
        assert read_by_duckdb(lake) == NINE_DAYS


@hypothesis_settings(max_examples=4, deadline=None)
@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=9),
    st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.booleans(), st.integers(0, 10)), min_size=1, max_size=3),
)
def test_whatever_was_sealed_joined_pushed_and_let_go_of_all_can_be_had(
    counts: list[int], steps: list[tuple[int, bool, bool, int]]
) -> None:
    log, told = days(counts), 0
    with (
        TemporaryDirectory() as home,
        Lake.open(LakeSettings(), Path(home), make=True) as lake,
        of_no_projection([]) as (archive, folder),
    ):
        for more, joined, pushed, old in steps:
            told += more
            archive.ingest(log[:told])
            seal(archive, folder, now=True)
            if joined:
                compact(folder, most=more)
            if pushed and log:
                push(folder, lake)
            retain(folder, lake, MIDNIGHT + day(old))
            assert list(read_wherever(folder, lake)) == log[:told]
