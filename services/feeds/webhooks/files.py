"""Deliveries that were kept, a body a line: read into the facts that the door and the intake would make of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path

from events.envelope import Envelope
from services.feeds.authenticity.delivery import Delivery
from services.feeds.facts import Company, Micros, Teller, UnreadableItemError, instant
from services.feeds.files import chunks
from services.feeds.reading import Reading
from services.feeds.webhooks.adapter import Adapter, AdapterMemory
from services.feeds.webhooks.seen import Outside, Told, seen_in, written
from services.feeds.webhooks.source import Webhook
from services.runtime.errors import ClearError

FilesReader = Callable[[Iterable[Path], Company, str | None, tzinfo | None], Iterator[Envelope]]
"""Reads files for a company: of the system of this name, with times of this zone."""

_ENDS = (b"}", b"]")
"""How JSON ends: what ends so, and is read, has nothing missing."""


class DeliveriesReader:
    """Reads bodies of one source in their order, as they would have been taken in: nothing proves them but the file.

    What the clock of the log is to deliveries that come in is here the latest moment that any of them told.
    """

    name = "deliveries"
    separator = b"\n"

    def __init__(self, source: str, webhook: Webhook, company: Company, zone: tzinfo) -> None:
        """Begin with nothing seen; `zone` is that of times without one, where a source has such."""
        self.teller = Teller(f"/{source}", company)
        self.now: Micros | None = None
        self._source, self._webhook, self._there = source, webhook, replace(company, zone=zone)
        self._callers = company.callers
        self._adapter = Adapter(company, AdapterMemory())
        self._heard: Micros = 0

    def read(self, item: bytes, *, whole: bool) -> Iterator[Envelope]:
        """Say what follows from a body."""
        body = item.strip()
        if not whole and not body.endswith(_ENDS):
            message = "the delivery is torn: its end is missing"
            raise UnreadableItemError(message)
        told = self._told(body)
        for each in told:
            if isinstance(each, Outside) and self._callers is not None:
                self._callers.hear(each.source, each.call, each.number or "")
        for seen in seen_in(told):
            self.now, self._heard = seen.at, max(self._heard, seen.at)
            yield from self._adapter.take(seen, self._heard)

    def rest(self) -> Iterator[Envelope]:
        """Nothing is held back: what is not told yet, a later delivery tells."""
        yield from ()

    def _told(self, body: bytes) -> Sequence[Told]:
        url = f"https://localhost/v1/feeds/{self._source}{self._webhook.path(body)}"
        delivery = Delivery(method="POST", url=url, headers={}, body=body, received_at=instant(self._heard))
        told = self._webhook.read(delivery, self._there)
        for seen in seen_in(told):
            written(seen)  # what cannot be is not taken in
        return told


def reader_of(source: str, webhook: Webhook) -> FilesReader:
    """Make what reads files of deliveries, one after another.

    It raises ClearError for the name of a system, and OSError for a file that cannot be opened.
    """

    def read_files(
        files: Iterable[Path], company: Company, system: str | None = None, source_zone: tzinfo | None = None
    ) -> Iterator[Envelope]:
        if system is not None:
            message = f"--system says nothing here: deliveries of {source} tell whose they are"
            raise ClearError(message)
        reader = DeliveriesReader(source, webhook, company, company.zone if source_zone is None else source_zone)
        return _read(reader, files)

    return read_files


def _read(reader: DeliveriesReader, files: Iterable[Path]) -> Iterator[Envelope]:
    for path in files:
        yield from Reading(reader, path.name).read(chunks(path))
