"""Files of an Asterisk: each is told by its content, and read in the order of time, whatever it is called."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from events.envelope import Envelope
from services.feeds.asterisk.ami import AmiReader
from services.feeds.asterisk.queue_log import QueueLogReader
from services.feeds.facts import Company, Teller
from services.feeds.reading import Reader, Reading
from services.runtime.errors import ClearError

_HEAD = 1024 * 1024
"""How much of a file is looked at to find out what it is."""
_CHUNK = 256 * 1024
_LINE = re.compile(rb"^([0-9]{9,10})\|[^|\r\n]*\|[^|\r\n]*\|[^|\r\n]*\|[A-Z]", re.MULTILINE)
_MESSAGE = re.compile(rb"^(?:Asterisk Call Manager/|Event: |Response: |Privilege: )", re.MULTILINE)
_TIMESTAMP = re.compile(rb"^Timestamp: ([0-9]{9,10})\.", re.MULTILINE)
_SYSTEM_NAME = re.compile(rb"^SystemName: ([^\r\n]+)", re.MULTILINE)
_UNIQUE_ID = re.compile(rb"^[0-9]+\|([^|\r\n]+)-[0-9]+\.[0-9]+\|", re.MULTILINE)


class UnknownContentError(ClearError):
    """A file is neither a queue_log nor an AMI stream; the message is one line for a person."""


@dataclass(frozen=True, slots=True)
class Content:
    """What the beginning of a file shows."""

    reader: type[QueueLogReader | AmiReader]
    began: int
    """The first epoch second in it, 0 when it has none."""
    system: str | None
    """The systemname of the phone system."""


def content_of(head: bytes) -> Content | None:
    """Say what kind of file begins like this; None for any other. In an empty log nothing has happened yet."""
    line, message = _LINE.search(head), _MESSAGE.search(head)
    if message is not None and (line is None or message.start() < line.start()):
        return Content(AmiReader, _second(_TIMESTAMP.search(head)), _name(_SYSTEM_NAME.search(head)))
    if line is not None or not head.strip():
        return Content(QueueLogReader, _second(line), _name(_UNIQUE_ID.search(head)))
    return None


def read_files(files: Iterable[Path], company: Company, system: str | None = None) -> Iterator[Envelope]:
    """Read files of one phone system: logs that were rotated, connections that were kept, or both.

    Both name the phone system; `system` is for a log that is too short to. Raises UnknownContentError, before anything
    is read, for a file that is neither, and OSError for one that cannot be opened.
    """
    contents = [(content, path) for path in files if (content := _content(path))]
    named = system if system is not None else next((known.system for known, _ in contents if known.system), None)
    return _read(sorted(contents, key=lambda item: item[0].began), company, named)


def _read(contents: Sequence[tuple[Content, Path]], company: Company, system: str | None) -> Iterator[Envelope]:
    source = f"/asterisk/{system}" if system else "/asterisk"
    readers: dict[type, Reader] = {}
    for content, path in contents:
        reader = readers.setdefault(content.reader, content.reader(Teller(source, company)))
        yield from Reading(reader, path.name).read(_chunks(path))


def _content(path: Path) -> Content:
    with path.open("rb") as file:
        content = content_of(file.read(_HEAD))
    if content is None:
        message = f"{path.name} is neither a queue_log nor an AMI stream of Asterisk"
        raise UnknownContentError(message)
    return content


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _second(found: re.Match[bytes] | None) -> int:
    return int(found[1]) if found else 0


def _name(found: re.Match[bytes] | None) -> str | None:
    return found[1].decode(errors="replace") if found else None
