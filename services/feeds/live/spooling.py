"""Listening to whoever only speaks: one connection after another, and whatever arrives goes to the spool at once."""

from typing import NoReturn

from services.feeds.live.address import Address
from services.feeds.live.connection import Line, LostError, line, until_done
from services.feeds.live.spool import Spool


async def spool_all(address: Address, begins: bytes, spool: Spool) -> NoReturn:
    """Keep a connection, for ever, and write all that it says to the spool; each one begins with `begins` there."""

    async def take_down(connection: Line) -> NoReturn:
        chunk = begins
        while spool.write(chunk):
            chunk = await connection.read(None)
        message = "the spool is full: Kafka has not taken anything for too long"
        raise LostError(message)

    await until_done(
        str(address), lambda: line(address.host, address.port), take_down, patient=True, ready=spool.has_room
    )
