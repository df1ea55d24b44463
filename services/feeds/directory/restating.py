"""The corrections that a record needs, by what was decided of the names in it. Pure.

Whoever told a fact may have known every decision that was on the log by then, or fewer. What they knew is taken to be
the last decision before the fact, with a minute to spare, by which the name means what they told, or none at all: every
later decision that gives another meaning makes one correction. Wherever that begins, the corrections lead from what was
told to what the name means now, each from where the last one ended; only how many there are depends on it, and it
depends on nothing but the records.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from events.agents import AgentRestated, AgentStateLasted
from events.calls import CallAnswered, CallDispositioned, CallEnded, CallOffered, CallRestated
from events.catalogue import entry_of
from events.codec import Decoded, event_data, event_schema
from events.envelope import Envelope
from events.ids import renaming_id
from events.window import DAYS
from services.feeds.directory.directory import Directory, Mapping, meaning_at
from services.feeds.naming import Named, moment_of, names_in, renamed

OF_DIRECTORY = "/directory/"
"""What the source of a correction begins with; the source whose names it corrects follows, be it a path or a URN."""
_SPARE_MS = 60_000
"""How far the clocks of two brokers may be apart."""
_REASON = "the directory says what its source's names mean"

Fact = CallOffered | CallAnswered | CallEnded | CallDispositioned | AgentStateLasted
FACTS = (CallOffered, CallAnswered, CallEnded, CallDispositioned, AgentStateLasted)
"""What is restated. Of what agents do at the moment, the next fact says it by the name that holds then."""


@dataclass(frozen=True, slots=True)
class _Part:
    """An event in a record: whether it counts or is taken back there."""

    name: Literal["", "was", "now"]
    fact: Fact


def corrections(record: Decoded, appended_ms: int, directory: Directory) -> list[Envelope]:
    """What is to be told so that a record that counts says what its names mean now; nothing, for most."""
    envelope = record.envelope
    if is_correction(envelope.source):
        return []
    return [
        _told(envelope, appended_ms, part, mapping, before, after)
        for part in _parts(record)
        for mapping, before, after in _steps(part.fact, envelope.source, appended_ms, directory)
    ]


def is_correction(source: str) -> bool:
    """Whether this is what signs the corrections of a directory."""
    return source.startswith(OF_DIRECTORY)


def _parts(record: Decoded) -> list[_Part]:
    match record.event:
        case CallRestated(was=was, now=now) | AgentRestated(was=was, now=now):
            return [_Part("was", was), _Part("now", now)]
        case event if isinstance(event, FACTS):
            return [_Part("", event)]
        case _:
            return []


def _steps(fact: Fact, source: str, appended_ms: int, directory: Directory) -> Iterator[tuple[Mapping, Fact, Fact]]:
    """The ways from what was told to what is meant now: each with the decision behind it."""
    due = list[tuple[Mapping, Named, str]]()
    for name in names_in(fact):
        at, mappings = moment_of(fact, name.kind), directory.mappings(source, name.kind, name.theirs)
        for place in range(_known(mappings, name.ours, at, appended_ms) + 1, len(mappings) + 1):
            meaning = meaning_at(mappings[:place], at)
            if meaning is not None:
                due.append((mappings[place - 1], name, meaning))
    for mapping, name, meaning in sorted(due, key=lambda each: each[0].number):
        after = renamed(fact, name.kind, meaning)
        if after != fact:
            yield mapping, fact, after
            fact = after


def is_told_so(source: str, name: Named, at: datetime, appended_ms: int, directory: Directory) -> bool:
    """Whether a name in a record needs no correction, whatever else the record says."""
    mappings = directory.mappings(source, name.kind, name.theirs)
    return _known(mappings, name.ours, at, appended_ms) == len(mappings) or meaning_at(mappings, at) is None


def _known(mappings: Sequence[Mapping], told: str, at: datetime, appended_ms: int) -> int:
    """How many decisions of a name whoever told it knew."""
    before = sum(mapping.appended_ms + _SPARE_MS <= appended_ms for mapping in mappings)
    return next((place for place in range(before, 0, -1) if meaning_at(mappings[:place], at) == told), 0)


def _told(  # noqa: PLR0913, PLR0917  # as many as there are things to say of it
    record: Envelope, appended_ms: int, part: _Part, mapping: Mapping, before: Fact, after: Fact
) -> Envelope:
    was, now = (after, before) if part.name == "was" else (before, after)
    told = {
        "occurred_at": record.time,
        "day": _day(record.day, max(appended_ms, mapping.appended_ms)),
        "of": record.id,
        "revision": mapping.number,
        "reason": _REASON,
        "was": was,
        "now": now,
    }
    event = (AgentRestated if isinstance(was, AgentStateLasted) else CallRestated).model_validate(told)
    return Envelope(
        specversion="1.0",
        id=renaming_id(record.id, mapping.identity, part.name),
        source=f"{OF_DIRECTORY}{record.source}",
        type=entry_of(event).name,
        time=event.occurred_at,
        day=event.day,
        data=event_data(event),
        dataschema=event_schema(event),
        subject=record.subject,
        causationid=str(mapping.identity),
    )


def _day(day: date, due_ms: int) -> date:
    """The day under which the log remembers a correction: the fact's, where it will do so for a while yet.

    `due_ms` is since when both the fact and the decision are on the log. Whoever restates may be away from then on, and
    meanwhile the log may come to later days: what is due counts if it is told within half the days that it remembers.
    """
    return max(day, datetime.fromtimestamp(due_ms / 1000, UTC).date() - timedelta(days=DAYS // 2))
