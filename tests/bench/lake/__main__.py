"""`python -m tests.bench.lake`: what `kvota bench lake` runs.

A day of calls is archived, sealed and pushed to an S3 of its own, in a process of its own, and read from there by a
DuckDB that has seen nothing of it before. What it reads is held to an account of what was told.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import count, islice
from pathlib import Path
from typing import Any

from events.codec import encode
from services.history.archive import FILE_NAME, Archive
from services.history.judging import LogRecord
from services.history.lake.lake import Lake
from services.history.lake.pushing import push
from services.history.lake.settings import LakeSettings
from services.history.lake.verifying import problems
from services.history.segments.manifest import read_manifest
from services.history.segments.sealing import FOLDER_NAME, seal
from services.runtime.errors import ClearError
from tests.bench.lake.clock import Clock
from tests.bench.lake.reading import Read, read
from tests.bench.lake.storage import storage
from tests.bench.projector.bench import machine
from tests.bench.projector.workload import SIZES, Size, told_on

_TOPIC, _APPENDED_MS = "kvota.calls", 1_790_000_000_000
_BATCH = 20_000


class OtherTotalsError(ClearError):
    """The figures would say nothing: the lake does not hold what was told."""


class Told:
    """A day of calls as the log would hold it, and an account of it."""

    def __init__(self, size: Size, events: int) -> None:
        """Tell so many."""
        self._size, self._events = size, events
        self.talk_s = self.bytes = 0

    def batches(self) -> Iterator[list[LogRecord]]:
        """Some at a time; each is in the account once it was given."""
        told, numbers = told_on(self._size, 1, self._events), count()
        while some := list(islice(told, _BATCH)):
            self.talk_s += sum(each.event.talk_seconds for each in some)
            raws = [encode(each.envelope) for each in some]
            self.bytes += sum(map(len, raws))
            yield [LogRecord(_TOPIC, 0, at, _APPENDED_MS + at, raw) for at, raw in zip(numbers, raws, strict=False)]


def bench(size: Size, events: int) -> dict[str, Any]:
    """Measure; raises OtherTotalsError when the lake does not hold what was told."""
    with tempfile.TemporaryDirectory(prefix="kvota-bench-") as name, storage() as settings:
        home, told, spent = Path(name), Told(size, events), dict[str, float]()
        folder = home / FOLDER_NAME
        spent["archive"] = _archive(home, told)
        clock = Clock()
        with Archive(home / FILE_NAME, {}) as archive:
            clock()
            seal(archive, folder, now=True)
            spent["seal"] = clock()
        with Lake.open(settings, home, make=True) as lake:
            clock()
            push(folder, lake)
            spent["push"] = clock()
            require_none(list(problems(lake, read_manifest(folder))))
            spent["verify"] = clock()
        read = _read_elsewhere(settings, home)
        spent["read"] = read.cpu_s
        require(read, told)
        in_lake = sum(each.bytes for each in read_manifest(folder))
        in_history = (home / FILE_NAME).stat().st_size
    return {
        "machine": machine(),
        "size": size.name,
        "events": events,
        "bytes_per_event": {
            "on_the_log": round(told.bytes / events),
            "in_history": round(in_history / events),
            "in_the_lake": round(in_lake / events),
        },
        "rows_per_cpu_s": {what: round(events / cpu_s) for what, cpu_s in spent.items()},
        "reader_rss_mb": read.rss_mb,
    }


def _archive(home: Path, told: Told) -> float:
    """Archive all of it; the CPU seconds that this took, without those of telling it."""
    spent = 0.0
    with Archive(home / FILE_NAME, {}) as archive:
        for batch in told.batches():
            clock = Clock()
            archive.ingest(batch)
            spent += clock()
    return spent


def require(read: Read, told: Told) -> None:
    """Hold what was read to the account."""
    if read.talk_s != told.talk_s:
        message = f"the lake holds {read.talk_s} seconds of talk, and {told.talk_s} were told"
        raise OtherTotalsError(message)


def require_none(found: list[str]) -> None:
    """Make sure that nothing is wrong with the lake."""
    if found:
        raise OtherTotalsError("; ".join(found))


def _read_elsewhere(settings: LakeSettings, home: Path) -> Read:
    """Read in a process that has done nothing else."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        return processes.submit(read, settings, home).result()


def main() -> int:
    """Run it; 1 when the lake does not hold what was told."""
    parser = argparse.ArgumentParser(prog="kvota bench lake")
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    try:
        figures = bench(SIZES[told.size], told.events)
    except OtherTotalsError as error:
        sys.stderr.write(f"kvota: {error}\n")
        return 1
    sys.stdout.write(json.dumps(figures) + "\n" if told.json else _table(figures))
    return 0


def _table(figures: dict[str, Any]) -> str:
    lines = [f"{what:16} {rate:>12} events/s/core" for what, rate in figures["rows_per_cpu_s"].items()]
    lines += [f"{where:16} {size:>12} bytes/event" for where, size in figures["bytes_per_event"].items()]
    lines += [f"{'reader':16} {figures['reader_rss_mb']:>12} MB"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
