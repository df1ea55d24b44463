"""What was decided of the names of phone systems: the fold of the decisions, under the law. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from events.codec import UnreadableError, decode
from events.directory import DirectoryMapped, NameKind
from events.law import Ledger, Verdict

NameOf = tuple[str, NameKind, str]
"""A name: whose it is, what it is of, and how it is written."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """One decision of a name."""

    number: int
    """Its place among the decisions of all names, from 1."""
    identity: UUID
    appended_ms: int
    """When the log took it, by the broker's clock."""
    starts_at: datetime
    meaning: str
    """The rep or queue; the name itself, where it is nobody's."""


def meaning_at(mappings: Sequence[Mapping], at: datetime) -> str | None:
    """What a name means at a moment by these decisions of it, in their order; None before the first of them begins."""
    begun = [mapping for mapping in mappings if mapping.starts_at <= at]
    return max(begun, key=lambda mapping: (mapping.starts_at, mapping.number)).meaning if begun else None


@dataclass(slots=True)
class Directory:
    """Every name of which something was decided, up to `position`, the offset of the next decision."""

    position: int = 0
    latest: list[tuple[int, Mapping]] = field(default_factory=list[tuple[int, Mapping]])
    """Every mapping, with its offset, in the order of the log."""
    _sources: set[str] = field(default_factory=set[str])
    _ledger: Ledger = field(default_factory=Ledger)
    _mappings: dict[NameOf, tuple[Mapping, ...]] = field(default_factory=dict[NameOf, tuple[Mapping, ...]])

    def take(self, offset: int, raw: bytes | None, appended_ms: int) -> None:
        """Fold the next record of the decisions; one that nobody can read is nothing to anybody."""
        self.position = offset + 1
        try:
            decoded = decode(raw or b"")
        except UnreadableError:
            return
        counts = self._ledger.judge(decoded.envelope) is Verdict.COUNTS
        if counts and isinstance(decoded.event, DirectoryMapped):
            self._map(decoded.event, decoded.envelope.id, offset, appended_ms)

    def _map(self, event: DirectoryMapped, identity: UUID, offset: int, appended_ms: int) -> None:
        number, means = len(self.latest) + 1, event.name if event.to is None else event.to
        mapping = Mapping(number, identity, appended_ms, event.starts_at, means)
        self.latest.append((offset, mapping))
        name: NameOf = event.named_by, event.kind, event.name
        self._sources.add(event.named_by)
        self._mappings[name] = (*self._mappings.get(name, ()), mapping)

    def has(self, named_by: str) -> bool:
        """Whether anything was decided of a name of a source."""
        return named_by in self._sources

    def mappings(self, named_by: str, kind: NameKind, name: str) -> Sequence[Mapping]:
        """All that was decided of a name, in order."""
        return self._mappings.get((named_by, kind, name), ())

    def meaning(self, named_by: str, kind: NameKind, name: str, at: datetime) -> str | None:
        """The rep or queue that a name of a source means at a moment; None where nothing was decided of it."""
        return meaning_at(self.mappings(named_by, kind, name), at)

    def since(self, offset: int) -> Sequence[Mapping]:
        """The mappings from an offset of the decisions on."""
        return [mapping for place, mapping in self.latest if place >= offset]
