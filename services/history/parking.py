"""What the parked topic says of records: they are set aside for good, archived before or not."""

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from events.law import Verdict
from events.parked import RecordParked
from services.history.judging import Row
from services.history.rows import remake_rows
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
_PARKED = """
CREATE OR REPLACE TEMP TABLE changed AS
SELECT topic, "partition", "offset", noun, id, day, stream, verdict AS was
FROM records JOIN aside USING (topic, "partition", "offset") WHERE verdict IN ('counts', 'repeated')
"""
_HEIRS = """
INSERT INTO changed
SELECT records.topic, records."partition", min("offset"), arg_min(records.noun, "offset"), id, day, NULL, 'repeated'
FROM records JOIN (SELECT topic, "partition", id, day FROM changed WHERE was = 'counts' AND stream IS NULL) AS freed
     USING (topic, "partition", id, day)
WHERE verdict = 'repeated'
GROUP BY ALL
"""
_PARK = """
UPDATE records SET verdict = 'parked', reason = aside.reason FROM aside
WHERE records.topic = aside.topic AND records."partition" = aside."partition" AND records."offset" = aside."offset"
      AND verdict IN ('counts', 'repeated')
"""
_COUNT = """
UPDATE records SET verdict = 'counts' FROM changed
WHERE records.topic = changed.topic AND records."partition" = changed."partition"
      AND records."offset" = changed."offset" AND verdict = 'repeated'
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


def park(con: duckdb.DuckDBPyConnection, aside: Aside, *, with_rows: bool) -> bool:
    """Set archived records aside; whether any was, so that the law's memory is another now.

    Of a fact, the next record that was told with its id, if there is one, counts in its place. Unless it is done
    `with_rows`, the rows of relations are left to whoever makes them anew.
    """
    con.register("aside", _table(aside))
    con.execute(_PARKED)
    con.execute(_PARK)
    con.unregister("aside")
    con.execute(_HEIRS)
    con.execute(_COUNT)
    if with_rows:
        remake_rows(con)
    [(changed,)] = con.execute("SELECT count(*) FROM changed").fetchall()
    con.execute("DROP TABLE changed")
    return bool(changed)


def _table(aside: Aside) -> pa.Table:
    rows = [
        (topic, partition, offset, reason)
        for (topic, partition), offsets in aside.items()
        for offset, reason in offsets.items()
    ]
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, kind) for column, (_, kind) in zip(columns, _COLUMNS, strict=True)]
    return pa.table(arrays, schema=pa.schema(_COLUMNS))
