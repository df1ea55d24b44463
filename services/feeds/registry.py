"""The sources that Kvota can read, by name: one line for each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo
from pathlib import Path

from events.envelope import Envelope
from services.feeds import aircall, amazon_connect, bitrix24, genesys, mango, twilio, uis, vonage
from services.feeds.asterisk import files as asterisk
from services.feeds.facts import Company, Names, NoNames
from services.feeds.freeswitch import files as freeswitch
from services.feeds.kamailio import files as kamailio
from services.feeds.webhooks.source import Webhook
from services.runtime.errors import ClearError
from services.runtime.sealing import Seal, keep_nothing

_FilesReader = Callable[[Iterable[Path], Company, str | None, tzinfo | None], Iterator[Envelope]]

FILES: Mapping[str, _FilesReader] = {
    "asterisk": asterisk.read_files,
    "freeswitch": freeswitch.read_files,
    "kamailio": kamailio.read_files,
}
"""Sources that can be read from files."""

WEBHOOKS: Mapping[str, Webhook] = {
    "aircall": aircall.WEBHOOK,
    "amazon_connect": amazon_connect.WEBHOOK,
    "bitrix24": bitrix24.WEBHOOK,
    "genesys": genesys.WEBHOOK,
    "mango": mango.WEBHOOK,
    "twilio": twilio.WEBHOOK,
    "uis": uis.WEBHOOK,
    "vonage": vonage.WEBHOOK,
}
"""Sources that call `POST /v1/feeds/{name}`."""


class UnknownSourceError(ClearError):
    """There is no source of this name; the message is one line for a person."""


def read_files(  # noqa: PLR0913  # what files do not tell, a person does
    source: str,
    files: Iterable[Path],
    *,
    zone: tzinfo,
    roster: Mapping[str, str] | None = None,
    directory: Names | None = None,
    system: str | None = None,
    source_zone: tzinfo | None = None,
    seal: Seal = keep_nothing,
) -> Iterator[Envelope]:
    """Read files of a source into records for the log; nothing but the files decides what they are.

    `zone` is where the business day begins, `roster` the rep behind each agent's name, `directory` what was
    decided of names, `system` the name of the phone
    system where the files do not tell it, `source_zone` the time zone of its clock where that is not `zone`, and `seal`
    keeps what cannot be read.
    """
    reader = FILES.get(source)
    if reader is None:
        message = f"There is no source {source}: known are {', '.join(sorted(FILES))}"
        raise UnknownSourceError(message)
    company = Company(zone, roster or {}, seal, directory or NoNames())
    return reader(files, company, system, source_zone)
