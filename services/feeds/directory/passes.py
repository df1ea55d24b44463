"""Two passes over a stretch of a partition: which records need corrections, and which of these are the ones that count.

Of the records with one id the first counts, and it may say other names than the one that was found. It lies no earlier
than the fact itself, so the second pass begins a day before the earliest fact that was found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from events.agents import AgentRestated
from events.calls import CallRestated
from events.codec import Decoded, UnreadableError, decode
from events.directory import NameKind
from events.envelope import Envelope
from events.plain import PlainRecord, Read, read_all
from events.window import begun, first_known
from services.feeds.directory.directory import Directory
from services.feeds.directory.restating import corrections
from services.feeds.naming import moment_of

Appended = tuple[bytes, int]
"""A record of the log, and when the log took it, in epoch milliseconds."""


@dataclass(slots=True)
class Found:
    """The records that need corrections."""

    ids: set[bytes] = field(default_factory=set[bytes])
    earliest: datetime | None = None
    """When the earliest of what they tell happened."""

    def look_at(self, records: Sequence[Appended], directory: Directory) -> None:
        """Look at the next records."""
        for (raw, appended_ms), read in zip(records, read_all([raw for raw, _ in records]), strict=True):
            known = _known(raw, read, directory)
            if known is not None and corrections(known, appended_ms, directory):
                self.ids.add(known.envelope.told[0])
                happened = _happened(known)
                self.earliest = happened if self.earliest is None else min(happened, self.earliest)


def _known(raw: bytes, read: Read, directory: Directory) -> Decoded | None:
    """A record with a name of which something was decided."""
    match read:
        case UnreadableError():
            return None
        case PlainRecord(record=record):
            return decode(raw) if _is_decided_of(record.source, record.data, directory) else None
        case Decoded():
            return read


def _is_decided_of(source: str, data: Any, directory: Directory) -> bool:  # noqa: ANN401  # whichever struct it is
    pairs: tuple[tuple[NameKind, str, str], ...] = (
        ("agent", "source_agent", "rep"),
        ("queue", "source_queue", "queue"),
    )
    for kind, theirs, ours in pairs:
        name = getattr(data, theirs, None) or getattr(data, ours, None)
        if name is not None and directory.mappings(source, kind, name):
            return True
    return False


def _happened(record: Decoded) -> datetime:
    match record.event:
        case CallRestated(was=was, now=now) | AgentRestated(was=was, now=now):
            return min(moment_of(was), moment_of(now))
        case None:
            return record.envelope.time
        case event:
            return moment_of(event)


@dataclass(slots=True)
class Correcting:
    """Makes the corrections of the records with these ids, of each the first."""

    wanted: set[bytes]
    day: date | None = None
    """The business day that the log has come to: a fact of long before counts no more."""

    def correct(self, records: Sequence[Appended], directory: Directory) -> Iterator[Envelope]:
        """The corrections of those among the next records that count."""
        for (raw, appended_ms), read in zip(records, read_all([raw for raw, _ in records]), strict=True):
            if isinstance(read, UnreadableError):
                continue
            identity, day = read.told if isinstance(read, PlainRecord) else read.envelope.told
            counts = self.day is None or day >= first_known(self.day)
            if counts:
                self.day = max(begun(day, appended_ms), self.day or date.min)
            if identity in self.wanted:
                self.wanted.discard(identity)
                if counts:
                    yield from corrections(decode(raw), appended_ms, directory)
