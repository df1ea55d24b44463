"""The desk's fold in a file, so that a start reads the end of the log only.

A snapshot is never needed: where it is missing, damaged, made by other code or of another log, the log is read from its
beginning. It is pickled, since it holds whatever the state of any noun is made of; so it is read only if nobody but its
owner could have written it.
"""

import gc
import hashlib
import os
import pickle  # of our own file, see above
import platform
import stat
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import structlog
from typing_extensions import Buffer

import events
from services import desk
from services.desk.fold import Fold

FILE_NAME = "desk.snapshot"
_LIBRARIES = ("pydantic", "pydantic-core", "msgspec")
_PART_BYTES = 1 << 20
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

_log = structlog.get_logger()


class UnusableError(Exception):
    """The snapshot is not used; the text says why."""


@cache
def meaning() -> str:
    """What state means what: the digest of all code that makes it, and of what it is made with.

    Any change to events or to the desk changes it, be it one that no state would notice: a snapshot is soon made anew.
    """
    digest = hashlib.sha256(platform.python_version().encode())
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}".encode())
    for package in (events, desk):
        for path in _sources(Path(package.__file__ or "").parent):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.rglob("*.py")))


def save(fold: Fold, path: Path) -> None:
    """Write a snapshot in place of the one before; whoever reads meanwhile, or after a crash, finds a whole one.

    First its meaning, a line; then the fold; last the digest of all that.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    partial.touch(0o600)
    with partial.open("wb") as file:
        writing = _Digesting(file)
        writing.write(_first_line())
        pickle.dump(fold, writing, protocol=pickle.HIGHEST_PROTOCOL)
        file.write(writing.digest.digest())
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


class _Digesting:
    """A file that is written, and the digest of what was: what is written is nowhere in memory as a whole."""

    def __init__(self, file: BinaryIO) -> None:
        self.digest = hashlib.sha256()
        self._file = file

    def write(self, data: Buffer) -> int:
        self.digest.update(data)
        return self._file.write(data)


def _first_line() -> bytes:
    return f"{meaning()}\n".encode()


def restored(path: Path) -> Fold:
    """The fold of the last snapshot; an empty one where it cannot be used, and the log of this process says why."""
    try:
        fold = _load(path)
    except FileNotFoundError:
        return Fold()
    except (UnusableError, OSError) as error:
        _log.warning("snapshot_unusable", path=str(path), reason=str(error))
        return Fold()
    _log.info("snapshot_loaded", path=str(path), position=fold.position)
    return fold


def _load(path: Path) -> Fold:
    with path.open("rb") as file:
        owner = os.fstat(file.fileno())
        if owner.st_uid != os.geteuid() or owner.st_mode & _OTHERS_WRITE:
            message = "others than this user may have written it"
            raise UnusableError(message)
        if file.read(len(_first_line())) != _first_line():
            message = "it was made by other code, or is none"
            raise UnusableError(message)
        if not _whole(file, owner.st_size):
            message = "it is damaged"
            raise UnusableError(message)
        file.seek(len(_first_line()))
        return _unpickled(file)


def _whole(file: BinaryIO, size: int) -> bool:
    """Whether a file ends with the digest of all that is before it."""
    file.seek(0)
    digest, left = hashlib.sha256(), size - hashlib.sha256().digest_size
    while left > 0 and (part := file.read(min(left, _PART_BYTES))):
        digest.update(part)
        left -= len(part)
    return file.read() == digest.digest()


def _unpickled(file: BinaryIO) -> Fold:
    """The fold, without Python looking for garbage among the millions of objects of which none is."""
    gc.disable()
    try:
        fold: Fold = pickle.load(file)  # noqa: S301  # its owner and its digest were looked at
        gc.freeze()
    finally:
        gc.enable()
    return fold
