"""`python -m tests.bench.endurance`: what `kvota bench endurance` runs.

The projector, with every projection there is, reads a log that grows at a steady rate, day after day of the same size.
After each fiftieth (by default a day) it is noted what an event of that part cost, and how much memory the worker has.
In the end the live cells are held to an account of what was told.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from aiokafka import AIOKafkaProducer

from projections.cells import Key, Values, merge
from projections.projection import Projection, load_projections
from services.broker.broker import Broker
from services.runtime.cells_reader import CellsReader
from services.runtime.errors import ClearError
from services.runtime.seen import HOT_DAYS
from services.runtime.shards import Shards, ticks_topic
from services.runtime.topics import ensure_topics, source_topics
from tests.bench.endurance.days import Day
from tests.bench.lookups import LookUps
from tests.bench.projector.bench import machine
from tests.bench.projector.contender import BenchError, Program, Task, running, spent
from tests.bench.projector.contenders import CALLS, HOME, Kvota
from tests.bench.projector.kafka import Watch, settings_for
from tests.bench.projector.workload import SIZES, Size, day_of

PARTS = 50
_BASE, _A_CELL, _AN_ID = 400 * 2**20, 250, 24
"""Bytes that the worker may have: at all, for each live cell of each shard, and for each id of the latest days."""
_SLOT_S = 0.1
LOOK_EVERY_S = 0.5
_ENDS_WITHIN_S = 600.0


class OtherTotalsError(ClearError):
    """The figures would say nothing: the live cells are not those of what was told."""


class Worker(Kvota):
    """The projector as it is installed."""

    def program(self, task: Task) -> Program:
        """With all of its projections, and a place of its own on disk."""
        environment = {**Kvota.program(self, task).environment, "KVOTA_HOME": str(task.folder)}
        return Program([sys.executable, "-m", "services.projector"], environment)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the log: what an event of it cost, and how it was at its end."""

    events: int
    seconds: float
    us_cpu_per_event: float
    rss_mb: int
    lookup_ns: int
    """What a look-up in memory cost then, in this process."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is told, and how fast."""

    size: Size
    events: int
    a_day: int
    minutes: float

    @property
    def days(self) -> Sequence[int]:
        """The numbers of the days that are told: they are past, or the log would not come to them."""
        days = max(1, self.events // self.a_day)
        return range(1 - days, 1)


async def endure(plan: Plan, folder: Path) -> dict[str, Any]:
    """Run it; raises OtherTotalsError when the cells are not those of the account."""
    day = await asyncio.to_thread(Day.of, plan.size, plan.a_day)
    with Broker(home=HOME, data_dir=folder / "broker").running() as bootstrap:
        await ensure_topics(bootstrap, source_topics(plan.size.partitions))
        async with Watch(bootstrap) as watch:
            task = _task(plan, folder, bootstrap, watch, day.records * len(plan.days))
            worker = Worker()
            await worker.prepare(task)
            async with running(worker, task) as process:
                await asyncio.wait_for(_opened(task), _ENDS_WITHIN_S)
                feeding = asyncio.create_task(_feed(plan, bootstrap, day))
                parts = await watched(task.records, partial(worker.done, task), psutil.Process(process.pid))
                await feeding
        cells = await _require(plan, bootstrap, day)
    told = {"machine": machine(), "size": plan.size.name, "events": task.records}
    allowed = round((_BASE + _A_CELL * cells + _AN_ID * HOT_DAYS * plan.a_day) / 2**20)
    most = max(part.rss_mb for part in parts)
    memory = {"live_cells": cells, "allowed_rss_mb": allowed, "most_rss_mb": most, "within_memory": most <= allowed}
    return {**told, **memory, **_figures(parts)}


def _task(plan: Plan, folder: Path, bootstrap: str, watch: Watch, records: int) -> Task:
    return Task(
        bootstrap=bootstrap,
        topic=CALLS,
        partitions=plan.size.partitions,
        records=records,
        warm_records=0,
        run="endurance",
        number=1,
        folder=folder / "run",
        watch=watch,
    )


async def _opened(task: Task) -> None:
    """Wait until the worker has opened every shard: what comes before that is a backlog."""
    shards = len(Shards(task.partitions).every)
    while not all((await task.watch.ends(ticks_topic(task.number), shards)).values()):  # noqa: ASYNC110  # Kafka does not tell
        await asyncio.sleep(LOOK_EVERY_S)


async def _feed(plan: Plan, bootstrap: str, day: Day) -> None:
    """Append day after day at a steady rate, as far as the broker takes it."""
    slots = max(1, round(plan.minutes * 60 / len(plan.days) / _SLOT_S))
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
        began = time.monotonic()
        for place, number in enumerate(plan.days):
            for slot in range(slots):
                due = began + (place * slots + slot) * _SLOT_S
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                await _append(producer, day, number, slot, slots)


async def _append(producer: AIOKafkaProducer, day: Day, number: int, slot: int, slots: int) -> None:
    sent: list[asyncio.Future[object]] = []
    for partition, records in enumerate(day.partitions):
        start, end = (len(records) * each // slots for each in (slot, slot + 1))
        batch = producer.create_batch()
        for raw in day.told_as(number, partition, start, end):
            if batch.append(timestamp=None, key=None, value=raw) is None:
                sent.append(await producer.send_batch(batch, CALLS, partition=partition))
                batch = producer.create_batch()
                batch.append(timestamp=None, key=None, value=raw)
        if batch.record_count():
            sent.append(await producer.send_batch(batch, CALLS, partition=partition))
    await asyncio.gather(*sent)


async def watched(records: int, done_by_now: Callable[[], Awaitable[int]], process: psutil.Process) -> list[Part]:
    """What each part cost, without starting up; raises BenchError when the worker gets no further.

    Parts that passed between two looks are one.
    """
    began = moved = time.monotonic()
    parts: list[Part] = []
    done, cpu_s, look_ups = 0, 0.0, LookUps()
    while done < records:
        await asyncio.sleep(LOOK_EVERY_S)
        now, read = time.monotonic(), await done_by_now()
        if done == 0:
            done, cpu_s = read, spent(process)[0]
        elif read * PARTS // records > done * PARTS // records:
            cost, rss = spent(process)
            us = round((cost - cpu_s) / (read - done) * 1e6, 2)
            parts.append(Part(read, round(now - began, 1), us, rss >> 20, look_ups.cost_ns()))
            sys.stderr.write(f"{parts[-1]}\n")
            done, cpu_s, moved = read, cost, now
        elif now - moved > _ENDS_WITHIN_S:
            message = f"the worker got no further than {read} of {records} events"
            raise BenchError(message)
    return parts


def _figures(parts: Sequence[Part]) -> dict[str, Any]:
    """The last part beside the first, and the memory of the second half beside that of the middle."""
    middle, last = parts[len(parts) // 2 - 1], parts[-1]
    return {
        "minutes": round(last.seconds / 60, 1),
        "last_to_first_cost": round(last.us_cpu_per_event / parts[0].us_cpu_per_event, 3),
        "last_to_middle_rss": round(last.rss_mb / middle.rss_mb, 3),
        "last_to_first_lookup": round(last.lookup_ns / parts[0].lookup_ns, 3),
        "parts": [asdict(part) for part in parts],
    }


async def _require(plan: Plan, bootstrap: str, day: Day) -> int:
    """Hold the calls of each rep and month that is live to the account; how many cells the shards have in all."""
    known = load_projections()
    name, months = "rep_month", [f"{day_of(number):%Y-%m}" for number in plan.days]
    live_cells, cells = 0, dict[Key, Values]()
    async with CellsReader(settings_for(bootstrap), 1, known) as reader:
        for shard in Shards(plan.size.partitions).every:
            await reader.load([shard])
            boards = reader.boards()
            live_cells += sum(map(len, boards.values()))
            merge(known[name], cells, boards.get(name, {}))
    keys, calls = known[name].keys, [measure.name for measure in known[name].measures].index("calls")
    found = {(key[keys.index("rep")], key[keys.index("month")]): values[calls] for key, values in cells.items()}
    first = _first_live(known[name], day_of(plan.days[-1]))
    told = {(rep, m): n * months.count(m) for rep, n in day.calls_of_reps.items() for m in set(months) if m >= first}
    if found != told:
        message = "the live cells are not those of what was told"
        raise OtherTotalsError(message)
    return live_cells


def _first_live(projection: Projection, day: date) -> str:
    """The first month that is live on a day."""
    if projection.live is None:
        message = f"{projection.name} has no horizon"
        raise BenchError(message)
    return projection.live.first(day)


def main() -> int:
    """Run it; 1 when the totals are wrong, or the worker had more memory than it may have."""
    parser = argparse.ArgumentParser(prog="kvota bench endurance")
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--a-day", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    told = parser.parse_args()
    plan = Plan(SIZES[told.size], told.events, told.a_day, told.minutes)
    with tempfile.TemporaryDirectory(prefix="kvota-bench-") as folder:
        try:
            figures = asyncio.run(endure(plan, Path(folder)))
        except (OtherTotalsError, BenchError) as error:
            sys.stderr.write(f"kvota: {error}\n")
            return 1
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if figures["within_memory"] else 1


if __name__ == "__main__":
    sys.exit(main())
