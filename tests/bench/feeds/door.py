"""A broker, the door of the feeds in a process of its own, and beside it a vault, where callers are to be known."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

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
    secret: str
    """What an Amazon Connect shows."""


@asynccontextmanager
async def served(
    home: Path, folder: Path, ports: Ports, partitions: int = 1, *, vault: bool = False
) -> AsyncGenerator[Door]:
    """A door on a log of so many partitions a topic; Kafka is installed in `home`. With a vault it looks callers up."""
    async with AsyncExitStack() as stack:
        broker = Broker(home=home, data_dir=folder / "broker", port=ports.kafka)
        bootstrap = stack.enter_context(broker.running())
        await ensure_topics(bootstrap, source_topics(partitions))
        environment = {
            "KVOTA_HOME": str(folder),
            "KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "KVOTA_FEEDS_PORT": str(ports.feeds),
            "KVOTA_VAULT_PORT": str(ports.vault),
            "KVOTA_FEEDS_VAULT_URL": ports.url("vault") if vault else "",
        }
        secret = _secret(folder)
        if vault:
            await stack.enter_async_context(_running("vault", environment, ports.url("vault")))
        process = await stack.enter_async_context(_running("feeds", environment, ports.url("feeds")))
        yield Door(bootstrap, ports.url("feeds"), process.pid, bearer(folder, "feed"), secret)


@asynccontextmanager
async def _running(
    service: str, environment: Mapping[str, str], url: str
) -> AsyncGenerator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"services.{service}"),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await ready(process, url)
        yield process
    finally:
        process.terminate()
        await process.wait()


def _secret(folder: Path) -> str:
    secret = token_urlsafe()
    file = folder / "feeds" / "secrets" / "amazon_connect"
    file.parent.mkdir(mode=0o700, parents=True)
    file.touch(mode=0o600)
    file.write_text(secret)
    return secret
