"""`python -m services.supervisor`: the whole local stack, until SIGTERM or SIGINT."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from services.runtime.lock import own
from services.runtime.logging import configure_logging
from services.runtime.settings import HomeSettings
from services.runtime.stopping import stop_when_told
from services.supervisor.board import Stack
from services.supervisor.plan import Ports, stack
from services.supervisor.program import Program
from services.supervisor.supervisor import Supervisor


def main() -> int:
    """Supervise the stack of Kvota's home; 1 when another supervisor has it."""
    parser = argparse.ArgumentParser(prog="services.supervisor", description="Keeps the local stack running.")
    parser.add_argument("--ports", type=json.loads, default={}, help="JSON: the port of each program")
    parser.add_argument("--installed", type=Path, help="where Kafka is installed, when not in Kvota's home")
    parser.add_argument("--detach", action="store_true", help="go on in the background")
    told = parser.parse_args()
    ports = Ports.model_validate(told.ports)
    if told.detach and os.fork():
        return 0
    configure_logging()
    files = Stack(HomeSettings().home.resolve())
    files.folder.mkdir(parents=True, exist_ok=True)
    try:
        own(files.lock)
    except BlockingIOError:
        sys.stderr.write(f"another supervisor runs on {files.home}\n")
        return 1
    asyncio.run(_supervise(files, stack(files.home, ports, installed=told.installed)))
    return 0


async def _supervise(files: Stack, programs: Sequence[Program]) -> None:
    await Supervisor(files, programs).run(stop_when_told())


if __name__ == "__main__":
    sys.exit(main())
