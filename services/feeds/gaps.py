"""What a feed says where something may be missing of what its source said."""

from dataclasses import dataclass

from events.envelope import Envelope
from events.feeds import FeedGapFound
from services.feeds.facts import Micros, Teller, instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Between which moments of the source nobody listened, and how much there may have been."""

    last: Micros
    """When anything was last heard before it."""
    first: Micros
    """When anything was heard again."""
    reason: str
    after: str | None = None
    before: str | None = None
    """The last thing before it and the first after it, where the source numbers them; else the moments are that."""
    missing: int | None = None


def gap_found(gap: Gap, feed: str, teller: Teller) -> Envelope:
    """Tell of it, once for each moment at which something was heard again."""
    event = FeedGapFound(
        **teller.when(gap.first),
        feed=feed,
        after=gap.after or instant(gap.last).isoformat(),
        before=gap.before or instant(gap.first).isoformat(),
        missing=gap.missing,
        reason=gap.reason,
        starts_at=instant(min(gap.last, gap.first)),
        ends_at=instant(gap.first),
    )
    return teller.tell(event, f"feed/{feed}", "gap", gap.first)
