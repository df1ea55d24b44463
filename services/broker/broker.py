"""A real Apache Kafka on this machine: owned by the process that needs it, or detached from the one that started it."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.broker.folder import BrokerAddress, Folder
from services.broker.install import install
from services.broker.launch import DEFAULT_HEAP_MB, Launch
from services.broker.supervision import running


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """A broker for the life of a block: for tests and the demo."""

    home: Path
    data_dir: Path
    port: int = 0
    """0: any free one."""
    heap_mb: int = DEFAULT_HEAP_MB

    @contextmanager
    def running(self) -> Generator[BrokerAddress, None, None]:
        """Run it and yield the address that clients use; nothing of it is left afterwards but its data.

        Not even a SIGKILL of this process leaves a JVM. Raises `BrokerError` when it cannot be installed or started.
        """
        launch = Launch(
            installation=install(self.home),
            folder=Folder(self.data_dir.resolve()),
            owned=True,
            port=self.port,
            heap_mb=self.heap_mb,
        )
        with running(launch) as address:
            yield address
