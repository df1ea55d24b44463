"""The vault's file: SQLite, in one thread of its own. Nothing in here is ever logged."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TypeVar

FILE_NAME = "vault.sqlite"
_WAIT_S = 10.0

# synchronous=FULL: an event must never hold the id of a person whose name a power cut took away.
_OPEN = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS people (person TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
"""
_NAME = "SELECT name FROM people WHERE person = ?"
_PUT = "INSERT INTO people (person, name) VALUES (?, ?) ON CONFLICT (person) DO UPDATE SET name = excluded.name"
_SOME = "SELECT person, name FROM people WHERE person IN (SELECT value FROM json_each(?)) ORDER BY person"
_ALL = "SELECT person, name FROM people ORDER BY person"

T = TypeVar("T")


class NameTakenError(Exception):
    """The person is known by another name, which was not to be replaced."""


class Vault:
    """The names of people by their ids. Every answer to a write is given once it is on the disk."""

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        """Use a connection in the only thread that may."""
        self._connection, self._thread = connection, thread

    async def put(self, person: str, name: str, *, replace: bool = True) -> bool:
        """Give a person a name; whether the person is new. Raises NameTakenError for another name without `replace`."""
        return await self._run(lambda: self._put(person, name, replace=replace))

    def _put(self, person: str, name: str, *, replace: bool) -> bool:
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            known = self._connection.execute(_NAME, (person,)).fetchone()
            if known is not None and known[0] != name and not replace:
                raise NameTakenError
            self._connection.execute(_PUT, (person, name))
        return known is None

    async def names(self, people: Sequence[str]) -> dict[str, str]:
        """The names of these people, or of all when none is named; unknown ids are left out."""
        asked = (_SOME, (json.dumps(list(people)),)) if people else (_ALL, ())
        return await self._run(lambda: dict(self._connection.execute(*asked)))

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


@asynccontextmanager
async def open_vault(home: Path) -> AsyncGenerator[Vault]:
    """Open the vault of a home folder, for its owner's eyes only, and make it when there is none."""
    with ThreadPoolExecutor(1, "vault") as thread:
        loop = asyncio.get_running_loop()
        connection = await loop.run_in_executor(thread, _connect, home / FILE_NAME)
        with closing(connection):
            yield Vault(connection, thread)
            await loop.run_in_executor(thread, lambda: None)  # what is under way comes to its end first


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
    connection.executescript(_OPEN)
    return connection
