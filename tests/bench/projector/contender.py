"""What a contender is to the bench, and how one is run: a process that folds a topic until its state holds it all."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil

from services.runtime.child import dies_with_parent
from services.runtime.errors import ClearError
from tests.bench.projector.kafka import Watch
from tests.bench.projector.totals import Totals

CHECKOUT = Path(__file__).resolve().parents[3]
_LOOK_EVERY_S = 0.05
_STOPS_WITHIN_S = 60.0
_IN_ORDER = (0, -9, -15, 143)
"""How a program may end: by itself, or by our signal."""
_TOLD_LINES = 15
_STUCK_AFTER_S = 600.0
_POINTS = 2
"""Of progress, at the least: they commit once a second, and what is in hand at the first has cost CPU already."""


class BenchError(ClearError):
    """The benchmark cannot go on: its figures would not say what they seem to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run of one contender: which topic to fold, and where to keep things."""

    bootstrap: str
    topic: str
    partitions: int
    records: int
    """All of the topic."""
    warm_records: int
    """After so many, measuring begins."""
    run: str
    """A name that no other run has: for consumer groups and topics."""
    number: int
    folder: Path
    """For this run alone."""
    watch: Watch


@dataclass(frozen=True, slots=True)
class Program:
    """A command line, and what it needs in its environment."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


class Contender(Protocol):
    """Somebody who folds the topic."""

    @property
    def name(self) -> str:
        """As it is called in the figures."""
        ...

    def lacks(self) -> str | None:
        """What is missing on this machine, if anything."""
        ...

    async def prepare(self, task: Task) -> None:
        """Make what must exist before the process starts, such as topics."""

    def program(self, task: Task) -> Program:
        """What to start; it is killed once all is folded, or where it is to end in good order, told by SIGTERM."""
        ...

    async def done(self, task: Task) -> int:
        """How many records are folded for good: their effect is kept, and they will not be read again."""
        ...

    async def totals(self, task: Task) -> Totals:
        """The sums, read from where the contender keeps its state for a restart; the process was killed."""
        ...


@dataclass(slots=True)
class Sample:
    """How far a contender was at a moment, and what it had cost by then."""

    at: float
    done: int
    cpu_s: float


@dataclass(slots=True)
class Cost:
    """What one run cost between two points of progress."""

    us_per_event: float
    wall_events_s: float
    rss_mb: float
    warm: bool
    """Whether the warm-up was left out: not where all was over at once."""


@dataclass(slots=True)
class _Seen:
    samples: list[Sample] = field(default_factory=list[Sample])
    rss: int = 0


async def measure(contender: Contender, task: Task) -> Cost:
    """Run a contender until all is folded, then kill it: what it kept must do; raises BenchError if it ends before."""
    await contender.prepare(task)
    seen = _Seen()
    async with running(contender, task) as process:
        tree = psutil.Process(process.pid)
        moved = time.monotonic()
        while not seen.samples or seen.samples[-1].done < task.records:
            await asyncio.sleep(_LOOK_EVERY_S)
            if process.returncode is not None:
                raise BenchError(_said(contender, task, f"ended with {process.returncode}"))
            done = await contender.done(task)
            if not seen.samples or done > seen.samples[-1].done:
                moved = time.monotonic()
            elif time.monotonic() - moved > _STUCK_AFTER_S:
                raise BenchError(_said(contender, task, f"stuck after {done} records"))
            cpu_s, rss = spent(tree)
            seen.samples.append(Sample(time.monotonic(), done, cpu_s))
            seen.rss = max(seen.rss, rss)
        process.kill()
        await process.wait()
    return _cost(seen, task)


def _cost(seen: _Seen, task: Task) -> Cost:
    end = seen.samples[-1]
    warm = next(sample for sample in seen.samples if sample.done >= task.warm_records)
    cold = Sample(seen.samples[0].at, 0, 0.0)
    points = {sample.done for sample in seen.samples if warm.done <= sample.done < end.done}
    is_warm = len(points) >= _POINTS
    start = warm if is_warm else cold
    events = end.done - start.done
    return Cost(
        us_per_event=(end.cpu_s - start.cpu_s) / events * 1e6,
        wall_events_s=events / max(end.at - start.at, _LOOK_EVERY_S),
        rss_mb=seen.rss / 2**20,
        warm=is_warm,
    )


def spent(tree: psutil.Process) -> tuple[float, int]:
    """CPU seconds, user and system, of a process and its children, the dead ones included; and their memory."""
    cpu_s, rss = 0.0, 0
    for process in (tree, *tree.children(recursive=True)):
        times = process.cpu_times()
        cpu_s += times.user + times.system + times.children_user + times.children_system
        rss += process.memory_info().rss
    return cpu_s, rss


@asynccontextmanager
async def running(contender: Contender, task: Task) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run a contender for a block, and end it in good order; raises BenchError when it does not end so."""
    task.folder.mkdir(parents=True, exist_ok=True)
    program = contender.program(task)
    with _log(task).open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *program.command,
            cwd=CHECKOUT,
            env={**os.environ, **program.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=dies_with_parent(),
        )
    try:
        yield process
        if process.returncode is None:
            process.terminate()
        code = await asyncio.wait_for(process.wait(), _STOPS_WITHIN_S)
        if code not in _IN_ORDER:
            raise BenchError(_said(contender, task, f"ended with {code}"))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _log(task: Task) -> Path:
    return task.folder / "output.log"


def _said(contender: Contender, task: Task, what: str) -> str:
    lines = _log(task).read_text("utf-8", errors="replace").splitlines()[-_TOLD_LINES:]
    return "\n  ".join((f"{contender.name} {what}; the last that it said:", *lines))
