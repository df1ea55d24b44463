"""The secrets by which sources prove themselves: a file for each, a secret a line, read again when it changes.

A secret is replaced without a pause: the new one is added, the source is told to use it, the old one is removed.
"""

from collections.abc import Sequence
from pathlib import Path

import structlog

_OTHERS = 0o077
_Mark = tuple[int, int, int]

_log = structlog.get_logger()


class Secrets:
    """The secrets in a folder, each file named like its source."""

    def __init__(self, folder: Path) -> None:
        """Read nothing yet."""
        self._folder = folder
        self._read: dict[str, tuple[_Mark, Sequence[str]]] = {}

    def of(self, source: str) -> Sequence[str]:
        """The secrets of a source; none where its file is missing, or others than its owner may read or change it.

        None, too, where it cannot be read, or is no UTF-8: a source whose secrets are not known proves nothing.
        """
        path = self._folder / source
        try:
            status = path.stat()
        except FileNotFoundError:
            return ()
        mark = status.st_ino, status.st_ctime_ns, status.st_size  # chmod changes ctime; a copy may keep mtime
        known = self._read.get(source)
        if known is None or known[0] != mark:
            known = self._read[source] = mark, _secrets_in(path, status.st_mode)
        return known[1]


def _secrets_in(path: Path, mode: int) -> Sequence[str]:
    if mode & _OTHERS:
        _log.error("secrets_not_private", path=str(path), advice=f"chmod 600 {path}")
        return ()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        _log.error("secrets_not_read", path=str(path), error=type(error).__name__)  # its text would quote the file
        return ()
    return [line.strip() for line in lines if line.strip()]
