"""One connection after another to the manager interface; whatever arrives goes to the spool at once."""

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NoReturn

from services.feeds.asterisk.message import BANNER
from services.feeds.live.connection import CHUNK, CONNECT_S, Line, LostError, RefusedError, line, until_done
from services.feeds.live.spool import Spool
from services.feeds.live.spooling import spool_until_full
from services.runtime.errors import ClearError

PING_S = 1.0
"""How often the phone system is asked for its time."""
SILENCE_S = 10.0
"""A connection on which nothing is heard for so long, not even answers to pings, is dead."""
_HEAD = 64 * 1024
"""The answer to a login, and to a question for the name, is not longer."""
_END = b"\r\n\r\n"
_NAME = re.compile(rb"\r\nSystemName: ?([^\r\n]*)\r\n")


class LoginRefusedError(RefusedError):
    """The manager interface does not let us in; the message is one line for a person."""


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
        connection.line.writer.write(b"Action: CoreSettings\r\nActionID: kvota-name\r\n\r\n")
        held = connection.head
        while not (found := _NAME.search(held)):
            held = held[-_HEAD:] + await connection.read()
        return found[1].decode(errors="replace").strip()

    return await until_done(manager.address, lambda: _logged_in(manager), ask, patient=patient)


async def listen(manager: Manager, spool: Spool, *, patient: bool) -> NoReturn:
    """Keep a connection to the manager interface, for ever, and write all that it says to the spool.

    Raises LoginRefusedError when the first login is refused, unless `patient`.
    """

    async def take_down(connection: _Connection) -> NoReturn:
        pinging = asyncio.create_task(_ping(connection.line.writer))
        try:
            await spool_until_full(spool, connection.head, connection.read)
        finally:
            pinging.cancel()

    await until_done(manager.address, lambda: _logged_in(manager), take_down, patient=patient, ready=spool.has_room)


@dataclass(frozen=True, slots=True)
class _Connection:
    line: Line
    head: bytes
    """What was said until we were let in."""

    async def read(self) -> bytes:
        """Give what has arrived, as soon as anything has; raises LostError when nothing comes any more."""
        return await self.line.read(SILENCE_S)


@asynccontextmanager
async def _logged_in(manager: Manager) -> AsyncGenerator[_Connection]:
    async with line(manager.host, manager.port) as opened:
        async with asyncio.timeout(CONNECT_S):
            head = await _log_in(manager, opened.reader, opened.writer)
        yield _Connection(opened, head)
        opened.writer.write(b"Action: Logoff\r\n\r\n")


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
    chunk = await reader.read(CHUNK)
    if not chunk or len(said) > _HEAD:
        message = "it was closed before it answered the login"
        raise LostError(message)
    return chunk


async def _ping(writer: StreamWriter) -> None:
    number = 0
    while True:
        number += 1
        writer.write(f"Action: Ping\r\nActionID: kvota-{number}\r\n\r\n".encode())
        await asyncio.sleep(PING_S)
