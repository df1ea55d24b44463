"""`python -m tests.bench.soak`: what `kvota bench soak` runs.

The door, a projector with every projection there is and a wallboard, each in a process of its own, and a real log.
Calls are sent to the door at a steady rate. Beside them this process reads the cells as a board does, and notes when
each call could be seen. In the end what was accepted is counted in the log, and held to the cells rep by rep.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import uvloop

from services.runtime.errors import ClearError
from services.runtime.logging import configure_logging
from services.runtime.shards import ticks_topic
from services.supervisor.plan import Ports
from tests.bench.append.desk import ready
from tests.bench.endurance.__main__ import Worker
from tests.bench.feeds.door import Door, served
from tests.bench.projector.bench import machine
from tests.bench.projector.contender import Task, running
from tests.bench.projector.contenders import CALLS, HOME
from tests.bench.projector.kafka import Watch
from tests.bench.projector.workload import SIZES, Size
from tests.bench.soak.board import Board, following, lags, shares
from tests.bench.soak.calls import Calls
from tests.bench.soak.memory import watched
from tests.bench.soak.sending import Sent, send

_VERSION = 1
_WITHIN_S = 120.0
_LOOK_S = 0.1


class LostError(ClearError):
    """Events were lost, or counted twice: what was accepted is not what is in the log and on the board."""


async def soak(folder: Path, size: Size, minutes: float, per_s: int) -> dict[str, Any]:
    """Run it; raises LostError when anything is not on the board, or twice."""
    async with AsyncExitStack() as stack:
        ports = Ports.free()
        door = await stack.enter_async_context(served(HOME, folder, ports, size.partitions))
        watch = await stack.enter_async_context(Watch(door.bootstrap))
        task, worker = _task(door, folder, size, watch), Worker()
        await worker.prepare(task)
        projector = await stack.enter_async_context(running(worker, task))
        async with asyncio.timeout(_WITHIN_S):
            await _opened(task)
        wallboard = await stack.enter_async_context(_wallboard(door, folder, ports))
        board = await stack.enter_async_context(following(door.bootstrap, _VERSION, size.partitions))
        pids = {"kafka": _kafka(folder), "door": door.pid, "projector": projector.pid, "wallboard": wallboard}
        calls = await asyncio.to_thread(Calls.of, size)
        async with watched({name: psutil.Process(pid) for name, pid in pids.items()}) as memory:
            sent = await send(door, calls, per_s, minutes * 60)
        lost = await _lost(task, calls, board)
        late = await lags(door.bootstrap, board.visible)
    return {
        "machine": machine(),
        **_figures(calls, sent),
        "lost": lost,
        "lag": shares(late),
        "rss": memory.told(calls.told),
    }


def _figures(calls: Calls, sent: Sent) -> dict[str, float]:
    return {
        "events": calls.told,
        "minutes": round(sent.seconds / 60, 2),
        "events_s": round(calls.told / sent.seconds),
        "sent_late_s": round(sent.latest_s, 3),
    }


def _task(door: Door, folder: Path, size: Size, watch: Watch) -> Task:
    return Task(
        bootstrap=door.bootstrap,
        topic=CALLS,
        partitions=size.partitions,
        records=0,
        warm_records=0,
        run="soak",
        number=_VERSION,
        folder=folder / "projector",
        watch=watch,
    )


async def _opened(task: Task) -> None:
    """Wait until the projector has opened every shard: before that there are no cells to read."""
    while not all((await task.watch.ends(ticks_topic(task.number), task.partitions)).values()):  # noqa: ASYNC110  # Kafka does not tell
        await asyncio.sleep(_LOOK_S)


@asynccontextmanager
async def _wallboard(door: Door, folder: Path, ports: Ports) -> AsyncGenerator[int]:
    """A wallboard in a process of its own, for a block; what it gives is the process."""
    environment = {
        "KVOTA_HOME": str(folder),
        "KVOTA_KAFKA_BOOTSTRAP_SERVERS": door.bootstrap,
        "KVOTA_WALLBOARD_PORT": str(ports.wallboard),
        "KVOTA_WALLBOARD_VERSION": str(_VERSION),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.wallboard"),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await ready(process, ports.url("wallboard"))
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


def _kafka(folder: Path) -> int:
    """The broker's process: the Java below this one whose data lie in the folder."""
    below = psutil.Process().children(recursive=True)
    [broker] = [each for each in below if "java" in each.name() and str(folder) in " ".join(each.cmdline())]
    return broker.pid


async def _lost(task: Task, calls: Calls, board: Board) -> dict[str, int]:
    """Wait until the board has all of the log, and count; raises LostError where anything is missing or more."""
    ends = await task.watch.ends(CALLS, task.partitions)
    wanted = {(CALLS, place.partition): end for place, end in ends.items()}
    async with asyncio.timeout(_WITHIN_S):
        await board.reader.caught_up(wanted)
        await board.reader.moved()
        await board.reader.moved()
    in_log, in_cells, of_reps = sum(ends.values()), board.calls_of_reps, calls.calls_of_reps
    if in_log != calls.told or in_cells != of_reps:
        message = f"{calls.told} events were accepted, {in_log} are in the log; of {of_reps.total()} calls of reps the"
        message += f" cells have {in_cells.total()}"
        raise LostError(message)
    return {"in_log": calls.told - in_log, "in_cells": of_reps.total() - in_cells.total()}


def main(arguments: Sequence[str]) -> int:
    """Run it, and print what was found; 1 when anything was lost."""
    parser = argparse.ArgumentParser(prog="kvota bench soak")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=int, default=3_500)
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args(arguments)
    configure_logging(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="kvota-bench-") as folder:
        try:
            found = uvloop.run(soak(Path(folder), SIZES[told.size], told.minutes, told.rate))
        except ClearError as error:
            sys.stderr.write(f"kvota: {error}\n")
            return 1
    sys.stdout.write(json.dumps(found) + "\n" if told.json else table(found))
    return 0


def table(found: Mapping[str, Any]) -> str:
    """The figures, for people."""
    lag = found["lag"]
    lines = [
        f"{found['events']} events in {found['minutes']} minutes, {found['events_s']} a second, none lost or doubled",
        f"from the log to the board: p50 {lag['p50_ms']} ms, p99 {lag['p99_ms']} ms, at most {lag['max_ms']} ms",
        f"{'RSS, MB':<12}{'start':>8}{'middle':>8}{'end':>8}{'bytes an event':>16}",
    ]
    for name, each in found["rss"].items():
        figures = "".join(f"{each[at]:>8}" for at in ("start_mb", "middle_mb", "end_mb"))
        lines.append(f"{name:<12}{figures}{each['bytes_per_event']:>16}")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
