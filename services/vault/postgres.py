"""A store in PostgreSQL."""

import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager

import psycopg

from services.vault.store import NOTHING, TABLES, Row, Rows, StoreUnavailableError, Told

_PARAMETER = re.compile(r":(\w+)")
_CONNECT_S = 10
# One writer at a time, as in SQLite: there is one order of changes, and so no deadlock, and no row that is half erased.
_ALONE = b"SELECT pg_advisory_xact_lock(%(lock)s)"
_LOCK = {"lock": 0x6B766F7461}
_AT_ONE_MOMENT = b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class PostgresStore:
    """A database, over one connection that is made again when it breaks."""

    def __init__(self, url: str) -> None:
        """Connect; raises StoreUnavailableError."""
        self._url = url
        self._connection: psycopg.Connection[Row] | None = None
        with _understood():
            self._connected()

    @contextmanager
    def reading(self) -> Generator[Rows]:
        """A look at the store as it is at one moment."""
        with self._transaction() as cursor:
            cursor.execute(_AT_ONE_MOMENT)
            yield _PostgresRows(cursor)

    @contextmanager
    def writing(self) -> Generator[Rows]:
        """A change, all of it or nothing; no other process writes meanwhile."""
        with self._transaction() as cursor:
            cursor.execute(_ALONE, _LOCK)
            yield _PostgresRows(cursor)

    def scrub(self) -> None:
        """Write the tables and indexes that hold people anew; the write-ahead log is PostgreSQL's own to forget."""
        with _understood():
            for table in TABLES:
                self._connected().execute(f"VACUUM FULL {table}".encode())

    def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Generator["psycopg.Cursor[Row]"]:
        with _understood():
            connection = self._connected()
            with connection.transaction(), connection.cursor() as cursor:
                yield cursor

    def _connected(self) -> "psycopg.Connection[Row]":
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=_CONNECT_S)
        return self._connection


class _PostgresRows:
    def __init__(self, cursor: "psycopg.Cursor[Row]") -> None:
        self._cursor = cursor

    def ask(self, statement: str, about: Iterable[Told] = NOTHING) -> list[Row]:
        """What a statement gives for each of these parameters; they are sent without waiting for each answer."""
        told = list(about)
        query = _PARAMETER.sub(r"%(\1)s", statement).encode()
        if len(told) == 1:
            self._cursor.execute(query, told[0])
            return self._answer()
        rows: list[Row] = []
        if told:
            self._cursor.executemany(query, told, returning=True)
            rows += self._answer()
            while self._cursor.nextset():
                rows += self._answer()
        return rows

    def _answer(self) -> list[Row]:
        return self._cursor.fetchall() if self._cursor.description else []


@contextmanager
def _understood() -> Generator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise StoreUnavailableError from error
