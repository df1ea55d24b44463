"""What it costs history to archive records, and to make the cells of projections anew of what is archived."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from statistics import median

from projections.projection import Projection
from services.history.archive import Archive
from services.history.judging import LogRecord

CALL_PROJECTIONS = ("rep_day", "rep_month", "queue_interval", "queue_handle")
TOPIC = "kvota.calls"
_BATCH = 20_000


def archive_all(archive: Archive, raws: Iterable[bytes], started_ms: int, step_ms: float = 1.0) -> float:
    """Archive records of one partition, the broker's clock going on so much from each to the next; CPU seconds.

    What it takes to make or read the bytes is none of them.
    """
    told, cpu_s = _records(raws, started_ms, step_ms), 0.0
    while records := list(islice(told, _BATCH)):
        cpu_s += spent(lambda: archive.ingest(records))
    return cpu_s + spent(archive.settle)


def _records(raws: Iterable[bytes], started_ms: int, step_ms: float) -> Iterator[LogRecord]:
    for number, raw in enumerate(raws):
        yield LogRecord(TOPIC, 0, number, started_ms + int(number * step_ms), raw)


def replayed(archive: Archive, projection: Projection, runs: int) -> float:
    """CPU seconds to make a projection's cells of all that is archived; the median of some runs."""
    cut = archive.positions()
    return median(spent(lambda: archive.cells_at(cut, {projection.name: projection})) for _ in range(runs))


def replayed_in_sql(archive: Archive, projection: Projection) -> float:
    """The same, of one run, without what it takes to hand the cells to Python."""
    with archive.reading() as reading:
        return spent(reading.con.sql(projection.cells_sql).to_arrow_table)


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before
