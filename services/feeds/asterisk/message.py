"""One message of the manager interface: `Key: value` lines, taken apart without trusting any of them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from services.feeds.asterisk.fields import name
from services.feeds.facts import Micros, UnreadableItemError
from services.feeds.fields import moment, number, text

BANNER = b"Asterisk Call Manager/"
"""How a connection begins: a line that no empty line follows."""
_BEGINNING = re.compile(BANNER + rb"[0-9.]{1,20}\r\nResponse: ")
_EVENT = b"Event: "
_RESPONSE = b"Response: "
_KIND_LENGTH = 64


class Message(ABC):
    """What an event says, key by key."""

    __slots__ = ()

    @abstractmethod
    def line(self, key: bytes) -> bytes | None:
        """Give what stands behind a key, the first time if it is repeated; None where it does not stand."""

    def get(self, key: bytes) -> bytes | None:
        """Give the value of a key as it came; None when there is none, or it is empty or unknown."""
        value = self.line(key)
        return None if value in (b"", b"<unknown>") else value

    def text(self, key: bytes) -> str:
        """Read a text that must be there."""
        return text(self.get(key), key.decode())

    def name(self, key: bytes) -> str:
        """Read a name as queue_log has it."""
        return name(self.get(key), key.decode())

    def number(self, key: bytes) -> int:
        """Read a whole number that must be there."""
        return number(self.get(key), key.decode())

    def moment(self, key: bytes) -> Micros | None:
        """Read an instant that may be missing: Asterisk writes 0 for never."""
        value = self.get(key)
        return None if value is None or value == b"0" else moment(value, key.decode())

    @property
    def at(self) -> Micros:
        """When it happened: only with `timestampevents = yes`."""
        return moment(self.get(b"Timestamp"), "Timestamp")


@dataclass(frozen=True, slots=True)
class Lines(Message):
    """A message as it came: of its thirty lines or so, only those are looked for that are asked for."""

    lines: bytes
    """Each begins with a line break."""

    def line(self, key: bytes) -> bytes | None:
        """Give what stands behind a key, the first time if it is repeated; None where it does not stand."""
        _, found, rest = self.lines.partition(b"\r\n" + key + b":")
        return rest.partition(b"\r\n")[0].removeprefix(b" ") if found else None


@dataclass(frozen=True, slots=True)
class Values(Message):
    """A message put together from what another source said."""

    values: Mapping[bytes, bytes]

    def line(self, key: bytes) -> bytes | None:
        """Give the value of a key; None where it has none."""
        return self.values.get(key)


def begins_connection(item: bytes) -> bool:
    """Whether a connection begins with this message, or in the middle of it."""
    return BANNER in item and _BEGINNING.search(item) is not None


def pong_at(item: bytes) -> Micros | None:
    """Read the phone system's own time from its answer to a ping; None where it is none, or says no time."""
    if not item.startswith(_RESPONSE) or b"\r\nPing: Pong" not in item:
        return None
    try:
        return parse(item).at
    except UnreadableItemError:
        return None


def kind_of(item: bytes, *, whole: bool, begins: bool) -> bytes | None:
    """Read the name of an event; None for a response. Raises UnreadableItemError for anything torn.

    `begins` is whether a connection begins with it or inside it.
    """
    if begins and not item.startswith(BANNER):
        message = "the event is torn: a new connection begins inside it"
        raise UnreadableItemError(message)
    if not whole:
        message = "the event is torn: its end is missing"
        raise UnreadableItemError(message)
    first = item.partition(b"\r\n")[0]
    if first.startswith(_EVENT):
        return first[len(_EVENT) : len(_EVENT) + _KIND_LENGTH]
    if first.startswith((_RESPONSE, BANNER)):
        return None
    message = "the event is torn: its beginning is missing"
    raise UnreadableItemError(message)


def parse(item: bytes) -> Message:
    """Make an event that can be asked what it says."""
    return Lines(b"\r\n" + item)
