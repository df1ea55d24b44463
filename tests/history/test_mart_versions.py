"""One mart after another: whoever looks sees a whole one, whatever happens to whoever makes the next."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from threading import Thread

import duckdb
import pytest

from services.history.archive import Archive
from services.history.mart import versions
from services.history.mart.making import copy_mart, make_mart
from services.history.mart.versions import current, publish
from tests.history.doors import fill
from tests.telling import CALLS, answered, lying, raw

MADE = 100
PROGRAM = "import sys; from tests.history.test_mart_versions import die; die(*sys.argv[1:])"


def write(folder: Path, number: int) -> None:
    """Write a mart of two files, which belong together."""
    for name in ("one", "two"):
        (folder / name).write_text(str(number))


def whole(folder: Path) -> int:
    """Read a mart, which must be whole."""
    one, two = ((folder / name).read_text() for name in ("one", "two"))
    assert one == two
    return int(one)


def die(folder: str, point: str) -> None:
    """Publish, and be killed at a point."""

    def killed(*_given: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def half(empty: Path) -> None:
        (empty / "one").write_text("half")
        killed()

    if point != "half written":
        setattr(versions, point, killed)
    publish(Path(folder), half if point == "half written" else partial(write, number=2))


@pytest.mark.parametrize("point", ["half written", "_settle", "sync_folder", "_switch"])
def test_whoever_is_killed_leaves_the_old_one_whole(tmp_path: Path, point: str) -> None:
    publish(tmp_path, partial(write, number=1))
    killed = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path), point], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert whole(tmp_path / "current") == 1
    made = publish(tmp_path, partial(write, number=3))
    assert (whole(tmp_path / "current"), current(tmp_path)) == (3, made)
    assert sum(each.is_dir() and not each.is_symlink() for each in tmp_path.iterdir()) == 2


def test_whoever_looks_while_the_next_are_made_sees_a_whole_one(tmp_path: Path) -> None:
    publish(tmp_path, partial(write, number=0))
    maker = Thread(target=lambda: [publish(tmp_path, partial(write, number=number)) for number in range(1, MADE)])
    maker.start()
    seen = list[int]()
    while maker.is_alive():
        folder = current(tmp_path)
        assert folder is not None
        seen.append(int((tmp_path / "current" / "one").read_text()))
    maker.join()
    assert whole(tmp_path / "current") == MADE - 1
    assert seen == sorted(seen)
    assert len(set(seen)) > 1


def test_one_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    publish(tmp_path, partial(write, number=1))
    with pytest.raises(OSError, match="disk is full"):
        publish(tmp_path, _no_room)
    assert whole(tmp_path / "current") == 1
    assert {each.name for each in tmp_path.iterdir()} == {".lock", "mart-1", "current"}


def _no_room(empty: Path) -> None:
    (empty / "one").write_text("half")
    message = "the disk is full"
    raise OSError(message)


def test_what_else_lies_in_the_folder_stays(tmp_path: Path) -> None:
    for name in ("mart-old", "mart-0", "making", ".mart"):
        (tmp_path / name).mkdir()
    for number in range(4):
        publish(tmp_path, partial(write, number=number))
    assert {each.name for each in tmp_path.iterdir()} == {
        *("mart-old", "mart-0", "making", ".mart"),
        *(".lock", "mart-3", "mart-4", "current"),
    }


def test_where_none_was_made_there_is_none(tmp_path: Path) -> None:
    assert current(tmp_path) is None


def test_whoever_has_one_open_goes_on_when_it_is_gone(archive: Archive, tmp_path: Path) -> None:
    fill(archive)
    first = Path(make_mart(archive, tmp_path / "marts").folder)
    with duckdb.connect(tmp_path / "marts" / "current" / "mart.duckdb", read_only=True) as con:
        before = con.execute("FROM rep_day ORDER BY ALL").fetchall()
        archive.ingest(lying([raw(answered(talk=600), 7)], start=archive.positions()[CALLS, 0]))
        for _ in range(2):
            make_mart(archive, tmp_path / "marts")
        assert not first.exists()
        assert con.execute("FROM rep_day ORDER BY ALL").fetchall() == before
    with duckdb.connect(tmp_path / "marts" / "current" / "mart.duckdb", read_only=True) as con:
        assert con.execute("FROM rep_day ORDER BY ALL").fetchall() != before


def test_one_can_be_copied_to_another_folder(archive: Archive, tmp_path: Path) -> None:
    fill(archive)
    made = make_mart(archive, tmp_path / "marts")
    copied = copy_mart(made, tmp_path / "bi")
    assert (copied.as_of, copied.bytes) == (made.as_of, made.bytes)
    assert {file.name: file.read_bytes() for file in Path(copied.folder).iterdir()} == {
        file.name: file.read_bytes() for file in Path(made.folder).iterdir()
    }
