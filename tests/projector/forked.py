"""Workers that start in no time: forked from a process that has imported everything."""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.projector import points
from tests.projector.points import Fate

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload([points.__name__])


@dataclass(slots=True)
class Forked:
    """One worker process."""

    bootstrap: str
    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    process: ForkServerProcess | None = None

    def start(self, fate: Fate | None = None) -> None:
        """Start it, under the same name as before, to live or to meet a fate."""
        own = {"PORT": "0", "VERSION": "1", **self.settings}
        environment = {f"KVOTA_PROJECTOR_{name}": value for name, value in own.items()}
        environment |= {"KVOTA_KAFKA_BOOTSTRAP_SERVERS": self.bootstrap, "KVOTA_HOME": str(self.home)}
        self.process = _forks.Process(target=_work, args=(environment, fate or Fate()))
        self.process.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self.process is not None
        assert self.process.pid is not None
        return self.process.pid

    async def ended(self, within_s: float = 60.0) -> int | None:
        """Wait until it has ended; its exit code, minus the number of the signal that ended it; None: it has not."""
        assert self.process is not None
        await asyncio.to_thread(self.process.join, within_s)
        return self.process.exitcode

    async def stop(self) -> int | None:
        """Ask it to stop; its exit code."""
        assert self.process is not None
        self.process.terminate()
        return await self.ended()

    async def kill(self) -> None:
        """Kill it where it stands."""
        assert self.process is not None
        assert self.process.exitcode is None, "the worker ended by itself"
        self.process.kill()
        await self.ended()


@asynccontextmanager
async def forking(bootstrap: str, home: Path, **settings: str) -> AsyncGenerator[Forked]:
    """Have a worker for a block, not started yet; however the block ends, nothing of it stays."""
    worker = Forked(bootstrap, home, settings)
    try:
        yield worker
    finally:
        if worker.process is not None and worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


def _work(environment: Mapping[str, str], fate: Fate) -> None:
    threading.Thread(target=_end_with_the_test, daemon=True).start()
    points.work(environment, fate)


def _end_with_the_test() -> None:
    test = multiprocessing.parent_process()
    assert test is not None
    test.join()
    os._exit(1)
