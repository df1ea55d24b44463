"""Restoring from the lake alone; what is wrong with a lake is found, said and mended."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from services.history.archive import FILE_NAME, Archive
from services.history.lake.errors import DamagedLakeError, EmptyLakeError
from services.history.lake.pushing import push
from services.history.lake.restoring import restore
from services.history.lake.settings import LakeSettings
from services.history.lake.verifying import problems
from services.history.segments.compacting import compact
from services.history.segments.manifest import sealed_until
from services.history.segments.restoring import NotReplacedError
from services.history.segments.sealing import seal
from tests.events.examples.dates import at
from tests.history.lake.lakes import Opened, of_no_projection, require_all_of
from tests.history.segments.days import PROJECTIONS, archived, days, flip, rows
from tests.history.test_known_at import parking
from tests.telling import AGENTS, DECISIONS, assigned, decided, entered, lying, raw, won

LOG = days([4, 30, 5])
DEALS = [decided(assigned(), "quota/a", 1), decided(won(500), "deal/d1", 1), decided(won(500), "deal/d1", 1)]
LATER = [*lying(DEALS, DECISIONS), *lying([raw(entered("ready"), 1)], AGENTS), *parking(2, at(11))]
"""A decision that is too late, and a record that was set aside."""


def test_a_file_made_anew_is_the_one_that_was_and_the_one_before_is_what_was_known_then(
    on_s3: LakeSettings, opened: Opened, tmp_path: Path
) -> None:
    path, lake = tmp_path / "anew" / FILE_NAME, opened(on_s3)
    with archived(LOG) as (archive, folder):
        seal(archive, folder, now=True)
        push(folder, lake)
        then = archive.positions()
        archive.ingest(LATER)
        seal(archive, folder, now=True)
        push(folder, lake)
        assert restore(lake, path, PROJECTIONS) == len(LOG) + len(LATER)
        with Archive(path, PROJECTIONS) as restored:
            assert rows(restored) == rows(archive)
        before = int(lake.pushed()[0].snapshot)
        assert restore(lake, path, PROJECTIONS, replace=True, snapshot=before) == len(LOG)
        with Archive(path, PROJECTIONS) as restored:
            assert restored.positions() == then
            assert restored.cells_at(then, PROJECTIONS) == archive.cells_at(then, PROJECTIONS)


DAMAGES: dict[str, Callable[[Path], object]] = {"its SHA-256 is another": flip, "is missing": Path.unlink}


@pytest.mark.parametrize("said", DAMAGES)
def test_what_is_damaged_is_found_and_not_restored_and_mended_from_the_archive(
    in_folder: LakeSettings, opened: Opened, tmp_path: Path, said: str
) -> None:
    path, lake = tmp_path / FILE_NAME, opened(in_folder)
    with of_no_projection(LOG) as (archive, folder):
        segments = seal(archive, folder, now=True)
        push(folder, lake)
        DAMAGES[said](Path(lake.locations()[1].removeprefix("file://")))
        [found] = problems(lake, segments)
        assert found.startswith(f"{segments[1].path}: ")
        assert found.endswith(said)
        path.write_bytes(b"what was there")
        with pytest.raises(DamagedLakeError, match=said):
            restore(lake, path, PROJECTIONS, replace=True)
        assert path.read_bytes() == b"what was there"
        assert not list(tmp_path.glob("*.restored*"))
        assert push(folder, lake, anew=True).segments == 0
        require_all_of(folder, lake)


def test_a_snapshot_that_is_no_push_of_ours_is_found(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with of_no_projection(LOG) as (archive, folder):
        seal(archive, folder, now=True)
        push(folder, lake)
        first, second, third = lake.segments()
        cut = sealed_until([third])
        lake.commit([], [second], cut)
        assert list(problems(lake, [])) == ["kvota.calls/0 goes on from 34 and not from 4"]
        lake.commit([second], [], {})
        assert list(problems(lake, [])) == ["the offsets of the snapshot are not those where its segments end"]
        lake.commit([], [], cut)
        assert list(problems(lake, [first, second, third])) == []


def test_a_lake_whose_end_is_lost_is_not_restored(in_folder: LakeSettings, opened: Opened, tmp_path: Path) -> None:
    path, lake = tmp_path / FILE_NAME, opened(in_folder)
    with of_no_projection(LOG) as (archive, folder):
        seal(archive, folder, now=True)
        push(folder, lake)
        segments, cut = lake.segments(), lake.cut()
        for gone in (segments[2:], segments[:2]):
            lake.commit([], gone, cut)
            with pytest.raises(DamagedLakeError, match="are not those where its segments end"):
                restore(lake, path, PROJECTIONS)
    assert not path.exists()


def test_an_archive_with_another_file_of_that_name_is_found(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with of_no_projection(LOG) as (archive, folder):
        seal(archive, folder, now=True)
        push(folder, lake)
    other = [type(each)(*each.source, each.offset, each.appended_ms + 1, each.raw) for each in LOG[:4]]
    with of_no_projection(other) as (archive, folder):
        [sealed] = seal(archive, folder, now=True)
        assert list(problems(lake, [sealed])) == [
            f"{sealed.path}: the archive has 4 records there, SHA-256 {sealed.sha256}"
        ]


def test_a_snapshot_that_is_no_push_of_ours_is_made_good(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with of_no_projection(LOG) as (archive, folder):
        seal(archive, folder, now=True)
        push(folder, lake)
        lake.commit([], [], {})
        assert push(folder, lake).segments == 0
        require_all_of(folder, lake)
        too_many, *_ = seal(archive, folder.with_name("other"), now=True, most=2)
        lake.commit([too_many], [], lake.cut())
        assert push(folder, lake, anew=True).joined == 1
        require_all_of(folder, lake)


def test_what_lacks_in_a_lake_is_no_other_log(in_folder: LakeSettings, opened: Opened) -> None:
    lake = opened(in_folder)
    with of_no_projection(days([2] * 9)) as (archive, folder):
        seal(archive, folder, now=True)
        push(folder, lake)
        lake.commit([], [lake.segments()[1]], lake.cut())
        compact(folder)
        with pytest.raises(DamagedLakeError, match=r"kvota\.calls/0 goes on from 4 and not from 2.*--anew"):
            push(folder, lake)
        push(folder, lake, anew=True)
        require_all_of(folder, lake)


def test_a_file_that_somebody_else_added_is_refused_and_taken_out_anew(
    in_folder: LakeSettings, opened: Opened, tmp_path: Path
) -> None:
    lake, file = opened(in_folder), tmp_path / "theirs.parquet"
    columns = {"topic": pa.array(["kvota.calls"]), "partition": pa.array([0], pa.int32())}
    pq.write_table(pa.table(columns | {"appended": pa.array([at(9).date()])}), file)
    with of_no_projection(LOG) as (archive, folder):
        seal(archive, folder, now=True)
        push(folder, lake)
        lake.table.add_files([file.as_uri()])
        with pytest.raises(DamagedLakeError, match=r"theirs\.parquet is no file of ours.*--anew"):
            restore(lake, tmp_path / FILE_NAME, PROJECTIONS)
        with pytest.raises(DamagedLakeError, match=r"theirs\.parquet is no file of ours.*--anew"):
            push(folder, lake)
        assert push(folder, lake, anew=True).segments == 0
        require_all_of(folder, lake)
    assert file.exists()


def test_what_is_there_is_replaced_only_when_told_and_never_by_nothing(
    in_folder: LakeSettings, opened: Opened, tmp_path: Path
) -> None:
    path, lake = tmp_path / FILE_NAME, opened(in_folder)
    path.write_bytes(b"what was there")
    with pytest.raises(EmptyLakeError):
        restore(lake, path, PROJECTIONS, replace=True)
    with of_no_projection(LOG) as (archive, folder):
        seal(archive, folder, now=True)
        push(folder, lake)
    with pytest.raises(NotReplacedError, match="--replace"):
        restore(lake, path, PROJECTIONS)
    assert path.read_bytes() == b"what was there"
