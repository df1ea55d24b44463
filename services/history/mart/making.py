"""Making a mart: all of it as of one cut, read in one transaction."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from shutil import copytree

import msgspec

from services.history.archive import Archive
from services.history.mart.database import Contents, write_database
from services.history.mart.files import write_files
from services.history.mart.versions import publish
from services.history.rendering import written_positions
from services.history.room import telling_no_room
from services.runtime.parked import PARKED

FOLDER = "mart"
"""Beside the archive."""
_TIMES = 2
"""A mart is the archive's rows again, and once more in Parquet: so many times as large as the archive at most."""


class Mart(msgspec.Struct, frozen=True):
    """A mart that was made."""

    folder: str
    as_of: Mapping[str, int]
    """The records that it is made of: in each partition those before this offset."""
    bytes: int


def make_mart(archive: Archive, folder: Path, known_at: datetime | None = None) -> Mart:
    """Make the current mart of a folder, of all that is archived or what was known at a moment.

    Raises NotClosedError for a moment of which that is not certain yet, and NoRoomError.
    """
    archive.require_room(_TIMES * archive.path.stat().st_size)
    cut = {PARKED: 0} | archive.positions() if known_at is None else archive.known_at(known_at)

    def fill(empty: Path) -> None:
        with archive.reading(cut) as reading:
            write_files(reading, empty)
        write_database(empty, Contents(cut, known_at, archive.projections))

    with telling_no_room(folder):
        made = publish(folder.absolute(), fill)
    return Mart(str(made), written_positions(cut), sum(file.stat().st_size for file in made.iterdir()))


def copy_mart(mart: Mart, folder: Path) -> Mart:
    """Make a mart the current one of another folder as well."""
    made = publish(folder.absolute(), lambda empty: copytree(mart.folder, empty, dirs_exist_ok=True))
    return msgspec.structs.replace(mart, folder=str(made))


def mart_folder(archive: Archive) -> Path:
    """Where the marts of an archive stand."""
    return archive.path.parent / FOLDER
