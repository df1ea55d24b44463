"""One connection after another to evapi; whatever arrives goes to the spool at once."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from services.feeds.appender import Appender
from services.feeds.facts import Company, Teller, source_of
from services.feeds.kamailio.reader import KamailioMemory, KamailioReader
from services.feeds.kamailio.records import CONNECTED
from services.feeds.live.address import Address
from services.feeds.live.feed import SPOOL_BYTES, Listening, feed, folder_name, owned
from services.feeds.live.spool import Spool
from services.feeds.live.spooling import spool_all

BEGINS = b"\n" + CONNECTED + b"\n"
"""What is spooled before all that a connection says: it ends what the one before may have left unfinished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEvapi:
    """What to listen to, and for whom."""

    address: Address
    company: Company
    home: Path
    """The spool lies below it, in feeds/."""
    system: str | None = None
    spool_bytes: int = SPOOL_BYTES

    async def run(self, appender: Appender, stop: asyncio.Event) -> None:
        """Feed until `stop` is set; raises ClearError when another process here feeds from the same Kamailio."""
        with owned(self.home / "feeds" / folder_name("kamailio-evapi", self.system)) as folder:
            await feed(self._listening(folder), appender, stop)

    def _listening(self, folder: Path) -> Listening[KamailioMemory]:
        return Listening(
            origin="evapi",
            folder=folder,
            spool_bytes=self.spool_bytes,
            listen=lambda spool: listen(self.address, spool),
            memory=KamailioMemory,
            reader=lambda memory: reader(self.company, self.system, memory),
        )


def reader(company: Company, system: str | None, memory: KamailioMemory) -> KamailioReader:
    """Make the reader of a live Kamailio."""
    source = source_of("kamailio", system)
    made = KamailioReader(Teller(source, company), memory)
    made.feed = source
    return made


async def listen(address: Address, spool: Spool) -> NoReturn:
    """Keep a connection to evapi, for ever, and write all that it says to the spool."""
    await spool_all(address, BEGINS, spool)
