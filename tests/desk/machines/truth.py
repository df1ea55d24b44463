"""What counts in a log, and what holds on a day: told anew in a few lines that share nothing with the desk."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from uuid import UUID

from events.codec import decode
from events.envelope import Envelope, read_expects
from events.event import Event

T = TypeVar("T")
E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Counting:
    """A record that counts."""

    offset: int
    event: Event
    identity: UUID
    stream: str
    version: int
    command: UUID | None
    """The key of the command that it came of; None for what was there before."""


@dataclass
class Truth:
    """A reader of the log that judges by itself."""

    records: list[bytes]
    given: int
    """How many of them were there before anything was asked for."""
    read: int = 0
    heads: dict[str, int] = field(default_factory=dict[str, int])
    counted: list[Counting] = field(default_factory=list[Counting])

    def news(self) -> Iterator[Counting | None]:
        """Each record that was not read yet: what counts, None for what does not."""
        while self.read < len(self.records):
            found = self._judged(self.read)
            self.read += 1
            yield found

    def _judged(self, offset: int) -> Counting | None:
        decoded = decode(self.records[offset])
        written = decoded.envelope
        assert decoded.event is not None
        assert written.stream is not None
        assert written.streamversion is not None
        if not self._holds(written, written.stream):
            return None
        self.heads[written.stream] = written.streamversion
        command = None if offset < self.given else UUID((written.commandid or "").partition(".")[0])
        found = Counting(offset, decoded.event, written.id, written.stream, written.streamversion, command)
        self.counted.append(found)
        return found

    def _holds(self, written: Envelope, stream: str) -> bool:
        expected = read_expects(written.expects)
        next_one = self.heads.get(stream, 0) + 1
        return written.streamversion == next_one and all(
            self.heads.get(other, 0) == head for other, head in expected.items()
        )

    def by_command(self) -> dict[UUID, list[tuple[str, int, int]]]:
        """Where everything stands that came of a command."""
        found = defaultdict[UUID, list[tuple[str, int, int]]](list)
        for each in self.counted:
            if each.command is not None:
                found[each.command].append((each.stream, each.version, each.offset))
        return found

    @property
    def events(self) -> list[Event]:
        """What counts, in the order of the log."""
        return [each.event for each in self.counted]

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


def painted(days: Iterable[date], terms: Iterable[tuple[date, date | None, T]]) -> dict[date, T]:
    """What holds on each day: terms that begin later are laid over those that begin sooner, or were decided before."""
    known = list(days)
    found: dict[date, T] = {}
    for start, end, value in sorted(terms, key=lambda term: term[0]):
        found |= {day: value for day in known if start <= day and (end is None or day < end)}
    return found
