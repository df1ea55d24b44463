"""Judging archived records anew, where others are set aside than were when the law judged them."""

from collections.abc import Container, Iterator
from typing import NamedTuple

import duckdb

from events.law import Told, Verdict
from services.history.ledgers import LAST, ledger_before
from services.runtime.shards import Source

_LATER = """
SELECT "offset", epoch_ms(appended_at), id, day, stream, verdict FROM records
WHERE topic = $topic AND "partition" = $partition AND "offset" >= $start AND "offset" < $before
      AND (verdict IN ('counts', 'parked') OR verdict IN ('repeated', 'expired') AND stream IS NULL)
ORDER BY "offset" LIMIT $most
"""
_FETCHED_AT_ONCE = 200_000


def judged_otherwise(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    start: int,
    before: int = LAST,
    brought_back: Container[int] = (),
) -> Iterator[tuple[int, str]]:
    """The records of a stretch of a partition of which the law says something else now, and what.

    What is parked in it stays so, but for what is brought back; before the stretch everything stays as it is.
    """
    ledger, _ = ledger_before(con, source, start)
    topic, partition = source
    about = {"topic": topic, "partition": partition, "before": before, "most": _FETCHED_AT_ONCE}
    while rows := con.execute(_LATER, about | {"start": start}).fetchall():
        for offset, appended_ms, event_id, day, stream, verdict in rows:
            if verdict == Verdict.PARKED and offset not in brought_back:
                continue
            if stream is None:
                now = ledger.judge(_Fact((event_id.bytes, day)), appended_ms)
            else:
                now = Verdict.COUNTS  # as it did before it was parked: that left its version as it was
                ledger.come_to(day, appended_ms)
            if now != verdict:
                yield offset, now.value
        start = rows[-1][0] + 1


class _Fact(NamedTuple):
    """What the law wants to know of a fact."""

    told: Told
    stream: None = None
    streamversion: None = None
    expects: None = None
