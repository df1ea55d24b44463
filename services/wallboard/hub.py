"""From one board to many screens: each message is encoded once, and every screen is handed the same bytes.

A screen that is slow to take what it is given skips boards, since each board is whole: what waits for it is one board
and one heartbeat at most.
"""

import asyncio
from collections import deque

_KEPT = 32
"""Boards that a screen which comes back is given one by one: eight seconds of a busy floor."""
_RETRY_MS = 1_000


class Viewer:
    """One open stream: what is still to be sent on it."""

    def __init__(self, first: bytes) -> None:
        """Begin with what a new screen is told."""
        self.ended = False
        self._first = first
        self._board = self._beat = b""
        self._some = asyncio.Event()
        self._some.set()

    def show(self, board: bytes) -> None:
        """Hand over a board; one that has not been sent yet is outdated."""
        self._board, self._beat = board, b""
        self._some.set()

    def beat(self, beat: bytes) -> None:
        """Hand over a heartbeat."""
        self._beat = beat
        self._some.set()

    def end(self, word: bytes = b"") -> None:
        """Send nothing after `word`."""
        self._beat += word
        self.ended = True
        self._some.set()

    async def next(self) -> bytes:
        """Wait for something to send, and take it."""
        await self._some.wait()
        self._some.clear()
        taken = self._first + self._board + self._beat
        self._first = self._board = self._beat = b""
        return taken


class Hub:
    """Every open stream, and what a new one begins with. For use inside one event loop."""

    def __init__(self, epoch: str, page: str) -> None:
        """Serve a board whose ids begin with `epoch`, new with every process; `page` is the version of the page."""
        self.viewers: set[Viewer] = set()
        self._epoch, self._sequence = epoch, 0
        self._greeting = f"retry: {_RETRY_MS}\nevent: hello\ndata: {page}\n\n".encode()
        self._kept: deque[tuple[str, bytes]] = deque(maxlen=_KEPT)
        self._beat = b""
        self._closed = False

    def show(self, board: bytes) -> None:
        """Give every screen a board, in JSON."""
        self._sequence += 1
        identity = f"{self._epoch}-{self._sequence}"
        message = b"id: %b\nevent: board\ndata: %b\n\n" % (identity.encode(), board)
        self._kept.append((identity, message))
        self._beat = b""
        for viewer in self.viewers:
            viewer.show(message)

    def beat(self, ages: bytes) -> None:
        """Tell every screen how old the data is, in JSON."""
        self._beat = b"event: age\ndata: %b\n\n" % ages
        for viewer in self.viewers:
            viewer.beat(self._beat)

    def close(self) -> None:
        """Take leave of every screen, and of those that still come."""
        self._closed = True
        for viewer in self.viewers:
            viewer.end(b"event: bye\ndata: {}\n\n")

    def join(self, last: str | None) -> Viewer:
        """Open a stream: the boards after the one with the id `last` while they are kept, else the present one."""
        viewer = Viewer(self._greeting + self._since(last) + self._beat)
        self.viewers.add(viewer)
        if self._closed:
            viewer.end(b"event: bye\ndata: {}\n\n")
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """A stream is over."""
        self.viewers.discard(viewer)

    def _since(self, last: str | None) -> bytes:
        kept = list(self._kept)
        seen = next((place for place, (identity, _) in enumerate(kept) if identity == last), len(kept) - 2)
        return b"".join(message for _, message in kept[max(seen, -1) + 1 :])
