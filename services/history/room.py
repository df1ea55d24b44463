"""Room on the disk: history writes only while enough is left, so that it never breaks off in the middle of its file.

And room in memory, which what is written shares with the answers that are being made.
"""

import errno
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from services.history.errors import HistoryError

RESERVE_MB = 512
"""What DuckDB may write at once: as much as its write-ahead log holds, and the same again into the file."""
_MB = 1024 * 1024
_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED = tuple(map(os.strerror, _NUMBERS))
"""How the system says that it takes no more."""
_NO_MEMORY = "SET memory_limit"
"""What DuckDB advises whatever lacks memory, a COMMIT as well, which fails otherwise than statements do."""
_NONE_LEFT = "no memory is left to DuckDB (KVOTA_HISTORY_MEMORY_MB)"


class NoRoomError(HistoryError):
    """Nothing was written, for the disk is full or soon would be; it can be tried again."""

    def __init__(self, folder: Path, why: str) -> None:
        """Say where, and what to do."""
        super().__init__(f"{folder}: {why}; make room, and history goes on from where it stopped")
        self.ru = f"{folder}: {why}; освободите место, и архив продолжит с того же места"


class NoMemoryError(HistoryError):
    """Nothing was written, for answers that are being made use the memory that DuckDB may; it can be tried again."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "DuckDB has no memory left: history goes on once it has; if it often comes to that, give history more "
            "(KVOTA_HISTORY_MEMORY_MB)"
        )
        what = "у DuckDB не осталось памяти: архив продолжит, когда она появится"
        self.ru = f"{what}; если это случается часто, дайте истории больше (KVOTA_HISTORY_MEMORY_MB)"


class BrokenOffError(HistoryError):
    """There was no room when the file was brought up to date: it is whole, and must be opened again."""

    def __init__(self, folder: Path, why: str) -> None:
        """Say where, and what to do."""
        super().__init__(f"{folder}: {why}; make room and start history again: nothing that it had is lost")
        self.ru = f"{folder}: {why}; освободите место и запустите архив снова: всё записанное сохранилось"


def require_room(folder: Path, reserve_mb: int, size: int = 0) -> None:
    """Make sure that so much is free, and so many bytes besides; raises NoRoomError."""
    free, wanted = shutil.disk_usage(folder).free // _MB, reserve_mb + size // _MB
    if free < wanted:
        raise NoRoomError(folder, f"{free} MB free, and {wanted} are wanted")


@contextmanager
def telling_no_room(folder: Path) -> Generator[None]:
    """In a block, what fails for want of room is a NoRoomError or a BrokenOffError, or, in memory, a NoMemoryError."""
    try:
        yield
    except OSError as error:
        if error.errno in _NUMBERS:
            raise NoRoomError(folder, os.strerror(error.errno)) from None
        raise
    except duckdb.FatalException as error:
        if why := _no_room(error) or (_NONE_LEFT if _NO_MEMORY in str(error) else None):
            raise BrokenOffError(folder, why) from None
        raise
    except duckdb.Error as error:
        if why := _no_room(error):
            raise NoRoomError(folder, why) from None
        if _NO_MEMORY in str(error):
            raise NoMemoryError from None
        raise


def _no_room(error: duckdb.Error) -> str | None:
    return next((said for said in _REFUSED if said in str(error)), None)
