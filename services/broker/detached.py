"""The broker of a developer's machine: it survives the command that started it."""

import signal
import time
from pathlib import Path

from services.broker.errors import BrokerError
from services.broker.folder import BrokerAddress, Folder
from services.broker.install import install
from services.broker.jars import Progress
from services.broker.launch import DEFAULT_HEAP_MB, STOP_WITHIN_S, Launch
from services.broker.process import is_guard, signal_guard
from services.broker.supervision import start_detached
from services.runtime.lock import is_released

DEFAULT_PORT = 9092

_START_WITHIN_S = 60.0
_KILL_WITHIN_S = 5.0
_POLL_S = 0.05


def start(
    home: Path,
    port: int = DEFAULT_PORT,
    data_dir: Path | None = None,
    heap_mb: int = DEFAULT_HEAP_MB,
    progress: Progress = lambda _done, _total: None,
) -> BrokerAddress:
    """Start a broker on `data_dir` (by default `broker` under `home`) and return its address once it answers.

    One that runs there already is left as it is, and its address returned. `port` 0 means any free one; `progress` is
    told of the jars that a first installation fetches. Raises `BrokerError` when it cannot be installed or started.
    """
    folder = _folder(home, data_dir)
    address = _of_running(folder)
    if address is not None:
        return address
    installation = install(home, progress)
    return start_detached(
        Launch(installation=installation, folder=folder, owned=False, port=port, heap_mb=heap_mb),
    )


def stop(home: Path, data_dir: Path | None = None) -> bool:
    """Stop the broker on `data_dir`, cleanly if it can; tell whether there was one.

    Raises `BrokerError` when something of it survives even SIGKILL.
    """
    folder = _folder(home, data_dir)
    if not folder.is_owned():
        return False
    for number, within_s in ((signal.SIGTERM, STOP_WITHIN_S + _KILL_WITHIN_S), (signal.SIGKILL, _KILL_WITHIN_S)):
        owner = folder.owner()
        if owner is not None:
            signal_guard(owner.pid, folder, number)
        if is_released(folder.lock, within_s):
            return True
    message = f"The broker on {folder.root} does not stop: a process still holds {folder.lock}."
    raise BrokerError(message)


def status(home: Path, data_dir: Path | None = None) -> BrokerAddress | None:
    """Return the address of the broker on `data_dir`; None when none runs there, or it does not answer yet."""
    return _address(_folder(home, data_dir))


def _folder(home: Path, data_dir: Path | None) -> Folder:
    return Folder((data_dir or home / "broker").resolve())


def _of_running(folder: Folder) -> BrokerAddress | None:
    """Return the address of a broker that runs or is starting, once it answers; None when there is none."""
    deadline = time.monotonic() + _START_WITHIN_S
    while folder.is_owned():
        address = _address(folder)
        if address is not None:
            return address
        if time.monotonic() > deadline:
            message = f"A broker on {folder.root} is starting and does not answer (log file: {folder.log})."
            raise BrokerError(message)
        time.sleep(_POLL_S)
    return None


def _address(folder: Folder) -> BrokerAddress | None:
    owner = folder.owner()
    return owner.address if owner is not None and is_guard(owner.pid, folder) else None
