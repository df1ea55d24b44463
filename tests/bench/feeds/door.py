"""A broker, and the door of the feeds in a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.broker.broker import Broker
from services.runtime.topics import ensure_topics, source_topics
from services.supervisor.plan import Ports
from tests.bench.append.desk import ready
from tests.callers import bearer


@dataclass(frozen=True, slots=True)
class Door:
    """Where it is, and what a feed shows of itself."""

    bootstrap: str
    url: str
    pid: int
    credentials: Mapping[str, str]


@asynccontextmanager
async def served(home: Path, folder: Path, ports: Ports, partitions: int = 1) -> AsyncGenerator[Door]:
    """A door on a log of so many partitions a topic; Kafka is installed in `home`."""
    with Broker(home=home, data_dir=folder / "broker", port=ports.kafka).running() as bootstrap:
        await ensure_topics(bootstrap, source_topics(partitions))
        environment = {
            "KVOTA_HOME": str(folder),
            "KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "KVOTA_FEEDS_PORT": str(ports.feeds),
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.feeds"),
            env={**os.environ, **environment},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await ready(process, ports.url("feeds"))
            yield Door(bootstrap, ports.url("feeds"), process.pid, bearer(folder, "feed"))
        finally:
            process.terminate()
            await process.wait()
