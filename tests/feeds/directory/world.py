"""A phone system, the doors that tell of it, the decisions about its names, and whoever restates: all in memory."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from events.agents import AgentRestated, AgentStateLasted
from events.calls import CallEnded, CallRestated
from events.codec import Decoded, decode, encode
from events.directory import DirectoryMapped, NameKind
from events.event import Event
from events.ids import restatement_id
from events.law import Ledger, Verdict
from services.feeds.directory.directory import Directory
from services.feeds.directory.passes import Correcting, Found
from services.feeds.directory.restating import is_correction
from services.feeds.facts import Company, Teller
from services.feeds.naming import moment_of, names_in
from tests.events.examples.dates import at, when
from tests.feeds.samples import MOSCOW
from tests.telling import decided

PBX = "/asterisk/pbx1"
APPENDED_MS = 1_795_600_000_000
Cells = Counter[tuple[str, str | None, str | None, str]]
"""By type, rep and queue: how many, and how many seconds."""


def mapped(name: str, to: str | None, starts_at: datetime, kind: NameKind = "agent", by: str = PBX) -> DirectoryMapped:
    """A decision of a name."""
    return DirectoryMapped(**when(8), named_by=by, kind=kind, name=name, starts_at=starts_at, to=to)


def ended(number: int, agent: str | None, queue: str | None = None, talk: int = 60, hour: int = 9) -> CallEnded:
    """A call, by the names of the phone system."""
    told: dict[str, Any] = {"call": f"c{number}", "direction": "inbound", "outcome": "answered"}
    named = {"rep": agent, "queue": queue, "talk_seconds": talk}
    return CallEnded.model_validate(when(hour) | told | named | {"ended_at": at(hour)})


def lasted(number: int, agent: str, queue: str | None = None, seconds: int = 60, hour: int = 9) -> AgentStateLasted:
    """A piece of an agent's time, by the names of the phone system."""
    began = at(hour) - timedelta(seconds=number + 1)
    told: dict[str, Any] = {"state": "talking", "began_at": began, "seconds": seconds}
    return AgentStateLasted.model_validate(when(hour) | told | {"rep": agent, "queue": queue})


@dataclass
class World:
    """The log of facts and that of decisions, each record with when it was appended."""

    facts: list[tuple[bytes, int]] = field(default_factory=list[tuple[bytes, int]])
    decisions: list[tuple[bytes, int]] = field(default_factory=list[tuple[bytes, int]])
    now_ms: int = APPENDED_MS
    _versions: Counter[str] = field(default_factory=Counter[str])

    def decide(self, event: DirectoryMapped) -> None:
        """Append a decision."""
        stream = f"directory/{event.kind}%20{event.name}"
        self._versions[stream] += 1
        self.decisions.append((decided(event, stream, self._versions[stream]), self.now_ms))

    def directory(self, known: int | None = None) -> Directory:
        """What follows from the first decisions, or from all."""
        directory = Directory()
        for offset, (raw, appended_ms) in enumerate(self.decisions[:known]):
            directory.take(offset, raw, appended_ms)
        return directory

    def tell(self, event: Event, number: int, known: int | None = None, identity: UUID | None = None) -> UUID:
        """Have a door that knows the first decisions tell a fact."""
        teller = Teller(PBX, Company(MOSCOW, directory=self.directory(known)))
        told = teller.tell(event, f"call/c{number}", "", 1, identity=identity)
        self.facts.append((encode(told), self.now_ms))
        return told.id

    def restate(self, of: UUID, was: Event, now: Event, revision: int, known: int | None = None) -> None:
        """Have it tell that the source corrected itself."""
        model = CallRestated if isinstance(was, CallEnded) else AgentRestated
        said = {"of": of, "revision": revision, "reason": "", "was": was, "now": now}
        event = model.model_validate(when(10) | said)
        self.tell(event, 1, known, identity=restatement_id(of, revision))

    def corrections(self) -> list[bytes]:
        """What whoever restates would append now, if they began anew."""
        directory, found = self.directory(), Found()
        found.look_at(self.facts, directory)
        return [encode(told) for told in Correcting(set(found.ids)).correct(self.facts, directory)]

    def correct(self, most: int | None = None) -> None:
        """Append that, or the first so many of them: then they were killed."""
        self.facts += [(raw, self.now_ms) for raw in self.corrections()[:most]]

    def counted(self) -> Iterator[Decoded]:
        """The facts that count."""
        ledger = Ledger()
        for raw, appended_ms in self.facts:
            decoded = decode(raw)
            if ledger.judge(decoded.envelope, appended_ms) is Verdict.COUNTS:
                yield decoded

    def cells(self) -> Cells:
        """What the log adds up to."""
        return _cells((weight, event) for record in self.counted() for weight, event in _unfolded(record))

    def ought(self) -> Cells:
        """What it would add up to, had the doors known all decisions from the start and nobody restated by them."""
        directory = self.directory()
        return _cells(
            (weight, _meant(event, record.envelope.source, directory))
            for record in self.counted()
            if not is_correction(record.envelope.source)
            for weight, event in _unfolded(record)
        )


def _unfolded(record: Decoded) -> Iterator[tuple[int, Event]]:
    match record.event:
        case CallRestated(was=was, now=now) | AgentRestated(was=was, now=now):
            yield -1, was
            yield 1, now
        case None:
            return
        case event:
            yield 1, event


def _meant(event: Event, source: str, directory: Directory) -> Event:
    for name in names_in(event):
        meaning = directory.meaning(source, name.kind, name.theirs, moment_of(event, name.kind)) or name.theirs
        event = event.model_copy(update={"rep" if name.kind == "agent" else "queue": meaning})
    return event


def _cells(weighted: Iterator[tuple[int, Event]]) -> Cells:
    cells: Cells = Counter()
    for weight, event in weighted:
        assert isinstance(event, CallEnded | AgentStateLasted)
        seconds = event.talk_seconds if isinstance(event, CallEnded) else event.seconds
        cells[event.type, event.rep, event.queue, "records"] += weight
        cells[event.type, event.rep, event.queue, "seconds"] += weight * seconds
    return Counter({cell: count for cell, count in cells.items() if count})
