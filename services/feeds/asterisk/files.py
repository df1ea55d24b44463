"""Files of an Asterisk, of whatever kinds: read in the order of belief, and in that of time."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from itertools import groupby
from pathlib import Path

from events.envelope import Envelope
from services.feeds.asterisk.authority import Told, Yielding
from services.feeds.asterisk.contents import Content, Kind, content_of
from services.feeds.facts import Company, Teller, source_of
from services.feeds.files import chunks, contents_of
from services.feeds.reading import Reader, Reading


def read_files(
    files: Iterable[Path], company: Company, system: str | None = None, source_zone: tzinfo | None = None
) -> Iterator[Envelope]:
    """Read files of one phone system: logs that were rotated, connections that were kept, in any mixture.

    They name the phone system; `system` is for a file that is too short to. `source_zone` is the time zone of its
    clock, where that is not the company's: CDR has wall time only. Raises UnknownContentError, before anything is read,
    for a file that is of no kind known, and OSError for one that cannot be opened.
    """
    what_is_none = "is neither a queue_log nor an AMI stream of Asterisk, nor its CEL or CDR"
    contents = contents_of(files, content_of, what_is_none)
    source = source_of("asterisk", system, (content.system for content, _ in contents))
    ordered = sorted(contents, key=lambda item: (item[0].kind.believed, item[0].began))
    return _read(ordered, source, company, company.zone if source_zone is None else source_zone)


def _read(contents: Sequence[tuple[Content, Path]], source: str, company: Company, zone: tzinfo) -> Iterator[Envelope]:
    told = Told() if len({content.kind.believed for content, _ in contents}) > 1 else None
    for _, believed in groupby(contents, key=lambda item: item[0].kind.believed):
        readers: dict[str, Reader] = {}
        for content, path in believed:
            if content.kind.name not in readers:
                readers[content.kind.name] = _reader(content.kind, Teller(source, company), zone, told)
            yield from Reading(readers[content.kind.name], path.name).read(chunks(path))
        if told is not None:
            told.next_source()


def _reader(kind: Kind, teller: Teller, zone: tzinfo, told: Told | None) -> Reader:
    reader = kind.reader(teller, zone)
    return reader if told is None else Yielding(reader, told)
