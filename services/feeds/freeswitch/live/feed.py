"""The live feed of one FreeSWITCH: what it is called, and how what it says is read."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from services.feeds.appender import Appender
from services.feeds.facts import Company, Teller, source_of
from services.feeds.freeswitch.esl import EslMemory, EslReader
from services.feeds.freeswitch.framing import BlockCutter
from services.feeds.freeswitch.live.connection import EventSocket, listen, switch_name
from services.feeds.live.feed import SPOOL_BYTES, Listening, ToldTime, feed, folder_name, owned, unnoticed
from services.runtime.stopping import unless


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFreeSwitch:
    """What to listen to, and for whom."""

    socket: EventSocket
    company: Company
    home: Path
    """The spool lies below it, in feeds/."""
    system: str | None = None
    """The phone system's `switchname`; without one it is asked."""
    spool_bytes: int = SPOOL_BYTES
    patient: bool = False
    """Whether a refused password is tried again, like a phone system that does not answer."""
    told_time: ToldTime = unnoticed

    async def run(self, appender: Appender, stop: asyncio.Event) -> None:
        """Feed until `stop` is set.

        Raises ClearError when the password is refused (unless patient), or another process feeds from the same phone
        system here.
        """
        system = self.system
        if system is None:
            system = await unless(stop, switch_name(self.socket, patient=self.patient))
        if system is not None:
            with owned(self.home / "feeds" / folder_name("freeswitch", system)) as folder:
                await feed(self._listening(system, folder), appender, stop)

    def _listening(self, system: str, folder: Path) -> Listening[EslMemory]:
        source = source_of("freeswitch", system)

        def reader(memory: EslMemory) -> EslReader:
            made = EslReader(Teller(source, self.company), memory)
            made.feed = source
            return made

        return Listening(
            origin="esl",
            folder=folder,
            spool_bytes=self.spool_bytes,
            listen=lambda spool: listen(self.socket, spool, patient=self.patient),
            memory=EslMemory,
            reader=reader,
            cutter=BlockCutter,
            told_time=self.told_time,
        )
