"""The facts that a report declares to be behind a row: those that count, and those that do not, with the reason."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from events.catalogue import NOUNS
from projections.relations import ENVELOPE_COLUMNS, relation_sql
from services.history.archive import Archive, Reading
from services.history.behind import Behind
from services.history.excluded import Excluded, contributions_left_out_sql
from services.history.questions import Value
from services.history.report import Field
from services.history.schema import contributions_of

MOST = 1_000
"""How many facts of one declaration are named, and how many records that do not count; all are counted."""

_UNSAID = frozenset(ENVELOPE_COLUMNS) - {"day"}
_READ = re.compile(r"\b(?:FROM|JOIN) (\w+)")
_FACTS = """
WITH {beside}said AS (
    SELECT count(*) OVER () AS found, told.fact AS fact, told
    FROM (SELECT * FROM {source} AS {name} WHERE {condition}) AS told
    ORDER BY fact.at, fact.topic, fact."partition", fact."offset", fact.weight
    LIMIT {most}
)
SELECT found, records.id, records.type, fact.at AT TIME ZONE 'UTC',
       fact.topic, fact."partition", fact."offset", fact.weight, told
FROM said JOIN records ON records.topic = fact.topic
                      AND records."partition" = fact."partition"
                      AND records."offset" = fact."offset"
ORDER BY fact.at, fact.topic, fact."partition", fact."offset", fact.weight
"""
_LEFT_OUT = """
SELECT told.fact.topic AS topic, told.fact."partition" AS "partition", told.fact."offset" AS "offset"
FROM (SELECT * FROM {source} AS {name} WHERE {condition}) AS told
"""
_WIDER = "{name} AS NOT MATERIALIZED (FROM main.{name} UNION ALL BY NAME FROM ({left_out}))"
_EXCLUDED = """
WITH {beside}about AS (
{about}
)
SELECT count(*) OVER (), topic, "partition", "offset", id, type, verdict,
       CASE WHEN verdict IN ('parked', 'unreadable') THEN reason END
FROM (FROM judged SEMI JOIN about USING (topic, "partition", "offset")
      UNION ALL
      FROM judged WHERE verdict = 'unreadable' AND topic IN ({topics}))
ORDER BY topic, "partition", "offset"
LIMIT {most}
"""


Asked = Mapping[str, Value | Field]
"""The values of the parameters, and of the row, by the names that conditions have for them."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What one event says: of weight 1, or of weight -1 where a correction takes it back."""

    id: UUID
    type: str
    time: datetime
    """When it happened, in UTC: of a correction, when that happened which it corrects."""
    topic: str
    partition: int
    offset: int
    weight: int
    says: Mapping[str, object]
    """The fields of the event that have a value; of a projection, the key and what is added."""


@dataclass(frozen=True, slots=True)
class Part:
    """The facts of one declaration."""

    behind: Behind
    count: int
    listed: tuple[Fact, ...]
    """The first `MOST`, by when they happened."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The records that declarations are about and that do not count, and those that nobody can read."""

    count: int
    listed: tuple[Excluded, ...]
    """The first `MOST`, by where they lie."""


def facts_behind(archive: Archive, reading: Reading, behind: Behind, asked: Asked) -> Part:
    """The facts of a declaration, where `asked` has the values of the parameters and of the row.

    Raises UnknownNameError when there is no such relation, and duckdb.Error when the condition cannot be asked of it.
    """
    is_noun = behind.relation in NOUNS
    source = behind.relation if is_noun else contributions_of(archive.projection(behind.relation))
    rows = _rows(reading, _facts_sql(source, behind), [behind], asked)
    return Part(behind, rows[0][0] if rows else 0, tuple(_fact(*row[1:]) for row in rows))


def left_out(archive: Archive, reading: Reading, declared: Sequence[Behind], asked: Asked) -> LeftOut:
    """What does not count of several declarations; of what cannot be read nobody knows which row it is about."""
    if not declared:
        return LeftOut(0, ())
    rows = _rows(reading, _left_out_sql(archive, declared), declared, asked)
    return LeftOut(rows[0][0] if rows else 0, tuple(Excluded(*row[1:]) for row in rows))


def _facts_sql(source: str, behind: Behind) -> str:
    told = {"source": source, "name": behind.relation, "condition": behind.condition}
    return _FACTS.format(**told, beside=_beside(behind.beside), most=MOST)


def _left_out_sql(archive: Archive, declared: Sequence[Behind]) -> str:
    about = (
        _LEFT_OUT.format(source=_unheeded(archive, each), name=each.relation, condition=each.condition)
        for each in declared
    )
    topics = sorted({f"'{NOUNS[noun].topic}'" for each in declared for noun in _nouns(archive, each)})
    beside = _beside((*_wider(archive, declared), *declared[0].beside))
    return _EXCLUDED.format(beside=beside, about="UNION".join(about), topics=", ".join(topics), most=MOST)


def _beside(relations: Iterable[str]) -> str:
    return "".join(f"{each},\n" for each in relations)


def _wider(archive: Archive, declared: Sequence[Behind]) -> Iterator[str]:
    """What conditions read, each under its name: with the records that do not count, as if they did.

    A call is among those that are asked about though all that is known of it does not count.
    """
    read = set(_READ.findall(" ".join(text for each in declared for text in (*each.beside, each.condition))))
    for name in sorted(read & NOUNS.keys()):
        yield _WIDER.format(name=name, left_out=relation_sql(NOUNS[name], "left_out"))
    for projection in archive.projections.values():
        if f"{projection.name}_contributions" in read:
            yield _WIDER.format(name=contributions_of(projection), left_out=contributions_left_out_sql(projection))


def _unheeded(archive: Archive, behind: Behind) -> str:
    """The relation of a declaration as the records would make it that do not count."""
    if behind.relation in NOUNS:
        return f"({relation_sql(NOUNS[behind.relation], 'left_out')})"
    return f"({contributions_left_out_sql(archive.projection(behind.relation))})"


def _nouns(archive: Archive, behind: Behind) -> frozenset[str]:
    return frozenset({behind.relation}) if behind.relation in NOUNS else archive.projection(behind.relation).relations


def _rows(reading: Reading, sql: str, declared: Sequence[Behind], asked: Asked) -> list[tuple[Any, ...]]:
    names = frozenset[str]().union(*(each.asked for each in declared))
    return reading.con.execute(sql, {name: asked[name] for name in names}).fetchall()


def _fact(*row: Any) -> Fact:  # noqa: ANN401  # a row of DuckDB
    fact = Fact(*row)
    says = {name: value for name, value in fact.says.items() if name not in _UNSAID and value is not None}
    return replace(fact, says=says)
