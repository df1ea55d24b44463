"""Restoring: `history.duckdb` made anew from the open archive alone; what is not sealed comes from Kafka as ever."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

import duckdb

from projections.projection import Projection
from services.history.archive import Archive, is_locked
from services.history.errors import HistoryBusyError, HistoryError
from services.history.judging import LogRecord
from services.history.segments.checking import check, problems
from services.history.segments.files import read_segment
from services.history.segments.manifest import FILE_NAME, LetGoError, Segment, read_manifest
from services.runtime.durable import sync_folder

Elsewhere = Callable[[Segment], Iterable[Sequence[LogRecord]]]
"""Gives the records of a segment that the archive has let go of, some at a time; raises HistoryError."""


class NothingSealedError(HistoryError):
    """There is no open archive to restore from."""

    def __init__(self, folder: Path) -> None:
        """Name the folder."""
        super().__init__(f"there is no archive in {folder}: {FILE_NAME} is missing")
        self.ru = f"в папке {folder} нет архива: не хватает {FILE_NAME}"


class NotReplacedError(HistoryError):
    """A file is there already."""

    def __init__(self, path: Path) -> None:
        """Name the file, and say how it can be replaced."""
        super().__init__(f"{path} exists: say --replace to put what is restored in its place")
        self.ru = f"{path} уже существует: добавьте --replace, чтобы заменить его восстановленным"


def _nowhere(segment: Segment) -> Iterator[Sequence[LogRecord]]:
    raise LetGoError(segment)


def restore(
    folder: Path,
    path: Path,
    projections: Mapping[str, Projection],
    *,
    replace: bool = False,
    elsewhere: Elsewhere = _nowhere,
) -> int:
    """Make the file anew from all segments, those that were let go of taken from elsewhere; how many records it has.

    The file that was there stays until the new one is whole. Raises DamagedArchiveError, before anything is written;
    NothingSealedError, NotReplacedError, HistoryBusyError while another process has the file, and NoRoomError,
    BrokenOffError, or what `elsewhere` raises (without one LetGoError), which leave it as it was.
    """
    segments = read_manifest(folder)
    if not segments:
        raise NothingSealedError(folder)
    require_replaceable(path, replace=replace)
    check(folder, (each for each in segments if each.is_here))
    batches = (read_segment(folder, each) if _lies_here(folder, each) else elsewhere(each) for each in segments)
    return make_anew(path, chain.from_iterable(batches), projections)


def _lies_here(folder: Path, segment: Segment) -> bool:
    """Whether its file can be read here: one that was checked may be gone since, and one let go of lie here still."""
    if segment.is_here:
        return (folder / segment.path).exists()
    return not any(problems(folder, [segment.as_sealed]))


def require_replaceable(path: Path, *, replace: bool) -> None:
    """Make sure that no file is there, unless it may be replaced; raises NotReplacedError."""
    if path.exists() and not replace:
        raise NotReplacedError(path)


def make_anew(path: Path, batches: Iterable[Sequence[LogRecord]], projections: Mapping[str, Projection]) -> int:
    """Make the file of these records, which come in the order of their partitions; how many it has.

    The file that was there stays until the new one is whole. Raises HistoryBusyError, NoRoomError and BrokenOffError.
    """
    beside = path.with_suffix(".restored")
    with _held(path):
        _remove(beside, _logged(beside))
        restored = _made(beside, batches, projections)
    _remove(_logged(path))
    beside.replace(path)
    sync_folder(path.parent)
    return restored


def _made(file: Path, batches: Iterable[Sequence[LogRecord]], projections: Mapping[str, Projection]) -> int:
    """Make a file with nothing left beside it, or none; how many records it has."""
    with ExitStack() as unless_made:
        unless_made.callback(_remove, file, _logged(file))
        with Archive(file, projections) as archive:
            restored = sum(map(archive.ingest, batches))
            archive.settle()
        unless_made.pop_all()
    return restored


@contextmanager
def _held(path: Path) -> Generator[None]:
    """Have the file that is there, if any, so that no other process has it; one that is damaged nobody has."""
    with ExitStack() as opened:
        if path.exists():
            try:
                opened.enter_context(duckdb.connect(path))
            except duckdb.Error as error:
                if is_locked(error):
                    raise HistoryBusyError(path) from None
        yield


def _logged(path: Path) -> Path:
    """Where DuckDB logs what it has not taken into a file."""
    return path.with_name(f"{path.name}.wal")


def _remove(*files: Path) -> None:
    for file in files:
        file.unlink(missing_ok=True)
