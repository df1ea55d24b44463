"""A process that dies at any moment leaves whole batches behind, and the next goes on from there."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from projections.projection import load_projections
from services.history.archive import Archive
from tests.recompute import recompute_log
from tests.telling import CALLS, answered, lying, raw

PROJECTIONS = load_projections()
LOG = [raw(answered(talk=number), number - number % 3) for number in range(600)]
BATCH = 7
PROGRAM = """
import sys, pathlib
from services.history.archive import Archive
from tests.history.test_crashes import BATCH, LOG
from tests.telling import lying
with Archive(pathlib.Path(sys.argv[1]), {}) as archive:
    print("open", flush=True)
    records = lying(LOG)
    for start in range(0, len(records), BATCH):
        archive.ingest(records[start : start + BATCH])
"""


def killed_while_ingesting(path: Path, after_s: float) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)


def test_a_killed_ingest_is_whole_and_goes_on(path: Path) -> None:
    chance = random.Random(7)
    for _ in range(4):
        killed_while_ingesting(path, chance.uniform(0, 0.2))
        with Archive(path, PROJECTIONS) as archive, archive.cursor() as con:
            kept = con.execute('SELECT count(*), count(DISTINCT "offset"), coalesce(max("offset") + 1, 0) FROM records')
            [(records, distinct, after)] = kept.fetchall()
            assert records == distinct == after == archive.positions().get((CALLS, 0), 0)
            assert records % BATCH == 0 or records == len(LOG)
    with Archive(path, PROJECTIONS) as archive:
        archive.ingest(lying(LOG))
        assert archive.positions() == {(CALLS, 0): len(LOG)}
        assert archive.cells_at(archive.positions(), PROJECTIONS) == recompute_log(LOG)
