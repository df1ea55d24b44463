"""Which process a process id names now: ids are used again."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from services.broker.folder import Folder


def signal_guard(pid: int, folder: Folder, number: signal.Signals) -> None:
    """Send a signal to the guard of `folder`; nothing when `pid` is another process by now, or none."""
    if is_guard(pid, folder):
        with suppress(ProcessLookupError):  # it ended meanwhile
            os.kill(pid, number)


def is_guard(pid: int, folder: Folder) -> bool:
    """Tell whether process `pid` is a guard that was started on `folder`."""
    words = _command_line(pid)
    return "services.broker.guard" in words and f"--data={folder.root}" in words


def _command_line(pid: int) -> str:
    """Return a living process's command line; nothing when there is no such process."""
    if Path("/proc/self/cmdline").exists():
        with suppress(FileNotFoundError, ProcessLookupError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    listed = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return listed.stdout
