"""Files of a source: what they are by how they begin, and their bytes; what is the same for all sources."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from services.runtime.errors import ClearError

_HEAD = 1024 * 1024
"""How much of a file is looked at to find out what it is."""
_CHUNK = 256 * 1024

Content = TypeVar("Content")


class UnknownContentError(ClearError):
    """A file holds nothing that its source writes, or nothing that is read; the message is one line for a person."""


def contents_of(
    files: Iterable[Path], content_of: Callable[[bytes], Content | None], what_is_none: str
) -> list[tuple[Content, Path]]:
    """Look at the beginning of each file; raises UnknownContentError for one that is none, and says `what_is_none`.

    Raises OSError for one that cannot be opened.
    """
    return [(_content(path, content_of, what_is_none), path) for path in files]


def _content(path: Path, content_of: Callable[[bytes], Content | None], what_is_none: str) -> Content:
    with path.open("rb") as file:
        content = content_of(file.read(_HEAD))
    if content is None:
        message = f"{path.name} {what_is_none}"
        raise UnknownContentError(message)
    return content


def chunks(path: Path) -> Iterator[bytes]:
    """Give the bytes of a file, a piece at a time."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
