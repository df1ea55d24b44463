"""Cutting a stream of bytes into its items, whatever its chunks are, in bounded memory."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LIMIT = 1024 * 1024
"""The longest item, in bytes, that is held whole; real ones are a few thousand."""


class Frame(NamedTuple):
    """One item of a stream: where it lies, and its bytes."""

    position: int
    length: int
    data: bytes | None
    """The bytes without the separator; None when there are more of them than `LIMIT`."""
    sha256: str | None = None
    """The digest, already known for an item that was too long to keep."""
    whole: bool = True
    """Whether the separator came: the last item of a torn file has none."""

    @property
    def digest(self) -> str:
        """The SHA-256 of the item's bytes, in hexadecimal."""
        return self.sha256 or hashlib.sha256(self.data or b"").hexdigest()


class Cutter:
    """Keeps what has come since the last separator; of an item that is too long, only a digest of its beginning."""

    def __init__(self, separator: bytes, limit: int = LIMIT, position: int = 0) -> None:
        """Begin at a position of the stream at which an item begins."""
        self.position = position
        """Where the item begins that is being gathered."""
        self._separator = separator
        self._limit = limit
        self._held = bytearray()
        self._dropped = 0
        """How many of its bytes have gone into the digest and are no longer held."""
        self._digest = hashlib.sha256()

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Give the items that are whole with this chunk."""
        searched = max(0, len(self._held) - len(self._separator) + 1)
        self._held += chunk
        start, found = 0, self._held.find(self._separator, searched)
        while found >= 0:
            yield self._frame(bytes(self._held[start:found]), whole=True)
            start = found + len(self._separator)
            found = self._held.find(self._separator, start)
        del self._held[:start]
        if len(self._held) > self._limit + len(self._separator):
            self._drop()

    def end(self) -> Iterator[Frame]:
        """Give what has come since the last separator, if anything has."""
        if self._held or self._dropped:
            yield self._frame(bytes(self._held), whole=False)

    def _drop(self) -> None:
        """Keep only what may be the beginning of a separator."""
        kept = len(self._separator) - 1
        gone = len(self._held) - kept
        self._digest.update(self._held[:gone])
        self._dropped += gone
        del self._held[:gone]

    def _frame(self, data: bytes, *, whole: bool) -> Frame:
        position, length = self.position, self._dropped + len(data)
        self.position += length + len(self._separator)
        if not self._dropped and length <= self._limit:
            return Frame(position, length, data, whole=whole)
        self._digest.update(data)
        digest, self._digest, self._dropped = self._digest.hexdigest(), hashlib.sha256(), 0
        return Frame(position, length, None, digest, whole)


def frames(chunks: Iterable[bytes], separator: bytes, limit: int = LIMIT) -> Iterator[Frame]:
    """Cut the bytes into items; the same bytes give the same items, however they come in chunks."""
    cutter = Cutter(separator, limit)
    for chunk in chunks:
        yield from cutter.feed(chunk)
    yield from cutter.end()
