"""People in the store: met, named, read and erased. What is kept of a person is sealed under the person's own key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import cast
from uuid import uuid4

from events.window import DAYS
from services.vault.cipher import new_key, seal, token, unseal
from services.vault.look_up import Additions, Contact, Field, Found, Kind, Known, look_up
from services.vault.master import MasterKeys, Wrapped
from services.vault.store import Rows, Store, create_tables

_LOOKUP = "lookup"
_FIND_LOOKUP_KEY = "SELECT wrapped, master FROM secrets WHERE name = :name"
_KEEP_LOOKUP_KEY = (
    "INSERT INTO secrets (name, wrapped, master) VALUES (:name, :wrapped, :master) ON CONFLICT (name) DO NOTHING"
)
_MENTIONED = "SELECT ref, person FROM mentions WHERE ref = :ref"
_LOOKED_UP = "SELECT token, person FROM lookups WHERE token = :token"
_FIELDS = "SELECT person, field FROM details WHERE person = :person"
_KEY = "SELECT person, wrapped, master FROM person_keys WHERE person = :person"
_TOMBSTONE = "SELECT person, erased_at FROM tombstones WHERE person = :person"
_MEET = "INSERT INTO person_keys (person, kind, wrapped, master) VALUES (:person, :kind, :wrapped, :master)"
_KEEP = """
INSERT INTO details (person, field, sealed) VALUES (:person, :field, :sealed)
ON CONFLICT (person, field) DO UPDATE SET sealed = excluded.sealed
"""
_LET_LOOK_UP = "INSERT INTO lookups (token, person) VALUES (:token, :person)"
_MENTION = "INSERT INTO mentions (ref, person, day) VALUES (:ref, :person, :day)"
_FORGET_MENTIONS = "DELETE FROM mentions WHERE day < :day"
_DETAILS = """
SELECT person, kind, wrapped, master, field, sealed FROM person_keys JOIN details USING (person)
WHERE person = :person ORDER BY field
"""
_NAMES = """
SELECT person, kind, wrapped, master, field, sealed FROM person_keys JOIN details USING (person)
WHERE kind = 'rep' AND field = 'name'
"""
_NAME = f"{_NAMES} AND person = :person"
_ERASE = tuple(f"DELETE FROM {table} WHERE person = :person" for table in ("details", "lookups", "person_keys"))
_COUNT_LOOKUPS = "SELECT count(*) FROM lookups WHERE person = :person"
_BURY = "INSERT INTO tombstones (person, erased_at) VALUES (:person, :erased_at)"


class NameTakenError(Exception):
    """The person is known by another name, which was not to be replaced."""


class ErasedError(Exception):
    """The person was erased, and does not come back."""


class UnknownPersonError(Exception):
    """There is nobody with this id."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is kept of a person."""

    kind: Kind
    details: Mapping[Field, str]


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure took away, now or when it was first asked for."""

    erased_at: datetime
    held: Sequence[str]
    """The fields that were kept of the person; none when it was done before."""
    lookups: int
    """By how many numbers and addresses the person was looked up."""
    repeated: bool


class People:
    """The people of a store, under the master keys."""

    def __init__(self, store: Store, masters: MasterKeys) -> None:
        """Make the store's tables and its look-up key where they are missing.

        Raises StoreUnavailableError, and MasterKeyError when the master keys are not those of the store.
        """
        self.store, self.masters = store, masters
        with store.writing() as rows:
            create_tables(rows)
            self._make_lookup_key(rows)
            self.lookup_key(rows)

    def look_up(self, told: "Sequence[ToldContact]", today: date) -> list[Found]:
        """Who is meant by each of these; whoever is not known yet becomes a person."""
        with self.store.reading() as rows:
            found, added = self._looked_up(rows, told)
        if not added:
            return found
        with self.store.writing() as rows:  # somebody else may have told the same meanwhile
            found, added = self._looked_up(rows, told)
            self._write(rows, added, today)
        return found

    def put_name(self, person: str, name: str, kind: Kind, *, replace: bool) -> bool:
        """Give a person a name; whether the person is new.

        Raises NameTakenError for another name without `replace`, and ErasedError.
        """
        with self.store.writing() as rows:
            if rows.ask(_TOMBSTONE, [{"person": person}]):
                raise ErasedError
            known = self._read(rows.ask(_DETAILS, [{"person": person}])).get(person)
            before = known.details.get("name") if known is not None else None
            if before not in (None, name) and not replace:
                raise NameTakenError
            new = not rows.ask(_KEY, [{"person": person}])
            self._write(rows, Additions({person: kind} if new else {}, details={(person, "name"): name}), date.min)
        return new

    def names(self, people: Iterable[str]) -> dict[str, str]:
        """The names of reps, of all when none is named; who is no rep, or not known, is left out."""
        about = [{"person": person} for person in dict.fromkeys(people)]
        with self.store.reading() as rows:
            found = self._read(rows.ask(_NAME, about) if about else rows.ask(_NAMES))
        return {person: known.details["name"] for person, known in sorted(found.items())}

    def details(self, people: Iterable[str]) -> dict[str, Person]:
        """All that is kept of people; who is not known, or was erased, is left out."""
        with self.store.reading() as rows:
            return self._read(rows.ask(_DETAILS, [{"person": person} for person in dict.fromkeys(people)]))

    def keys(self, people: Iterable[str]) -> dict[str, bytes]:
        """The keys of people; raises ErasedError or UnknownPersonError, with the id, for the first who has none."""
        about = [{"person": person} for person in dict.fromkeys(people)]
        with self.store.reading() as rows:
            found = self._keys(rows, [told["person"] for told in about])
            for told in about:
                if told["person"] not in found:
                    raise (ErasedError if rows.ask(_TOMBSTONE, [told]) else UnknownPersonError)(told["person"])
        return found

    def known_keys(self, people: Iterable[str]) -> dict[str, bytes]:
        """The keys of those people who have one."""
        with self.store.reading() as rows:
            return self._keys(rows, dict.fromkeys(people))

    def erase(self, person: str, now: datetime) -> Erasure:
        """Delete all that is kept of a person, the key first of all; done before, it is only made sure of.

        Raises UnknownPersonError for who never was there, and NotScrubbedError as `Store.scrub` does.
        """
        erasure = self.bury(person, now)
        self.store.scrub()
        return erasure

    def bury(self, person: str, now: datetime) -> Erasure:
        """The same, but for the store's files, which whoever calls has scrubbed; raises UnknownPersonError."""
        with self.store.writing() as rows:
            return bury(rows, person, now)

    def forget_mentions(self, today: date) -> None:
        """Forget who was meant by what was first told before the window in which things are told again."""
        with self.store.writing() as rows:
            rows.ask(_FORGET_MENTIONS, [{"day": (today - timedelta(days=DAYS)).isoformat()}])

    def lookup_key(self, rows: Rows) -> bytes:
        """The key that look-up tokens are made with."""
        [(wrapped, master)] = rows.ask(_FIND_LOOKUP_KEY, [{"name": _LOOKUP}])
        return self.masters.unwrap(Wrapped(wrapped, master), _about(_LOOKUP, "secret"))

    def _make_lookup_key(self, rows: Rows) -> None:
        if not rows.ask(_FIND_LOOKUP_KEY, [{"name": _LOOKUP}]):
            wrapped = self.masters.wrap(new_key(), _about(_LOOKUP, "secret"))
            rows.ask(_KEEP_LOOKUP_KEY, [{"name": _LOOKUP, "wrapped": wrapped.sealed, "master": wrapped.master}])

    def _looked_up(self, rows: Rows, told: "Sequence[ToldContact]") -> tuple[list[Found], Additions]:
        key = self.lookup_key(rows)
        contacts = [each.under(key) for each in told]
        mentions: dict[str, str] = dict(rows.ask(_MENTIONED, _each("ref", (each.ref for each in contacts))))
        tokens = [one for each in contacts for one in each.tokens]
        lookups: dict[str, str] = dict(rows.ask(_LOOKED_UP, _each("token", tokens)))
        met = {*mentions.values(), *lookups.values()}
        tombstones = frozenset(person for person, _ in rows.ask(_TOMBSTONE, _each("person", mentions.values())))
        details = frozenset((person, name) for person, name in rows.ask(_FIELDS, _each("person", met)))
        return look_up(contacts, Known(mentions, tombstones, lookups, details), _new_id)

    def _write(self, rows: Rows, added: Additions, today: date) -> None:
        """Write down what was added; in the order of the rows, for the store's sake."""
        keys = {person: new_key() for person in added.people}
        rows.ask(_MEET, (self._met(person, kind, keys[person]) for person, kind in sorted(added.people.items())))
        keys |= self._keys(rows, {person for person, _ in added.details} - keys.keys())
        rows.ask(_KEEP, (_sealed(keys[each[0]], *each, text) for each, text in sorted(added.details.items())))
        rows.ask(_LET_LOOK_UP, ({"token": one, "person": person} for one, person in sorted(added.lookups.items())))
        day = today.isoformat()
        rows.ask(_MENTION, ({"ref": ref, "person": of, "day": day} for ref, of in sorted(added.mentions.items())))

    def _met(self, person: str, kind: Kind, key: bytes) -> dict[str, object]:
        wrapped = self.masters.wrap(key, _about(person, "key"))
        return {"person": person, "kind": kind, "wrapped": wrapped.sealed, "master": wrapped.master}

    def _keys(self, rows: Rows, people: Iterable[str]) -> dict[str, bytes]:
        return {
            person: self._key(person, wrapped, master)
            for person, wrapped, master in rows.ask(_KEY, _each("person", people))
        }

    def _key(self, person: str, wrapped: bytes, master: int) -> bytes:
        return self.masters.unwrap(Wrapped(wrapped, master), _about(person, "key"))

    def _read(self, found: Iterable[tuple[str, str, bytes, int, str, bytes]]) -> dict[str, Person]:
        keys: dict[str, bytes] = {}
        people: dict[str, tuple[Kind, dict[Field, str]]] = {}
        for person, kind, wrapped, master, field, sealed in found:
            if person not in keys:
                keys[person] = self._key(person, wrapped, master)
            _, details = people.setdefault(person, (cast("Kind", kind), {}))
            details[cast("Field", field)] = unseal(keys[person], sealed, _about(person, field)).decode()
        return {person: Person(kind, details) for person, (kind, details) in people.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldContact:
    """What is told of one person: the number in E.164, the address as `contacts.address` writes it."""

    kind: Kind
    name: str | None = None
    number: str | None = None
    email: str | None = None
    ref: str | None = None

    def under(self, lookup_key: bytes) -> Contact:
        """The same, with what it is looked up by."""
        told: tuple[tuple[Field, str | None], ...] = (
            ("name", self.name),
            ("number", self.number),
            ("email", self.email),
        )
        details = {field: value for field, value in told if value is not None}
        tokens = [token(lookup_key, field, value) for field, value in details.items() if field != "name"]
        return Contact(kind=self.kind, details=details, tokens=tokens, ref=self.ref)


def leave_tombstone(rows: Rows, person: str, now: datetime) -> None:
    """Let nobody become a person of this id, who is not there now."""
    rows.ask(_BURY, [{"person": person, "erased_at": now.astimezone(UTC).isoformat()}])


def bury(rows: Rows, person: str, now: datetime) -> Erasure:
    """Delete a person's rows, and leave a tombstone; raises UnknownPersonError for who never was there."""
    about = [{"person": person}]
    if before := rows.ask(_TOMBSTONE, about):
        return Erasure(datetime.fromisoformat(before[0][1]), (), 0, repeated=True)
    if not rows.ask(_KEY, about):
        raise UnknownPersonError(person)
    held = tuple(field for _, field in rows.ask(_FIELDS, about))
    [(lookups,)] = rows.ask(_COUNT_LOOKUPS, about)
    for statement in _ERASE:
        rows.ask(statement, about)
    leave_tombstone(rows, person, now)
    return Erasure(now, tuple(sorted(held)), lookups, repeated=False)


def _sealed(key: bytes, person: str, field: Field, text: str) -> dict[str, object]:
    return {"person": person, "field": field, "sealed": seal(key, text.encode(), _about(person, field))}


def _each(name: str, values: Iterable[str | None]) -> list[dict[str, str]]:
    """Parameters, each value once, in an order that is the same for whoever asks."""
    return [{name: value} for value in sorted({value for value in values if value is not None})]


def _about(whose: str, what: str) -> str:
    return f"{whose}\x1f{what}"


def _new_id() -> str:
    return str(uuid4())
