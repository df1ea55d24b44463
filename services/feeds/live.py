"""The phone system that the settings name, listened to until told to stop."""

import asyncio
import re
from pathlib import Path

from services.feeds.appender import Appender
from services.feeds.asterisk.live.connection import Manager
from services.feeds.asterisk.live.feed import LiveAsterisk, run
from services.feeds.facts import Company
from services.feeds.settings import FeedsSettings
from services.runtime.errors import ClearError
from services.runtime.settings import KafkaSettings

_ADDRESS = re.compile(r"\[?([^\[\]]+?)\]?:([0-9]{1,5})")
_MB = 1024 * 1024
_PATIENCE_S = 10.0
"""How long an attempt to append may take; there is always another one."""


def asterisk(settings: FeedsSettings, company: Company, home: Path, *, patient: bool) -> LiveAsterisk | None:
    """Give the phone system that the settings name, if any; raises ClearError for an address or a file that is none."""
    if settings.ami is None:
        return None
    if settings.queue_log is not None and not settings.queue_log.is_file():
        message = f"there is no queue_log at {settings.queue_log}"
        raise ClearError(message)
    return LiveAsterisk(
        manager=_manager(settings.ami, settings.ami_username, settings.secret),
        company=company,
        home=home,
        system=settings.system,
        queue_log=settings.queue_log,
        spool_bytes=settings.spool_mb * _MB,
        patient=patient,
    )


async def feed_asterisk(live: LiveAsterisk, kafka: KafkaSettings, stop: asyncio.Event) -> None:
    """Listen, and append what is heard, until `stop` is set; Kafka may be away meanwhile."""
    async with Appender(kafka, attempts=1, patience_s=_PATIENCE_S) as appender:
        await run(live, appender, stop)


def _manager(address: str, username: str, secret: str) -> Manager:
    found = _ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found[2]) < 2**16:
        message = f"{address!r} is no address: write HOST:PORT, such as 127.0.0.1:5038"
        raise ClearError(message)
    return Manager(found[1], int(found[2]), username, secret)
