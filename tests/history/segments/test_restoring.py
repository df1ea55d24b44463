"""Restoring: a file made anew from the open archive is the file that was sealed; a damaged archive is refused."""

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from services.history.archive import FILE_NAME, Archive
from services.history.errors import HistoryBusyError
from services.history.room import BrokenOffError, NoRoomError
from services.history.segments.compacting import compact
from services.history.segments.manifest import DamagedArchiveError
from services.history.segments.restoring import NothingSealedError, NotReplacedError, restore
from services.history.segments.sealing import seal
from tests.cli.commands import kvota
from tests.events.examples.dates import at
from tests.history.segments.days import PROJECTIONS, archived, days, flip, rows
from tests.history.test_known_at import parking
from tests.recompute import recompute_log
from tests.telling import AGENTS, DECISIONS, assigned, decided, entered, lying, raw, won

LOG = days([4, 30, 5])
DEALS = [decided(assigned(), "quota/a", 1), decided(won(500), "deal/d1", 1), decided(won(500), "deal/d1", 1)]
ALL = [*LOG, *lying(DEALS, DECISIONS), *lying([raw(entered("ready"), 1)], AGENTS), *parking(2, at(11))]
"""With a decision that is too late, a call told twice, a record that is none and one that is parked."""


@pytest.mark.parametrize("compacted", [False, True])
def test_a_file_made_anew_is_the_one_that_was(tmp_path: Path, compacted: bool) -> None:  # noqa: FBT001  # a parameter of a test
    path = tmp_path / FILE_NAME
    with archived(ALL) as (archive, folder):
        seal(archive, folder, now=True)
        if compacted:
            compact(folder)
        assert restore(folder, path, PROJECTIONS) == len(ALL)
        with Archive(path, PROJECTIONS) as restored:
            assert rows(restored) == rows(archive)
            positions = archive.positions()
            assert restored.cells_at(positions, PROJECTIONS) == archive.cells_at(positions, PROJECTIONS)


def test_it_goes_on_where_the_archive_ends(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with archived(LOG[:20]) as (archive, folder):
        seal(archive, folder, now=True)
        restore(folder, path, PROJECTIONS)
    with Archive(path, PROJECTIONS) as restored:
        assert restored.ingest(LOG) == len(LOG) - 20
        raws = [each.raw or b"" for each in LOG]
        assert restored.cells_at(restored.positions(), PROJECTIONS) == recompute_log(raws)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "its SHA-256 is another": flip,
    "is missing": Path.unlink,
    "is not the file": lambda file: file.write_bytes(file.read_bytes()[:-1]),
}


@pytest.mark.parametrize("said", DAMAGES)
def test_a_damaged_archive_is_refused_before_anything_is_written(tmp_path: Path, said: str) -> None:
    with archived(LOG) as (archive, folder):
        file = folder / seal(archive, folder, now=True)[1].path
        DAMAGES[said](file)
        with pytest.raises(DamagedArchiveError, match=f"{file.name}.*{said}"):
            restore(folder, tmp_path / FILE_NAME, PROJECTIONS)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_replaced_only_when_told(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with Archive(path, PROJECTIONS) as other:
        other.ingest(LOG[:3])
    with archived(LOG) as (archive, folder):
        with pytest.raises(NothingSealedError, match=str(folder)):
            restore(folder, path, PROJECTIONS, replace=True)
        seal(archive, folder, now=True)
        with pytest.raises(NotReplacedError, match="--replace"):
            restore(folder, path, PROJECTIONS)
        restore(folder, path, PROJECTIONS, replace=True)
        with Archive(path, PROJECTIONS) as restored:
            assert rows(restored) == rows(archive)
    assert [each.name for each in tmp_path.iterdir()] == [FILE_NAME]


def test_what_a_broken_off_restoring_left_behind_is_not_gone_on_from(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with Archive(path.with_suffix(".restored"), PROJECTIONS) as left:
        left.ingest(days([3, 3]))
    with archived(LOG) as (archive, folder):
        seal(archive, folder, now=True)
        restore(folder, path, PROJECTIONS)
        with Archive(path, PROJECTIONS) as restored:
            assert rows(restored) == rows(archive)


def test_an_archive_that_is_open_elsewhere_is_not_replaced() -> None:
    """Whoever has it here lets nobody else have it."""
    program = (
        "import sys; from pathlib import Path\n"
        "from services.history.segments.restoring import restore\n"
        "from tests.history.segments.days import PROJECTIONS\n"
        "restore(Path(sys.argv[1]), Path(sys.argv[2]), PROJECTIONS, replace=True)"
    )
    with archived(LOG) as (archive, folder):
        seal(archive, folder, now=True)
        held = folder.parent / FILE_NAME
        told = [sys.executable, "-c", program, str(folder), str(held)]
        ran = subprocess.run(told, check=False, timeout=60, capture_output=True, text=True)
        assert ran.returncode == 1
        assert f"{HistoryBusyError.__name__}: {held} is open in another process" in ran.stderr
        assert not held.with_suffix(".restored").exists()


def test_a_file_that_is_damaged_is_replaced_with_what_lies_beside_it(tmp_path: Path) -> None:
    """That is what one restores for; the log of the old file would keep the new one from being opened."""
    path = tmp_path / FILE_NAME
    path.write_bytes(b"no database" * 1_000)
    (tmp_path / f"{FILE_NAME}.wal").write_bytes(b"of another file")
    with archived(LOG) as (archive, folder):
        seal(archive, folder, now=True)
        restore(folder, path, PROJECTIONS, replace=True)
        with Archive(path, PROJECTIONS) as restored:
            assert rows(restored) == rows(archive)


def test_the_log_of_a_file_that_was_taken_away_is_taken_away_too(tmp_path: Path) -> None:
    (tmp_path / f"{FILE_NAME}.wal").write_bytes(b"of another file")
    with archived(LOG) as (archive, folder):
        seal(archive, folder, now=True)
        restore(folder, tmp_path / FILE_NAME, PROJECTIONS)
        with Archive(tmp_path / FILE_NAME, PROJECTIONS) as restored:
            assert rows(restored) == rows(archive)


def restore_until_refused(folder: str, path: str, most_mb: str) -> None:
    """Restore in a process that may write no larger files."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most_mb) * 1024 * 1024, resource.RLIM_INFINITY))
    with pytest.raises((NoRoomError, BrokenOffError)):
        restore(Path(folder), Path(path), PROJECTIONS, replace=True)


def test_where_the_disk_takes_no_more_the_file_that_was_stays(tmp_path: Path) -> None:
    path, log = tmp_path / FILE_NAME, days([9_000])
    with Archive(path, PROJECTIONS) as other:
        other.ingest(LOG)
        before = rows(other)
    with archived(log) as (archive, folder):
        seal(archive, folder, now=True)
        module = "tests.history.segments.test_restoring"
        program = f"import sys; from {module} import restore_until_refused as run; run(*sys.argv[1:])"
        told = [sys.executable, "-c", program, str(folder), str(path), "4"]
        ran = subprocess.run(told, check=False, timeout=120, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
    with Archive(path, PROJECTIONS) as other:
        assert rows(other) == before


def test_the_commands_say_what_they_did_and_find(tmp_path: Path) -> None:
    with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
        archive.ingest(LOG)
    assert kvota("archive", "seal", "--now", "--json", home=tmp_path).json == {"segments": 3, "records": len(LOG)}
    assert kvota("archive", "compact", "--json", home=tmp_path).json == {"segments": 0, "records": 0}
    found = kvota("archive", "verify", "--json", home=tmp_path)
    counts = {"segments": 3, "records": len(LOG), "let_go": 0}
    assert (found.code, found.json) == (0, {"agree": True, **counts, "problems": []})
    assert kvota("archive", "verify", home=tmp_path).out == "3 segments, 0 damaged\n"
    copy = tmp_path / "copy"
    copytree(tmp_path / "archive", copy)
    refused = kvota("archive", "restore", "--from", copy, home=tmp_path)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert kvota("archive", "restore", "--from", copy, "--replace", home=tmp_path).code == 0
    [damaged, *_] = sorted(copy.rglob("*.parquet"))
    flip(damaged)
    found = kvota("archive", "verify", "--from", copy, "--json", home=tmp_path)
    assert (found.code, len(found.json["problems"])) == (1, 1)
    assert damaged.name in found.json["problems"][0]
