"""One event of a FreeSWITCH: `Name: value` lines with URL-encoded values, taken apart without trusting any of them."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from services.feeds.facts import SECOND, Micros, UnreadableItemError
from services.feeds.fields import extension, is_domestic, text
from services.feeds.freeswitch.framing import END, content_type

_LATEST: Micros = 2**32 * SECOND
"""The moment in 2106 that no instant lies beyond."""
_EVENT = b"Event-Name:"
_SEQUENCE_DIGITS = 18
_LINE = re.compile(rb"^([^:\n]+):[ ]?(.*)$", re.MULTILINE)
_BEGINS = re.compile(rb"\n(?:Event-Name: |Content-Type: (?:text/event-plain|auth/request)$)")
"""What cannot lie within an event: the beginning of another, or of what carries one."""


@dataclass(frozen=True, slots=True)
class Message:
    """An event's headers as they came; where one is repeated the first counts."""

    headers: dict[bytes, bytes]

    def get(self, name: bytes) -> bytes | None:
        """Give the decoded value of a header; None when there is none, or it is empty."""
        value = self.headers.get(name)
        return unquote_to_bytes(value) or None if value else None

    def text(self, name: bytes) -> str:
        """Read a text that must be there."""
        return text(self.get(name), name.decode())

    def optional(self, name: bytes) -> str | None:
        """Read a text that may be missing."""
        value = self.get(name)
        return None if value is None else text(value, name.decode())

    def moment(self, name: bytes) -> Micros | None:
        """Read an instant that is told in microseconds and may be missing: FreeSWITCH writes 0 for never."""
        return self._instant(name, 1)

    def second(self, name: bytes) -> int | None:
        """Read an instant that is told in whole epoch seconds and may be missing: mod_callcenter writes 0 for never."""
        found = self._instant(name, SECOND)
        return None if found is None else found // SECOND

    def duration(self, name: bytes) -> Micros:
        """Read a duration in microseconds; none where it is not told."""
        return self._instant(name, 1) or 0

    @property
    def at(self) -> Micros:
        """When it happened."""
        found = self.moment(b"Event-Date-Timestamp")
        if found is None:
            message = "Event-Date-Timestamp is missing"
            raise UnreadableItemError(message)
        return found

    @property
    def sequence(self) -> int:
        """The number of the event among all that its core ever made, from 1."""
        value = self.get(b"Event-Sequence") or b""
        if not value.isdigit() or len(value) > _SEQUENCE_DIGITS:
            message = "Event-Sequence is not a number" if value else "Event-Sequence is missing"
            raise UnreadableItemError(message)
        return int(value)

    def extension(self, name: bytes) -> str | None:
        """Read an extension of the phone system's own; None for what may be a number of the outside world."""
        return extension(self.get(name))

    def is_domestic(self, name: bytes) -> bool:
        """Whether a number is one of the phone system's own."""
        return is_domestic(self.get(name))

    def _instant(self, name: bytes, unit: Micros) -> Micros | None:
        value = self.get(name)
        if value is None:
            return None
        if not value.isdigit() or len(value) > len(str(_LATEST)):
            message = f"{name.decode()} is not an epoch time"
            raise UnreadableItemError(message)
        instant = int(value) * unit
        if instant >= _LATEST:
            message = f"{name.decode()} is out of range"
            raise UnreadableItemError(message)
        return instant or None


def is_event(block: bytes, *, whole: bool) -> bool:
    """Whether a block is an event, and not a word of the protocol; raises UnreadableItemError for anything torn."""
    if not whole:
        message = "the event is torn: its end is missing"
        raise UnreadableItemError(message)
    if block.startswith(_EVENT):
        if _BEGINS.search(block) is not None:
            message = "the event is torn: another one begins inside it"
            raise UnreadableItemError(message)
        return True
    if content_type(block):
        return False
    message = "the event is torn: its beginning is missing"
    raise UnreadableItemError(message)


def parse(block: bytes) -> Message:
    """Take an event apart; its body, if it has one, is left out."""
    return Message(dict(reversed(_LINE.findall(block.partition(END)[0]))))
