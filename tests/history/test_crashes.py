"""A process that dies at any named point leaves whole batches behind, and the next goes on from there."""

import os
import signal
import subprocess
import sys
from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from projections.projection import load_projections
from services.history import store
from services.history.archive import Archive
from services.history.rows import add_rows
from services.history.store import transaction
from tests.recompute import recompute_log
from tests.telling import CALLS, answered, lying, raw

PROJECTIONS = load_projections()
LOG = [raw(answered(talk=number), number - number % 3) for number in range(600)]
BATCH = 7
KEPT = 'SELECT count(*), count(DISTINCT "offset"), coalesce(max("offset") + 1, 0) FROM records'
PROGRAM = "import sys; from tests.history.test_crashes import ingest; ingest(*sys.argv[1:])"
KEEPS_THE_BATCH = {"beginning": False, "archived": False, "rows added": False, "committing": False, "committed": True}
"""Where a process dies, and whether the batch in hand is in the archive then."""


def ingest(path: str, point: str, passes: str) -> None:
    """Archive the log in batches, and be killed when a point is passed for the `passes`-th time."""
    left = int(passes)

    def meet(met: str) -> None:
        nonlocal left
        left -= met == point
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def doomed_transaction(con: duckdb.DuckDBPyConnection) -> Generator[None]:
        meet("beginning")
        with transaction(con):
            yield
            meet("committing")
        meet("committed")

    def doomed_add_rows(con: duckdb.DuckDBPyConnection, nouns: Collection[str]) -> None:
        meet("archived")
        add_rows(con, nouns)
        meet("rows added")

    for name, part in {"transaction": doomed_transaction, "add_rows": doomed_add_rows}.items():
        setattr(store, name, part)
    with Archive(Path(path), PROJECTIONS) as archive:
        records = lying(LOG)
        for start in range(archive.positions().get((CALLS, 0), 0), len(records), BATCH):
            archive.ingest(records[start : start + BATCH])


def killed_while_ingesting(path: Path, point: str, passes: int) -> None:
    """Archive in another process until it is killed."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM, str(path), point, str(passes)], check=False, timeout=60)
    assert ran.returncode == -signal.SIGKILL


@pytest.mark.parametrize("point", KEEPS_THE_BATCH)
def test_a_killed_ingest_is_whole_and_goes_on(path: Path, point: str) -> None:
    kept = 0
    for passes in (1, 4, 20):
        killed_while_ingesting(path, point, passes)
        kept += BATCH * (passes - 1 + KEEPS_THE_BATCH[point])
        with Archive(path, PROJECTIONS) as archive, archive.cursor() as con:
            assert con.execute(KEPT).fetchall() == [(kept, kept, kept)]
            assert archive.positions().get((CALLS, 0), 0) == kept
    with Archive(path, PROJECTIONS) as archive:
        archive.ingest(lying(LOG))
        assert archive.positions() == {(CALLS, 0): len(LOG)}
        assert archive.cells_at(archive.positions(), PROJECTIONS) == recompute_log(LOG)
