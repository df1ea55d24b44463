"""The feed of a phone system loses its connection, reads the file instead, and goes on."""

from events.feeds import FeedBeat, FeedCaughtUp, FeedGapClosed, FeedGapFound
from tests.events.examples.dates import TODAY, at, when
from tests.events.examples.record import Example, fact

FEED = "asterisk/pbx1"

gap = fact(
    FeedGapFound(
        **when(9, 12),
        feed=FEED,
        after="queue_log:1183402",
        before="queue_log:1190077",
        missing=58,
        reason="The connection was lost for 40 seconds.",
    ),
    "/feeds",
    f"feed/{FEED}",
    12,
)

EXAMPLES: tuple[Example, ...] = (
    gap,
    fact(
        FeedGapClosed(**when(9, 12), feed=FEED, gap=gap.envelope.id, found_on=TODAY, missing=58, read="queue_log"),
        "/feeds",
        f"feed/{FEED}",
        12,
    ),
    fact(
        FeedCaughtUp(**when(9, 13), feed=FEED, starts_at=at(9), ends_at=at(9, 12), received=412, appended=96, parked=1),
        "/feeds",
        f"feed/{FEED}",
        13,
    ),
    fact(FeedBeat(**when(9, 14), feed=FEED, position="queue_log:1190400", received=430), "/feeds", f"feed/{FEED}", 14),
)
