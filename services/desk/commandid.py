"""Who asked, and for what: the identity of a command, written into the record that it leads to. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID, uuid5

import msgspec

from events.ids import KVOTA

_WRITTEN = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class CommandId:
    """One asking: the same key with another digest is another question under a used key."""

    key: UUID
    """Derived from the caller and the caller's Idempotency-Key."""
    digest: str
    """Of what was asked for, personal data left out: 16 hexadecimal digits."""

    def __str__(self) -> str:
        """As it stands in `commandid` of a record."""
        return f"{self.key}.{self.digest}"

    def new(self, noun: str) -> str:
        """The id of the one thing of this noun that the command makes; a retry makes the same."""
        return str(uuid5(self.key, noun))


def command_id(caller: str, idempotency_key: str, path: str, asked: Mapping[str, object]) -> CommandId:
    """The identity of a command; `asked` is what stands in its body, without personal data."""
    key = uuid5(KVOTA, f"command\x1f{caller}\x1f{idempotency_key}")
    canonical = msgspec.json.encode([path, asked], order="sorted")
    return CommandId(key, sha256(canonical).hexdigest()[:16])


def read_commandid(written: str | None) -> CommandId | None:
    """Read what `CommandId` wrote; None for the command id of another writer."""
    found = _WRITTEN.fullmatch(written or "")
    return CommandId(UUID(found[1]), found[2]) if found else None
