"""The demo's own home: a folder that only demos write to, emptied before each."""

import shutil
from pathlib import Path

from services.broker.detached import status
from services.runtime.errors import ClearError
from services.runtime.lock import own
from services.supervisor.board import Stack
from services.supervisor.plan import queue_log

_MARK = ".made-by-kvota-demo"


def fresh_home(home: Path) -> Stack:
    """Take a folder for this process, and empty it.

    Raises ClearError when it was not made by a demo, or when something of a demo runs in it.
    """
    home = home.resolve()
    if home.exists() and any(home.iterdir()) and not (home / _MARK).exists():
        message = f"{home} is not empty, and no demo made it: move it away, or set KVOTA_HOME to another folder"
        raise ClearError(message)
    files = _taken(home)
    for path in (*home.iterdir(), *files.folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            if path != files.folder:
                shutil.rmtree(path)
        elif path not in (home / _MARK, files.lock):
            path.unlink()
    queue_log(home).parent.mkdir()
    queue_log(home).touch()
    return files


def _taken(home: Path) -> Stack:
    files = Stack(home)
    files.folder.mkdir(parents=True, exist_ok=True)
    (home / _MARK).touch()
    try:
        own(files.lock)
    except BlockingIOError:
        message = f"a demo runs there already: KVOTA_HOME={home} kvota down ends it"
        raise ClearError(message) from None
    if status(home) is not None:
        message = f"a broker runs on what an earlier demo left: KVOTA_HOME={home} kvota broker stop ends it"
        raise ClearError(message)
    return files
