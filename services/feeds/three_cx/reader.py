"""The rows of a 3CX in, facts out: from files, or from a connection that is listened to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import ClassVar

from events.envelope import Envelope
from services.feeds.facts import Micros, Teller, TellerMemory, UnreadableItemError
from services.feeds.gaps import Gap, gap_found
from services.feeds.three_cx.call import ended
from services.feeds.three_cx.fields import READ
from services.feeds.three_cx.row import decode

CONNECTED = b"connected"
"""What is read where a connection begins: something may be missing before it."""
TORN = b"\0"
"""What is read where a connection broke off: the end of the row before it may be missing."""


@dataclass(slots=True)
class ThreeCxMemory:
    """All that a reader remembers."""

    layout: ClassVar[int] = 1
    latest: Micros | None = None
    """When anything was last heard."""
    reconnected: bool = False
    """Whether a connection began of which nothing was heard yet."""
    teller: TellerMemory = field(default_factory=TellerMemory)


class ThreeCxReader:
    """Reads rows, each for itself: their order says nothing, and what is read twice is the same fact."""

    name = "cdr"
    separator = b"\n"

    def __init__(self, teller: Teller, order: Sequence[str], zone: tzinfo, memory: ThreeCxMemory | None = None) -> None:
        """Begin where another reader stopped whose memory it is; `zone` is that of the times in the rows."""
        self.teller = teller
        self.feed = f"{teller.source.removeprefix('/')}/{self.name}"
        self.memory = memory = ThreeCxMemory() if memory is None else memory
        self.now = memory.latest
        self._order, self._zone = order, zone
        teller.memory = memory.teller

    def read(self, item: bytes, *, whole: bool) -> Iterator[Envelope]:
        """Say how the call of a row ended.

        A file of one call may end without the end of its line. That is no tear that matters, unless what stands last
        is read.
        """
        whole, item = whole and not item.endswith(TORN), item.removesuffix(TORN)
        if not item.strip():
            return
        if item.strip() == CONNECTED:
            self.lost()
            return
        if not whole and self._order[-1] in READ:
            message = "the row is torn: its end is missing"
            raise UnreadableItemError(message)
        row = decode(item, self._order, self._zone)
        event = ended(row, self.teller)
        yield from self._gap(row.times.end)
        self.now = row.times.end
        self.memory.latest = max(self.memory.latest or 0, row.times.end)
        if event is not None:
            self.teller.caller(row.call, row.number)
            yield self.teller.tell(event, f"call/{row.call}", row.part, 1)

    def rest(self) -> Iterator[Envelope]:
        """Nothing is held back."""
        yield from ()

    def clock(self, item: bytes) -> None:
        """A 3CX tells no time but in its rows."""

    def lost(self) -> None:
        """Take note that something may be missing between what was read and what comes next."""
        self.memory.reconnected = self.memory.latest is not None

    def _gap(self, before: Micros) -> Iterator[Envelope]:
        """Tell that nobody listened for a while, if so."""
        after = self.memory.latest
        if not self.memory.reconnected or after is None:
            return
        self.memory.reconnected = False
        reason = "something may not have been heard, and nothing is said again"
        yield gap_found(Gap(last=after, first=before, reason=reason), self.feed, self.teller)
