"""The keys of parked payloads, one a month: public for whoever parks, private until the month is forgotten."""

import calendar
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from services.runtime.sealing import SealedPayload, open_payload
from services.vault.master import MasterKeys, Wrapped
from services.vault.store import Row, Rows, Store

_MONTH = "SELECT month, public, wrapped, master FROM months WHERE month = :month"
_KEEP = """
INSERT INTO months (month, public, wrapped, master) VALUES (:month, :public, :wrapped, :master)
ON CONFLICT (month) DO NOTHING
"""
_KEYS = "SELECT month, public, wrapped, master FROM months WHERE substr(month, 1, 7) = :month ORDER BY month"
_IN_USE = "SELECT month, public, wrapped, master FROM months ORDER BY month"
_ALL = "SELECT month FROM months ORDER BY month"
_FORGET = "DELETE FROM months WHERE month = :month"


class Months:
    """The monthly keys of a store."""

    def __init__(self, store: Store, masters: MasterKeys) -> None:
        """Use a store that has its tables."""
        self._store, self._masters = store, masters

    def public_keys(self, today: date) -> dict[str, bytes]:
        """The public keys of this month and of the next, made when missing: whoever parks can fetch them ahead."""
        months = [_month(today), _month(_first_of_next(today))]
        with self._store.writing() as rows:
            for month in months:
                self._make(rows, month)
            return {month: rows.ask(_MONTH, [{"month": month}])[0][1] for month in months}

    def opened(self, payloads: Sequence[str]) -> list[bytes | None]:
        """What sealed payloads hold; None for one that nobody can read, as its month is forgotten, or is no payload."""
        read = [SealedPayload.read(each) for each in payloads]
        keys = self._private_keys({each.month for each in read if each is not None})
        return [None if each is None else _opened(keys[each.month], each) for each in read]

    def forget(self, today: date, kept_days: int) -> list[str]:
        """Delete the keys of the months that ended more than so many days ago; which they were.

        Raises NotScrubbedError once they are deleted, as `Store.scrub` does.
        """
        first_kept = _month(today - timedelta(days=kept_days))
        with self._store.writing() as rows:
            gone = [month for (month,) in rows.ask(_ALL) if month < first_kept]
            rows.ask(_FORGET, [{"month": month} for month in gone])
        if gone:
            self._store.scrub()
        return gone

    def _make(self, rows: Rows, month: str) -> None:
        if rows.ask(_MONTH, [{"month": month}]):
            return
        private = X25519PrivateKey.generate()
        wrapped = self._masters.wrap(private.private_bytes_raw(), _about(month))
        public = private.public_key().public_bytes_raw()
        rows.ask(_KEEP, [{"month": month, "public": public, "wrapped": wrapped.sealed, "master": wrapped.master}])

    def _private_keys(self, months: set[str]) -> dict[str, list[bytes]]:
        with self._store.reading() as rows:
            found = {month: rows.ask(_KEYS, [{"month": month}]) for month in sorted(months)}
        return {month: [self._unwrapped(row) for row in keys] for month, keys in found.items()}

    def _unwrapped(self, row: Row) -> bytes:
        month, _, wrapped, master = row
        return self._masters.unwrap(Wrapped(wrapped, master), _about(month))


def in_use(rows: Rows) -> list[Row]:
    """The keys that payloads may have been sealed under since the store was made."""
    return rows.ask(_IN_USE)


def go_on_using(rows: Rows, keys: Sequence[Row], masters: MasterKeys) -> None:
    """Have keys that are in use beside those of a backup: whoever parks has fetched these.

    Where the backup has another key for a month, that one opens what it sealed and seals no more: it stands beside, as
    `2026-11/2`, say. Raises MasterKeyError.
    """
    for key in keys:
        month = key[0][:7]
        known = rows.ask(_KEYS, [{"month": month}])
        if any(key[1] == each[1] for each in known):
            continue
        aside = f"{month}/{len(known) + 1}"
        if known and key[0] == month:
            rows.ask(_FORGET, [{"month": month}])
            rows.ask(_KEEP, [_renamed(known[0], aside, masters)])
        rows.ask(_KEEP, [_row(key) if key[0] == month else _renamed(key, aside, masters)])


def _renamed(key: Row, month: str, masters: MasterKeys) -> dict[str, object]:
    name, public, wrapped, master = key
    anew = masters.wrap(masters.unwrap(Wrapped(wrapped, master), _about(name)), _about(month))
    return _row((month, public, anew.sealed, anew.master))


def _row(key: Row) -> dict[str, object]:
    return dict(zip(("month", "public", "wrapped", "master"), key, strict=True))


def _opened(keys: Sequence[bytes], payload: SealedPayload) -> bytes | None:
    found: Iterator[bytes | None] = (open_payload(key, payload) for key in keys)
    return next((plain for plain in found if plain is not None), None)


def _month(day: date) -> str:
    return f"{day:%Y-%m}"


def _first_of_next(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1]) + timedelta(days=1)


def _about(month: str) -> str:
    return f"{month}\x1fmonth"
