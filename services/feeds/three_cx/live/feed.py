"""The live feed of a 3CX, whichever side calls the other."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Literal, NoReturn

from services.feeds.appender import Appender
from services.feeds.facts import Company, Teller, source_of
from services.feeds.live.address import Address
from services.feeds.live.feed import SPOOL_BYTES, Listening, feed, folder_name, owned
from services.feeds.live.spool import Spool
from services.feeds.three_cx.live.active import accept
from services.feeds.three_cx.live.passive import connect
from services.feeds.three_cx.reader import ThreeCxMemory, ThreeCxReader

Socket = Literal["active", "passive"]
"""As seen from the 3CX: the active one calls us, the passive one is called."""
_HEARD: dict[Socket, Callable[[Address, Spool], Coroutine[object, object, NoReturn]]] = {
    "active": accept,
    "passive": connect,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveThreeCx:
    """What to listen to, and for whom."""

    socket: Socket
    address: Address
    """Where the passive socket is, or where the active one finds us."""
    fields: Sequence[str]
    zone: tzinfo
    company: Company
    home: Path
    """The spool lies below it, in feeds/."""
    system: str | None = None
    spool_bytes: int = SPOOL_BYTES

    async def run(self, appender: Appender, stop: asyncio.Event) -> None:
        """Feed until `stop` is set; raises ClearError when another process here feeds from the same 3CX."""
        with owned(self.home / "feeds" / folder_name(f"3cx-{self.socket}", self.system)) as folder:
            await feed(self._listening(folder), appender, stop)

    def _listening(self, folder: Path) -> Listening[ThreeCxMemory]:
        return Listening(
            origin="cdr",
            folder=folder,
            spool_bytes=self.spool_bytes,
            listen=lambda spool: _HEARD[self.socket](self.address, spool),
            memory=ThreeCxMemory,
            reader=self._reader,
        )

    def _reader(self, memory: ThreeCxMemory) -> ThreeCxReader:
        teller = Teller(source_of("3cx", self.system), self.company)
        return ThreeCxReader(teller, self.fields, self.zone, memory)
