"""Files of a FreeSWITCH: connections to its event socket that were kept, or bare events one after another."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from urllib.parse import unquote

from events.envelope import Envelope
from services.feeds.facts import Company, Teller, source_of
from services.feeds.files import chunks, contents_of
from services.feeds.freeswitch.esl import EslReader
from services.feeds.freeswitch.framing import blocks
from services.feeds.reading import Reading

_EVENT = re.compile(rb"^(?:Event-Name: [A-Z_]+|Content-Type: (?:auth/request|text/event-plain))$", re.MULTILINE)
_TIMESTAMP = re.compile(rb"^Event-Date-Timestamp: ([0-9]{1,17})$", re.MULTILINE)
_SWITCH_NAME = re.compile(rb"^FreeSWITCH-Switchname: ([^\n]{1,200})$", re.MULTILINE)


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
    contents = contents_of(files, content_of, "holds no events of a FreeSWITCH")
    contents.sort(key=lambda item: item[0].began)
    source = source_of("freeswitch", system, (content.system for content, _ in contents))
    return _read(EslReader(Teller(source, company)), [path for _, path in contents])


def _read(reader: EslReader, paths: Iterable[Path]) -> Iterator[Envelope]:
    for path in paths:
        yield from Reading(reader, path.name, blocks).read(chunks(path))
