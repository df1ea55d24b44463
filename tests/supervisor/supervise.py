"""A supervisor as a process that can be killed: `python -m tests.supervisor.supervise HOME`."""

import asyncio
import sys
from pathlib import Path

from services.supervisor.board import Stack
from services.supervisor.program import Program
from services.supervisor.supervisor import Supervisor

WORKER = "tests.supervisor.worker"

if __name__ == "__main__":
    asyncio.run(Supervisor(Stack(Path(sys.argv[1])), [Program("stays", WORKER, ("stay",))]).run(asyncio.Event()))
