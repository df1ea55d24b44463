"""From connections to the spool: whatever arrives is there at once, for as long as there is room."""

from collections.abc import Awaitable, Callable
from typing import NoReturn, Protocol

from services.feeds.live.address import Address
from services.feeds.live.connection import Line, LostError, line, until_done


class Room(Protocol):
    """What a spool is to whoever listens: it takes what is heard, and is never waited for."""

    def write(self, data: bytes) -> bool:
        """Take it; False, and nothing is taken, when it is full."""

    async def has_room(self) -> None:
        """Wait until there is room again."""


async def spool_until_full(spool: Room, begins: bytes, more: Callable[[], Awaitable[bytes]]) -> NoReturn:
    """Write `begins`, and then `more` and more, to the spool; raises LostError when there is no room any more."""
    heard = begins
    while spool.write(heard):
        heard = await more()
    message = "the spool is full: Kafka has not taken anything for too long"
    raise LostError(message)


async def spool_all(address: Address, begins: bytes, spool: Room) -> NoReturn:
    """Keep a connection to whoever only speaks, for ever; what each says begins with `begins` in the spool."""

    async def take_down(connection: Line) -> NoReturn:
        await spool_until_full(spool, begins, lambda: connection.read(None))

    await until_done(
        str(address), lambda: line(address.host, address.port), take_down, patient=True, ready=spool.has_room
    )
