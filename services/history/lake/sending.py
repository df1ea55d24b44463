"""Sending: a file gets to where it lies in the lake as a whole, or what lay there stays."""

import os
import shutil
from pathlib import Path
from uuid import uuid4

from pyiceberg.io import FileIO

from services.runtime.durable import sync_folder

_IN_FOLDER = "file://"
"""How locations begin where the lake lies in a folder of this machine."""


def send(source: Path, io: FileIO, root: str, place: str) -> None:
    """Write a file to its place below a root, over what lies there; raises OSError."""
    if root.startswith(_IN_FOLDER):
        _into_folder(source, Path(root.removeprefix(_IN_FOLDER)), place)
    else:
        _into_storage(source, io, f"{root}{place}")


def _into_folder(source: Path, root: Path, place: str) -> None:
    file = root / place
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.{uuid4().hex}.new")
    try:
        with source.open("rb") as read, beside.open("xb") as out:
            shutil.copyfileobj(read, out)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    for made in Path(place).parents:
        sync_folder(root / made)


def _into_storage(source: Path, io: FileIO, location: str) -> None:
    """Have all of it first, and write it at once: closing what was broken off would end the upload with a part."""
    data = source.read_bytes()
    with io.new_output(location).create(overwrite=True) as sink:
        sink.write(data)
