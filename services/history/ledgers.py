"""The law's memory: a ledger for each partition of the log, taken from what is archived."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import duckdb

from events.law import Ledger, SeenIds
from events.window import FARTHEST_EAST
from services.runtime.shards import FACT_TOPICS, Source

_HOT_DAYS = 7
LAST = 2**63 - 1
"""An offset after that of every record."""

_HEADS = """
SELECT stream, max(streamversion) FROM records
WHERE topic = $topic AND "partition" = $partition AND "offset" < $before AND verdict IN ('counts', 'parked')
      AND stream IS NOT NULL
GROUP BY stream
"""
_IDS = """
SELECT id FROM records
WHERE topic = $topic AND "partition" = $partition AND "offset" < $before AND verdict = 'counts' AND stream IS NULL
      AND day = $day
"""
TOLD_DAY = "least(day, (appended_at + $farthest_east)::DATE)"
"""The business day of a record, no later than any had begun when the log took it, as `events.window` says."""
_DAY = f"""
SELECT max({TOLD_DAY}) FROM records
WHERE topic = $topic AND "partition" = $partition AND "offset" < $before AND verdict = 'counts'
"""


class Ledgers:
    """One ledger a partition: a fact's id, and a stream's name, lie in the partition of their key and in no other."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        """Remember nothing yet: what a partition needs is read when its first record comes."""
        self._con = con
        self._ledgers: dict[Source, Ledger] = {}
        self._seen: dict[Source, SeenIds] = {}

    def of(self, source: Source) -> Ledger:
        """The ledger of a partition, as of its last archived record."""
        if source not in self._ledgers:
            ledger, self._seen[source] = ledger_before(self._con, source)
            self._ledgers[source] = ledger
        return self._ledgers[source]

    def forget_old_days(self) -> None:
        """Keep in memory the ids of the latest days only: the others are read again when one is asked for."""
        for seen in self._seen.values():
            for day in sorted(seen.days)[:-_HOT_DAYS]:
                del seen.days[day]

    def forget(self) -> None:
        """Start afresh from what is archived."""
        self._ledgers.clear()


def ledger_before(con: duckdb.DuckDBPyConnection, source: Source, before: int = LAST) -> tuple[Ledger, SeenIds]:
    """The ledger of a partition as of its archived records before an offset, and the ids in it, read when asked for."""
    topic, partition = source
    about = {"topic": topic, "partition": partition, "before": before}

    def ids(day: date) -> Iterable[UUID]:
        return [row[0] for row in con.execute(_IDS, about | {"day": day}).fetchall()]

    [(day,)] = con.execute(_DAY, about | {"farthest_east": FARTHEST_EAST}).fetchall()
    heads, seen = dict(con.execute(_HEADS, about).fetchall()), SeenIds(ids)
    return Ledger(seen, heads, day, expires=topic in FACT_TOPICS), seen
