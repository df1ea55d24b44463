"""`python -m tests.bench.desk_start`: what `kvota bench desk-start` runs.

A log is filled with deals, each in a stream of its own, asked for by a command of its own. Then a desk is started three
times, in a process of its own: on the log alone, after a snapshot was taken, and on the snapshot.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil

from events.codec import encode
from services.broker.broker import Broker
from services.desk.commandid import command_id
from services.desk.deals.state import deal_id
from services.desk.log import PARTITION
from services.desk.snapshot import FILE_NAME
from services.runtime.errors import ClearError
from services.runtime.log import producer
from services.runtime.ports import free_port
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from tests.bench.projector.bench import machine
from tests.callers import bearer
from tests.desk.given import opened
from tests.events.examples.record import decision

_DEALS_OF_A_CUSTOMER, _AHEAD, _WITHIN_S = 3, 2_000, 900.0


class NotAllThereError(ClearError):
    """The figures would say nothing: the desk does not know all deals."""


def records(streams: int) -> Iterator[bytes]:
    """So many deals, each opened."""
    for number in range(streams):
        customer = f"customer-{number // _DEALS_OF_A_CUSTOMER}"
        deal = deal_id(customer, number % _DEALS_OF_A_CUSTOMER + 1)
        envelope = decision(opened(deal, customer=customer), f"deal/{deal}", 1, by="rep-1").envelope
        asked = command_id("rep-1", str(number), "/v1/deals", {"customer": customer})
        yield encode(msgspec.structs.replace(envelope, commandid=str(asked)))


async def fill(bootstrap: str, streams: int) -> None:
    """Append them."""
    await ensure_topics(bootstrap, source_topics(1))
    waiting = list[asyncio.Future[Any]]()
    async with producer(KafkaSettings(bootstrap_servers=bootstrap)) as writer:
        for record in records(streams):
            waiting.append(await writer.send(PARTITION.topic, record, partition=PARTITION.partition))
            if len(waiting) == _AHEAD:
                await asyncio.gather(*waiting)
                waiting.clear()
        await asyncio.gather(*waiting)


def started(home: Path, bootstrap: str, last: str) -> dict[str, float]:
    """How long a desk took until it was ready, and its memory then; raises NotAllThereError."""
    port = free_port()
    environment = {
        **_environment(home, bootstrap),
        "KVOTA_DESK_PORT": str(port),
        "KVOTA_DESK_SNAPSHOT_EVERY": "1000000000",
    }
    begun = time.monotonic()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, "-m", "services.desk"], env=environment, stdout=quiet, stderr=quiet)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            while not _is_ready(client):
                if process.poll() is not None or time.monotonic() - begun > _WITHIN_S:
                    message = "the desk ended by itself, or is not ready in time"
                    raise NotAllThereError(message)
                time.sleep(0.01)
            ready_s = time.monotonic() - begun
            if client.get(f"/v1/deals/{last}", headers=dict(bearer(home, "manager"))).status_code != HTTPStatus.OK:
                message = f"the desk is ready and does not know the last deal, {last}"
                raise NotAllThereError(message)
        return {"ready_s": round(ready_s, 2), "rss_mb": round(psutil.Process(process.pid).memory_info().rss / 2**20)}
    finally:
        process.terminate()
        process.wait()


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").is_success
    except httpx.TransportError:
        return False


def _environment(home: Path, bootstrap: str) -> dict[str, str]:
    return {**os.environ, "KVOTA_HOME": str(home), "KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap}


def snapshot(home: Path, bootstrap: str) -> float:
    """How long it took to take a snapshot of the whole log."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "services.desk.snapshotting"]
    subprocess.run(command, env=_environment(home, bootstrap), stdout=subprocess.DEVNULL, check=True)
    return round(time.monotonic() - begun, 2)


def bench(installed: Path, streams: int) -> dict[str, Any]:
    """Measure; raises NotAllThereError."""
    last_customer = f"customer-{(streams - 1) // _DEALS_OF_A_CUSTOMER}"
    last = deal_id(last_customer, (streams - 1) % _DEALS_OF_A_CUSTOMER + 1)
    with tempfile.TemporaryDirectory(prefix="kvota-bench-") as folder:
        home = Path(folder)
        with Broker(home=installed, data_dir=home / "broker").running() as bootstrap:
            asyncio.run(ensure_topics(bootstrap, source_topics(1)))
            asyncio.run(fill(bootstrap, streams))
            from_log = started(home, bootstrap, last)
            taken_s = snapshot(home, bootstrap)
            from_snapshot = started(home, bootstrap, last)
            size = (home / FILE_NAME).stat().st_size
    return {
        "machine": machine(),
        "streams": streams,
        "from_log": from_log,
        "snapshot": {"taken_s": taken_s, "mb": round(size / 2**20), "bytes_per_stream": round(size / streams)},
        "from_snapshot": from_snapshot,
        "memory_bytes_per_stream": round(from_snapshot["rss_mb"] * 2**20 / streams),
    }


def main(arguments: Sequence[str]) -> int:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="kvota bench desk-start")
    parser.add_argument("--streams", type=int, default=1_000_000)
    told = parser.parse_args(arguments)
    try:
        found = bench(Path(".kvota").resolve(), told.streams)
    except ClearError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
