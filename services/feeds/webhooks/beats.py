"""Signs of life of sources that call us: for each at the most one in a second of the intake's clock. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from events.envelope import Envelope
from events.feeds import FeedBeat
from services.feeds.facts import Company, Micros, Teller, second
from services.feeds.webhooks.seen import Seen

_MS: Micros = 1000


@dataclass(slots=True)
class Pulse:
    """What one source was heard to say."""

    received: int = 0
    beaten: int = 0
    """The second of its last beat."""
    ahead_ms: int | None = None
    """By how much its clock was ahead of ours at the least, by what it said since then."""


@dataclass(slots=True)
class BeatsMemory:
    """The sources that are known, by name."""

    pulses: dict[str, Pulse] = field(default_factory=dict[str, Pulse])


def feed_of(seen: Seen) -> str:
    """What the feed of a source calls itself where it gives signs of life."""
    return f"{seen.source.removeprefix('/')}/webhooks"


class Beats:
    """Every source that was heard in one partition of the intake.

    A source beats when it is heard, and is silent when it has nothing to say. Its own clock has no part in when: what
    may be wrong with that is told with the beat. A partition beats by itself, so that reading it again tells the same.
    """

    def __init__(self, company: Company, memory: BeatsMemory) -> None:
        """Begin with what is remembered."""
        self._company, self._pulses = company, memory.pulses

    def take(self, seen: Seen, heard: Micros, partition: str, offset: int) -> Iterator[Envelope]:
        """Tell that a source was heard, unless that was told in this second; `heard` is when the log took it."""
        pulse = self._pulses.setdefault(seen.source, Pulse())
        pulse.received += 1
        ahead_ms = (seen.at - heard) // _MS
        pulse.ahead_ms = ahead_ms if pulse.ahead_ms is None else max(pulse.ahead_ms, ahead_ms)
        if second(heard) > pulse.beaten:
            yield self._beat(seen, pulse, heard, partition, offset)
            pulse.beaten, pulse.ahead_ms = second(heard), None

    def _beat(self, seen: Seen, pulse: Pulse, heard: Micros, partition: str, offset: int) -> Envelope:
        teller = Teller(seen.source, self._company)
        event = FeedBeat(
            **teller.when(heard),
            feed=feed_of(seen),
            position=f"{partition}@{offset}",
            received=pulse.received,
            paced_by="deliveries",
            ahead_ms=pulse.ahead_ms,
        )
        return teller.tell(event, f"feed/{event.feed}", partition, second(heard))
