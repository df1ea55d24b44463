"""Answers that use up the memory: history waits, says so, and goes on with all of it when there is some."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import duckdb
import pytest
from structlog.testing import capture_logs

from projections.projection import load_projections
from services.history.archive import FILE_NAME, Archive
from services.history.archiver import Archiver
from services.history.judging import LogRecord
from services.history.room import BrokenOffError, NoMemoryError, telling_no_room
from services.history.store import transaction
from tests.events.examples.dates import at
from tests.feeds.watching import soon
from tests.history.segments.days import DAY, days, rows
from tests.projector.workers import append_to, make_topics, settings_for
from tests.recompute import recompute_log
from tests.telling import CALLS, answered, raw

PROJECTIONS = load_projections()
LOG = days([400] * 5)
BATCH = 500
LOG_ENDED = at(9) + 9 * DAY
HOARDING = "SELECT len(list(range)) FROM range(50_000_000)"


def expected(folder: Path) -> list[tuple[object, ...]]:
    """Give what an archive holds of the log that never lacked memory."""
    with Archive(folder / "expected.duckdb", PROJECTIONS) as archive:
        archive.ingest(LOG)
        return rows(archive)


def allow(archive: Archive, kib: int) -> None:
    """Let DuckDB use so much memory from now on."""
    with archive.cursor() as con:
        con.execute(f"SET GLOBAL memory_limit = '{kib}KiB'")


def use_up(archive: Archive) -> None:
    """Let DuckDB use no more memory than it does."""
    with archive.cursor() as con:
        [(used,)] = con.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchall()
    allow(archive, used // 1_024 + 64)


def is_taken(archive: Archive, batch: list[LogRecord]) -> bool:
    """Whether the archive takes a batch."""
    try:
        archive.ingest(batch)
    except NoMemoryError:
        return False
    return True


@contextmanager
def hoarded(archive: Archive) -> Generator[None]:
    """Have two others ask for more memory than there is, over and over, for a block that begins once one is refused."""
    over, refused = Event(), Event()

    def hoard() -> None:
        while not over.is_set():
            with archive.cursor() as con, suppress(duckdb.Error):
                con.execute(HOARDING)
            refused.set()

    threads = [Thread(target=hoard) for _ in range(2)]
    for each in threads:
        each.start()
    try:
        assert refused.wait(60)
        yield
    finally:
        over.set()
        for each in threads:
            each.join()


def test_wherever_a_batch_breaks_off_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
        refused, start = 0, 0
        for kib in range(1_024, 65_536, 1_024):
            allow(archive, kib)
            batch = LOG[start : start + BATCH]
            taken = bool(batch) and is_taken(archive, batch)
            start += BATCH if taken else 0
            refused += not taken and bool(batch)
        assert (start, refused > 0) == (len(LOG), True)
        assert rows(archive) == expected(tmp_path)


def test_beside_answers_that_use_all_memory_a_batch_is_taken_or_not_and_taken_afterwards(tmp_path: Path) -> None:
    taken = 0
    with Archive(tmp_path / FILE_NAME, PROJECTIONS, memory_mb=256) as archive, suppress(BrokenOffError):
        with hoarded(archive):
            while taken < len(LOG) and is_taken(archive, LOG[taken : taken + BATCH]):
                taken += BATCH
        assert archive.ingest(LOG[:taken]) == 0
        assert archive.ingest(LOG) == len(LOG) - taken
        assert rows(archive) == expected(tmp_path)
    with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
        assert archive.positions().get((CALLS, 0), 0) in {taken, len(LOG)}
        archive.ingest(LOG)
        assert rows(archive) == expected(tmp_path)


def test_where_duckdb_gives_up_the_file_is_whole(tmp_path: Path) -> None:
    said = "Failed to rollback transaction. Increasing the memory limit (SET memory_limit='...GB')"
    with pytest.raises(BrokenOffError, match="no memory is left to DuckDB"), telling_no_room(tmp_path):
        raise duckdb.FatalException(said)


def test_what_is_noted_says_so_too(tmp_path: Path) -> None:
    with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
        archive.ingest(LOG)
        use_up(archive)
        with pytest.raises(NoMemoryError, match="KVOTA_HISTORY_MEMORY_MB") as refused:
            archive.note_ends(LOG_ENDED, archive.positions())
    assert "у DuckDB не осталось памяти" in str(refused.value.ru)


def add_before(one: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection) -> None:
    """Add a number that another adds before it can be committed."""
    with transaction(one):
        one.execute("INSERT INTO numbers VALUES (1)")
        other.execute("INSERT INTO numbers VALUES (1)")


def test_after_a_rollback_that_fails_the_connection_goes_on(path: Path) -> None:
    with Archive(path, {}) as archive, archive.cursor() as con:
        con.execute("BEGIN TRANSACTION")
        with pytest.raises(duckdb.ConversionException):
            con.execute("SELECT 'one'::INTEGER")
        with transaction(con):
            assert con.execute("SELECT 1").fetchall() == [(1,)]
        con.execute("BEGIN TRANSACTION")
        with pytest.raises(duckdb.TransactionException, match="within a transaction"), transaction(con):
            pass


def test_after_a_commit_that_fails_the_connection_goes_on(path: Path) -> None:
    with Archive(path, {}) as archive, archive.cursor() as one, archive.cursor() as other:
        one.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
        with pytest.raises(duckdb.Error):
            add_before(one, other)
        with transaction(one):
            one.execute("INSERT INTO numbers VALUES (2)")
        assert one.execute("FROM numbers ORDER BY n").fetchall() == [(1,), (2,)]


@pytest.mark.kafka
@pytest.mark.timeout(120)
async def test_without_memory_it_waits_and_then_goes_on(fresh_bootstrap: str, path: Path) -> None:
    await make_topics(fresh_bootstrap)
    early, late = ([raw(answered(talk=number % 60), number) for number in part] for part in (range(10), range(10, 20)))
    stop = asyncio.Event()
    with Archive(path, PROJECTIONS) as archive, capture_logs() as said:
        archiver = Archiver(settings_for(fresh_bootstrap), archive)
        await append_to(fresh_bootstrap, [((CALLS, 0), value) for value in early])
        async with asyncio.TaskGroup() as group:
            group.create_task(archiver.run(stop))
            assert await soon(lambda: archiver.is_ready and archive.positions().get((CALLS, 0)) == 10)
            use_up(archive)
            await append_to(fresh_bootstrap, [((CALLS, 0), value) for value in late])
            assert await soon(lambda: not archiver.is_ready)
            allow(archive, 262_144)
            assert await soon(lambda: archiver.is_ready and archive.positions().get((CALLS, 0)) == 20)
            stop.set()
        assert archive.cells_at(archive.positions(), PROJECTIONS) == recompute_log([*early, *late])
    of_memory = [each["event"] for each in said if str(each["event"]).removeprefix("no_").startswith("memory")]
    assert of_memory == ["no_memory", "memory_again"]
