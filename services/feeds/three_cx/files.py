"""Files of a 3CX: its cdr.log, or a file for each call."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, tzinfo
from pathlib import Path

from events.envelope import Envelope
from services.feeds.facts import Company, Teller, source_of
from services.feeds.files import chunks
from services.feeds.reading import Reading
from services.feeds.three_cx.fields import ORDER
from services.feeds.three_cx.reader import ThreeCxReader


def read_files(
    files: Iterable[Path],
    company: Company,
    system: str | None = None,
    source_zone: tzinfo | None = None,
    fields: Sequence[str] = ORDER,
) -> Iterator[Envelope]:
    """Read files of one 3CX, whose columns are `fields`.

    Rows do not name the phone system: `system` does. `source_zone` is the zone of their times, where that is not UTC.
    Raises OSError for a file that cannot be opened.
    """
    teller = Teller(source_of("3cx", system), company)
    reader = ThreeCxReader(teller, fields, UTC if source_zone is None else source_zone)
    for path in files:
        yield from Reading(reader, path.name).read(chunks(path))
