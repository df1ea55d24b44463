"""Reading a file of a source from end to end: facts out, and for everything unreadable a parked record."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from pydantic import ValidationError

from events.envelope import Envelope
from events.feeds import FeedCaughtUp
from events.parked import RecordParked
from services.feeds.facts import Micros, Teller, UnreadableItemError, instant
from services.feeds.frames import Frame, frames

_NEVER: Micros = 0
_NAME_LENGTH = 200


Cut = Callable[[Iterable[bytes]], Iterator[Frame]]
"""Cuts bytes, however they come in chunks, into items."""


class Reader(Protocol):
    """What one kind of file is to be read with; it keeps what it has to remember from one file to the next."""

    name: str
    """The kind, such as queue_log."""
    separator: bytes
    """What ends an item."""
    teller: Teller
    now: Micros | None
    """The moment of the last item that had one."""

    def read(self, item: bytes, *, whole: bool) -> Iterable[Envelope]:
        """Say what follows from an item; raises ValueError, and remembers nothing of it, when it cannot be read."""

    def rest(self) -> Iterable[Envelope]:
        """Say what was held back for what might still come, now that a file is over; nothing, for most kinds."""


class Items:
    """Reads the items of one file or stream, counting as it goes."""

    def __init__(self, reader: Reader, origin: str) -> None:
        """Read what is called `origin`: a file without its directories."""
        self.received = self.appended = self.parked = 0
        self._reader = reader
        self._origin = origin[:_NAME_LENGTH]
        self._held: list[tuple[Frame, str]] = []
        """What was parked before any item told the time."""

    def item(self, frame: Frame) -> Iterator[Envelope]:
        """Tell the facts of an item, or that it is parked; an empty one is none."""
        if frame.data is not None and not frame.data.strip():
            return
        self.received += 1
        try:
            for fact in self._facts(frame):
                self.appended += 1
                yield fact
        except ValueError as error:
            self.parked += 1
            self._held.append((frame, _reason(error)))
        if self._held and self._reader.now is not None:
            yield from self.release(self._reader.now)

    def rest(self) -> Iterator[Envelope]:
        """Tell what the reader held back until the end."""
        for fact in self._reader.rest():
            self.appended += 1
            yield fact

    def release(self, at: Micros) -> Iterator[Envelope]:
        """Tell of what was parked, at this moment for want of a better one."""
        held, self._held = self._held, []
        for frame, reason in held:
            event = RecordParked(
                **self._reader.teller.when(at),
                origin=self._origin,
                position=frame.position,
                length=frame.length,
                sha256=frame.digest,
                reason=reason,
                payload=None if frame.data is None else self._reader.teller.company.seal(frame.data),
            )
            yield self._reader.teller.tell(event, f"file/{self._origin}", f"{frame.position}:{frame.digest}", 1)

    def _facts(self, frame: Frame) -> Iterable[Envelope]:
        if frame.data is None:
            message = f"it is longer than any item: {frame.length} bytes"
            raise UnreadableItemError(message)
        return self._reader.read(frame.data, whole=frame.whole)


class Reading:
    """One pass over one file."""

    def __init__(self, reader: Reader, origin: str, cut: Cut | None = None) -> None:
        """Read a file that is called `origin`, without its directories; `cut` it where no separator ends its items."""
        self._reader = reader
        self._cut = cut
        self._items = Items(reader, origin)
        self._digest = hashlib.sha256()
        self._first: Micros | None = None

    def read(self, chunks: Iterable[bytes]) -> Iterator[Envelope]:
        """Tell the facts in the order of the file, what was parked where it lay, and last that the file is read."""
        before, self._reader.now = self._reader.now, None
        whole, hashed = True, self._hashed(chunks)
        for frame in frames(hashed, self._reader.separator) if self._cut is None else self._cut(hashed):
            yield from self._items.item(frame)
            if self._first is None:
                self._first = self._reader.now
            whole = frame.whole
        if whole:  # Of a file that is torn off, more may come that changes what is held back.
            yield from self._items.rest()
        yield from self._items.release(_NEVER)
        if self._first is None:
            self._reader.now = before
        else:
            yield self._caught_up(self._first)

    def _hashed(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._digest.update(chunk)
            yield chunk

    def _caught_up(self, first: Micros) -> Envelope:
        last = self._reader.now or first
        event = FeedCaughtUp(
            **self._reader.teller.when(last),
            feed=f"{self._reader.teller.source.removeprefix('/')}/{self._reader.name}",
            starts_at=instant(min(first, last)),
            ends_at=instant(last),
            received=self._items.received,
            appended=self._items.appended,
            parked=self._items.parked,
        )
        return self._reader.teller.tell(event, f"feed/{event.feed}", self._digest.hexdigest(), 1)


def _reason(error: ValueError) -> str:
    """Say what is wrong, without quoting the item."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
