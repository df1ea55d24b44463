"""Where reading goes on after a restart, and all that the reader remembers there."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from services.feeds.asterisk.ami import AmiMemory
from services.feeds.asterisk.live.spool import write_whole
from services.feeds.facts import Micros

_LAYOUT = 1
"""Raised when the memory of an older version cannot be read any more."""


@dataclass(slots=True)
class Checkpoint:
    """All that follows from what lies before `position` is on the log."""

    position: int = 0
    received: int = 0
    """How many messages lie before it."""
    memory: AmiMemory = field(default_factory=AmiMemory)


class _Written(msgspec.Struct, frozen=True):
    layout: int
    position: int
    received: int
    latest: Micros | None
    memory: bytes


def save(file: Path, data: bytes) -> None:
    """Write a checkpoint down."""
    write_whole(file, data)


def dump(checkpoint: Checkpoint) -> bytes:
    """Write a checkpoint as it is now."""
    memory = checkpoint.memory
    encode = msgspec.msgpack.encode
    return encode(_Written(_LAYOUT, checkpoint.position, checkpoint.received, memory.latest, encode(memory)))


def load(file: Path) -> Checkpoint:
    """Read the last checkpoint; with none, begin. One of another version gives the position, and a gap there."""
    try:
        written = msgspec.msgpack.decode(file.read_bytes(), type=_Written)
    except (FileNotFoundError, msgspec.DecodeError):
        return Checkpoint()
    try:
        if written.layout != _LAYOUT:
            raise msgspec.ValidationError
        memory = msgspec.msgpack.decode(written.memory, type=AmiMemory)
    except msgspec.DecodeError:
        memory = AmiMemory(latest=written.latest, reconnected=written.latest is not None)
    return Checkpoint(written.position, written.received, memory)
