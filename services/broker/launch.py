"""What a guard is told: its command line, written by the one who starts it and read by the guard."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.broker.folder import Folder
from services.broker.installation import Installation

DEFAULT_HEAP_MB = 512
STOP_WITHIN_S = 10
"""How long the JVM may take to shut down by itself before it is killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One run of a broker: owned by the process that starts it, or detached from it."""

    installation: Installation
    folder: Folder
    owned: bool
    port: int = 0
    """0: any free one."""
    heap_mb: int = DEFAULT_HEAP_MB
    stop_within_s: int = STOP_WITHIN_S
    record: Path | None = None
    """Where to write a class-data archive at the end, instead of starting from one."""

    def command(self) -> list[str]:
        """Return the command line of the guard."""
        told = [f"--installation={self.installation.root}", f"--data={self.folder.root}", f"--port={self.port}"]
        told += [f"--heap-mb={self.heap_mb}", f"--stop-within-s={self.stop_within_s}"]
        told += ["--owned"] if self.owned else []
        told += [f"--record={self.record}"] if self.record else []
        return [sys.executable, "-m", "services.broker.guard", *told]


def parse(arguments: Sequence[str]) -> Launch:
    """Read back what `Launch.command` wrote; exits with argparse's message when it is something else."""
    parser = argparse.ArgumentParser(prog="services.broker.guard", description="Own a Kafka broker; not for people.")
    parser.add_argument("--installation", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--heap-mb", type=int, required=True)
    parser.add_argument("--stop-within-s", type=int, required=True)
    parser.add_argument("--owned", action="store_true")
    parser.add_argument("--record", type=Path)
    told = parser.parse_args(arguments)
    return Launch(
        installation=Installation(told.installation),
        folder=Folder(told.data),
        owned=told.owned,
        port=told.port,
        heap_mb=told.heap_mb,
        stop_within_s=told.stop_within_s,
        record=told.record,
    )
