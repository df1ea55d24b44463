"""Changing the master key: every key of the store is wrapped anew, while the vault goes on serving."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.vault.master import MasterKeys, Wrapped
from services.vault.store import Row, Rows, Store

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class _Keys:
    """Wrapped keys of one table."""

    table: str
    column: str
    """Says whose each is."""
    what: str
    """And what they are for."""

    @property
    def under_others(self) -> str:
        return (
            f"SELECT {self.column}, wrapped, master FROM {self.table} "
            f"WHERE master <> :newest ORDER BY {self.column} LIMIT {_AT_ONCE}"
        )

    @property
    def wrap_anew(self) -> str:
        return f"UPDATE {self.table} SET wrapped = :wrapped, master = :master WHERE {self.column} = :whose"


_ALL = (
    _Keys("person_keys", "person", "key"),
    _Keys("months", "month", "month"),
    _Keys("secrets", "name", "secret"),
)


def rewrap(store: Store, masters: MasterKeys) -> int:
    """Wrap all keys by the newest master key that are not yet; how many there were.

    Raises MasterKeyError when an older master key is missing. What is interrupted goes on with the next.
    """
    count = sum(sum(_rewrapped(store, masters, keys)) for keys in _ALL)
    store.scrub()
    return count


def _rewrapped(store: Store, masters: MasterKeys, keys: _Keys) -> Iterator[int]:
    """Wrap some keys at a time, so that others can write in between."""
    while True:
        with store.writing() as rows:
            found = rows.ask(keys.under_others, [{"newest": masters.newest}])
            rows.ask(keys.wrap_anew, (_anew(masters, keys, row) for row in found))
        yield len(found)
        if not found:
            return


def _anew(masters: MasterKeys, keys: _Keys, row: Row) -> dict[str, object]:
    whose, sealed, master = row
    about = f"{whose}\x1f{keys.what}"
    wrapped = masters.wrap(masters.unwrap(Wrapped(sealed, master), about), about)
    return {"whose": whose, "wrapped": wrapped.sealed, "master": wrapped.master}


def keys_by_version(rows: Rows) -> dict[int, int]:
    """How many keys are wrapped by each version of the master key."""
    counts: dict[int, int] = {}
    for keys in _ALL:
        for master, count in rows.ask(f"SELECT master, count(*) FROM {keys.table} GROUP BY master"):
            counts[master] = counts.get(master, 0) + count
    return dict(sorted(counts.items()))
