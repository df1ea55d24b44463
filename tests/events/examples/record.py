"""An event with the record around it, as its writer would put it on the log; everything is fixed, nothing is random."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypedDict
from uuid import UUID, uuid5

import msgspec

from events.catalogue import EventType, entry_of
from events.codec import event_data, event_schema
from events.envelope import Envelope, write_expects
from events.event import Event
from events.ids import KVOTA, fact_id

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Example:
    """One event of a sales day, and its record."""

    event: Event
    envelope: Envelope

    @property
    def entry(self) -> EventType:
        """Its place in the catalogue."""
        return entry_of(self.event)


class Context(TypedDict):
    """The attributes of a record that come from its event."""

    specversion: str
    source: str
    type: str
    time: datetime
    day: date
    data: msgspec.Raw
    dataschema: str
    recordedtime: datetime


def fact(  # noqa: PLR0913  # the parts of an id are many
    event: Event, source: str, subject: str, number: int, leg: str = "", *, identity: UUID | None = None
) -> Example:
    """Put a fact from outside in its record; `number` is its place in the source's own order."""
    told = identity or fact_id(source, subject, leg, entry_of(event).name, number)
    return Example(
        event,
        Envelope(**_context(event, source), id=told, subject=subject, sequence=f"{number:020}"),
    )


def decision(  # noqa: PLR0913  # a record has many attributes
    event: Event,
    stream: str,
    version: int,
    *,
    by: str,
    expects: Mapping[str, int] | None = None,
    causation: UUID | None = None,
) -> Example:
    """Put a decision in its record: the `version` of its stream, decided by the person `by`."""
    identity = uuid5(KVOTA, f"{stream}@{version}")
    return Example(
        event,
        Envelope(
            **_context(event, "/desk"),
            id=identity,
            subject=stream,
            stream=stream,
            streamversion=version,
            expects=write_expects(expects or {}),
            commandid=str(uuid5(identity, "command")),
            correlationid=str(uuid5(identity, "request")),
            causationid=str(causation) if causation else None,
            authid=by,
        ),
    )


def _context(event: Event, source: str) -> Context:
    return Context(
        specversion="1.0",
        source=source,
        type=entry_of(event).name,
        time=event.occurred_at,
        day=event.day,
        data=event_data(event),
        dataschema=event_schema(event),
        recordedtime=event.occurred_at + _SECOND,
    )
