"""The folder in which marts stand: `mart-1`, `mart-2` and so on, and the link `current` to the newest that is whole.

A mart is made in a folder beside, which gets its name when it is whole; then the link is moved, which the file system
does at once. Whoever is killed before leaves the link as it was. The mart that was current before stays, and a program
that has files of an older one open goes on reading them.
"""

import os
import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from shutil import rmtree

from services.runtime.durable import sync_folder
from services.runtime.lock import locked

CURRENT = "current"
_VERSION = re.compile(r"mart-([1-9][0-9]*)")
_UNFINISHED = re.compile(r"\.mart-[1-9][0-9]*")
_READ_ONLY = 0o444


def publish(folder: Path, fill: Callable[[Path], object]) -> Path:
    """Have an empty folder filled, and make it the current mart; gives its path. Others who publish wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / ".lock"):
        _remove(_named(folder, _UNFINISHED))
        number = 1 + max((int(each.name.removeprefix("mart-")) for each in _named(folder, _VERSION)), default=0)
        version = _filled(folder / f".mart-{number}", fill).rename(folder / f"mart-{number}")
        before = current(folder)
        _switch(folder, version)
        _remove(each for each in _named(folder, _VERSION) if each not in (version, before))
    return version


def current(folder: Path) -> Path | None:
    """The folder of the current mart; None: none was made yet."""
    link = folder / CURRENT
    return folder / link.readlink() if link.is_symlink() else None


def _filled(folder: Path, fill: Callable[[Path], object]) -> Path:
    folder.mkdir()
    try:
        fill(folder)
        _settle(tuple(folder.iterdir()))
    except BaseException:
        rmtree(folder)
        raise
    sync_folder(folder)
    return folder


def _settle(files: Collection[Path]) -> None:
    """Bring files to the disk, and let nobody change them: a tool that opens one to write would lock others out."""
    for file in files:
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
        file.chmod(_READ_ONLY)


def _switch(folder: Path, version: Path) -> None:
    link = folder / f".{CURRENT}"
    link.unlink(missing_ok=True)
    link.symlink_to(version.name)
    link.replace(folder / CURRENT)
    sync_folder(folder)


def _named(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    return [each for each in folder.iterdir() if pattern.fullmatch(each.name)]


def _remove(folders: Iterable[Path]) -> None:
    for folder in folders:
        rmtree(folder)
