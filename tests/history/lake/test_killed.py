"""Killed at any moment, a push is made up for by the next one, and so is letting go: each record is there, and once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from subprocess import PIPE

from services.history.lake.lake import Lake
from services.history.lake.pushing import push
from services.history.lake.settings import LakeSettings
from services.history.segments.compacting import compact
from services.history.segments.manifest import read_manifest
from services.history.segments.sealing import seal
from tests.history.lake.lakes import (
    Opened,
    of_no_projection,
    read_by_duckdb,
    read_wherever,
    require_all_of,
    told_to_processes,
)
from tests.history.segments.days import days
from tests.telling import CALLS

LOG = days([2] * 12)
KILLS = 6
_LONGEST_S = 0.8
"""Longer than a push takes."""


def test_whenever_it_is_killed_each_record_is_in_the_lake_once(
    on_s3: LakeSettings, opened: Opened, tmp_path: Path
) -> None:
    lake, chance, ended = opened(on_s3), Random(8), list[int]()
    with of_no_projection([]) as (archive, folder), dying("push", folder, tmp_path, on_s3) as pushing:
        for number in range(KILLS):
            archive.ingest(LOG[: 4 * (number + 1)])
            seal(archive, folder, now=True)
            if number % 3 == 2:
                compact(folder)
            ended.append(pushing(chance.uniform(0, _LONGEST_S) if number else 0.0))
            require_whole(lake)
        assert set(ended) <= {-signal.SIGKILL, 0}
        assert -signal.SIGKILL in ended
        assert pushing(60) == 0
        require_all_of(folder, lake)
    assert read_by_duckdb(lake) == LOG


def test_whenever_letting_go_is_killed_each_record_is_here_or_in_the_lake(
    on_s3: LakeSettings, opened: Opened, tmp_path: Path
) -> None:
    lake, chance, ended = opened(on_s3), Random(31), list[int]()
    with of_no_projection(LOG) as (archive, folder), dying("retain", folder, tmp_path, on_s3) as retaining:
        seal(archive, folder, now=True)
        push(folder, lake)
        for number in range(KILLS):
            ended.append(retaining(chance.uniform(0, _LONGEST_S) if number else 0.0))
            assert list(read_wherever(folder, lake)) == LOG
        assert set(ended) <= {-signal.SIGKILL, 0}
        assert -signal.SIGKILL in ended
        assert retaining(60) == 0
        assert list(folder.rglob("*.parquet")) == []
        assert not any(each.is_here for each in read_manifest(folder))
        assert list(read_wherever(folder, lake)) == LOG


def require_whole(lake: Lake) -> None:
    """Whatever the lake has, it has the log to where its snapshot says, each record once."""
    lake.look_again()
    if lake.pushed():
        assert read_by_duckdb(lake) == LOG[: lake.cut()[CALLS, 0]]


@contextmanager
def dying(work: str, folder: Path, home: Path, settings: LakeSettings) -> Generator[Callable[[float], int]]:
    """Have what does such work killed after so many seconds, unless it has ended before; how each ended."""
    program = [sys.executable, "-m", "tests.history.lake.dying", work, str(folder), str(home)]
    environment = {**os.environ, **told_to_processes(settings)}
    with subprocess.Popen(program, env=environment, text=True, stdin=PIPE, stdout=PIPE) as process:
        told, answers = process.stdin, process.stdout
        assert told is not None
        assert answers is not None

        def working(seconds: float) -> int:
            print(seconds, file=told, flush=True)
            return int(answers.readline())

        yield working
