"""Where reading goes on after a restart, and all that the reader remembers there."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

import msgspec

from services.feeds.facts import Micros
from services.runtime.durable import write_whole


class LiveMemory(Protocol):
    """What is common to all that readers of live sources remember; one is made without arguments, to begin with."""

    layout: ClassVar[int]
    """Raised when the memory of an older version cannot be read any more."""
    latest: Micros | None
    """When anything was last heard."""
    reconnected: bool
    """Whether something may be missing between that and what comes next."""


Memory = TypeVar("Memory", bound=LiveMemory)


@dataclass(slots=True)
class Checkpoint(Generic[Memory]):
    """All that follows from what lies before `position` is on the log."""

    memory: Memory
    position: int = 0
    received: int = 0
    """How many items lie before it."""
    callers: dict[str, str] = field(default_factory=dict[str, str])
    """Whom calls are with, as `Callers.known` has it."""
    parked: int = 0
    """How many of them could not be read, since the last beat."""
    beaten: int = 0
    """The second of the last beat, by the source's clock."""


class _Written(msgspec.Struct, frozen=True):
    layout: int
    position: int
    received: int
    latest: Micros | None
    memory: bytes
    callers: dict[str, str] = {}
    parked: int = 0
    beaten: int = 0


def save(file: Path, data: bytes) -> None:
    """Write a checkpoint down."""
    write_whole(file, data)


def dump(checkpoint: Checkpoint[Memory]) -> bytes:
    """Write a checkpoint as it is now."""
    memory, encode = checkpoint.memory, msgspec.msgpack.encode
    written = _Written(
        layout=memory.layout,
        position=checkpoint.position,
        received=checkpoint.received,
        latest=memory.latest,
        memory=encode(memory),
        callers=checkpoint.callers,
        parked=checkpoint.parked,
        beaten=checkpoint.beaten,
    )
    return encode(written)


def load(file: Path, kind: type[Memory]) -> Checkpoint[Memory]:
    """Read the last checkpoint; with none, begin. One of another version gives the position, and a gap there."""
    try:
        written = msgspec.msgpack.decode(file.read_bytes(), type=_Written)
    except (FileNotFoundError, msgspec.DecodeError):
        return Checkpoint(kind())
    return Checkpoint(
        remembered(written.memory, written.layout, written.latest, kind),
        written.position,
        written.received,
        written.callers,
        written.parked,
        written.beaten,
    )


def remembered(memory: bytes, layout: int, latest: Micros | None, kind: type[Memory]) -> Memory:
    """Read a memory; one of another version is only known to have heard something until `latest`."""
    if layout == kind.layout:
        try:
            return msgspec.msgpack.decode(memory, type=kind)
        except msgspec.DecodeError:
            pass
    forgotten = kind()
    forgotten.latest, forgotten.reconnected = latest, latest is not None
    return forgotten
