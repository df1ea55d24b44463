"""A store in PostgreSQL."""

import re
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager

import psycopg

from services.vault.store import NOTHING, TABLES, NotScrubbedError, Row, Rows, StoreUnavailableError, Told

_PARAMETER = re.compile(r":(\w+)")
_CONNECT_S = 10
# One writer at a time, as in SQLite: there is one order of changes, and so no deadlock, and no row that is half erased.
_ALONE = b"SELECT pg_advisory_xact_lock(%(lock)s)"
_LOCK = {"lock": 0x6B766F7461}
# Whoever waited for the lock has to see what the one before wrote, whatever the database is set to.
_AS_OF_EACH_STATEMENT = b"SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE"
_AT_ONE_MOMENT = b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


# VACUUM keeps the rows that a transaction which began before their deletion could still ask for. Of other roles'
# sessions only a member of pg_read_all_stats sees the transactions.
_OLDER = b"""
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND age(backend_xmin) > 0
"""
OLDER_WAIT_S, _LOOK_S = 10.0, 0.05
_READ, _AWAY = "a transaction that began before still reads", "the database does not answer"


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
            cursor.execute(_AS_OF_EACH_STATEMENT)
            cursor.execute(_ALONE, _LOCK)
            yield _PostgresRows(cursor)

    def scrub(self) -> None:
        """Write the tables and indexes that hold people anew; the write-ahead log is PostgreSQL's own to forget."""
        try:
            with _understood():
                self._outlive_older()
                for table in TABLES:
                    self._connected().execute(f"VACUUM FULL {table}".encode())
        except StoreUnavailableError as error:
            raise NotScrubbedError(_AWAY) from error

    def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            self._connection.close()

    def _outlive_older(self) -> None:
        """Wait until nobody can ask any more for what is deleted; raises NotScrubbedError."""
        connection, deadline = self._connected(), time.monotonic() + OLDER_WAIT_S
        while connection.execute(_OLDER).fetchone() != (0,):
            if time.monotonic() > deadline:
                raise NotScrubbedError(_READ)
            time.sleep(_LOOK_S)

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
