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
from services.feeds.directory.restating import corrections, is_told_so
from services.feeds.naming import FIELDS, Named

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
            known = _known(raw, appended_ms, read, directory)
            if known is not None and corrections(known, appended_ms, directory):
                self.ids.add(known.envelope.told[0])
                happened = _happened(known)
                self.earliest = happened if self.earliest is None else min(happened, self.earliest)


def _known(raw: bytes, appended_ms: int, read: Read, directory: Directory) -> Decoded | None:
    """A record that may need corrections; a plain one, as nearly all are, is not decoded where it needs none."""
    match read:
        case UnreadableError():
            return None
        case PlainRecord(record=record):
            told_so = all(is_told_so(*each, appended_ms, directory) for each in _names(record, directory))
            return None if told_so else decode(raw)
        case Decoded():
            return read


def _names(record: Any, directory: Directory) -> Iterator[tuple[str, Named, datetime]]:  # noqa: ANN401  # whichever struct it is
    """The names in a plain record of which something was decided: whose each is, and when it was meant."""
    data = record.data
    for kind, (ours, theirs) in FIELDS.items():
        if (told := getattr(data, ours, None)) is None:
            continue
        name = Named(kind, told, getattr(data, theirs, None) or told)
        if directory.mappings(record.source, kind, name.theirs):
            yield record.source, name, _moment(record, kind)


def _moment(record: Any, kind: NameKind) -> datetime:  # noqa: ANN401  # whichever struct it is
    """As `moment_of` says of an event."""
    joined = getattr(record.data, "enqueued_at", None) if kind == "queue" else None
    return datetime.fromisoformat(getattr(record.data, "began_at", None) or joined or record.time)


def _happened(record: Decoded) -> datetime:
    match record.event:
        case CallRestated(was=was, now=now) | AgentRestated(was=was, now=now):
            return min(was.occurred_at, now.occurred_at)
        case None:
            return record.envelope.time
        case event:
            return event.occurred_at


@dataclass(slots=True)
class Correcting:
    """Makes the corrections of the records with these ids, of each the first."""

    wanted: set[bytes]
    day: date | None = None
    """The business day that the log has come to: a fact of long before counts no more, unless it is imported."""

    def correct(self, records: Sequence[Appended], directory: Directory) -> Iterator[Envelope]:
        """The corrections of those among the next records that count."""
        for (raw, appended_ms), read in zip(records, read_all([raw for raw, _ in records]), strict=True):
            if isinstance(read, UnreadableError):
                continue
            record = read if isinstance(read, PlainRecord) else read.envelope
            identity, day = record.told
            imported = record.stream is not None
            if not imported and self.day is not None and day < first_known(self.day):
                continue
            self.day = max(begun(day, appended_ms), self.day or date.min)
            if identity in self.wanted:
                self.wanted.discard(identity)
                yield from corrections(decode(raw), appended_ms, directory)
