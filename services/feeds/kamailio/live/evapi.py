"""One connection after another to evapi; whatever arrives goes to the spool at once."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from services.feeds.appender import Appender
from services.feeds.facts import Company, Teller, source_of
from services.feeds.kamailio.reader import KamailioMemory, KamailioReader
from services.feeds.kamailio.records import CONNECTED
from services.feeds.live.address import Address
from services.feeds.live.connection import Line, LostError, line, until_done
from services.feeds.live.feed import SPOOL_BYTES, Listening, feed, owned
from services.feeds.live.spool import Spool

BEGINS = b"\n" + CONNECTED + b"\n"
"""What is spooled before all that a connection says: it ends what the one before may have left unfinished."""
_KEEPALIVE = {"TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 4}
"""When TCP asks a quiet connection whether it lives, how often again, and when it gives up: in seconds, and times."""


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
        with owned(self.home / "feeds" / folder_name("evapi", self.system)) as folder:
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


def folder_name(by: str, system: str | None) -> str:
    """Name the folder of what one reads from a Kamailio."""
    return f"kamailio-{by}" + (f"-{quote(system, safe='')}" if system else "")


def reader(company: Company, system: str | None, memory: KamailioMemory) -> KamailioReader:
    """Make the reader of a live Kamailio."""
    source = source_of("kamailio", system)
    made = KamailioReader(Teller(source, company), memory)
    made.feed = source
    return made


async def listen(address: Address, spool: Spool) -> NoReturn:
    """Keep a connection to evapi, for ever, and write all that it says to the spool."""

    async def take_down(connection: Line) -> NoReturn:
        chunk = BEGINS
        while spool.write(chunk):
            chunk = await connection.read(None)
        message = "the spool is full: Kafka has not taken anything for too long"
        raise LostError(message)

    await until_done(str(address), lambda: _connected(address), take_down, patient=True, ready=spool.has_room)


@asynccontextmanager
async def _connected(address: Address) -> AsyncGenerator[Line]:
    async with line(address.host, address.port) as connection:
        opened: socket.socket = connection.writer.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            if hasattr(socket, name):
                opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        yield connection
