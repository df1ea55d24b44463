"""Files of an Asterisk, of whatever kinds: read in the order of belief, and in that of time."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from itertools import groupby
from pathlib import Path

from events.envelope import Envelope
from services.feeds.asterisk.authority import Told, Yielding
from services.feeds.asterisk.contents import Content, Kind, content_of
from services.feeds.facts import Company, Teller
from services.feeds.reading import Reader, Reading
from services.runtime.errors import ClearError

_HEAD = 1024 * 1024
"""How much of a file is looked at to find out what it is."""
_CHUNK = 256 * 1024


class UnknownContentError(ClearError):
    """A file is none that Asterisk writes, or none that is read; the message is one line for a person."""


def read_files(
    files: Iterable[Path], company: Company, system: str | None = None, source_zone: tzinfo | None = None
) -> Iterator[Envelope]:
    """Read files of one phone system: logs that were rotated, connections that were kept, in any mixture.

    They name the phone system; `system` is for a file that is too short to. `source_zone` is the time zone of its
    clock, where that is not the company's: CDR has wall time only. Raises UnknownContentError, before anything is read,
    for a file that is of no kind known, and OSError for one that cannot be opened.
    """
    contents = [(content, path) for path in files if (content := _content(path))]
    named = system if system is not None else next((known.system for known, _ in contents if known.system), None)
    ordered = sorted(contents, key=lambda item: (item[0].kind.believed, item[0].began))
    source = f"/asterisk/{named}" if named else "/asterisk"
    return _read(ordered, source, company, company.zone if source_zone is None else source_zone)


def _read(contents: Sequence[tuple[Content, Path]], source: str, company: Company, zone: tzinfo) -> Iterator[Envelope]:
    told = Told() if len({content.kind.believed for content, _ in contents}) > 1 else None
    for _, believed in groupby(contents, key=lambda item: item[0].kind.believed):
        readers: dict[str, Reader] = {}
        for content, path in believed:
            if content.kind.name not in readers:
                readers[content.kind.name] = _reader(content.kind, Teller(source, company), zone, told)
            yield from Reading(readers[content.kind.name], path.name).read(_chunks(path))
        if told is not None:
            told.next_source()


def _reader(kind: Kind, teller: Teller, zone: tzinfo, told: Told | None) -> Reader:
    reader = kind.reader(teller, zone)
    return reader if told is None else Yielding(reader, told)


def _content(path: Path) -> Content:
    with path.open("rb") as file:
        content = content_of(file.read(_HEAD))
    if content is None:
        message = f"{path.name} is neither a queue_log nor an AMI stream of Asterisk, nor its CEL or CDR"
        raise UnknownContentError(message)
    return content


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
