"""Of facts of whatever day, and of what follows poison, a worker and the archive say the same."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from projections.projection import load_projections
from services.history.archive import Archive
from services.history.judging import LogRecord
from services.runtime.parked import PARKED
from services.runtime.seen import SeenDays
from tests.events.examples.dates import TODAY
from tests.history.test_parking import about
from tests.projector.test_poison import Lying, Worker
from tests.telling import CALLS, answered, lying, raw, unfoldable

PROJECTIONS = load_projections()
GOOD = [
    raw(answered(day=TODAY - timedelta(days=days_ago)), 10 * days_ago + number)
    for days_ago in (0, 1, 35, 36, 37, 70, 71, 72, 110)
    for number in (1, 2)
]
BAD = raw(unfoldable(), 9)
logs = st.lists(st.sampled_from([*GOOD, *[BAD] * 4]), min_size=1, max_size=14)
POISON_OF_TODAY_FIRST = [GOOD[6], BAD, GOOD[7], GOOD[10], GOOD[0], GOOD[7]]
cuts = st.lists(st.integers(0, 14), max_size=4)


def pieces(log: Sequence[bytes], cuts: Sequence[int]) -> list[Sequence[bytes]]:
    """Cut a log at these places."""
    return [log[start:end] for start, end in pairwise(sorted({0, len(log), *(cut for cut in cuts if cut < len(log))}))]


def archived(log: Sequence[bytes], partition: int, start: int) -> list[LogRecord]:
    """Give records as the archive reads them, taken by the log when the worker's are."""
    return [
        LogRecord(CALLS, partition, start + place, Lying(0, b"").timestamp, value) for place, value in enumerate(log)
    ]


def ids_in(archive: Archive, partition: int, day: date | None) -> SeenDays:
    """Give the ids that the archive counts in a partition, but those of days that are forgotten."""
    seen = SeenDays()
    counted = """SELECT id, day FROM records WHERE topic = $topic AND "partition" = $partition AND verdict = 'counts'"""
    with archive.cursor() as con:
        for event_id, of in con.execute(counted, {"topic": CALLS, "partition": partition}).fetchall():
            seen.add(of, event_id.bytes)
    if day is not None:
        seen.forget(day - timedelta(days=35))
    return seen


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(logs, cuts, cuts)
@example(POISON_OF_TODAY_FIRST, [], [])
@example(POISON_OF_TODAY_FIRST, [2], [1, 2, 3])
def test_both_say_the_same_of_a_log_however_each_reads_it(
    archive: Archive, log: list[bytes], read: list[int], written: list[int]
) -> None:
    """Each log lies in a partition of its own."""
    partition = len(archive.positions())
    worker = Worker(shard=partition)
    for piece in pieces(log, read):
        worker.read(*piece)
    start = 0
    for piece in pieces(log, written):
        archive.ingest(archived(piece, partition, start))
        start += len(piece)
    archive.ingest(parked(archive, partition, worker.positions))
    cut = {(CALLS, partition): len(log)}
    day = archive.day_at(cut)
    assert worker.cells.days.get(CALLS) == day
    assert worker.cells.seen.get(CALLS, SeenDays()) == ids_in(archive, partition, day)
    assert archive.evidence_at(cut, PROJECTIONS) == archive.cells_at(cut, PROJECTIONS)
    assert worker.cells.boards.get("rep_day", {}) == archive.cells_at(cut, PROJECTIONS, day).get("rep_day", {})


def parked(archive: Archive, partition: int, positions: Sequence[int]) -> list[LogRecord]:
    """Give what the worker says of records of a partition, as it lies at the end of the parked topic."""
    start = archive.positions().get(PARKED, 0)
    events = [about(f"{CALLS}/{partition}", position) for position in positions]
    values = [raw(event, 1_000 * partition + event.position) for event in events]
    return lying(values, *PARKED, start=start)
