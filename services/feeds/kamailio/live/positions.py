"""Where reading a topic goes on after a restart, and all that the reader remembers there."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from services.feeds.facts import Micros
from services.feeds.kamailio.reader import KamailioMemory
from services.feeds.live.checkpoint import remembered


@dataclass(slots=True)
class Positions:
    """All that follows from what lies before these offsets of a topic is on the log."""

    topic: str
    next: dict[int, int] = field(default_factory=dict[int, int])
    """The offset of the next record of each partition."""
    memory: KamailioMemory = field(default_factory=KamailioMemory)


class _Written(msgspec.Struct, frozen=True):
    topic: str
    next: dict[int, int]
    layout: int
    latest: Micros | None
    memory: bytes


def dump(read: Positions) -> bytes:
    """Write them down as they are now."""
    memory, encode = read.memory, msgspec.msgpack.encode
    return encode(_Written(read.topic, read.next, memory.layout, memory.latest, encode(memory)))


def load(file: Path, topic: str) -> Positions:
    """Read them; with none, or those of another topic, begin. What an older version remembered is a gap."""
    try:
        written = msgspec.msgpack.decode(file.read_bytes(), type=_Written)
    except (FileNotFoundError, msgspec.DecodeError):
        return Positions(topic)
    if written.topic != topic:
        return Positions(topic)
    return Positions(topic, written.next, remembered(written.memory, written.layout, written.latest, KamailioMemory))
