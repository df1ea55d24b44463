"""A broker, and one desk in a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from services.broker.broker import Broker
from services.runtime.topics import FOR_EVER, TopicSpec, ensure_topics, source_topics
from services.supervisor.plan import Ports
from tests.callers import bearer

RAW = "bench.raw"
_READY_S = 60.0


@asynccontextmanager
async def served(home: Path, folder: Path, ports: Ports) -> AsyncGenerator[tuple[str, str, Mapping[str, str]]]:
    """Where the broker and the desk are, and what a manager shows of themselves; Kafka is installed in `home`."""
    with Broker(home=home, data_dir=folder / "broker", port=ports.kafka).running() as bootstrap:
        await ensure_topics(bootstrap, (*source_topics(1), TopicSpec(RAW, 1, FOR_EVER)))
        environment = {
            "KVOTA_HOME": str(folder),
            "KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "KVOTA_DESK_PORT": str(ports.desk),
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.desk"),
            env={**os.environ, **environment},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await ready(process, ports.url("desk"))
            yield bootstrap, ports.url("desk"), bearer(folder, "manager")
        finally:
            process.terminate()
            await process.wait()


async def ready(process: asyncio.subprocess.Process, url: str) -> None:
    """Wait until a process answers that it is ready, or has ended."""
    async with asyncio.timeout(_READY_S), httpx.AsyncClient(trust_env=False) as client:
        while process.returncode is None:
            try:
                if (await client.get(f"{url}/readyz")).is_success:
                    return
            except httpx.TransportError:
                continue
