"""What a feed knows of its own completeness: the ledger that says whether numbers can be trusted."""

from typing import Literal

from events.event import Count, Event, Instant, Name, Text


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
    """A feed is alive and has got this far."""

    type: Literal["feed.beat"] = "feed.beat"
    version: Literal[1] = 1
    feed: Name
    position: Name
    received: Count


FeedEvent = FeedGapFound | FeedCaughtUp | FeedBeat
