"""Every event there is: by type, by noun and by topic; and the columns that a noun has in SQL."""

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from events.accesses import AccessEvent
from events.agents import AgentEvent
from events.calls import CallEvent
from events.deals import DealEvent
from events.directory import DirectoryEvent
from events.erasures import ErasureEvent
from events.event import Event
from events.feeds import FeedEvent
from events.goals import GoalEvent
from events.leads import LeadEvent
from events.parked import ParkedEvent
from events.people import PersonEvent
from events.tactics import TacticEvent
from events.training import TrainingEvent
from events.upcasters import UPCASTERS, check_chains

DECISIONS = "kvota.decisions"


@dataclass(frozen=True)
class EventType:
    """One type of event: its name in the log, its current version and the class that holds it."""

    name: str
    version: int
    model: type[Event]
    noun: str

    @property
    def corrects(self) -> bool:
        """Whether it takes an earlier event back: then it holds `was` and `now`, which are events themselves."""
        return {"was", "now"} <= self.model.model_fields.keys()

    @cached_property
    def corrected(self) -> frozenset[str]:
        """The types of events that it can take back."""
        if not self.corrects:
            return frozenset()
        held = members(self.model.model_fields["was"].annotation)
        return frozenset(str(model.model_fields["type"].default) for model in held)


@dataclass(frozen=True)
class Noun:
    """What a family of events is about: a module here, a relation in SQL, and the topic that it rides on."""

    name: str
    topic: str
    models: tuple[type[Event], ...]

    @cached_property
    def types(self) -> dict[str, EventType]:
        """The noun's events by type name."""
        return {entry.name: entry for entry in map(self._entry, self.models)}

    @cached_property
    def restatable(self) -> bool:
        """Whether some event of the noun takes back an earlier one."""
        return any(entry.corrects for entry in self.types.values())

    @cached_property
    def columns(self) -> dict[str, str]:
        """The DuckDB type of each column of the relation: the fields of all its events, by name."""
        columns: dict[str, str] = {}
        for entry in self.types.values():
            for name, duckdb_type in _fields(entry).items():
                if name in _TAKEN:
                    message = f"{self.name}.{name} would hide the record's own {name}"
                    raise TypeError(message)
                if columns.setdefault(name, duckdb_type) != duckdb_type:
                    message = f"{self.name}.{name} is {columns[name]} in one event and {duckdb_type} in another"
                    raise TypeError(message)
        return columns

    @cached_property
    def corrections(self) -> tuple[str, ...]:
        """The types of events that take back an earlier one."""
        return tuple(entry.name for entry in self.types.values() if entry.corrects)

    @cached_property
    def corrected(self) -> frozenset[str]:
        """The types of events that may be taken back; the others stand for ever."""
        return frozenset[str]().union(*(entry.corrected for entry in self.types.values()))

    def defaults(self, column: str) -> dict[str, tuple[str, ...]]:
        """What stands in a column where an event leaves the field out: the value as SQL, and the types it is for."""
        found: dict[str, tuple[str, ...]] = {}
        for entry in self.types.values():
            field = entry.model.model_fields.get(column)
            if field is not None and not field.is_required() and field.default is not None:
                written = _literal(field.default)
                found[written] = (*found.get(written, ()), entry.name)
        return found

    def _entry(self, model: type[Event]) -> EventType:
        fields = model.model_fields
        return EventType(str(fields["type"].default), int(fields["version"].default), model, self.name)


def members(union: object) -> tuple[type[Event], ...]:
    """Give the event classes of a union such as CallEvent, in order."""
    return cast("tuple[type[Event], ...]", get_args(union) or (union,))


NOUNS: Mapping[str, Noun] = {
    noun.name: noun
    for noun in (
        Noun("calls", "kvota.calls", members(CallEvent)),
        Noun("agents", "kvota.agents", members(AgentEvent)),
        Noun("feeds", "kvota.feeds", members(FeedEvent)),
        Noun("parked", "kvota.parked", members(ParkedEvent)),
        Noun("erasures", "kvota.records", members(ErasureEvent)),
        Noun("accesses", "kvota.records", members(AccessEvent)),
        Noun("people", DECISIONS, members(PersonEvent)),
        Noun("goals", DECISIONS, members(GoalEvent)),
        Noun("deals", DECISIONS, members(DealEvent)),
        Noun("leads", DECISIONS, members(LeadEvent)),
        Noun("training", DECISIONS, members(TrainingEvent)),
        Noun("tactics", DECISIONS, members(TacticEvent)),
        Noun("directory", DECISIONS, members(DirectoryEvent)),
    )
}

CATALOGUE: Mapping[str, EventType] = {name: entry for noun in NOUNS.values() for name, entry in noun.types.items()}

check_chains({entry.name: entry.version for entry in CATALOGUE.values()}, UPCASTERS)


_BY_MODEL: Mapping[type[Event], EventType] = {entry.model: entry for entry in CATALOGUE.values()}


def entry_of(event: Event) -> EventType:
    """Find the type, version and noun of an event at hand."""
    return _BY_MODEL[type(event)]


def topic_of(event: Event) -> str:
    """Name the topic that an event is appended to."""
    return NOUNS[entry_of(event).noun].topic


CONTEXT = ("type", "version", "occurred_at", "day")
_TAKEN = ("fact", "time", "source", "subject", "stretch")
"""Columns that every relation, or its rows in history, has besides: no event may have a field of such a name."""
_SCALARS: Mapping[object, str] = {
    str: "VARCHAR",
    bool: "BOOLEAN",
    int: "BIGINT",
    date: "DATE",
    datetime: "TIMESTAMP",
    UUID: "UUID",
}


def _fields(entry: EventType) -> dict[str, str]:
    """Give the columns of an event: its fields, less those of the envelope and less `was` and `now`, which are rows."""
    skipped = {*CONTEXT, "was", "now"} if entry.corrects else set(CONTEXT)
    fields = entry.model.model_fields.items()
    return {name: _duckdb_type(info.annotation) for name, info in fields if name not in skipped}


def _literal(default: object) -> str:
    """A default value of an event's field, as SQL."""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, int):
        return str(default)
    if default == ():
        return "[]"
    return "'" + str(default).replace("'", "''") + "'"


def _duckdb_type(annotation: Any) -> str:  # noqa: ANN401  # an annotation has no narrower type
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _duckdb_type(args[0])
    if origin is Literal:
        return _only({_SCALARS[type(value)] for value in args}, annotation)
    if origin in (Union, types.UnionType):
        return _only({_duckdb_type(arg) for arg in args if arg is not type(None)}, annotation)
    if origin is tuple:
        return f"{_duckdb_type(args[0])}[]"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner = ", ".join(f'"{name}" {_duckdb_type(info.annotation)}' for name, info in annotation.model_fields.items())
        return f"STRUCT({inner})"
    return _SCALARS[annotation]


def _only(found: set[str], annotation: object) -> str:
    if len(found) != 1:
        message = f"{annotation} has no single type in SQL: {sorted(found)}"
        raise TypeError(message)
    return found.pop()


def every_model() -> Iterator[type[Event]]:
    """Give all event classes, in the order of the catalogue."""
    return (entry.model for entry in CATALOGUE.values())
