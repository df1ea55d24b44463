"""What nobody heard of the manager interface, read from the queue_log of the same phone system."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import structlog

from events.envelope import Envelope
from events.feeds import FeedCaughtUp, FeedGapClosed
from events.ids import fact_id
from services.feeds.asterisk.queue_log import QueueLogReader
from services.feeds.facts import Micros, Teller, instant, second
from services.feeds.frames import Frame, frames
from services.feeds.reading import Items

_TIME = re.compile(rb"([0-9]{1,10})\|")
_NEAR = 64 * 1024
"""So near to a line the log is read rather than jumped in."""
_CHUNK = 64 * 1024
_LATE_S = 1
"""AMI may have told something so much later than queue_log that the hole began before it did."""

_log = structlog.get_logger()


class MissedLines:
    """The lines of a queue_log, and of those that it was rotated into, between two moments."""

    def __init__(self, file: Path, feed: str) -> None:
        """Fill the gaps of this feed."""
        self._file, self._feed = file, feed

    def __call__(self, reader: QueueLogReader, after: Micros, before: Micros) -> Iterator[Envelope] | None:
        """Tell what the log has of that time, and that the feed has caught up; None when there is no log.

        The gap is closed where the log goes back to before it.
        """
        files = rotated(self._file, second(after) - _LATE_S)
        if not files:
            _log.warning("queue_log_missing", file=str(self._file))
            return None
        return self._told(files, reader, after, before)

    def _told(self, files: Sequence[Path], reader: QueueLogReader, after: Micros, before: Micros) -> Iterator[Envelope]:
        received = appended = parked = 0
        for file in files:
            items = Items(reader, file.name)
            reader.now = after
            for frame in lines(file, second(after) - _LATE_S, second(before)):
                yield from items.item(frame)
            received, appended, parked = received + items.received, appended + items.appended, parked + items.parked
        event = FeedCaughtUp(
            **reader.teller.when(before),
            feed=self._feed,
            starts_at=instant(min(after, before)),
            ends_at=instant(before),
            received=received,
            appended=appended,
            parked=parked,
        )
        _log.info("gap_filled", feed=self._feed, lines=received, facts=appended, parked=parked)
        yield reader.teller.tell(event, f"feed/{self._feed}", "gap", before)
        if _reaches(files[0], after):
            yield self._closed(reader.teller, before)

    def _closed(self, teller: Teller, before: Micros) -> Envelope:
        """Tell that the gap which ended at that moment is closed."""
        when = teller.when(before)
        event = FeedGapClosed(
            **when,
            feed=self._feed,
            gap=fact_id(teller.source, self._feed, "gap", "feed.gap_found", before),
            found_on=when["day"],
            read=QueueLogReader.name,
        )
        return teller.tell(event, f"feed/{self._feed}", "gap", before)


def _reaches(file: Path, moment: Micros) -> bool:
    """Whether a log begins before a moment."""
    with file.open("rb") as opened:
        begun = _second(opened.readline(_NEAR))
    return begun is not None and begun <= second(moment)


def rotated(file: Path, since: int) -> list[Path]:
    """Find the log and what it was rotated into, as far as they reach beyond a moment; the oldest first."""
    found: list[tuple[int, Path]] = []
    for path in file.parent.glob(f"{file.name}*"):
        with path.open("rb") as opened:
            begun = _second(opened.readline(_NEAR))
        if begun is not None or path == file:
            found.append((since if begun is None else begun, path))
    found.sort()
    earlier = sum(begun <= since for begun, _ in found)
    return [path for _, path in found[max(0, earlier - 1) :]]


def lines(file: Path, first: int, last: int) -> Iterator[Frame]:
    """Give the lines of the epoch seconds from `first` to `last`; one that is still being written is none yet."""
    with file.open("rb") as opened:
        start = _find(opened, first)
        opened.seek(start)
        begun = False
        for frame in frames(iter(lambda: opened.read(_CHUNK), b""), b"\n"):
            moment = _second(frame.data or b"")
            begun = begun or (moment is not None and moment >= first)
            if not frame.whole or (moment is not None and moment > last):
                return
            if begun:
                yield Frame(start + frame.position, frame.length, frame.data, frame.sha256, frame.whole)


def _find(opened: BinaryIO, first: int) -> int:
    """Find the beginning of a line with nothing but earlier lines before it, near to the first of a second."""
    low, high = 0, opened.seek(0, 2)
    while high - low > _NEAR:
        middle = (low + high) // 2
        opened.seek(middle)
        opened.readline()
        moment = _second(opened.readline())
        if moment is not None and moment < first:
            low = middle
        else:
            high = middle
    if low == 0:
        return 0
    opened.seek(low)
    opened.readline()
    return opened.tell()


def _second(line: bytes) -> int | None:
    found = _TIME.match(line)
    return int(found[1]) if found else None
