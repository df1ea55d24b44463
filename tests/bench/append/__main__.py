"""`python -m tests.bench.append`: what `kvota bench append` runs.

Three ways to put the same record into a real log, one round of each in turn, so that all meet the same machine: a bare
`send_and_wait`, a decision by the handler that is read back before it is answered, and one over HTTP, from a desk in a
process of its own. Then how many a second one desk decides for many clients at once. While that desk is asked, nobody
else reads the log; while the handler of this process is, the desk follows it as a second replica.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import uvloop

from services.runtime.errors import ClearError
from services.runtime.logging import configure_logging
from services.supervisor.plan import Ports
from tests.bench.append.desk import served
from tests.bench.append.ways import Bare, Decided, OverHttp, Way, decisions_in
from tests.bench.projector.bench import machine

FIRST = 50
"""So many decisions of a block are not timed: those that its connections and caches are new to."""


class OtherLogError(ClearError):
    """The figures would say nothing: what was answered is not what is in the log."""


async def timed(way: Way, times: int) -> list[float]:
    """How long each of so many took, one after the other, in milliseconds."""
    found = list[float]()
    async with way:
        for _ in range(FIRST + times):
            begun = time.perf_counter()
            await way.one()
            found.append((time.perf_counter() - begun) * 1000)
    return found[FIRST:]


async def at_once(way: Way, clients: int, each: int) -> float:
    """How many a second so many clients get, each of whom waits for an answer before asking again."""

    async def client() -> None:
        for _ in range(each):
            await way.one()

    async with way:
        for _ in range(FIRST):
            await way.one()
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(client())
        return clients * each / (time.perf_counter() - begun)


def shown(times: Sequence[float]) -> dict[str, float]:
    """The middle and the slow end of some times."""
    return {"p50_ms": round(median(times), 3), "p99_ms": round(quantiles(times, n=100)[98], 3)}


async def bench(home: Path, rounds: int, times: int, clients: int) -> dict[str, Any]:
    """Measure; raises OtherLogError when the log does not hold what was answered."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kvota-bench-")))
        bootstrap, url, credentials = await stack.enter_async_context(served(home, folder, Ports.free()))
        decided, http = Decided(bootstrap), OverHttp(url, credentials, clients)
        ways: Mapping[str, Way] = {"send_and_wait": Bare(bootstrap), "handler": decided, "http": http}
        for way in ways.values():
            await timed(way, times)  # once to warm up: connections, caches, the broker's own compiler
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                found[name] += await timed(way, times)
        rates = {name: await at_once(ways[name], clients, times) for name in ("handler", "http")}
        told, there = decided.answered + http.answered, await decisions_in(bootstrap)
    if told != there:
        message = f"{told} decisions were answered, and {there} are in the log"
        raise OtherLogError(message)
    middle = median(found["send_and_wait"])
    return {
        "machine": machine(),
        "decisions": there,
        "ways": {name: shown(each) for name, each in found.items()},
        "ratios": {name: round(median(found[name]) / middle, 2) for name in ("handler", "http")},
        "clients": clients,
        "decisions_per_s": {name: round(rate) for name, rate in rates.items()},
    }


def main(arguments: Sequence[str]) -> int:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="kvota bench append")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args(arguments)
    configure_logging(logging.WARNING)
    try:
        found = uvloop.run(bench(Path(".kvota").resolve(), told.rounds, told.times, told.clients))
    except ClearError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(found) + "\n" if told.json else table(found))
    return 0


def table(found: Mapping[str, Any]) -> str:
    """The figures, for people."""
    lines = [f"{'way':<15}{'p50 ms':>9}{'p99 ms':>9}{'ratio':>8}{'a second':>10}"]
    for name, each in found["ways"].items():
        ratio, rate = found["ratios"].get(name, 1.0), found["decisions_per_s"].get(name, "")
        lines.append(f"{name:<15}{each['p50_ms']:>9.2f}{each['p99_ms']:>9.2f}{ratio:>8.2f}{rate:>10}")
    return "\n".join([*lines, f"a second: with {found['clients']} clients at once", ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
