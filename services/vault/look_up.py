"""Who is meant: from what is told of people to their ids, and what has to be written down for it. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["rep", "candidate", "customer", "lead", "caller"]
"""As what somebody is met: reps are colleagues, whose names are on the wall; all others are not."""
Field = Literal["name", "number", "email"]
_LOOKED_UP: Sequence[Field] = ("number", "email")
"""What people are looked up by, in the order of their tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What is told of one person, written in the one way that it is compared in."""

    kind: Kind
    details: Mapping[Field, str]
    tokens: Sequence[str]
    """Of the number and the address, by which the person is looked up; the number goes first."""
    ref: str | None = None
    """What they are mentioned in, such as `lead/…`: a repeat of it means the same person."""


@dataclass(frozen=True, slots=True)
class Found:
    """Who is meant."""

    person: str
    new: bool = False
    erased: bool = False
    """Whether the person was erased, and nothing is kept of them any more."""
    other: str | None = None
    """Whose address it is, where the number and the address are two people's."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store says about what is told."""

    mentions: Mapping[str, str]
    """By ref."""
    tombstones: frozenset[str]
    lookups: Mapping[str, str]
    """By token."""
    details: frozenset[tuple[str, Field]]
    """Which details there are of people."""


@dataclass(slots=True)
class Additions:
    """What has to be written down."""

    people: dict[str, Kind] = field(default_factory=dict[str, Kind])
    lookups: dict[str, str] = field(default_factory=dict[str, str])
    mentions: dict[str, str] = field(default_factory=dict[str, str])
    details: dict[tuple[str, Field], str] = field(default_factory=dict[tuple[str, Field], str])

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.lookups or self.mentions or self.details or self.people)


def look_up(contacts: Sequence[Contact], known: Known, new_id: Callable[[], str]) -> tuple[list[Found], Additions]:
    """Who is meant by each contact, in their order. The first who tells a number, an address or a detail decides."""
    added = Additions()
    return [_found(contact, known, added, new_id) for contact in contacts], added


def _found(contact: Contact, known: Known, added: Additions, new_id: Callable[[], str]) -> Found:
    mentioned = _in(added.mentions, known.mentions, contact.ref)
    if mentioned in known.tombstones:
        return Found(mentioned, erased=True)
    owners = [_in(added.lookups, known.lookups, token) for token in contact.tokens]
    known_as = mentioned or next(filter(None, owners), None)
    person = known_as or new_id()
    if known_as is None:
        added.people[person] = contact.kind
    if contact.ref is not None and mentioned is None:
        added.mentions[contact.ref] = person
    for token, owner in zip(contact.tokens, owners, strict=True):
        if owner is None:
            added.lookups[token] = person
    other = next((owner for owner in owners if owner not in (None, person)), None)
    for name in _own(contact, owners, person):
        if (person, name) not in known.details:
            added.details.setdefault((person, name), contact.details[name])
    return Found(person, new=known_as is None, other=other)


def _own(contact: Contact, owners: Sequence[str | None], person: str) -> Sequence[Field]:
    """The details that are this person's own: whose number or address is another's, is named after them perhaps."""
    looked_up: Sequence[Field] = [name for name in _LOOKED_UP if name in contact.details]
    strange = {name for name, owner in zip(looked_up, owners, strict=True) if owner not in (None, person)}
    return [name for name in contact.details if name not in strange and not (strange and name == "name")]


def _in(added: Mapping[str, str], known: Mapping[str, str], key: str | None) -> str | None:
    return None if key is None else added.get(key, known.get(key))
