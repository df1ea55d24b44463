"""The law's memory: a ledger for each partition of the log, taken from what is archived."""

from collections.abc import Iterable
from datetime import date
from functools import partial
from uuid import UUID

import duckdb

from events.law import Ledger, SeenIds
from services.runtime.shards import Source

_HOT_DAYS = 7

_HEADS = """
SELECT stream, max(streamversion) FROM records
WHERE topic = $topic AND "partition" = $partition AND verdict IN ('counts', 'parked') AND stream IS NOT NULL
GROUP BY stream
"""
_IDS = """
SELECT id FROM records
WHERE topic = $topic AND "partition" = $partition AND verdict = 'counts' AND stream IS NULL AND day = $day
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
            self._seen[source] = SeenIds(partial(self._ids, source))
            self._ledgers[source] = Ledger(self._seen[source], self._heads(source))
        return self._ledgers[source]

    def forget_old_days(self) -> None:
        """Keep in memory the ids of the latest days only: the others are read again when one is asked for."""
        for seen in self._seen.values():
            for day in sorted(seen.days)[:-_HOT_DAYS]:
                del seen.days[day]

    def forget(self) -> None:
        """Start afresh from what is archived."""
        self._ledgers.clear()

    def _heads(self, source: Source) -> dict[str, int]:
        return dict(self._con.execute(_HEADS, _about(source)).fetchall())

    def _ids(self, source: Source, day: date) -> Iterable[UUID]:
        return [row[0] for row in self._con.execute(_IDS, _about(source) | {"day": day}).fetchall()]


def _about(source: Source) -> dict[str, object]:
    topic, partition = source
    return {"topic": topic, "partition": partition}
