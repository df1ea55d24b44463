"""A store in one file: SQLite."""

import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from services.vault.store import NOTHING, NotScrubbedError, Row, Rows, StoreUnavailableError, Told

WAIT_S = 10.0
"""How long another process may keep the file before it counts as away."""
_IN_USE, _AWAY = "somebody reads it for too long", "its disk does not take it"
_PRIMARY = 0xFF
_UNAVAILABLE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)

# synchronous=FULL: an event must never hold the id of a person whose key a power cut took away. secure_delete: what is
# deleted is overwritten with zeros.
_SETTINGS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA secure_delete = ON")


class SqliteStore:
    """A file for its owner's eyes only."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; raises StoreUnavailableError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
        with _understood():
            for setting in _SETTINGS:
                self._connection.execute(setting)

    @contextmanager
    def reading(self) -> Generator[Rows]:
        """A look at the store as it is at one moment."""
        with self._transaction("BEGIN") as rows:
            yield rows

    @contextmanager
    def writing(self) -> Generator[Rows]:
        """A change, all of it or nothing; no other process writes meanwhile."""
        with self._transaction("BEGIN IMMEDIATE") as rows:
            yield rows

    def scrub(self) -> None:
        """Bring the zeros into the file, and empty the log beside it, which holds what was there before."""
        try:
            with _understood():
                busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except StoreUnavailableError as error:
            raise NotScrubbedError(_AWAY) from error
        if busy:
            raise NotScrubbedError(_IN_USE)

    def write_anew(self) -> None:
        """Write the whole file anew: for what was deleted before this program overwrote what it deletes."""
        with _understood():
            self._connection.execute("VACUUM")
        self.scrub()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Generator[Rows]:
        with _understood(), self._connection:
            self._connection.execute(begin)
            yield _SqliteRows(self._connection)


class _SqliteRows:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def ask(self, statement: str, about: Iterable[Told] = NOTHING) -> list[Row]:
        """What a statement gives for each of these parameters, one after the other."""
        return [row for told in about for row in self._connection.execute(statement, told)]


@contextmanager
def _understood() -> Generator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & _PRIMARY not in _UNAVAILABLE:
            raise  # a fault of ours
        raise StoreUnavailableError from error
