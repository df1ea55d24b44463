"""One connection after another, for as long as it takes: what breaks is tried again, ever more seldom."""

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import structlog

from services.runtime.errors import ClearError

CHUNK = 256 * 1024
CONNECT_S = 10.0
"""How long connecting may take, and being let in."""
_SHORTEST_S, _LONGEST_S = 0.25, 10.0
"""How long to wait before connecting again: twice as long after each failure."""
_CLOSE_S = 1.0
_KEEPALIVE = {"TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 4}
"""When TCP asks a quiet connection whether it lives, how often again, and when it gives up: in seconds, and times."""

Done = TypeVar("Done")
Use = TypeVar("Use")

_log = structlog.get_logger()


class RefusedError(ClearError):
    """The phone system does not let us in, or is none of the kind; the message is one line for a person."""


class LostError(Exception):
    """The connection is of no use any more; the message says why."""


async def no_wait() -> None:
    """Be ready at once."""


async def until_done(
    address: str,
    connect: Callable[[], AbstractAsyncContextManager[Use]],
    use: Callable[[Use], Awaitable[Done]],
    *,
    patient: bool,
    ready: Callable[[], Awaitable[None]] = no_wait,
) -> Done:
    """Connect again and again until the use of a connection is done.

    Raises RefusedError when the first attempt is refused, unless `patient`.
    """
    clock, pause_s = asyncio.get_running_loop().time, _SHORTEST_S
    while True:
        await ready()
        began = clock()
        try:
            async with connect() as connection:
                patient = True
                _log.info("source_connected", address=address)
                return await use(connection)
        except (RefusedError, LostError, OSError) as error:
            if isinstance(error, RefusedError) and not patient:
                raise
            pause_s = _SHORTEST_S if clock() - began > _LONGEST_S else min(2 * pause_s, _LONGEST_S)
            _log.warning("source_lost", address=address, reason=str(error), again_in_s=pause_s)
        await asyncio.sleep(pause_s)


@dataclass(frozen=True, slots=True)
class Line:
    """A connection over TCP."""

    reader: StreamReader
    writer: StreamWriter

    async def read(self, silence_s: float | None) -> bytes:
        """Give what has arrived, as soon as anything has; raises LostError when nothing comes any more.

        A connection on which nothing is heard for `silence_s` seconds is dead, if that is said.
        """
        try:
            async with asyncio.timeout(silence_s):
                chunk = await self.reader.read(CHUNK)
        except TimeoutError:
            message = f"nothing was heard for {silence_s:.0f} s"
            raise LostError(message) from None
        if not chunk:
            message = "it was closed"
            raise LostError(message)
        return chunk


def keep_alive(writer: StreamWriter) -> None:
    """Let TCP find out when the other side is gone without a word, which a connection that only listens never would."""
    opened: socket.socket = writer.get_extra_info("socket")
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):
            opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


@asynccontextmanager
async def line(host: str, port: int, limit: int = 4 * CHUNK) -> AsyncGenerator[Line]:
    """Connect, and hang up at the end; `limit` is how much may come before what was waited for does."""
    async with asyncio.timeout(CONNECT_S):
        reader, writer = await asyncio.open_connection(host, port, limit=limit)
    try:
        keep_alive(writer)
        yield Line(reader, writer)
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await writer.wait_closed()
