"""Nouns as SQL relations: the rows that a projection reads, made of the JSON of the records that count.

A correction is not a special case. An event that holds `was` and `now` becomes two rows of the type that it corrects:
one that takes `was` back (weight -1), one that brings `now` (weight +1). Everything else is one row of weight +1.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from events.catalogue import NOUNS, Noun

SOURCE = "counted"
"""The table that relations read: noun, json (VARCHAR), and the position of the record (topic, partition, offset)."""

SOURCE_COLUMNS = 'noun VARCHAR, json VARCHAR, topic VARCHAR, "partition" INTEGER, "offset" BIGINT'


ENVELOPE_COLUMNS = ("fact", "type", "time", "day", "source", "subject")
"""The columns of every relation, whatever its noun."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Where in a record the SQL finds an event: its fields, and what the envelope or the correction says of it."""

    data: str
    type: str
    time: str
    day: str


_CORRECTED = {"type": "VARCHAR", "occurred_at": "TIMESTAMP", "day": "DATE"}


@cache
def relation_sql(noun: Noun, source: str = SOURCE) -> str:
    """The SELECT behind the relation of a noun, over a table like SOURCE.

    Columns: `fact` (weight, identity and position, for the framework), `type`, `time`, `day`, `source`, `subject`, and
    the fields of the noun's events. Instants are TIMESTAMPs in UTC.
    """
    rows = [_rows(noun, 1, _Part("event.data", "event.type", "event.time", "event.day"))]
    if noun.restatable:
        rows[0] += f"\nWHERE event.type NOT IN ({_quoted(noun.corrections)})"
        rows += [_corrected(noun, -1, "event.data.was"), _corrected(noun, 1, "event.data.now")]
    union = "\nUNION ALL\n".join(rows)
    return f"WITH record AS (\n{_records(noun, source)}\n)\n{union}"


def create_relations_sql() -> str:
    """Statements that make a view of every noun over the table SOURCE."""
    return "\n".join(f"CREATE OR REPLACE VIEW {noun.name} AS\n{relation_sql(noun)};" for noun in NOUNS.values())


def create_relation_tables_sql() -> str:
    """Statements that make a table of every noun, with the rows that SOURCE has now; a view is planned by every use."""
    return "\n".join(f"CREATE TABLE {noun.name} AS\n{relation_sql(noun)};" for noun in NOUNS.values())


def _records(noun: Noun, source: str) -> str:
    shape = json.dumps(_shape(noun))
    return (
        f'    SELECT TRY(json_transform(json, \'{shape}\')) AS event, topic, "partition", "offset"\n'
        f"    FROM {source} WHERE noun = '{noun.name}'"
    )


def _shape(noun: Noun) -> dict[str, object]:
    fields: dict[str, object] = {name: _stored(column) for name, column in noun.columns.items()}
    if noun.restatable:
        corrected = {name: _stored(column) for name, column in (_CORRECTED | noun.columns).items()}
        fields |= {"was": corrected, "now": corrected}
    return {
        "id": "VARCHAR",
        "type": "VARCHAR",
        "time": "TIMESTAMPTZ",
        "day": "DATE",
        "source": "VARCHAR",
        "subject": "VARCHAR",
        "sequence": "VARCHAR",
        "data": fields,
    }


def _stored(column: str) -> str:
    return "TIMESTAMPTZ" if column == "TIMESTAMP" else column


def _corrected(noun: Noun, weight: int, data: str) -> str:
    part = _Part(data, f"{data}.type", f"{data}.occurred_at", f"{data}.day")
    return f"{_rows(noun, weight, part)}\nWHERE event.type IN ({_quoted(noun.corrections)})"


def _rows(noun: Noun, weight: int, part: _Part) -> str:
    columns = ",\n       ".join(_column(noun, part, name, column) for name, column in noun.columns.items())
    return (
        f"SELECT {{'weight': {weight}, 'id': event.id, 'at': {part.time} AT TIME ZONE 'UTC',\n"
        f"        'sequence': event.sequence, 'topic': topic, 'partition': \"partition\",\n"
        f"        'offset': \"offset\"}} AS fact,\n"
        f"       {part.type} AS type, {part.time} AT TIME ZONE 'UTC' AS time, {part.day} AS day,\n"
        f"       event.source AS source, event.subject AS subject,\n"
        f"       {columns}\n"
        "FROM record"
    )


def _column(noun: Noun, part: _Part, name: str, column: str) -> str:
    value = f'{part.data}."{name}"'
    if column == "TIMESTAMP":
        value = f"{value} AT TIME ZONE 'UTC'"
    for default, types in noun.defaults(name).items():
        value = f"CASE WHEN {part.type} IN ({_quoted(types)}) THEN coalesce({value}, {default}) ELSE {value} END"
    return f'{value} AS "{name}"'


def _quoted(types: Iterable[str]) -> str:
    return ", ".join(f"'{each}'" for each in types)
