"""Which events are behind a difference: of what a report reads, those that count as of only one of two cuts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.history.archive import Archive, Reading, turned
from services.history.limits import Limits
from services.history.nouns_read import nouns_read
from services.history.rendering import zoned
from services.runtime.shards import Positions

MOST = 1_000
"""How many of them are named; all are counted."""

_LAST_DAY = "SELECT day FROM last_told"
_OTHERWISE = "SELECT getvariable('otherwise')"
_CAUSES = """
WITH bounds AS (
    SELECT topic, "partition", coalesce(earlier.before, 0) AS then_before, coalesce(cut.before, 0) AS now_before
    FROM (SELECT unnest($then::STRUCT(topic VARCHAR, "partition" INTEGER, before BIGINT)[], recursive := true))
         AS earlier FULL JOIN cut USING (topic, "partition")
),
then_otherwise AS (
    SELECT unnest($otherwise::STRUCT(topic VARCHAR, "partition" INTEGER, "offset" BIGINT, verdict VARCHAR)[],
                  recursive := true)
),
judged_twice AS (
    SELECT topic, "partition", "offset", appended_at,
           CASE WHEN "offset" < then_before THEN coalesce(then_otherwise.verdict, records.verdict) END  AS was,
           CASE WHEN "offset" < now_before THEN coalesce(otherwise.verdict, records.verdict) END        AS now
    FROM records JOIN bounds USING (topic, "partition")
         LEFT JOIN then_otherwise USING (topic, "partition", "offset")
         LEFT JOIN otherwise USING (topic, "partition", "offset")
    WHERE noun IN (SELECT unnest($nouns::VARCHAR[]))
),
cause AS (
    SELECT topic, "partition", "offset", was, now, count(*) OVER () AS causes
    FROM judged_twice
    WHERE (was IS NOT DISTINCT FROM 'counts') <> (now IS NOT DISTINCT FROM 'counts')
    ORDER BY appended_at, topic, "partition", "offset"
    LIMIT $most
)
SELECT causes, id, type, json_extract_string(coalesce(json, decode(raw)), '$.time')::TIMESTAMPTZ AT TIME ZONE 'UTC',
       topic, "partition", "offset", appended_at, was, now,
       CASE WHEN 'parked' IN (was, now) THEN reason END
FROM cause JOIN records USING (topic, "partition", "offset")
ORDER BY appended_at, topic, "partition", "offset"
"""


@dataclass(frozen=True, slots=True)
class Cause:
    """An event that counts as of one cut and not as of the other."""

    id: UUID
    type: str
    time: datetime
    """When it happened, in UTC."""
    topic: str
    partition: int
    offset: int
    appended_at: datetime
    """When the log learned of it, in UTC."""
    was: str | None
    """What the law said of it then; None: it was not known yet."""
    now: str | None
    reason: str | None
    """Why it is parked, where it is."""


@dataclass(frozen=True, slots=True)
class Causes:
    """The events behind a difference, and how many there are."""

    count: int
    listed: tuple[Cause, ...]
    """The first `MOST`, by when they were appended."""
    last_days: tuple[date | None, date | None]
    """The last business day that the log told of, then and now, be it by events of other nouns; None: of none."""


def causes(archive: Archive, sql: str, then: Positions, now: Positions, limits: Limits) -> Causes:
    """What counts as of only one of two cuts, among what a report reads; raises HistoryError.

    That a record is set aside, or counts in the place of one that was, is such a difference too.
    """
    with archive.reading(then) as earlier, limits.time(earlier.con):
        first_day, otherwise = _last_day(earlier), _otherwise(earlier)
        reading = turned(earlier, now)
        asked = {
            "then": [
                {"topic": topic, "partition": number, "before": before} for (topic, number), before in then.items()
            ],
            "otherwise": otherwise,
            "nouns": sorted(nouns_read(reading.con, sql)),
            "most": MOST,
        }
        rows = reading.con.execute(_CAUSES, asked).fetchall()
        return _causes(rows, (first_day, _last_day(reading)))


def _causes(rows: Sequence[tuple[Any, ...]], last_days: tuple[date | None, date | None]) -> Causes:
    count = rows[0][0] if rows else 0
    return Causes(count, tuple(_cause(*row[1:]) for row in rows), last_days)


def _cause(*row: Any) -> Cause:  # noqa: ANN401  # a row of DuckDB
    cause = Cause(*row)
    return replace(cause, time=zoned(cause.time), appended_at=zoned(cause.appended_at))


def _last_day(reading: Reading) -> date | None:
    day: date | None
    [(day,)] = reading.con.execute(_LAST_DAY).fetchall()
    return day


def _otherwise(reading: Reading) -> list[dict[str, object]]:
    """Of which records the law said something else as of the reading's cut."""
    verdicts: list[dict[str, object]] | None
    [(verdicts,)] = reading.con.execute(_OTHERWISE).fetchall()
    return verdicts or []
