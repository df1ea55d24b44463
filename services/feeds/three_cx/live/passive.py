"""One connection after another to the passive socket of a 3CX; whatever arrives goes to the spool at once."""

from typing import NoReturn

from services.feeds.live.address import Address
from services.feeds.live.connection import Line, LostError, line, until_done
from services.feeds.live.spool import Spool
from services.feeds.three_cx.reader import CONNECTED, TORN

BEGINS = TORN + b"\n" + CONNECTED + b"\n"
"""What is spooled before all that a connection says: it ends what the one before may have left unfinished."""


async def connect(address: Address, spool: Spool) -> NoReturn:
    """Keep a connection, for ever, and write all that it says to the spool."""

    async def take_down(connection: Line) -> NoReturn:
        chunk = BEGINS
        while spool.write(chunk):
            chunk = await connection.read(None)
        message = "the spool is full: Kafka has not taken anything for too long"
        raise LostError(message)

    while True:
        await until_done(
            str(address), lambda: line(address.host, address.port), take_down, patient=True, ready=spool.has_room
        )
