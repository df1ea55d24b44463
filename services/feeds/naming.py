"""An event by the names of the company in place of those of its source, which it keeps beside them. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast

from events.agents import AgentRestated, AgentStateLasted
from events.calls import CallAnswered, CallEnded, CallRestated
from events.directory import NameKind
from events.event import Event

Told = TypeVar("Told", bound=Event)
Means = Callable[[NameKind, str, datetime], str]
"""Whom or what a name of the source means at a moment."""


@dataclass(frozen=True, slots=True)
class Named:
    """A name in an event: the company's, and what the source calls the same."""

    kind: NameKind
    ours: str
    theirs: str


FIELDS: Mapping[NameKind, tuple[str, str]] = {"agent": ("rep", "source_agent"), "queue": ("queue", "source_queue")}
"""Where an event has the company's name, and where the source's."""


def names_in(event: Event) -> list[Named]:
    """The names that a source gave in an event which is no correction."""
    found = list[Named]()
    for kind, (ours, theirs) in FIELDS.items():
        if theirs in type(event).model_fields and (name := getattr(event, ours)) is not None:
            found.append(Named(kind, name, getattr(event, theirs) or name))
    return found


def moment_of(event: Event, kind: NameKind) -> datetime:
    """The moment at which a name in an event is meant: of a time that lasted, its beginning.

    A queue is meant as its caller joined it: whoever joins one and leaves another would wait in the first for ever.
    """
    match event:
        case AgentStateLasted(began_at=began_at):
            return began_at
        case CallAnswered(enqueued_at=datetime() as joined) | CallEnded(enqueued_at=datetime() as joined):
            return joined if kind == "queue" else event.occurred_at
        case _:
            return event.occurred_at


def renamed(event: Told, kind: NameKind, to: str) -> Told:
    """The event with another name of the company for what its source calls the same."""
    ours, theirs = FIELDS[kind]
    known = getattr(event, theirs) or getattr(event, ours)
    return event.model_copy(update={ours: to, theirs: None if to == known else known})


def named(event: Told, means: Means) -> Told:
    """The event by the company's names, where it has those of its source; of a correction, both that it holds."""
    if isinstance(event, CallRestated | AgentRestated):
        parts = {"was": named(event.was, means), "now": named(event.now, means)}
        return cast("Told", event.model_copy(update=parts))
    for name in names_in(event):
        meant = means(name.kind, name.theirs, moment_of(event, name.kind))
        if meant != name.ours:
            event = renamed(event, name.kind, meant)
    return event
