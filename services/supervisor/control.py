"""Starting, stopping and asking a supervisor that runs in the background."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from services.runtime.errors import ClearError
from services.runtime.lock import is_owned, is_released
from services.supervisor.board import Stack, Standing
from services.supervisor.plan import Ports

READY_WITHIN_S = 120.0
_STOP_WITHIN_S = 90.0
_LOOK_EVERY_S = 0.1

Standings = Mapping[str, Standing]


class StackError(ClearError):
    """The stack does not start or stop; the text says which program, and what it said last."""


def start(
    home: Path,
    ports: Ports,
    tell: Callable[[Standings], None] = lambda _standings: None,
    *,
    installed: Path | None = None,
) -> Standings:
    """Start the stack in the background, or find it running, and return once every program is ready.

    `tell` hears how the programs stand while it waits; `installed` is where Kafka is, when not in `home`.
    Raises StackError when they are not ready in time, PortError when a port is taken.
    """
    files = Stack(home.resolve())
    if not is_owned(files.lock):
        _spawn(files, ports.require_free(), installed or files.home)
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        standings = status(home) or {}
        tell(standings)
        if are_ready(standings):
            return standings
        if time.monotonic() > deadline:
            raise not_ready(standings)
        time.sleep(_LOOK_EVERY_S)


def stop(home: Path) -> bool:
    """Stop the stack; whether there was one. Raises StackError when it does not end."""
    files = Stack(home.resolve())
    said = files.read()
    if not is_owned(files.lock):
        return False
    if said is not None:
        os.kill(said[0], signal.SIGTERM)
    if not is_released(files.lock, _STOP_WITHIN_S):
        message = f"the stack on {files.home} does not stop; see {files.log('supervisor')}"
        raise StackError(message)
    return True


def status(home: Path) -> Standings | None:
    """How the programs stand; None when no supervisor runs."""
    files = Stack(home.resolve())
    said = files.read()
    return said[1] if said is not None and is_owned(files.lock) else None


def _spawn(files: Stack, ports: Ports, installed: Path) -> None:
    files.folder.mkdir(parents=True, exist_ok=True)
    with files.log("supervisor").open("ab") as output:
        subprocess.run(  # it leaves a process of its own behind, and is nobody's child then
            [
                *(sys.executable, "-m", "services.supervisor", "--detach"),
                *("--ports", ports.model_dump_json(), "--installed", str(installed)),
            ],
            env={**os.environ, "KVOTA_HOME": str(files.home)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            check=True,
        )


def are_ready(standings: Standings) -> bool:
    """Whether programs stand, and all of them are ready, or done if they end by themselves."""
    return bool(standings) and all(each.state in ("ready", "done") for each in standings.values())


def has_failed(standings: Standings, times: int) -> bool:
    """Whether a program has ended that often against expectation."""
    return any(each.restarts >= times for each in standings.values())


def not_ready(standings: Standings) -> StackError:
    """An error that names what is not ready, and the log that says why: first of all of a program that fails."""
    late = {name: each for name, each in standings.items() if each.state not in ("ready", "done")}
    worst = max(standings.values(), key=lambda each: each.restarts, default=None)
    if worst is not None and worst.restarts:
        [name, *_] = [name for name, each in standings.items() if each is worst]
        return StackError(f"{name} has failed, {worst.restarts} times so far; see {worst.log}")
    logs = [each.log for each in late.values() if each.log is not None]
    said = f"; see {logs[0]}" if logs else ""
    return StackError(f"not ready in time: {', '.join(late) or 'the supervisor'}{said}")
