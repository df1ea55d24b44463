"""Nouns as SQL relations: the rows that a projection reads, made from the JSON of the records that count.

A correction is not a special case. An event that holds `was` and `now` becomes two rows of the type that it corrects: one
that takes `was` back (weight -1), one that brings `now` (weight +1). Everything else is one row of weight +1.
"""

import json

from events.catalogue import NOUNS, Noun

SOURCE = "counted"
"""The table that relations read: noun, json (VARCHAR), and the position of the record (topic, partition, offset)."""

SOURCE_COLUMNS = 'noun VARCHAR, json VARCHAR, topic VARCHAR, "partition" INTEGER, "offset" BIGINT'

_CORRECTED = {"type": "VARCHAR", "occurred_at": "TIMESTAMP", "day": "DATE"}


def relation_sql(noun: Noun) -> str:
    """The SELECT behind the relation of a noun.

    Columns: `fact` (weight, identity and position, for the framework), `type`, `time`, `day`, `source`, `subject`, and the
    fields of the noun's events. Instants are TIMESTAMPs in UTC.
    """
    rows = [_rows(noun, weight=1, part="event.data", type_="event.type", time="event.time", day="event.day")]
    if noun.restatable:
        rows[0] += "\nWHERE event.data.was IS NULL"
        rows += [_corrected(noun, -1, "was"), _corrected(noun, 1, "now")]
    union = "\nUNION ALL\n".join(rows)
    return f"WITH record AS (\n{_records(noun)}\n)\n{union}"


def create_relations_sql() -> str:
    """Statements that make a view of every noun over the table SOURCE."""
    return "\n".join(f"CREATE OR REPLACE VIEW {noun.name} AS\n{relation_sql(noun)};" for noun in NOUNS.values())


def _records(noun: Noun) -> str:
    shape = json.dumps(_shape(noun))
    return (
        f"    SELECT json_transform(json, '{shape}') AS event, topic, \"partition\", \"offset\"\n"
        f"    FROM {SOURCE} WHERE noun = '{noun.name}'"
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


def _corrected(noun: Noun, weight: int, part: str) -> str:
    data = f"event.data.{part}"
    rows = _rows(noun, weight=weight, part=data, type_=f"{data}.type", time=f"{data}.occurred_at", day=f"{data}.day")
    return f"{rows}\nWHERE {data} IS NOT NULL"


def _rows(noun: Noun, *, weight: int, part: str, type_: str, time: str, day: str) -> str:
    columns = ",\n       ".join(_column(part, name, column) for name, column in noun.columns.items())
    return (
        f"SELECT {{'weight': {weight}, 'id': event.id, 'at': {time} AT TIME ZONE 'UTC', 'sequence': event.sequence,\n"
        f"        'topic': topic, 'partition': \"partition\", 'offset': \"offset\"}} AS fact,\n"
        f"       {type_} AS type, {time} AT TIME ZONE 'UTC' AS time, {day} AS day,\n"
        f"       event.source AS source, event.subject AS subject,\n"
        f"       {columns}\n"
        "FROM record"
    )


def _column(part: str, name: str, column: str) -> str:
    value = f'{part}."{name}"'
    return f'{value} AT TIME ZONE \'UTC\' AS "{name}"' if column == "TIMESTAMP" else f'{value} AS "{name}"'
