"""Closed moments: what was known at one can be said once nothing can come that would have been known at it.

A partition is closed up to a moment when it holds a record appended later, for then all others come after that one; or
when it had been read to its end at that moment. The second is remembered, for the first record that comes after it may
bear an earlier time of a clock that is behind: it was not known at that moment all the same.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import duckdb

from services.runtime.shards import Source

_NOTE = """
INSERT INTO closings
SELECT topic, "partition", coalesce(next_offset, 0), $moment
FROM (SELECT unnest($topics::VARCHAR[]) AS topic, unnest($partitions::INTEGER[]) AS "partition")
     LEFT JOIN progress USING (topic, "partition")
ON CONFLICT (topic, "partition", before) DO UPDATE SET moment = greatest(moment, excluded.moment)
"""
_NEW = """
INSERT INTO closings
SELECT topic, "partition", 0, $moment
FROM (SELECT unnest($topics::VARCHAR[]) AS topic, unnest($partitions::INTEGER[]) AS "partition")
     ANTI JOIN progress USING (topic, "partition") ANTI JOIN closings USING (topic, "partition")
"""
_FORGET = """
DELETE FROM closings USING (
    SELECT topic, "partition", coalesce(any_value(next_offset), 0) AS next_offset,
           arg_min(appended_at, "offset") AS first
    FROM batch LEFT JOIN progress USING (topic, "partition") GROUP BY ALL
) AS came
WHERE closings.topic = came.topic AND closings."partition" = came."partition"
      AND before = next_offset AND first > moment
"""
_UNTIL = """
SELECT min(until)
FROM (SELECT greatest(max(moment), max(latest) - INTERVAL 1 MILLISECOND) AS until
      FROM progress FULL JOIN closings USING (topic, "partition") GROUP BY topic, "partition")
"""
_KNOWN = """
SELECT topic, "partition", least(of_records.before, of_closings.before) AS before
FROM (SELECT topic, "partition", coalesce(min("offset") FILTER (appended_at > $moment), next_offset) AS before
      FROM progress JOIN records USING (topic, "partition") GROUP BY topic, "partition", next_offset) AS of_records
     LEFT JOIN (SELECT topic, "partition", min(before) AS before FROM closings
                WHERE moment >= $moment GROUP BY topic, "partition") AS of_closings USING (topic, "partition")
"""


_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Before any record: up to here is closed whatever nobody has read."""


def note_ends(con: duckdb.DuckDBPyConnection, moment: datetime, sources: Iterable[Source]) -> None:
    """Remember that at a moment these partitions held no more than is archived of them."""
    con.execute(_NOTE, _columns(moment, sources))


def note_new(con: duckdb.DuckDBPyConnection, sources: Iterable[Source]) -> None:
    """Remember of partitions that have just been found that nothing of them was known at any moment closed by now.

    Where nothing was ever noted, it is the archive that is new, and not they: they are open until they have been read.
    """
    [(noted,)] = con.execute("SELECT count(*) FROM closings").fetchall()
    until = closed_until(con) if noted else None
    con.execute(_NEW, _columns(until or _BEGINNING, sources))


def forget_implied(con: duckdb.DuckDBPyConnection) -> None:
    """Forget closings that the times of the records in the table `batch`, which is not archived yet, say as well."""
    con.execute(_FORGET)


def closed_until(con: duckdb.DuckDBPyConnection) -> datetime | None:
    """The latest moment up to which every partition is closed; None: none is."""
    [(until,)] = con.execute(_UNTIL).fetchall()
    return None if until is None or until == _naive(_BEGINNING) else until.replace(tzinfo=UTC)


def known_at(con: duckdb.DuckDBPyConnection, moment: datetime) -> dict[Source, int]:
    """How much of each partition was known at a moment: what lies before the first record that was not."""
    rows = con.execute(_KNOWN, {"moment": _naive(moment)}).fetchall()
    return {(topic, partition): before for topic, partition, before in rows}


def _columns(moment: datetime, sources: Iterable[Source]) -> dict[str, object]:
    places = list(sources)
    topics, partitions = [topic for topic, _ in places], [partition for _, partition in places]
    return {"moment": _naive(moment), "topics": topics, "partitions": partitions}


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
