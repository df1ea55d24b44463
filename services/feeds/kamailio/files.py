"""Files of a Kamailio: records of acc, CDRs and dialog events, one a line, in any mixture."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from events.envelope import Envelope
from services.feeds.facts import SECOND, Company, Micros, Teller, source_of
from services.feeds.files import chunks, contents_of
from services.feeds.kamailio.reader import KEPT, KamailioReader
from services.feeds.reading import Reading

_FOR_EVER: Micros = 2**32 * SECOND
_EXACT = re.compile(rb"^\{(?=[^\r\n]*\"sip_code\" ?:|[^\r\n]*\"end_time\" ?:)", re.MULTILINE)
_DIALOG = re.compile(rb"^\{(?=[^\r\n]*\"event\" ?: ?\"dialog:)", re.MULTILINE)
_TIME = re.compile(rb"\"(?:time|ts|end_time)\" ?: ?\"?([0-9]{9,10})")


@dataclass(frozen=True, slots=True, order=True)
class _Content:
    """What the beginning of a file shows."""

    is_vague: bool
    """Whether it has only events of the dialog module: others tell the same of a call more exactly."""
    began: int


def read_files(
    files: Iterable[Path], company: Company, system: str | None = None, _source_zone: tzinfo | None = None
) -> Iterator[Envelope]:
    """Read files of one Kamailio: those of acc before those that only the dialog module wrote, each in order of time.

    Records do not name the phone system: `system` does. Raises UnknownContentError, before anything is read, for a file
    without records, and OSError for one that cannot be opened.
    """
    contents = sorted(contents_of(files, _content_of, "holds no records of a Kamailio"), key=lambda item: item[0])
    both = len({content.is_vague for content, _ in contents}) > 1
    teller = Teller(source_of("kamailio", system), company)
    return _read(KamailioReader(teller, kept=_FOR_EVER if both else KEPT), [path for _, path in contents])


def _read(reader: KamailioReader, paths: Sequence[Path]) -> Iterator[Envelope]:
    for path in paths:
        yield from Reading(reader, path.name).read(chunks(path))


def _content_of(head: bytes) -> _Content | None:
    is_exact, began = _EXACT.search(head) is not None, _TIME.search(head)
    if head.strip() and not is_exact and _DIALOG.search(head) is None:
        return None
    return _Content(not is_exact, int(began[1]) if began else 0)
