"""From what a source saw to a record for the log: the identity, the business day and the source's own order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial
from typing import Protocol, TypedDict
from uuid import UUID

from events.catalogue import entry_of
from events.codec import event_data, event_schema
from events.directory import NameKind
from events.envelope import Envelope
from events.event import Event
from events.ids import fact_id
from services.feeds.callers.heard import Callers
from services.feeds.naming import named
from services.runtime.errors import ClearError
from services.runtime.sealing import Seal, keep_nothing

Micros = int
"""An instant as whole microseconds since 1970, UTC: exact where a float is not."""

SECOND: Micros = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_NAME = 100
"""The most characters that the name of a phone system has; an Asterisk keeps 19 bytes of its systemname."""


class UnreadableItemError(ValueError):
    """An item of a source cannot be read; the message says why, and quotes nothing of it."""


class When(TypedDict):
    """The two fields that every event begins with."""

    occurred_at: datetime
    day: date


class Names(Protocol):
    """What the company decided of the names of its sources."""

    def has(self, named_by: str) -> bool:
        """Whether anything was decided of a name of a source."""

    def meaning(self, named_by: str, kind: NameKind, name: str, at: datetime) -> str | None:
        """The rep or queue that a name of a source means at a moment; None where nothing was decided of it."""


class NoNames:
    """No names: nothing was decided."""

    def has(self, named_by: str) -> bool:  # noqa: ARG002  # whatever is asked
        """Say that nothing was decided."""
        return False

    def meaning(self, named_by: str, kind: NameKind, name: str, at: datetime) -> str | None:  # noqa: ARG002  # whatever is asked
        """Say that nothing was decided."""
        return None


@dataclass(frozen=True, slots=True)
class Company:
    """What a phone system does not know of the company that it serves."""

    zone: tzinfo
    """Where the business day begins and ends."""
    roster: Mapping[str, str] = field(default_factory=dict)
    """The rep behind a name that the phone system gives an agent, where nothing was decided of it."""
    seal: Seal = keep_nothing
    """How the company keeps what could not be read, so that none but its vault reads it."""
    callers: Callers | None = None
    """Those who are on the line from outside; None where nobody could say who they are."""
    directory: Names = field(default_factory=NoNames)
    """What was decided of names."""

    def means(self, named_by: str, kind: NameKind, name: str, at: datetime) -> str:
        """The rep or queue that a name of a source means at a moment; one of which nothing is known means itself."""
        known = self.roster.get(name, name) if kind == "agent" else name
        return self.directory.meaning(named_by, kind, name, at) or known

    def decided(self, named_by: str, kind: NameKind, name: str, at: datetime) -> str:
        """What `means` gives for a source that knows the company's names: it has no need of a roster."""
        return self.directory.meaning(named_by, kind, name, at) or name

    def day(self, moment: datetime) -> date:
        """Give the business day of a moment."""
        return moment.astimezone(self.zone).date()


def instant(at: Micros) -> datetime:
    """Give the moment as a datetime in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def micros(moment: datetime) -> Micros:
    """Give a moment with a zone in whole microseconds."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def second(at: Micros) -> int:
    """Give the whole epoch second that a moment lies in."""
    return at // SECOND


def source_of(kind: str, system: str | None, told: Iterable[str | None] = ()) -> str:
    """Name the source of a phone system: as a person says, or else as the first of what it said that has its name.

    What a system says that is too long is no name. Raises ClearError where a person says such.
    """
    if system is not None and len(system) > _LONGEST_NAME:
        message = f"the name of a phone system has at most {_LONGEST_NAME} characters: {system[:20]}… has {len(system)}"
        raise ClearError(message)
    named = system if system is not None else next((name for name in told if name and len(name) <= _LONGEST_NAME), None)
    return f"/{kind}/{named}" if named else f"/{kind}"


@dataclass(slots=True)
class TellerMemory:
    """The second that was told of last, and how many facts of it each subject has."""

    second: int = 0
    counts: dict[str, int] = field(default_factory=dict)


class Teller:
    """Writes the facts of one source.

    `sequence` is the whole second and the fact's number among those of that second on the same subject, so a source
    with microseconds and one with whole seconds write the same.
    """

    def __init__(self, source: str, company: Company) -> None:
        """Write for the source with this URI reference, such as /asterisk/pbx1."""
        self.source = source
        self.company = company
        self.memory = TellerMemory()

    def when(self, at: Micros) -> When:
        """Give the instant and the business day of a moment."""
        moment = instant(at)
        return {"occurred_at": moment, "day": self.company.day(moment)}

    def tell(self, event: Event, subject: str, leg: str, sequence: int, *, identity: UUID | None = None) -> Envelope:
        """Write down an event; `leg` and `sequence` say which of its kind on that subject it is.

        It has the source's own names of agents and queues, and is written by those of the company.
        `identity` is the id of an event whose own rule makes it, as that of a restatement does.
        """
        kind, event = entry_of(event).name, named(event, partial(self.company.means, self.source))
        return Envelope(
            specversion="1.0",
            id=identity or fact_id(self.source, subject.partition("/")[2], leg, kind, sequence),
            source=self.source,
            type=kind,
            time=event.occurred_at,
            day=event.day,
            data=event_data(event),
            dataschema=event_schema(event),
            subject=subject,
            sequence=self._sequence(event.occurred_at, subject),
        )

    def caller(self, call: str, number: bytes | str | None) -> None:
        """Take note of the number that is on the line from outside, in the source's words; no fact repeats it."""
        if self.company.callers is not None and number:
            text = number if isinstance(number, str) else number.decode(errors="replace")
            self.company.callers.hear(self.source, call, text)

    def _sequence(self, moment: datetime, subject: str) -> str:
        now, memory = (moment - _EPOCH) // timedelta(seconds=1), self.memory
        if now != memory.second:
            memory.second = now
            memory.counts.clear()
        count = memory.counts[subject] = memory.counts.get(subject, 0) + 1
        return f"{now:012d}.{count:04d}"
