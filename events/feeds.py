"""What a feed knows of its own completeness: the ledger that says whether numbers can be trusted."""

from typing import Literal

from events.event import Count, Day, Event, EventId, Instant, Name, Text, Whole


class FeedGapFound(Event):
    """A feed noticed that something may be missing between two points of its source."""

    type: Literal["feed.gap_found"] = "feed.gap_found"
    version: Literal[1] = 1
    feed: Name
    after: Name
    """The last thing seen before the gap: a sequence number, a byte offset, an instant."""
    before: Name
    """The first thing seen after it."""
    missing: Count | None = None
    """How many items are missing, where the source numbers them."""
    reason: Text
    starts_at: Instant | None = None
    """When something was last heard before it, by the source's clock."""
    ends_at: Instant | None = None
    """When something was heard again."""


class FeedGapClosed(Event):
    """What was not heard in a gap was read elsewhere: the source's own record of that time has been gone through."""

    type: Literal["feed.gap_closed"] = "feed.gap_closed"
    version: Literal[1] = 1
    feed: Name
    gap: EventId
    """The `feed.gap_found` that it answers."""
    found_on: Day
    """The business day of the gap: the day that is complete again."""
    missing: Count | None = None
    """How many items were said to be missing; as the gap has it, so that one takes the other back."""
    read: Name
    """What was read in place of what was not heard, such as queue_log."""


class FeedCaughtUp(Event):
    """A feed has read, or read again, all that its source had in an interval."""

    type: Literal["feed.caught_up"] = "feed.caught_up"
    version: Literal[1] = 1
    feed: Name
    starts_at: Instant
    ends_at: Instant
    received: Count
    """Items of the source in the interval."""
    appended: Count
    """Events that the feed made of them."""
    parked: Count
    """Items that it could not read."""


class FeedBeat(Event):
    """A feed is alive and has got this far.

    One that beats by the clock of its source beats every second, and has stopped when it does not. One that is told
    things beats when it is told any, by our clock, and is silent whenever nobody has anything to tell.
    """

    type: Literal["feed.beat"] = "feed.beat"
    version: Literal[1] = 1
    feed: Name
    position: Name
    received: Count
    parked: Count | None = None
    """How many items could not be read since the beat before it; empty where that is not counted."""
    paced_by: Literal["deliveries"] | None = None
    """What makes it beat where that is not the source's clock: what is delivered to us."""
    ahead_ms: Whole | None = None
    """By how many milliseconds the source's clock is ahead of ours at the least, by what it said since the beat before.

    What something took on its way counts against it, so that a clock that is right seems to be a little behind.
    """


FeedEvent = FeedGapFound | FeedGapClosed | FeedCaughtUp | FeedBeat
