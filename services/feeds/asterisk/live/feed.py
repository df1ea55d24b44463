"""The live feed of one Asterisk: what it is called, and what fills the holes."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from services.feeds.appender import Appender
from services.feeds.asterisk.ami import AmiMemory, AmiReader
from services.feeds.asterisk.live.connection import Manager, listen, system_name
from services.feeds.asterisk.live.missed import MissedLines
from services.feeds.facts import Company, Teller, source_of
from services.feeds.live.feed import SPOOL_BYTES, Listening, ToldTime, feed, owned, unnoticed
from services.runtime.stopping import unless


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAsterisk:
    """What to listen to, and for whom."""

    manager: Manager
    company: Company
    home: Path
    """The spool lies below it, in feeds/<system>/."""
    system: str | None = None
    """The phone system's `systemname`; without one it is asked."""
    queue_log: Path | None = None
    """Its queue_log, where that can be read: it fills the holes."""
    spool_bytes: int = SPOOL_BYTES
    patient: bool = False
    """Whether a refused login is tried again, like a phone system that does not answer."""
    told_time: ToldTime = unnoticed

    async def run(self, appender: Appender, stop: asyncio.Event) -> None:
        """Feed until `stop` is set; raises ClearError as `run` does."""
        await run(self, appender, stop)


async def run(live: LiveAsterisk, appender: Appender, stop: asyncio.Event) -> None:
    """Feed until `stop` is set.

    Raises ClearError when the login is refused (unless patient), or another process feeds from the same phone system
    here.
    """
    system = live.system
    if system is None:
        system = await unless(stop, system_name(live.manager, patient=live.patient))
    if system is not None:
        with owned(live.home / "feeds" / quote(system or "asterisk", safe="")) as folder:
            await feed(_listening(live, system, folder), appender, stop)


def _listening(live: LiveAsterisk, system: str, folder: Path) -> Listening[AmiMemory]:
    source = source_of("asterisk", system)

    def reader(memory: AmiMemory) -> AmiReader:
        missed = MissedLines(live.queue_log, source) if live.queue_log is not None else None
        made = AmiReader(Teller(source, live.company), memory, missed)
        made.feed = source
        return made

    return Listening(
        origin="ami",
        folder=folder,
        spool_bytes=live.spool_bytes,
        listen=lambda spool: listen(live.manager, spool, patient=live.patient),
        memory=AmiMemory,
        reader=reader,
        told_time=live.told_time,
    )
