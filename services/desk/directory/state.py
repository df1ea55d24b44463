"""What is remembered of the names of phone systems. Pure."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid5

from events.directory import DirectoryMapped, NameKind
from events.ids import KVOTA


def name_id(kind: NameKind, named_by: str, name: str) -> str:
    """The id of a name follows from what it is of, whose it is and how it is written: both may be anything."""
    return str(uuid5(KVOTA, json.dumps(["directory", kind, named_by, name])))


@dataclass(frozen=True, slots=True)
class MappedName:
    """A name, and all that was decided of it, in order."""

    mappings: tuple[DirectoryMapped, ...]

    def holding(self, at: datetime) -> DirectoryMapped | None:
        """The mapping that holds at a moment: the one that begins last before it, of several the one decided last."""
        begun = [(mapping.starts_at, place) for place, mapping in enumerate(self.mappings) if mapping.starts_at <= at]
        return self.mappings[max(begun)[1]] if begun else None


@dataclass(slots=True)
class DirectoryOfNames:
    """Every name of which anything was decided."""

    names: dict[str, MappedName] = field(default_factory=dict[str, MappedName])

    def take(self, event: DirectoryMapped) -> None:
        """Remember a decision."""
        identity = name_id(event.kind, event.named_by, event.name)
        known = self.names.get(identity)
        self.names[identity] = MappedName((event,) if known is None else (*known.mappings, event))
