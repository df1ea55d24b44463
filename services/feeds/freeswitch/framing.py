"""Cutting what the event socket says, or a file of events one after another, into blocks, in bounded memory.

A block is headers and the empty line that ends them, and the body that its `Content-Length` promises. The envelope of
an event (`text/event-plain`) also promises a length, but what follows it is a block itself, and ends where a block
does: so the same rule reads the socket and a bare file of events, and a torn connection costs the event that was torn.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator

from services.feeds.frames import LIMIT, Frame

END = b"\n\n"
EVENT = b"text/event-plain"
AUTH = b"auth/request"
ANSWER = b"api/response"
_LENGTH = re.compile(rb"^Content-Length:[ ]?([0-9]{1,18})$", re.MULTILINE)
_TIME = re.compile(rb"Content-Type: api/response\nTime: ([0-9]{9,10})")
_TYPE = re.compile(rb"^Content-Type:[ ]?([^\n]{1,64})$", re.MULTILINE)


def content_type(block: bytes) -> bytes:
    """Read what a block of the protocol is; empty for a bare event."""
    found = None if block.lstrip(b"\n").startswith(b"Event-Name:") else _TYPE.search(block)
    return found[1] if found is not None else b""


def promised(block: bytes) -> int:
    """Read how many bytes a block says follow the empty line."""
    found = _LENGTH.search(block)
    return int(found[1]) if found is not None else 0


def time_told(seconds: bytes) -> bytes:
    """Write the time that was told, in epoch seconds, as a block; without a body, so that it is torn like an event."""
    return b"Content-Type: " + ANSWER + b"\nTime: " + seconds + END


def time_in(block: bytes) -> int | None:
    """Read the epoch second that a block tells, where it does nothing else."""
    found = _TIME.fullmatch(block.strip(b"\n"))
    return int(found[1]) if found is not None else None


class BlockCutter:
    """Keeps what has come since the last block; of one that is too long, only a digest of its beginning."""

    def __init__(self, position: int = 0, limit: int = LIMIT) -> None:
        """Begin at a position of the stream at which a block begins."""
        self.position = position
        """Where the block begins that is being gathered."""
        self._limit = limit
        self._held = bytearray()
        self._searched = 0
        self._head: int | None = None
        """How long the headers are whose body is awaited."""
        self._body = 0
        self._dropped = 0
        self._digest = hashlib.sha256()

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Give the blocks that are whole with this chunk."""
        self._held += chunk
        while (frame := self._next()) is not None:
            yield frame
        if self._head is None and len(self._held) > self._limit + len(END):
            self._drop()

    def end(self) -> Iterator[Frame]:
        """Give what has come since the last block, if anything has."""
        if self._held or self._dropped:
            yield self._frame(len(self._held), 0, whole=False)

    def _next(self) -> Frame | None:
        if self._head is None:
            found = self._held.find(END, self._searched)
            if found < 0:
                self._searched = max(0, len(self._held) - len(END) + 1)
                return None
            self._head, self._body = found, self._body_of(bytes(self._held[:found]))
        if len(self._held) < self._head + len(END) + self._body:
            return None
        length = self._head if self._body == 0 else self._head + len(END) + self._body
        return self._frame(length, len(END) if self._body == 0 else 0, whole=True)

    def _body_of(self, head: bytes) -> int:
        """Say how long a body is; a length that no event has is not believed."""
        if self._dropped or len(head) > self._limit or content_type(head) == EVENT:
            return 0
        length = promised(head)
        return length if length <= self._limit else 0

    def _frame(self, length: int, separator: int, *, whole: bool) -> Frame:
        data = bytes(self._held[:length])
        del self._held[: length + separator]
        head = length if self._head is None else self._head
        position, total = self.position, self._dropped + length
        self.position += total + separator
        self._head, self._searched = None, 0
        if not self._dropped and head <= self._limit:
            return Frame(position, total, data, whole=whole)
        self._digest.update(data)
        digest, self._digest, self._dropped = self._digest.hexdigest(), hashlib.sha256(), 0
        return Frame(position, total, None, digest, whole)

    def _drop(self) -> None:
        """Keep only what may be the beginning of the end."""
        gone = len(self._held) - len(END) + 1
        self._digest.update(self._held[:gone])
        self._dropped += gone
        self._searched = 0
        del self._held[:gone]


def blocks(chunks: Iterable[bytes]) -> Iterator[Frame]:
    """Cut the bytes into blocks; the same bytes give the same blocks, however they come in chunks."""
    cutter = BlockCutter()
    for chunk in chunks:
        yield from cutter.feed(chunk)
    yield from cutter.end()
