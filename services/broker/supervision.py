"""How others start a guard and hear from it."""

import json
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import services
from services.broker.errors import BrokerError
from services.broker.folder import BrokerAddress
from services.broker.launch import Launch
from services.broker.log import failure

_MARGIN_S = 5.0

Guard = subprocess.Popen[str]


@contextmanager
def running(launch: Launch) -> Generator[BrokerAddress, None, None]:
    """Run an owned broker and yield its address; it is gone afterwards, however this process ends.

    The guard reads from a pipe whose other end only this process holds. Raises `BrokerError` when it does not start.
    """
    guard = _spawn(launch)
    try:
        yield _heard(guard, launch)
    finally:
        _end(guard, launch.stop_within_s + _MARGIN_S)


def start_detached(launch: Launch) -> BrokerAddress:
    """Start a broker that survives this process; raises `BrokerError` when it does not start."""
    guard = _spawn(launch)
    try:
        return _heard(guard, launch)
    finally:
        _end(guard, _MARGIN_S)  # only the process that made the guard and left: the guard is nobody's child


def _spawn(launch: Launch) -> Guard:
    launch.folder.prepare()
    with launch.folder.log.open("ab") as log:
        return subprocess.Popen(
            launch.command(),
            cwd=_import_root(),
            stdin=subprocess.PIPE if launch.owned else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # Ctrl-C is for the owner, who then ends the guard
        )


def _import_root() -> Path:
    """Return the folder from which `services` is imported, in a checkout and in a wheel alike."""
    return Path(services.__path__[0]).parent


def _heard(guard: Guard, launch: Launch) -> BrokerAddress:
    assert guard.stdout is not None  # noqa: S101 - a pipe was asked for
    line = guard.stdout.readline()
    said: dict[str, str] = json.loads(line) if line else {}
    if "ready" in said:
        return BrokerAddress(said["ready"])
    raise BrokerError(said.get("failed") or failure("The broker's guard ended early", launch.folder.log, since=0))


def _end(guard: Guard, within_s: float) -> None:
    for pipe in (guard.stdin, guard.stdout):
        if pipe is not None:
            pipe.close()
    try:
        guard.wait(within_s)
    except subprocess.TimeoutExpired:
        guard.kill()
        guard.wait()
