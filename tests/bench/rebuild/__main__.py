"""`python -m tests.bench.rebuild`: what `kvota bench rebuild` runs.

An archive is filled with a day of calls and closed. Then the cells of each call projection are made of it anew, as a
seeding does. The calls that the cells hold are held to an account of what was told.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from events.codec import encode
from projections.projection import Projection, load_projections
from services.history.archive import Archive
from services.runtime.errors import ClearError
from tests.bench.projector.bench import machine
from tests.bench.projector.workload import SIZES, Size, told_on
from tests.bench.rebuild.measuring import CALL_PROJECTIONS, archive_all, replayed

_APPENDED_MS = 1_790_000_000_000


class OtherTotalsError(ClearError):
    """The figures would say nothing: the cells are not those of what was told."""


@dataclass(slots=True)
class Filled:
    """What was archived: how many calls of reps, told once or more often, and what that cost."""

    of_reps: int = 0
    cpu_s: float = 0.0


def bench(size: Size, events: int, runs: int) -> dict[str, Any]:
    """Measure; raises OtherTotalsError when the cells are not those of the account."""
    known = load_projections()
    projections = {name: known[name] for name in CALL_PROJECTIONS}
    with tempfile.TemporaryDirectory(prefix="kvota-bench-") as folder:
        path = Path(folder) / "history.duckdb"
        filled = fill(path, size, events, projections)
        with Archive(path, projections) as archive:
            require(archive, filled.of_reps)
            spent = {name: replayed(archive, each, runs) for name, each in projections.items()}
    return {
        "machine": machine(),
        "runs": runs,
        "size": size.name,
        "events": events,
        "events_per_core_s": round(events / sum(spent.values())),
        "projections": [{"name": name, "events_per_core_s": round(events / cpu_s)} for name, cpu_s in spent.items()],
        "ingest_rows_per_cpu_s": round(events / filled.cpu_s),
    }


def fill(path: Path, size: Size, events: int, projections: Mapping[str, Projection]) -> Filled:
    """Archive a day of calls."""
    filled = Filled()
    with Archive(path, projections) as archive:
        filled.cpu_s = archive_all(archive, _raws(size, events, filled), _APPENDED_MS)
    return filled


def _raws(size: Size, events: int, filled: Filled) -> Iterator[bytes]:
    for each in told_on(size, 1, events):
        filled.of_reps += not each.again and each.event.rep is not None
        yield encode(each.envelope)


def require(archive: Archive, of_reps: int) -> None:
    """Hold the cells to the account."""
    with archive.reading() as reading:
        [(found,)] = reading.con.execute("SELECT sum(calls)::BIGINT FROM rep_month").fetchall()
    if found != of_reps:
        message = f"the cells hold {found} calls of reps, and {of_reps} were told"
        raise OtherTotalsError(message)


def main() -> int:
    """Run it; 1 when the totals are wrong."""
    parser = argparse.ArgumentParser(prog="kvota bench rebuild")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    try:
        figures = bench(SIZES[told.size], told.events, told.runs)
    except OtherTotalsError as error:
        sys.stderr.write(f"kvota: {error}\n")
        return 1
    sys.stdout.write(json.dumps(figures) + "\n" if told.json else _table(figures))
    return 0


def _table(figures: dict[str, Any]) -> str:
    lines = [f"{each['name']:16} {each['events_per_core_s']:>12} events/s/core" for each in figures["projections"]]
    lines += [f"{'all of them':16} {figures['events_per_core_s']:>12} events/s/core"]
    lines += [f"{'ingest':16} {figures['ingest_rows_per_cpu_s']:>12} events/s/core"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
