"""The store, as the vault uses it: statements about rows, inside transactions that keep others out.

Both kinds of store understand the same SQL, with parameters written `:name`.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from pydantic import SecretStr

from services.runtime.errors import ClearError

Told: TypeAlias = Mapping[str, object]
Row: TypeAlias = tuple[Any, ...]

NOTHING: tuple[Told, ...] = ({},)
TABLES: Mapping[str, tuple[str, ...]] = {
    "person_keys": ("person", "kind", "wrapped", "master"),
    "details": ("person", "field", "sealed"),
    "lookups": ("token", "person"),
    "mentions": ("ref", "person", "day"),
    "tombstones": ("person", "erased_at"),
    "months": ("month", "public", "wrapped", "master"),
    "secrets": ("name", "wrapped", "master"),
}
"""What the store holds, for whoever copies it: the columns of each table (tables.sql says what they mean)."""


class StoreUnavailableError(Exception):
    """The store does not answer, or another has it for too long. Nothing has happened."""


class NotScrubbedError(ClearError):
    """What was to be deleted is deleted for good, and files of the store may still hold what it was, sealed."""

    def __init__(self, why: str) -> None:
        """Say what is in the way, and what to do."""
        super().__init__(
            f"it is deleted, but files of the vault's store may still hold it, sealed ({why}): "
            "`kvota vault erase-again` goes over them once more"
        )


class Rows(Protocol):
    """The store inside a transaction."""

    def ask(self, statement: str, about: Iterable[Told] = NOTHING) -> list[Row]:
        """What a statement gives for each of these parameters, one after the other."""


class Store(Protocol):
    """Where the vault's rows lie. It is used by one thread at a time; several processes may use one store."""

    def reading(self) -> AbstractContextManager[Rows]:
        """A look at the store as it is at one moment."""

    def writing(self) -> AbstractContextManager[Rows]:
        """A change, all of it or nothing; no other process writes meanwhile. On the disk when it is over."""

    def scrub(self) -> None:
        """Have no file of the store keep what was deleted from it; raises NotScrubbedError."""

    def close(self) -> None:
        """Let go of it."""


def open_store(url: SecretStr | None, home: Path) -> Store:
    """The PostgreSQL that is told, or a file in the home folder, made when missing; raises StoreUnavailableError."""
    if url is None:
        from services.vault.sqlite import SqliteStore  # noqa: PLC0415  # only one of them is needed

        return SqliteStore(home / "vault.sqlite")
    from services.vault.postgres import PostgresStore  # noqa: PLC0415

    return PostgresStore(url.get_secret_value())


def create_tables(rows: Rows) -> None:
    """Make the tables of an empty store."""
    for statement in (Path(__file__).parent / "tables.sql").read_text("utf-8").split(";\n"):
        if statement.strip():
            rows.ask(statement)
