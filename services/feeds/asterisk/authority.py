"""Several sources of one phone system read together: who is believed, and what the others may add.

AMI and queue_log tell the same facts in the same figures, and both are believed. CEL is exact but knows neither
members' names nor all of Asterisk's own durations; CDR knows less. So the calls of AMI and queue_log are read first:
what they told of a call, the others do not tell again in other words. CEL and CDR add what is missing, in this order.
"""

from collections.abc import Iterable, Iterator

from events.envelope import Envelope
from services.feeds.facts import Micros, Teller
from services.feeds.reading import Reader


class Told:
    """Which kinds of facts were told of which calls, by the sources that are believed before the one that is read."""

    def __init__(self) -> None:
        """Begin with the source that is believed first."""
        self._before: set[tuple[str | None, str]] = set()
        self._now: set[tuple[str | None, str]] = set()

    def next_source(self) -> None:
        """Go on to the sources that are believed next."""
        self._before |= self._now
        self._now.clear()

    def new(self, facts: Iterable[Envelope]) -> Iterator[Envelope]:
        """Leave out what a source told that is believed before this one."""
        for fact in facts:
            told = fact.subject, fact.type
            if told not in self._before:
                self._now.add(told)
                yield fact


class Yielding:
    """A reader that does not say what better sources have said."""

    def __init__(self, reader: Reader, told: Told) -> None:
        """Read as the reader does."""
        self.name, self.separator = reader.name, reader.separator
        self.teller: Teller = reader.teller
        self._reader, self._told = reader, told

    @property
    def now(self) -> Micros | None:
        """The moment of the last item that had one."""
        return self._reader.now

    @now.setter
    def now(self, at: Micros | None) -> None:
        self._reader.now = at

    def read(self, item: bytes, *, whole: bool) -> Iterator[Envelope]:
        """Say what follows from an item and was not said."""
        return self._told.new(self._reader.read(item, whole=whole))

    def rest(self) -> Iterator[Envelope]:
        """Say what was held back and was not said."""
        return self._told.new(self._reader.rest())
