"""One connection after another to the passive socket of a 3CX; whatever arrives goes to the spool at once."""

from typing import NoReturn

from services.feeds.live.address import Address
from services.feeds.live.spool import Spool
from services.feeds.live.spooling import spool_all
from services.feeds.three_cx.reader import CONNECTED, TORN

BEGINS = TORN + b"\n" + CONNECTED + b"\n"
"""What is spooled before all that a connection says: it ends what the one before may have left unfinished."""


async def connect(address: Address, spool: Spool) -> NoReturn:
    """Keep a connection, for ever, and write all that it says to the spool."""
    await spool_all(address, BEGINS, spool)
