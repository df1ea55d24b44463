"""What could not be read, and what was decided about it."""

from typing import Literal

from events.event import Count, Event, EventId, Name, Sealed, Text


class RecordParked(Event):
    """Something could not be read, or not be counted, and was set aside: nothing is dropped in silence.

    It holds where the thing lies and why it was refused. The thing itself, which may hold a caller's number, is there
    only sealed, under a key of its month that the vault forgets. A record of the log stays set aside for ever, for
    every reader of the numbers: what mends it is a retry.
    """

    type: Literal["record.parked"] = "record.parked"
    version: Literal[1] = 1
    origin: Name
    """The topic and partition, or the file, that it came from."""
    position: Count
    """The offset of the record, or of the first byte of the item in the file."""
    length: Count
    """How long it is, in bytes."""
    sha256: Name
    """The digest of its bytes, so that the thing found at the position can be checked."""
    reason: Text
    payload: Sealed | None = None
    """Its bytes, sealed; empty where they lie in the log, are too long, or no key was known."""


class ParkedRetried(Event):
    """A parked item was put on the log again, under a new position."""

    type: Literal["parked.retried"] = "parked.retried"
    version: Literal[1] = 1
    parked: EventId
    position: Count | None = None
    """The offset that it has now, in the partition that it came from."""
    note: Text = ""
    """Why it should be readable now."""


class ParkedSkipped(Event):
    """Somebody decided that a parked item will stay out."""

    type: Literal["parked.skipped"] = "parked.skipped"
    version: Literal[1] = 1
    parked: EventId
    reason: Text


ParkedEvent = RecordParked | ParkedRetried | ParkedSkipped
