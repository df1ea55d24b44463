"""The spool: bytes on disk in the order in which they came, from where they are needed to where they end."""

import asyncio
from pathlib import Path
from typing import BinaryIO

_SUFFIX = ".spool"


class Spool:
    """A stream of bytes in files of a folder, each named by the position that it begins at.

    What was written survives the death of the process; after a power failure the end may be missing, which is a gap
    like any other.
    """

    def __init__(self, folder: Path, limit: int, segment: int = 8 * 1024 * 1024) -> None:
        """Open what is there. It holds `limit` bytes, in files of `segment` bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._limit, self._segment = folder, limit, segment
        self._starts = sorted(int(file.stem) for file in folder.glob(f"*{_SUFFIX}"))
        self._keep_what_joins()
        self.start = self._starts[0] if self._starts else 0
        self.end = self._starts[-1] + self._size(self._starts[-1]) if self._starts else 0
        self._complete = False
        self._grown = asyncio.Event()
        self._shrunk = asyncio.Event()
        self._writing: BinaryIO | None = None
        self._reading: tuple[int, BinaryIO] | None = None

    def begin_at(self, position: int) -> None:
        """Go on at a position beyond the end: what lay before it was lost, or was never here."""
        if position > self.end:
            self.close()
            for start in self._starts:
                self._file(start).unlink()
            self._starts, self.start, self.end = [], position, position

    def write(self, data: bytes) -> bool:
        """Append; False, and nothing is, when it would be more than the spool holds.

        Raises OSError, and nothing is, when the disk does not take it.
        """
        if self.end + len(data) - self.start > self._limit:
            return False
        if not self._starts or self.end - self._starts[-1] >= self._segment:
            self._begin_file()
        if self._writing is None:
            self._writing = self._file(self._starts[-1]).open("ab", buffering=0)
        self._append(self._writing, data)
        self.end += len(data)
        self._grown.set()
        return True

    def read(self, position: int, size: int) -> bytes:
        """Give at most `size` bytes from a position on; none at the end."""
        if position >= self.end:
            return b""
        start = max(start for start in self._starts if start <= position)
        if self._reading is None or self._reading[0] != start:
            self._close_reading()
            self._reading = start, self._file(start).open("rb")
        _, file = self._reading
        file.seek(position - start)
        return file.read(size)

    def forget(self, before: int) -> None:
        """Let go of what lies before a position: of each file that ends there or before, and of the last one, too."""
        if self._starts and self._starts[-1] < self.end <= before:
            self._begin_file()
        while len(self._starts) > 1 and self._starts[1] <= before:
            self._close_reading()
            self._file(self._starts.pop(0)).unlink()
        self.start = max(self.start, min(before, self.end))
        self._shrunk.set()

    async def grows(self, position: int) -> bool:
        """Wait until there is something at a position; False when there will never be."""
        while position >= self.end and not self._complete:
            self._grown.clear()
            await self._grown.wait()
        return position < self.end

    def complete(self) -> None:
        """Say that nothing more will be written."""
        self._complete = True
        self._grown.set()

    async def has_room(self) -> None:
        """Wait until at least half of it is free."""
        while self.end - self.start > self._limit // 2:
            self._shrunk.clear()
            await self._shrunk.wait()

    def close(self) -> None:
        """Close the files."""
        self._close_reading()
        if self._writing is not None:
            self._writing.close()
            self._writing = None

    def _begin_file(self) -> None:
        if self._writing is not None:
            self._writing.close()
        self._starts.append(self.end)
        self._writing = self._file(self.end).open("ab", buffering=0)

    def _append(self, file: BinaryIO, data: bytes) -> None:
        """Write all of it, or take back what was written of it."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            file.truncate(self.end - self._starts[-1])
            raise

    def _keep_what_joins(self) -> None:
        """Remove what lies before a place where something is missing."""
        for place in range(len(self._starts) - 1, 0, -1):
            if self._starts[place - 1] + self._size(self._starts[place - 1]) != self._starts[place]:
                for start in self._starts[:place]:
                    self._file(start).unlink()
                del self._starts[:place]
                return

    def _close_reading(self) -> None:
        if self._reading is not None:
            self._reading[1].close()
            self._reading = None

    def _size(self, start: int) -> int:
        return self._file(start).stat().st_size

    def _file(self, start: int) -> Path:
        return self._folder / f"{start:020d}{_SUFFIX}"
