"""What the law said of records before others were set aside: the verdicts as of a cut of the parked topic.

The table of records has what the law says of each today. A cut that names the parked topic knows of no more than what
is parked before it; what was set aside later, and whatever the law says otherwise because of that, is judged anew for
it. So it does not matter in which order the archive heard of things, and a file that is made anew says the same.
"""

from collections import defaultdict
from collections.abc import Iterator

import duckdb

from services.history.parking import ASIDE
from services.history.rejudging import judged_otherwise
from services.runtime.parked import PARKED, TOPIC
from services.runtime.shards import Positions, Source

_LATER = f"""
SELECT topic, "partition", "offset"
FROM (SELECT origin, place, min(said_at) AS said_at FROM ({ASIDE}) GROUP BY ALL)
     JOIN records ON origin = records.topic || '/' || records."partition" AND place = records."offset"
     JOIN cut USING (topic, "partition")
WHERE said_at >= $known AND "offset" < before AND verdict = 'parked'
"""
_SAY = "SET VARIABLE otherwise = $verdicts"


def say_earlier_verdicts(con: duckdb.DuckDBPyConnection, cut: Positions, archived: Positions) -> None:
    """Have the views of a connection whose cut is set say of each record what the law said of it then.

    A cut that does not name the parked topic knows of all that is parked.
    """
    known = cut.get(PARKED)
    con.execute(_SAY, {"verdicts": None})
    if known is not None and known < archived.get(PARKED, 0):
        verdicts = list(_verdicts(con, cut, known))
        con.execute(_SAY, {"verdicts": verdicts or None})


def _verdicts(con: duckdb.DuckDBPyConnection, cut: Positions, known: int) -> Iterator[dict[str, object]]:
    """Each record before the cut of which the law said something else, and what it said."""
    for (topic, partition), offsets in _set_aside_later(con, known).items():
        source, start, before = (topic, partition), min(offsets), cut[topic, partition]
        for offset, verdict in judged_otherwise(con, source, start, before, offsets):
            yield {"topic": topic, "partition": partition, "offset": offset, "verdict": verdict}


def _set_aside_later(con: duckdb.DuckDBPyConnection, known: int) -> dict[Source, set[int]]:
    """The records before the cut that were set aside after it."""
    later: dict[Source, set[int]] = defaultdict(set)
    for topic, partition, offset in con.execute(_LATER, {"topic": TOPIC, "known": known}).fetchall():
        later[topic, partition].add(offset)
    return later
