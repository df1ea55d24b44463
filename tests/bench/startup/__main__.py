"""`python -m tests.bench.startup small|large`: states two months of live cells, then starts up readers, each afresh.

Prints a line of JSON for each reader: seconds on the wall and of CPU, the peak of its memory, and the cells it has.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from projections.projection import Projection
from services.broker.broker import Broker
from services.projector.folding import Step
from services.projector.owner import ShardOwner
from services.runtime.cells_reader import CellsReader
from services.runtime.log import producer
from services.runtime.settings import KafkaSettings
from services.runtime.ticks import NEVER, Tick
from services.runtime.topics import ensure_topics, projector_topics
from services.wallboard.__main__ import shown
from services.wallboard.tables import Tables
from tests.bench.startup.floor import PROJECTIONS, SIZES, TODAY, Size, boards_of

VERSION = 1


def main() -> None:
    """Write and read, or with `--reader` only read."""
    asked = argparse.ArgumentParser()
    asked.add_argument("size", choices=SIZES)
    asked.add_argument("--home", type=Path, default=Path(".kvota"))
    asked.add_argument("--shards", type=int, help="Write and read only so many.")
    asked.add_argument("--only", nargs="*", help="Write only these projections.")
    asked.add_argument("--reader", choices=("board", "worker"))
    asked.add_argument("--bootstrap")
    told = asked.parse_args()
    size = SIZES[told.size]
    shards = range(size.partitions + 1)[: told.shards]
    if told.reader is None:
        _measure(told.home, told.size, size, shards, told.only)
    else:
        asyncio.run(_start_up(told.reader, told.bootstrap, shards))


def _measure(home: Path, name: str, size: Size, shards: range, only: list[str] | None) -> None:
    with tempfile.TemporaryDirectory() as data, Broker(home=home, data_dir=Path(data)).running() as bootstrap:
        asyncio.run(_write(bootstrap, size, shards, only, Path(data)))
        for reader in ("board", "worker"):
            asked = [name, "--reader", reader, "--bootstrap", bootstrap, "--shards", str(len(shards))]
            subprocess.run([sys.executable, "-m", "tests.bench.startup", *asked], check=True)


async def _write(bootstrap: str, size: Size, shards: range, only: list[str] | None, ids: Path) -> None:
    """Have an owner of each shard state its cells."""
    kafka = KafkaSettings(bootstrap_servers=bootstrap, client_id="bench")
    await ensure_topics(bootstrap, projector_topics(VERSION, size.partitions))
    async with CellsReader(kafka, VERSION, PROJECTIONS) as reader, producer(kafka) as writer:
        following = asyncio.create_task(reader.follow())
        for shard in shards:
            await reader.load([shard], remember=True)
            owner = ShardOwner(shard, VERSION, reader, writer, ids)
            await owner.open()
            for board, cells in boards_of(size, shard).items():
                if only is None or board in only:
                    owner.cells.require_written().touch(board, cells, ())
                    owner.cells.live.add(board, cells)
            await owner.append(Step(Tick(prev=NEVER, days={"kvota.calls": TODAY})))
            await owner.state()
            await reader.drop([shard])
        following.cancel()


async def _start_up(who: str, bootstrap: str, shards: range) -> None:
    projections: Mapping[str, Projection] = shown(PROJECTIONS) if who == "board" else PROJECTIONS
    kafka = KafkaSettings(bootstrap_servers=bootstrap, client_id="bench")
    before, began, cpu = _peak_mb(), time.perf_counter(), time.process_time()
    async with CellsReader(kafka, VERSION, projections) as reader:
        await reader.load(shards, remember=who == "worker")
        if who == "board":
            with Tables(projections) as tables:
                tables.load(reader.live)
        boards = [reader.live.boards] if who == "board" else [shard.boards for shard in reader.shards.values()]
        said = {
            "reader": who,
            "seconds": round(time.perf_counter() - began, 2),
            "cpu_s": round(time.process_time() - cpu, 2),
            "peak_mb": _peak_mb(),
            "before_mb": before,
            "cells": sum(len(cells) for each in boards for cells in each.values()),
            "of": {name: sum(len(each.get(name, ())) for each in boards) for name in {n: 0 for b in boards for n in b}},
        }
    sys.stdout.write(msgspec.json.encode(said).decode() + "\n")


def _peak_mb() -> int:
    [line] = [line for line in Path("/proc/self/status").read_text("utf-8").splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    main()
