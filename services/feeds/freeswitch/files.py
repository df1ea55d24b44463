"""Files of a FreeSWITCH: connections to its event socket that were kept, or bare events one after another."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from urllib.parse import unquote

from events.envelope import Envelope
from services.feeds.facts import Company, Teller
from services.feeds.freeswitch.esl import EslReader
from services.feeds.freeswitch.framing import blocks
from services.feeds.reading import Reading
from services.runtime.errors import ClearError

_HEAD = 1024 * 1024
"""How much of a file is looked at to find out what it is."""
_CHUNK = 256 * 1024
_EVENT = re.compile(rb"^(?:Event-Name: [A-Z_]+|Content-Type: (?:auth/request|text/event-plain))$", re.MULTILINE)
_TIMESTAMP = re.compile(rb"^Event-Date-Timestamp: ([0-9]{1,17})$", re.MULTILINE)
_SWITCH_NAME = re.compile(rb"^FreeSWITCH-Switchname: ([^\n]{1,200})$", re.MULTILINE)


class UnknownContentError(ClearError):
    """A file holds no events of a FreeSWITCH; the message is one line for a person."""


@dataclass(frozen=True, slots=True)
class Content:
    """What the beginning of a file shows."""

    began: int
    """When the first event in it was, in microseconds; 0 when it has none."""
    system: str | None
    """The name of the phone system."""


def content_of(head: bytes) -> Content | None:
    """Say of when and of which phone system a file is that begins like this; None for any other file."""
    if head.strip() and _EVENT.search(head) is None:
        return None
    began, name = _TIMESTAMP.search(head), _SWITCH_NAME.search(head)
    return Content(int(began[1]) if began else 0, unquote(name[1].decode(errors="replace")) if name else None)


def read_files(
    files: Iterable[Path], company: Company, system: str | None = None, _source_zone: tzinfo | None = None
) -> Iterator[Envelope]:
    """Read files of one phone system, in the order of time whatever they are called.

    The events name the phone system, and tell instants; `system` names it otherwise. Raises UnknownContentError, before
    anything is read, for a file without events, and OSError for one that cannot be opened.
    """
    contents = sorted(((_content(path), path) for path in files), key=lambda item: item[0].began)
    named = system if system is not None else next((known.system for known, _ in contents if known.system), None)
    reader = EslReader(Teller(f"/freeswitch/{named}" if named else "/freeswitch", company))
    return _read(reader, [path for _, path in contents])


def _read(reader: EslReader, paths: Iterable[Path]) -> Iterator[Envelope]:
    for path in paths:
        yield from Reading(reader, path.name, blocks).read(_chunks(path))


def _content(path: Path) -> Content:
    with path.open("rb") as file:
        content = content_of(file.read(_HEAD))
    if content is None:
        message = f"{path.name} holds no events of a FreeSWITCH"
        raise UnknownContentError(message)
    return content


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
