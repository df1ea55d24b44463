"""Work on a lake that is killed: `python -m tests.history.lake.dying WORK ARCHIVE HOME`.

For each line that it is told, a number of seconds, a process of its own does the work, `push` or `retain`, and is
killed after that time with SIGKILL, unless it has ended. How it ended is told on a line.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

from services.history.lake.lake import Lake
from services.history.lake.pushing import push
from services.history.lake.retaining import retain
from services.history.lake.settings import LakeSettings

WORKS: Mapping[str, Callable[[Path, Lake], object]] = {
    "push": push,
    "retain": lambda folder, lake: retain(folder, lake, datetime(2100, 1, 1, tzinfo=UTC)),
}


def main() -> None:
    """Kill as often as told. What can only be loaded once is loaded; nothing is opened before a process is its own."""
    work, (folder, home) = WORKS[sys.argv[1]], map(Path, sys.argv[2:])
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _work(work, folder, home)
        killer = Timer(float(line), os.kill, (child, signal.SIGKILL))
        killer.start()
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        killer.cancel()
        killer.join()
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201  # whoever tells it when to kill reads this


def _work(work: Callable[[Path, Lake], object], folder: Path, home: Path) -> None:
    """Do it, and end without what a process does at its end: it belongs to the parent."""
    code = 1
    try:
        with Lake.open(LakeSettings(), home, make=True) as lake:
            work(folder, lake)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
