"""A copy of the store in one file, and back: sealed as the store is, without the master key, of no kind of database.

One JSON array a line: a table's name and a row. The first says what the file is, the last how many rows there are, and
the digest of all before it.
"""

import base64
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from services.runtime.durable import sync_folder
from services.runtime.errors import ClearError
from services.vault.months import go_on_using, in_use
from services.vault.people import People, UnknownPersonError, bury, leave_tombstone
from services.vault.store import TABLES, Row, Rows, Store

_KIND, _VERSION = "kvota-vault", 1
_END = "end"
_BYTES = frozenset({"wrapped", "sealed", "public"})
_NOT_EMPTY = ("person_keys", "lookups", "tombstones")
_AT_ONCE = 1_000

Erased = Iterable[tuple[str, datetime]]
"""Who was erased, and when, by what the log says."""


class BackupError(ClearError):
    """A file is no whole backup, or cannot be restored here; the text says why."""


def back_up(store: Store, path: Path) -> int:
    """Copy the store, as it is at one moment, to a file that must not exist; how many rows. Raises BackupError."""
    beside = path.with_name(f"{path.name}.part")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        message = f"{beside} is there: another backup is being made, or one was broken off; if so, delete it"
        raise BackupError(message) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            count = _write(store, file)
        os.link(beside, path)
    except FileExistsError:
        message = f"{path} is there already: choose another name"
        raise BackupError(message) from None
    finally:
        beside.unlink()
    sync_folder(path.parent)
    return count


def _write(store: Store, file: BinaryIO) -> int:
    """Write the whole backup, to the disk; how many rows."""
    digest, count = sha256(), 0
    with store.reading() as rows:
        for line in _lines(rows):
            digest.update(line)
            file.write(line)
            count += 1
    file.write(_line([_END, count - 1, digest.hexdigest()]))
    file.flush()
    os.fsync(file.fileno())
    return count - 1


def restore(people: People, path: Path, erased: Erased) -> int:
    """Fill an empty store from a backup, less those who were erased since; how many they were.

    Months' keys that were made meanwhile stay in use beside those of the backup. All of it happens, or nothing. Raises
    BackupError, and MasterKeyError when the master keys open another store.
    """
    _check(path)
    with people.store.writing() as rows:
        if any(rows.ask(f"SELECT 1 FROM {table} LIMIT 1") for table in _NOT_EMPTY):
            message = "the vault is not empty: restore into an empty store"
            raise BackupError(message)
        using = in_use(rows)
        for table in TABLES:
            rows.ask(f"DELETE FROM {table}")
        for table, some in _by_table(path):
            rows.ask(_insert(table), some)
        people.lookup_key(rows)
        go_on_using(rows, using, people.masters)
        gone = sum(_erased(rows, person, at) for person, at in erased)
    people.store.scrub()
    return gone


def erase_again(people: People, erased: Erased) -> int:
    """Erase whoever the log says was erased and is there, as after a restore by a database's own tools; how many."""
    with people.store.writing() as rows:
        gone = sum(_erased(rows, person, at) for person, at in erased)
    people.store.scrub()
    return gone


def _erased(rows: Rows, person: str, at: datetime) -> bool:
    try:
        return not bury(rows, person, at).repeated
    except UnknownPersonError:  # met after the backup was made: a repeat must not make them anew
        leave_tombstone(rows, person, at)
        return False


def _lines(rows: Rows) -> Iterator[bytes]:
    yield _line([_KIND, _VERSION])
    for table, columns in TABLES.items():
        for row in rows.ask(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {columns[0]}"):
            yield _line([table, *row])


def _line(values: list[Any]) -> bytes:
    return msgspec.json.encode(values) + b"\n"


def _check(path: Path) -> None:
    """Make sure that a file is a backup, to its end."""
    digest, count, last = sha256(), -1, b""
    with path.open("rb") as file:
        for line in file:
            if last:
                digest.update(last)
                count += 1
            elif line != _line([_KIND, _VERSION]):
                message = f"{path} is no backup of a vault, or of a later version"
                raise BackupError(message)
            last = line
    if last != _line([_END, count, digest.hexdigest()]):
        message = f"{path} is damaged, or not whole"
        raise BackupError(message)


def _by_table(path: Path) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """The rows of a checked backup, some of one table at a time."""
    table, some = "", list[dict[str, object]]()
    with path.open("rb") as file:
        next(file)
        for line in file:
            name, *row = msgspec.json.decode(line)
            if name != table or len(some) == _AT_ONCE:
                if some:
                    yield table, some
                table, some = name, []
            if name != _END:
                some.append(_read(name, tuple(row)))


def _read(table: str, row: Row) -> dict[str, object]:
    named = zip(TABLES[table], row, strict=True)
    return {name: base64.b64decode(value) if name in _BYTES else value for name, value in named}


def _insert(table: str) -> str:
    columns = TABLES[table]
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})"
