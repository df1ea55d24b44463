"""Restoring: a file made anew from the open archive is the file that was sealed; a damaged archive is refused."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from services.history.archive import FILE_NAME, Archive
from services.history.errors import HistoryBusyError
from services.history.segments.compacting import compact
from services.history.segments.manifest import DamagedArchiveError
from services.history.segments.restoring import NothingSealedError, NotReplacedError, restore
from services.history.segments.sealing import seal
from tests.events.examples.dates import at
from tests.history.segments.days import PROJECTIONS, archived, days, rows
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


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "its SHA-256 is another": _flip,
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
