"""The sources that Kvota can read, by name: one line for each."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from functools import partial
from pathlib import Path

from events.envelope import Envelope
from services.feeds import aircall, amazon_connect, bitrix24, genesys, mango, twilio, uis, vonage
from services.feeds.asterisk import files as asterisk
from services.feeds.callers.heard import Callers
from services.feeds.facts import Company, Names, NoNames
from services.feeds.freeswitch import files as freeswitch
from services.feeds.kamailio import files as kamailio
from services.feeds.three_cx import files as three_cx
from services.feeds.three_cx.fields import read_fields
from services.feeds.webhooks.files import FilesReader, reader_of
from services.feeds.webhooks.source import Webhook
from services.runtime.errors import ClearError
from services.runtime.sealing import Seal, keep_nothing

FILES: Mapping[str, FilesReader] = {
    "3cx": three_cx.read_files,
    "asterisk": asterisk.read_files,
    "freeswitch": freeswitch.read_files,
    "kamailio": kamailio.read_files,
}
"""Sources that write files."""

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
"""Sources that call `POST /v1/feeds/{name}`; what they delivered can be read from files, too."""


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
    fields: str | None = None,
    seal: Seal = keep_nothing,
    callers: Callers | None = None,
) -> Iterator[Envelope]:
    """Read files of a source into records for the log; nothing but the files decides what they are.

    `zone` is where the business day begins, `roster` the rep behind each agent's name, `directory` what was decided of
    names, `system` the name of the phone system where the files do not tell it, `source_zone` the time zone of its
    clock where that is not `zone`, `fields` the columns of a 3CX where an installation has others, and `seal` keeps
    what cannot be read; `callers` hears who is on the line from outside.
    """
    company = Company(zone, roster or {}, seal, callers, directory or NoNames())
    return _reader(source, fields)(files, company, system, source_zone)


def _reader(source: str, fields: str | None) -> FilesReader:
    reader = reader_of(source, WEBHOOKS[source]) if source in WEBHOOKS else FILES.get(source)
    if reader is None:
        message = f"There is no source {source}: known are {', '.join(sorted([*FILES, *WEBHOOKS]))}"
        raise UnknownSourceError(message)
    if fields is None:
        return reader
    if source != "3cx":
        message = f"--fields is for 3cx: {source} has its columns by name"
        raise ClearError(message)
    return partial(three_cx.read_files, fields=read_fields(fields))
