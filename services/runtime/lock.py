"""Who owns a folder: a file lock that the operating system lets go when its last holder is dead."""

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

_POLL_S = 0.02


@contextmanager
def locked(file: Path) -> Generator[None, None, None]:
    """Hold the lock, waiting for whoever has it."""
    with _opened(file) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def own(file: Path, within_s: float = 1.0) -> int:
    """Take the lock until this process ends, and return its descriptor; only closing that would let go earlier.

    A child that inherits the descriptor holds the lock too: it is free only when both are gone. Somebody may be
    looking at the lock just now (`is_owned`), which is over `within_s` seconds later; raises `BlockingIOError` when
    another process keeps it.
    """
    descriptor = _open(file)
    deadline = time.monotonic() + within_s
    while not _taken(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            os.close(descriptor)
            raise BlockingIOError(errno.EWOULDBLOCK, "owned by another process", str(file))
        time.sleep(_POLL_S)
    return descriptor


def own_folder(parent: Path) -> Path:
    """An empty folder, this process's until it ends: the first of 0, 1, 2… that no living process has."""
    for number in count():
        folder = parent / str(number)
        parent.mkdir(parents=True, exist_ok=True)
        with suppress(BlockingIOError):
            own(folder.with_suffix(".lock"), within_s=0)
            break
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def is_owned(file: Path) -> bool:
    """Tell whether a living process holds the lock."""
    if not file.exists():
        return False
    with _opened(file) as descriptor:
        return not _taken(descriptor, fcntl.LOCK_SH)  # two who look do not see each other


def is_released(file: Path, within_s: float) -> bool:
    """Wait until nobody holds the lock; False when somebody still does after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while is_owned(file):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _opened(file: Path) -> Generator[int, None, None]:
    descriptor = _open(file)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
