"""Pushing: the lake holds what is sealed, each record once, whatever happens in between."""

import resource
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyiceberg.manifest import DataFile

from services.history.cuts import read_cut
from services.history.judging import LogRecord
from services.history.lake.errors import LakeAheadError, OtherRecordsError
from services.history.lake.lake import CUT, Lake
from services.history.lake.pushing import Push, push
from services.history.lake.settings import LakeSettings
from services.history.segments.compacting import compact
from services.history.segments.manifest import DamagedArchiveError, Segment
from services.history.segments.restoring import NothingSealedError
from services.history.segments.sealing import seal
from services.runtime.shards import Positions
from tests.events.examples.dates import at
from tests.history.lake.lakes import (
    NINE_DAYS,
    Opened,
    in_order,
    of_no_projection,
    pushed,
    read_by_duckdb,
    read_by_iceberg,
    require_all_of,
)
from tests.history.segments.days import days
from tests.history.test_known_at import parking
from tests.telling import CALLS, DECISIONS, decided, lying, won

DEALS = lying([decided(won(500), "deal/d1", 1), None], DECISIONS)
ALL = [*days([4, 30, 5]), *DEALS, *parking(2, at(11))]


def test_what_is_sealed_is_in_the_lake_once_and_its_snapshot_says_how_far(
    settings: LakeSettings, opened: Opened
) -> None:
    with of_no_projection(ALL) as (archive, folder):
        seal(archive, folder, now=True)
        lake = opened(settings)
        assert push(folder, lake).records == len(ALL)
        require_all_of(folder, lake)
        assert push(folder, opened(settings)) == Push()
        [pushed] = lake.pushed()
        assert pushed.records == len(ALL)
        assert read_cut(pushed.cut, CUT) == archive.positions()
        assert read_by_iceberg(lake) == in_order(ALL)
        assert read_by_iceberg(lake, f"topic = '{DECISIONS}' and offset >= 1") == DEALS[1:]
        assert read_by_iceberg(lake, "appended = '2026-11-25'") == ALL[4:34]


def test_the_next_push_brings_what_was_sealed_since_and_the_snapshot_before_stays(
    in_folder: LakeSettings, opened: Opened
) -> None:
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS[:10]) as (archive, folder, _):
        archive.ingest(NINE_DAYS)
        seal(archive, folder, now=True)
        assert push(folder, lake) == Push(segments=4, records=8)
        require_all_of(folder, lake)
        before, now = lake.pushed()
        assert read_by_duckdb(lake, int(before.snapshot)) == NINE_DAYS[:10]
        assert lake.cut(int(before.snapshot)) == {(CALLS, 0): 10}
        assert read_by_duckdb(lake, int(now.snapshot)) == NINE_DAYS


def test_segments_that_were_joined_are_joined_in_the_lake(in_folder: LakeSettings, opened: Opened) -> None:
    """Though the lake had but a part of a month, which is one segment now."""
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS[:10]) as (archive, folder, _):
        archive.ingest(NINE_DAYS)
        seal(archive, folder, now=True)
        compact(folder)
        assert push(folder, lake) == Push(segments=3, records=8, joined=5)
        require_all_of(folder, lake)
        assert read_by_iceberg(lake) == NINE_DAYS
        assert push(folder, lake) == Push()
        assert read_by_duckdb(lake, int(lake.pushed()[0].snapshot)) == NINE_DAYS[:10]


@hypothesis_settings(max_examples=3, deadline=None)
@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=9),
    st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.booleans()), min_size=1, max_size=3),
)
def test_whatever_was_sealed_joined_and_pushed_before_the_lake_is_the_archive(
    counts: list[int], steps: list[tuple[int, bool, bool]]
) -> None:
    log, told = days(counts), 0
    with (
        TemporaryDirectory() as home,
        Lake.open(LakeSettings(), Path(home), make=True) as lake,
        of_no_projection([]) as (archive, folder),
    ):
        for more, joined, pushed in [*steps, (len(log), True, True)]:
            told += more
            archive.ingest(log[:told])
            seal(archive, folder, now=True)
            if joined:
                compact(folder, most=more)
            if pushed and log:
                push(folder, lake)
                require_all_of(folder, lake)


class Meanwhile(Lake):
    """A lake in which something happens once, just before a push would look at it, commit, or send its first file."""

    def __init__(self, lake: Lake, **happening: object) -> None:
        super().__init__(lake.table)
        self._happening = happening

    def look_again(self) -> None:
        self._happen("before_looking")
        super().look_again()

    def send(self, folder: Path, segment: Segment) -> None:
        self._happen("before_sending")
        super().send(folder, segment)

    def commit(
        self, new: Sequence[Segment], gone: Sequence[Segment], cut: Positions, others: Sequence[DataFile] = ()
    ) -> None:
        self._happen("before_committing")
        super().commit(new, gone, cut, others)

    def _happen(self, when: str) -> None:
        happening = self._happening.pop(when, None)
        if callable(happening):
            happening()


@pytest.mark.parametrize("joined", [False, True])
def test_a_push_that_another_overtakes_looks_again(
    in_folder: LakeSettings,
    opened: Opened,
    joined: bool,  # noqa: FBT001  # a parameter of a test
) -> None:
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS[:16]) as (archive, folder, _):
        archive.ingest(NINE_DAYS)
        seal(archive, folder, now=True)
        if joined:
            compact(folder)
        other = opened(in_folder)
        slow = Meanwhile(lake, before_committing=lambda: push(folder, other))
        assert push(folder, slow) == Push()
        require_all_of(folder, lake)
        assert len(lake.pushed()) == 2


def test_what_another_seals_and_pushes_before_a_push_looks_is_no_other_log(
    in_folder: LakeSettings, opened: Opened
) -> None:
    with of_no_projection(NINE_DAYS[:10]) as (archive, folder):
        seal(archive, folder, now=True)
        other = opened(in_folder)

        def sooner() -> None:
            archive.ingest(NINE_DAYS)
            seal(archive, folder, now=True)
            push(folder, other)

        lake = Meanwhile(opened(in_folder), before_looking=sooner)
        assert push(folder, lake) == Push()
        require_all_of(folder, lake)
        assert len(lake.pushed()) == 1


def test_pushes_at_once_bring_each_record_once(on_s3: LakeSettings, opened: Opened) -> None:
    opened(on_s3)
    with of_no_projection([]) as (archive, folder), ThreadPoolExecutor(3) as threads:
        for known in (4, 18):
            archive.ingest(NINE_DAYS[:known])
            seal(archive, folder, now=True)
            at_once = [threads.submit(push, folder, opened(on_s3)) for _ in range(3)]
            assert sorted(each.result().records > 0 for each in at_once) == [False, False, True]
            require_all_of(folder, opened(on_s3))


def test_what_is_compacted_while_it_is_pushed_is_pushed_as_it_is_then(in_folder: LakeSettings, opened: Opened) -> None:
    """The files that were to be sent are no longer there."""
    with of_no_projection(NINE_DAYS) as (archive, folder):
        seal(archive, folder, now=True)
        lake = Meanwhile(opened(in_folder), before_sending=lambda: compact(folder))
        assert push(folder, lake) == Push(segments=3, records=18)
        require_all_of(folder, lake)


def test_a_file_that_was_sent_already_is_not_sent_again(in_folder: LakeSettings, opened: Opened) -> None:
    def broken_off() -> None:
        raise OSError

    with of_no_projection(NINE_DAYS) as (archive, folder):
        seal(archive, folder, now=True)
        lake = opened(in_folder)
        with pytest.raises(OSError):  # noqa: PT011  # it is ours
            push(folder, Meanwhile(lake, before_committing=broken_off))
        lake.look_again()
        assert lake.segments() == []
        assert push(folder, Meanwhile(lake, before_sending=broken_off)).segments == 9
        require_all_of(folder, lake)


def test_a_file_that_is_sent_again_and_broken_off_stays_as_it_was(settings: LakeSettings, opened: Opened) -> None:
    lake = opened(settings)
    with pushed(lake, NINE_DAYS) as (_, folder, [first, *_]):
        other = folder.with_name("other")
        unreadable = other / first.path
        unreadable.parent.mkdir(parents=True)
        unreadable.symlink_to("/proc/self/mem")
        with pytest.raises(OSError, match="Input/output error"):
            lake.send(other, first)
        require_all_of(folder, lake)


@contextmanager
def room_for(size: int) -> Generator[None]:
    """Have files of this process grow to so many bytes only."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_folder_that_takes_no_more_keeps_what_it_has(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS) as (_, folder, [first, *_]):
        with room_for(first.bytes // 2), pytest.raises(OSError, match="File too large"):
            lake.send(folder, first)
        require_all_of(folder, lake)
        file = Path(lake.locations()[0].removeprefix("file://"))
        assert list(file.parent.iterdir()) == [file]


def test_only_files_that_are_not_sound_are_sent_anew(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS) as (_, folder, _):
        files = [Path(each.removeprefix("file://")) for each in lake.locations()]
        files[2].write_bytes(b"x" * files[2].stat().st_size)
        before = [each.stat().st_ino for each in files]
        push(folder, lake, anew=True)
        assert [each.stat().st_ino == was for each, was in zip(files, before, strict=True)] == [
            number != 2 for number in range(len(files))
        ]
        require_all_of(folder, lake)


OTHER: list[LogRecord] = [LogRecord(*each.source, each.offset, each.appended_ms + 1, each.raw) for each in NINE_DAYS]


def test_the_archive_of_another_log_is_refused(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS[:10]) as (archive, folder, _):
        segments = lake.segments()
    with of_no_projection(OTHER) as (archive, folder):
        seal(archive, folder, now=True)
        with pytest.raises(OtherRecordsError, match=r"kvota\.calls/0@0"):
            push(folder, lake)
        compact(folder)
        with pytest.raises(OtherRecordsError, match=r"kvota\.calls/0@0"):
            push(folder, lake)
    lake.look_again()
    assert lake.segments() == segments


def test_an_archive_that_was_made_anew_in_other_segments_is_taken_over(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS[:10]):
        pass
    with of_no_projection(NINE_DAYS) as (archive, folder):
        seal(archive, folder, now=True, most=1)
        push(folder, lake)
        require_all_of(folder, lake)


def test_an_archive_that_has_less_than_the_lake_is_refused(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with pushed(lake, NINE_DAYS):
        pass
    with of_no_projection(NINE_DAYS[:10]) as (archive, folder):
        with pytest.raises(NothingSealedError, match=str(folder)):
            push(folder, lake)
        seal(archive, folder, now=True)
        with pytest.raises(LakeAheadError, match=r"kvota\.calls/0 to 18 and not 10"):
            push(folder, lake)


def test_a_segment_that_is_damaged_is_not_pushed(in_folder: LakeSettings, opened: Opened) -> None:
    with of_no_projection(NINE_DAYS) as (archive, folder):
        damaged = folder / seal(archive, folder, now=True)[3].path
        damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
        lake = opened(in_folder)
        with pytest.raises(DamagedArchiveError, match=damaged.name):
            push(folder, lake)
        lake.look_again()
        assert lake.segments() == []
