"""Restoring: `history.duckdb` made anew from the open archive alone; what is not sealed comes from Kafka as ever."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from projections.projection import Projection
from services.history.archive import Archive
from services.history.errors import HistoryError
from services.history.segments.checking import check
from services.history.segments.files import read_segment
from services.history.segments.manifest import FILE_NAME, read_manifest
from services.runtime.durable import sync_folder


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


def restore(folder: Path, path: Path, projections: Mapping[str, Projection], *, replace: bool = False) -> int:
    """Make the file anew from all segments; how many records it has.

    The file that was there stays until the new one is whole. Raises DamagedArchiveError, before anything is written;
    NothingSealedError, NotReplacedError, and HistoryBusyError while another process has the file.
    """
    segments = read_manifest(folder)
    if not segments:
        raise NothingSealedError(folder)
    if path.exists() and not replace:
        raise NotReplacedError(path)
    check(folder, segments)
    beside = path.with_suffix(".restored")
    with _held(path, projections):
        for left in (beside, beside.with_name(f"{beside.name}.wal")):
            left.unlink(missing_ok=True)
        with Archive(beside, projections) as archive:
            for segment in segments:
                for records in read_segment(folder, segment):
                    archive.ingest(records)
        beside.replace(path)
        sync_folder(path.parent)
    return sum(each.rows for each in segments)


@contextmanager
def _held(path: Path, projections: Mapping[str, Projection]) -> Generator[None]:
    """Have the file that is there, if any, so that no other process has it."""
    if not path.exists():
        yield
        return
    with Archive(path, projections):
        yield
