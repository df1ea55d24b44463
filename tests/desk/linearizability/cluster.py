"""Three desks, each with a road of its own to one broker; and what can happen to them."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx

from services.broker.broker import Broker
from services.runtime.ports import free_port
from services.runtime.topics import ensure_topics, source_topics
from tests.desk.linearizability.clients import Progress
from tests.projector.proxy import Proxy, proxied

DECISIONS = b"kvota.decisions"
_START_S, _LONGEST_S = 60.0, 4.0


@dataclass(slots=True)
class Desk:
    """One `python -m services.desk`, which reaches the broker by way of a proxy."""

    proxy: Proxy
    environment: Mapping[str, str]
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it, and wait until it serves."""
        own = {"KVOTA_KAFKA_BOOTSTRAP_SERVERS": self.proxy.address, "KVOTA_DESK_PORT": str(self.port)}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "services.desk"),
            env={**os.environ, **self.environment, **own},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(_START_S), httpx.AsyncClient(trust_env=False) as client:
            while not await self._serves(client):
                assert self.process.returncode is None, "the desk ended by itself"

    async def _serves(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(f"{self.url}/readyz")).is_success
        except httpx.TransportError:
            return False

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None
        assert self.process.returncode is None, "the desk ended by itself"
        self.process.send_signal(number)

    async def kill(self) -> None:
        """End it where it stands, if it runs."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@dataclass(slots=True)
class Cluster:
    """The broker and the desks."""

    home: Path
    data: Path
    port: int = field(default_factory=free_port)
    desks: list[Desk] = field(default_factory=list[Desk])
    happened: list[str] = field(default_factory=list[str])
    """The faults so far."""
    _broker: ExitStack = field(default_factory=ExitStack)

    @property
    def bootstrap(self) -> str:
        """Where the broker is, without a proxy."""
        return f"127.0.0.1:{self.port}"

    async def start_broker(self) -> None:
        """Start it, on the data that there is."""
        broker = Broker(home=self.home, data_dir=self.data, port=self.port)
        await asyncio.to_thread(self._broker.enter_context, broker.running())

    async def stop_broker(self) -> None:
        """Stop it."""
        await asyncio.to_thread(self._broker.close)

    async def disturb(self, progress: Progress, seed: int) -> None:
        """Let one fault after the other happen, until all operations are over."""
        chance = Random(seed)  # no secret
        while not progress.ended:
            faults: Sequence[Callable[[Desk, Progress], Coroutine[Any, Any, None]]] = (
                self._kill,
                self._pause,
                self._hold,
                self._hold_and_cut,
                self._lose,
                self._restart_broker,
            )
            fault = faults[len(self.happened) % len(faults)]
            self.happened.append(fault.__name__.strip("_"))
            await fault(chance.choice(self.desks), progress)
            await progress.further(10, _LONGEST_S)

    async def _kill(self, desk: Desk, progress: Progress) -> None:
        await desk.kill()
        await progress.further(5, _LONGEST_S)
        await desk.start()

    async def _pause(self, desk: Desk, progress: Progress) -> None:
        desk.signal(signal.SIGSTOP)
        await progress.further(20, _LONGEST_S)
        desk.signal(signal.SIGCONT)

    async def _hold(self, desk: Desk, progress: Progress) -> None:
        """What it appends lands later, after what others append meanwhile."""
        desk.proxy.holding = DECISIONS
        await progress.further(20, _LONGEST_S)
        await desk.proxy.let_go()

    async def _hold_and_cut(self, desk: Desk, progress: Progress) -> None:
        """What it appended lands once more, after it has appended it again."""
        desk.proxy.holding = DECISIONS
        await progress.further(10, _LONGEST_S)
        desk.proxy.drop()
        desk.proxy.holding = None
        await progress.further(10, _LONGEST_S)
        await desk.proxy.let_go()

    async def _lose(self, desk: Desk, progress: Progress) -> None:
        """What it appends lands, and it never hears of it."""
        desk.proxy.losing = DECISIONS
        await progress.further(10, _LONGEST_S)
        desk.proxy.losing = None

    async def _restart_broker(self, _desk: Desk, progress: Progress) -> None:
        await self.stop_broker()
        await progress.further(5, 1.0)
        await self.start_broker()


@asynccontextmanager
async def clustered(home: Path, data: Path, number: int, environment: Mapping[str, str]) -> AsyncGenerator[Cluster]:
    """A broker and so many desks, all of which serve."""
    cluster = Cluster(home, data)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(cluster.stop_broker)
        await cluster.start_broker()
        await ensure_topics(cluster.bootstrap, source_topics(1))
        for _ in range(number):
            proxy = await stack.enter_async_context(proxied(cluster.bootstrap))
            desk = Desk(proxy, environment)
            cluster.desks.append(desk)
            stack.push_async_callback(desk.kill)
            await desk.start()
        yield cluster
