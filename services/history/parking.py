"""What the parked topic says of records: they are set aside for good, archived before or not."""

from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa

from events.codec import decode
from events.law import Verdict
from events.parked import RecordParked
from projections.projection import Projection
from services.history.judging import Row
from services.history.rejudging import judged_otherwise
from services.history.rollups import undo_rollups
from services.history.rows import remake_rows
from services.runtime.parked import TOPIC, Aside, log_source

ASIDE = """
SELECT json_extract_string(said, '$.data.origin')       AS origin,
       json_extract(said, '$.data.position')::BIGINT    AS place,
       json_extract_string(said, '$.data.reason')       AS reason,
       said_at
FROM (SELECT coalesce(json, decode(raw)) AS said, "offset" AS said_at FROM records
      WHERE topic = $topic AND type = 'record.parked' AND verdict = 'counts')
"""
"""What the parked topic says, each with the offset at which it says so."""
_TOLD = f"""
SELECT origin, place, reason
FROM ({ASIDE}) LEFT JOIN progress ON origin = topic || '/' || "partition"
WHERE place >= coalesce(next_offset, 0)
"""
_PARKED = """
CREATE OR REPLACE TEMP TABLE changed AS
SELECT topic, "partition", "offset", noun, id, day, stream, verdict AS was
FROM records JOIN aside USING (topic, "partition", "offset") WHERE verdict IN ('counts', 'repeated', 'expired')
"""
_PARK = """
UPDATE records SET verdict = 'parked', reason = aside.reason FROM aside
WHERE records.topic = aside.topic AND records."partition" = aside."partition" AND records."offset" = aside."offset"
      AND verdict IN ('counts', 'repeated', 'expired')
"""
_SET_ASIDE = 'INSERT INTO set_aside SELECT topic, "partition", "offset" FROM changed'
_FROM = """
SELECT topic, "partition", min("offset") FROM changed WHERE was = 'counts' GROUP BY ALL ORDER BY ALL
"""
_OTHERWISE = """
INSERT INTO changed
SELECT topic, "partition", "offset", noun, id, day, stream, otherwise.verdict
FROM records JOIN otherwise USING (topic, "partition", "offset")
"""
_JUDGE = """
UPDATE records SET verdict = otherwise.verdict FROM otherwise
WHERE records.topic = otherwise.topic AND records."partition" = otherwise."partition"
      AND records."offset" = otherwise."offset"
"""
_TYPE = RecordParked.model_fields["type"].default
_PLACE: list[tuple[str, pa.DataType]] = [("topic", pa.string()), ("partition", pa.int32()), ("offset", pa.int64())]


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
        told = row.record.topic == TOPIC and row.verdict is Verdict.COUNTS and row.type == _TYPE
        event = decode(row.record.raw or b"").event if told else None
        if isinstance(event, RecordParked) and (source := log_source(event.origin)):
            aside.setdefault(source, {})[event.position] = event.reason
    return aside


def park(con: duckdb.DuckDBPyConnection, aside: Aside, projections: Iterable[Projection] | None) -> bool:
    """Set archived records aside; whether any was, so that the law's memory is another now.

    What follows them is judged anew: of a fact, the next record that was told with its id, if there is one in time,
    counts in its place. Without `projections`, rows and rollups are left to whoever makes them anew.
    """
    said = [(*source, offset, reason) for source, offsets in aside.items() for offset, reason in offsets.items()]
    con.register("aside", _table("reason", said))
    con.execute(_PARKED)
    con.execute(_PARK)
    con.execute(_SET_ASIDE)
    con.unregister("aside")
    _judge_later_ones(con)
    if projections is not None:
        remake_rows(con)
        undo_rollups(con, projections)
    [(changed,)] = con.execute("SELECT count(*) FROM changed").fetchall()
    con.execute("DROP TABLE changed")
    return bool(changed)


def _judge_later_ones(con: duckdb.DuckDBPyConnection) -> None:
    """Judge anew what follows on records that have counted; those with another verdict now are `changed` as well."""
    otherwise = [
        (topic, partition, offset, verdict)
        for topic, partition, start in con.execute(_FROM).fetchall()
        for offset, verdict in judged_otherwise(con, (topic, partition), start)
    ]
    con.register("otherwise", _table("verdict", otherwise))
    con.execute(_OTHERWISE)
    con.execute(_JUDGE)
    con.unregister("otherwise")


def _table(name: str, said: Sequence[tuple[object, ...]]) -> pa.Table:
    """What is said of records: their place, and in a column of this name, what."""
    columns: Iterable[Sequence[object]] = zip(*said, strict=True) if said else [()] * (len(_PLACE) + 1)
    kinds = [*_PLACE, (name, pa.string())]
    arrays = [pa.array(column, kind) for column, (_, kind) in zip(columns, kinds, strict=True)]
    return pa.table(arrays, schema=pa.schema(kinds))
