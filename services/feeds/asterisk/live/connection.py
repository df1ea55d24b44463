"""One connection after another to the manager interface; whatever arrives goes to the spool at once."""

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

import structlog

from services.feeds.asterisk.live.spool import Spool
from services.feeds.asterisk.message import BANNER
from services.runtime.errors import ClearError

PING_S = 1.0
"""How often the phone system is asked for its time."""
SILENCE_S = 10.0
"""A connection on which nothing is heard for so long, not even answers to pings, is dead."""
_CONNECT_S = 10.0
_SHORTEST_S, _LONGEST_S = 0.25, 10.0
"""How long to wait before connecting again: twice as long after each failure."""
_CHUNK = 256 * 1024
_HEAD = 64 * 1024
"""The answer to a login, and to a question for the name, is not longer."""
_END = b"\r\n\r\n"
_NAME = re.compile(rb"\r\nSystemName: ?([^\r\n]*)\r\n")

Done = TypeVar("Done")

_log = structlog.get_logger()


class LoginRefusedError(ClearError):
    """The manager interface does not let us in; the message is one line for a person."""


class _LostError(Exception):
    """The connection is of no use any more; the message says why."""


@dataclass(frozen=True, slots=True)
class Manager:
    """Where the manager interface listens, and who we are there."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what would be another line of the login."""
        if any(character in self.username + self.secret for character in "\r\n"):
            message = "the username and the secret of the manager interface are one line each"
            raise ClearError(message)

    @property
    def address(self) -> str:
        """The address, for a person."""
        return f"{self.host}:{self.port}"


async def system_name(manager: Manager, *, patient: bool) -> str:
    """Ask the phone system for its `systemname`, for as long as it takes; an empty one means that it has none.

    One that does not know the question is listened to until an event names it. Raises LoginRefusedError when it does
    not let us in, unless `patient`.
    """

    async def ask(connection: _Connection) -> str:
        connection.writer.write(b"Action: CoreSettings\r\nActionID: kvota-name\r\n\r\n")
        held = connection.head
        while not (found := _NAME.search(held)):
            held = held[-_HEAD:] + await connection.read()
        return found[1].decode(errors="replace").strip()

    return await _until_done(manager, ask, patient=patient)


async def listen(manager: Manager, spool: Spool, *, patient: bool) -> NoReturn:
    """Keep a connection to the manager interface, for ever, and write all that it says to the spool.

    Raises LoginRefusedError when the first login is refused, unless `patient`.
    """

    async def take_down(connection: _Connection) -> NoReturn:
        pinging = asyncio.create_task(_ping(connection.writer))
        try:
            chunk = connection.head
            while spool.write(chunk):
                chunk = await connection.read()
        finally:
            pinging.cancel()
        message = "the spool is full: Kafka has not taken anything for too long"
        raise _LostError(message)

    await _until_done(manager, take_down, patient=patient, ready=spool.has_room)


@dataclass(frozen=True, slots=True)
class _Connection:
    reader: StreamReader
    writer: StreamWriter
    head: bytes
    """What was said until we were let in."""

    async def read(self) -> bytes:
        """Give what has arrived, as soon as anything has; raises _LostError when nothing comes any more."""
        try:
            async with asyncio.timeout(SILENCE_S):
                chunk = await self.reader.read(_CHUNK)
        except TimeoutError:
            message = f"nothing was heard for {SILENCE_S:.0f} s"
            raise _LostError(message) from None
        if not chunk:
            message = "it was closed"
            raise _LostError(message)
        return chunk


async def _no_wait() -> None:
    """Be ready at once."""


async def _until_done(
    manager: Manager,
    use: Callable[[_Connection], Awaitable[Done]],
    *,
    patient: bool,
    ready: Callable[[], Awaitable[None]] = _no_wait,
) -> Done:
    """Connect again and again until the use of a connection is done."""
    clock, pause_s = asyncio.get_running_loop().time, _SHORTEST_S
    while True:
        await ready()
        began = clock()
        try:
            async with _logged_in(manager) as connection:
                patient = True
                _log.info("ami_connected", address=manager.address)
                return await use(connection)
        except (LoginRefusedError, _LostError, OSError) as error:
            if isinstance(error, LoginRefusedError) and not patient:
                raise
            pause_s = _SHORTEST_S if clock() - began > _LONGEST_S else min(2 * pause_s, _LONGEST_S)
            _log.warning("ami_lost", address=manager.address, reason=str(error), again_in_s=pause_s)
        await asyncio.sleep(pause_s)


@asynccontextmanager
async def _logged_in(manager: Manager) -> AsyncGenerator[_Connection]:
    async with asyncio.timeout(_CONNECT_S):
        reader, writer = await asyncio.open_connection(manager.host, manager.port, limit=4 * _CHUNK)
    try:
        async with asyncio.timeout(_CONNECT_S):
            head = await _log_in(manager, reader, writer)
        yield _Connection(reader, writer, head)
        writer.write(b"Action: Logoff\r\n\r\n")
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await writer.wait_closed()


async def _log_in(manager: Manager, reader: StreamReader, writer: StreamWriter) -> bytes:
    said = b""
    while b"\r\n" not in said:
        said += await _more(reader, said)
    if not said.startswith(BANNER):
        message = f"what answers at {manager.address} is no manager interface of an Asterisk"
        raise LoginRefusedError(message)
    who = f"Username: {manager.username}\r\nSecret: {manager.secret}\r\n"
    writer.write(f"Action: Login\r\nActionID: kvota-login\r\n{who}Events: on\r\n\r\n".encode())
    while _END not in said:
        said += await _more(reader, said)
    answer = said.partition(_END)[0]
    if b"\r\nResponse: Success" not in answer:
        message = f"the manager interface at {manager.address} refuses the login of {manager.username}"
        raise LoginRefusedError(message)
    return said


async def _more(reader: StreamReader, said: bytes) -> bytes:
    chunk = await reader.read(_CHUNK)
    if not chunk or len(said) > _HEAD:
        message = "it was closed before it answered the login"
        raise _LostError(message)
    return chunk


async def _ping(writer: StreamWriter) -> None:
    number = 0
    while True:
        number += 1
        writer.write(f"Action: Ping\r\nActionID: kvota-{number}\r\n\r\n".encode())
        await asyncio.sleep(PING_S)
