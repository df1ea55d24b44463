"""What the parked topic says of records: they are set aside for good, archived before or not."""

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from events.law import Verdict
from events.parked import RecordParked
from services.history.judging import Row
from services.runtime.parked import TOPIC, Aside, log_source

_TOLD = """
SELECT origin, place, reason
FROM (SELECT json_extract_string(said, '$.data.origin')       AS origin,
             json_extract(said, '$.data.position')::BIGINT    AS place,
             json_extract_string(said, '$.data.reason')       AS reason
      FROM (SELECT coalesce(json, decode(raw)) AS said FROM records
            WHERE topic = $topic AND type = 'record.parked' AND verdict = 'counts'))
     LEFT JOIN progress ON origin = topic || '/' || "partition"
WHERE place >= coalesce(next_offset, 0)
"""
_FREED = """
SELECT topic, "partition", id, day FROM records JOIN aside USING (topic, "partition", "offset")
WHERE records.verdict = 'counts' AND stream IS NULL
"""
_PARK = """
UPDATE records SET verdict = 'parked', reason = aside.reason FROM aside
WHERE records.topic = aside.topic AND records."partition" = aside."partition" AND records."offset" = aside."offset"
      AND verdict IN ('counts', 'repeated')
"""
_COUNT_THE_NEXT = """
UPDATE records SET verdict = 'counts'
FROM (SELECT topic, "partition", min("offset") AS "offset"
      FROM records JOIN freed USING (topic, "partition", id, day) WHERE verdict = 'repeated'
      GROUP BY topic, "partition", id, day) AS heir
WHERE records.topic = heir.topic AND records."partition" = heir."partition" AND records."offset" = heir."offset"
"""
_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("topic", pa.string()),
    ("partition", pa.int32()),
    ("offset", pa.int64()),
    ("reason", pa.string()),
]


def still_to_come(con: duckdb.DuckDBPyConnection) -> Aside:
    """The records that are set aside and not archived yet."""
    aside: Aside = {}
    for origin, offset, reason in con.execute(_TOLD, {"topic": TOPIC}).fetchall():
        if source := log_source(origin):
            aside.setdefault(source, {})[offset] = reason
    return aside


def told_by(rows: Iterable[Row]) -> Aside:
    """The records that these say are set aside."""
    aside: Aside = {}
    for row in rows:
        event = row.decoded.event if row.decoded is not None and row.verdict is Verdict.COUNTS else None
        if isinstance(event, RecordParked) and (source := log_source(event.origin)):
            aside.setdefault(source, {})[event.position] = event.reason
    return aside


def park(con: duckdb.DuckDBPyConnection, aside: Aside) -> bool:
    """Set archived records aside; whether one that counted was, so that the law's memory is another now.

    Of a fact, the next record that was told with its id, if there is one, counts in its place.
    """
    con.register("aside", _table(aside))
    con.execute(f"CREATE OR REPLACE TEMP TABLE freed AS {_FREED}")
    [(parked,)] = con.execute(_PARK).fetchall()
    con.unregister("aside")
    con.execute(_COUNT_THE_NEXT)
    con.execute("DROP TABLE freed")
    return bool(parked)


def _table(aside: Aside) -> pa.Table:
    rows = [
        (topic, partition, offset, reason)
        for (topic, partition), offsets in aside.items()
        for offset, reason in offsets.items()
    ]
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, kind) for column, (_, kind) in zip(columns, _COLUMNS, strict=True)]
    return pa.table(arrays, schema=pa.schema(_COLUMNS))
