"""A disk that is full: history stops where it stands, says so, still answers, and goes on when there is room."""

import asyncio
import resource
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from structlog.testing import capture_logs

from projections.projection import load_projections
from services.history.archive import FILE_NAME, Archive
from services.history.archiver import Archiver
from services.history.room import BrokenOffError, NoRoomError, telling_no_room
from services.runtime.settings import KafkaSettings
from tests.feeds.watching import soon
from tests.projector.workers import append_to, make_topics, settings_for
from tests.recompute import recompute_log
from tests.telling import CALLS, answered, lying, raw

PROJECTIONS = load_projections()
LOG = [raw(answered(talk=number % 60), number) for number in range(8_000)]
BATCH = 1_000
MB = 1024 * 1024
MORE_THAN_ANY_DISK = 2**40


def archive_until_refused(path: str, most_mb: str, checkpoint: str) -> None:
    """Archive a log in a process that may write no larger files, then be allowed to: the system refuses, not we.

    It may refuse the very first batch: then none is archived.
    """
    records, kept = lying(LOG), list[int]()
    with Archive(Path(path), PROJECTIONS) as archive:
        with archive.cursor() as con:
            con.execute(f"SET GLOBAL wal_autocheckpoint = '{checkpoint}'")
        may_write(int(most_mb) * MB)
        with pytest.raises((NoRoomError, BrokenOffError)) as refused:
            kept.extend(archive.ingest(records[start : start + BATCH]) for start in range(0, len(records), BATCH))
        may_write(resource.RLIM_INFINITY)
        if refused.type is NoRoomError:
            assert archive.positions() == {(CALLS, 0): sum(kept)}
            assert archive.ingest(records) == len(records) - sum(kept)
    with Archive(Path(path), PROJECTIONS) as archive:
        assert archive.positions().get((CALLS, 0), 0) % BATCH == 0
        archive.ingest(records)
    sys.stdout.write(refused.type.__name__)


def may_write(size: int) -> None:
    """Let no file of this process become larger."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.mark.parametrize(
    ("checkpoint", "kind"), [("256MB", "NoRoomError"), ("1MB", "BrokenOffError")], ids=["logging", "checkpointing"]
)
def test_what_the_system_refuses_leaves_whole_batches_and_goes_on(tmp_path: Path, checkpoint: str, kind: str) -> None:
    path = tmp_path / FILE_NAME
    program = "import sys; from tests.history.test_room import archive_until_refused as run; run(*sys.argv[1:])"
    told = [sys.executable, "-c", program, str(path), "3", checkpoint]
    ran = subprocess.run(told, check=False, capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stdout) == (0, kind), ran.stderr
    with Archive(path, PROJECTIONS) as archive:
        assert archive.positions() == {(CALLS, 0): len(LOG)}
        assert archive.cells_at(archive.positions(), PROJECTIONS) == recompute_log(LOG)


def test_what_else_fails_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(duckdb.CatalogException), telling_no_room(tmp_path):
        duckdb.connect().execute("FROM nowhere")


@pytest.mark.kafka
@pytest.mark.timeout(120)
async def test_without_room_it_waits_and_answers_and_then_goes_on(fresh_bootstrap: str, path: Path) -> None:
    await make_topics(fresh_bootstrap)
    stop, early, late = asyncio.Event(), LOG[:10], LOG[10:20]
    kafka: KafkaSettings = settings_for(fresh_bootstrap)
    with Archive(path, PROJECTIONS) as archive, capture_logs() as said:
        archiver = Archiver(kafka, archive)
        await append_to(fresh_bootstrap, [((CALLS, 0), value) for value in early])
        async with asyncio.TaskGroup() as group:
            group.create_task(archiver.run(stop))
            assert await soon(lambda: archiver.is_ready and archive.positions().get((CALLS, 0)) == 10)
            archive.reserve_mb = MORE_THAN_ANY_DISK
            await append_to(fresh_bootstrap, [((CALLS, 0), value) for value in late])
            assert await soon(lambda: not archiver.is_ready)
            assert archive.cells_at(archive.positions(), PROJECTIONS) == recompute_log(early)
            archive.reserve_mb = 0
            assert await soon(lambda: archiver.is_ready and archive.positions().get((CALLS, 0)) == 20)
            stop.set()
        assert archive.cells_at(archive.positions(), PROJECTIONS) == recompute_log([*early, *late])
    assert [each["event"] for each in said if each["event"] in {"no_room", "room_again"}] == ["no_room", "room_again"]
