"""What a number is not made of: the records about it that do not count, each with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from events.catalogue import NOUNS
from projections.projection import Projection
from projections.relations import relation_sql
from services.history.archive import Reading


@dataclass(frozen=True, slots=True)
class Excluded:
    """A record that adds nothing: what the law says of it, and why it is parked or unreadable."""

    topic: str
    partition: int
    offset: int
    id: UUID | None
    """None, as the type is, where the record cannot be read: then nobody knows which number it is about."""
    type: str | None
    verdict: str
    reason: str | None


def as_plain(each: Excluded) -> dict[str, object]:
    """It as JSON holds it."""
    return {
        "id": None if each.id is None else str(each.id),
        "type": each.type,
        "position": f"{each.topic}/{each.partition}/{each.offset}",
        "verdict": each.verdict,
        "reason": each.reason,
    }


def excluded(
    reading: Reading, projection: Projection, where: str, parameters: Mapping[str, str | None]
) -> tuple[Excluded, ...]:
    """The records that would add to some cells of a projection if they counted, as of the cut; and unreadable ones.

    `where` is a condition on its key columns. Those that cannot be read are all that lie in the topics of its nouns.
    """
    topics = sorted({NOUNS[relation].topic for relation in projection.relations})
    rows = reading.con.execute(_sql(projection, where), {**parameters, "topics": topics}).fetchall()
    return tuple(Excluded(*row) for row in rows)


def contributions_left_out_sql(projection: Projection) -> str:
    """The SELECT of what records that do not count would add to the cells of a projection."""
    relations = ",\n".join(f"{name} AS (\n{relation_sql(NOUNS[name], 'left_out')}\n)" for name in projection.relations)
    return f"WITH {relations}\n{projection.contributions_sql}"


def _sql(projection: Projection, where: str) -> str:
    return f"""
WITH about AS (
    SELECT DISTINCT fact.topic AS topic, fact."partition" AS "partition", fact."offset" AS "offset"
    FROM ({contributions_left_out_sql(projection)}) WHERE {where}
)
SELECT topic, "partition", "offset", id, type, verdict, CASE WHEN verdict IN ('parked', 'unreadable') THEN reason END
FROM (FROM judged SEMI JOIN about USING (topic, "partition", "offset")
      UNION ALL
      FROM judged WHERE verdict = 'unreadable' AND topic IN (SELECT unnest($topics::VARCHAR[])))
ORDER BY topic, "partition", "offset"
"""
