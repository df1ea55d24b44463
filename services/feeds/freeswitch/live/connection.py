"""One connection after another to the event socket; the events that arrive go to the spool at once, each whole."""

import asyncio
import re
from asyncio import IncompleteReadError, LimitOverrunError
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NoReturn

from services.feeds.frames import LIMIT
from services.feeds.freeswitch.esl import CALLCENTER, EVENTS
from services.feeds.freeswitch.framing import ANSWER, AUTH, END, EVENT, content_type, promised, time_told
from services.feeds.freeswitch.message import parse
from services.feeds.live.connection import CONNECT_S, Line, LostError, RefusedError, line, until_done
from services.feeds.live.spooling import Room, spool_until_full
from services.runtime.errors import ClearError

BEGINS = b"\0\nContent-Type: " + AUTH + END
"""What stands before the events of each connection: it ends what a write that was torn may have left unfinished, and
where that ends with a line it does not make the headers seem to be all there are.
"""
ASK_S = 1.0
"""How often the phone system is asked for its time: its own heartbeat, of every 20 s, is too slow for a board."""
SILENCE_S = 90.0
"""A connection on which nothing is heard for so long, neither answers nor heartbeats, is dead."""
_TIME = re.compile(rb"[0-9]{9,10}")
_HEAD = 64 * 1024
"""The headers that say what comes are not longer."""
_SUBSCRIPTION = f"event plain {' '.join(EVENTS)} CUSTOM {CALLCENTER.decode()}"


class PasswordRefusedError(RefusedError):
    """The event socket does not let us in; the message is one line for a person."""


@dataclass(frozen=True, slots=True)
class EventSocket:
    """Where the event socket listens, and its password."""

    host: str
    port: int
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what would be another command."""
        if any(character in self.password for character in "\r\n"):
            message = "the password of the event socket is one line"
            raise ClearError(message)

    @property
    def address(self) -> str:
        """The address, for a person."""
        return f"{self.host}:{self.port}"


async def switch_name(socket: EventSocket, *, patient: bool) -> str:
    """Ask the phone system for its name, for as long as it takes.

    Raises PasswordRefusedError when it does not let us in, unless `patient`.
    """

    async def ask(connection: _Connection) -> str:
        connection.send("api switchname")
        while (frame := await connection.read()).kind != ANSWER:
            pass
        return frame.body.decode(errors="replace").strip()

    return await until_done(socket.address, lambda: _let_in(socket), ask, patient=patient)


async def listen(socket: EventSocket, spool: Room, *, patient: bool) -> NoReturn:
    """Keep a connection to the event socket, for ever, and write the events and the times that it tells to the spool.

    Each connection begins with `BEGINS` there, and each event is whole. Raises PasswordRefusedError when the first
    attempt is refused, unless `patient`.
    """

    async def take_down(connection: _Connection) -> NoReturn:
        await connection.command(_SUBSCRIPTION)
        asking = asyncio.create_task(_ask_the_time(connection))
        try:
            await spool_until_full(spool, BEGINS, connection.heard)
        finally:
            asking.cancel()

    await until_done(socket.address, lambda: _let_in(socket), take_down, patient=patient, ready=spool.has_room)


@dataclass(frozen=True, slots=True)
class _Frame:
    head: bytes
    body: bytes

    @property
    def kind(self) -> bytes:
        """What it is: its content type."""
        return content_type(self.head)


@dataclass(frozen=True, slots=True)
class _Connection:
    line: Line

    def send(self, command: str) -> None:
        """Give a command."""
        self.line.writer.write(f"{command}\n\n".encode())

    async def command(self, command: str) -> None:
        """Give a command, and wait until it is done; raises LostError when it is not."""
        self.send(command)
        while (frame := await self.read()).kind != b"command/reply":
            pass
        if not (parse(frame.head).get(b"Reply-Text") or b"").startswith(b"+OK"):
            message = f"the command {command.split(maxsplit=1)[0]} was refused"
            raise LostError(message)

    async def heard(self) -> bytes:
        """Give the next event, or the time where that is told, as soon as it has come."""
        while (frame := await self.read()).kind != EVENT:
            if frame.kind == ANSWER and _TIME.fullmatch(seconds := frame.body.strip()):
                return time_told(seconds)
        if not frame.body:
            message = "an event came without a length that one has"
            raise LostError(message)
        ended = frame.body.endswith(END) or promised(frame.body.partition(END)[0])
        return frame.body if ended else frame.body.rstrip(b"\n") + END

    async def read(self) -> _Frame:
        """Give what comes next; raises LostError when nothing comes any more, or FreeSWITCH says so."""
        try:
            async with asyncio.timeout(SILENCE_S):
                frame = await self._frame()
        except TimeoutError:
            message = f"nothing was heard for {SILENCE_S:.0f} s"
            raise LostError(message) from None
        except IncompleteReadError:
            message = "it was closed"
            raise LostError(message) from None
        except LimitOverrunError:
            message = "what was said is no word of an event socket"
            raise LostError(message) from None
        if frame.kind == b"text/disconnect-notice":
            message = "the phone system ended it"
            raise LostError(message)
        return frame

    async def _frame(self) -> _Frame:
        head = (await self.line.reader.readuntil(END)).removesuffix(END)
        length = promised(head)
        if length > LIMIT:
            message = f"something was announced that is longer than any event: {length} bytes"
            raise LostError(message)
        return _Frame(head, await self.line.reader.readexactly(length))


async def _ask_the_time(connection: _Connection) -> NoReturn:
    while True:
        connection.send("api strepoch")
        await asyncio.sleep(ASK_S)


@asynccontextmanager
async def _let_in(socket: EventSocket) -> AsyncGenerator[_Connection]:
    async with line(socket.host, socket.port, limit=_HEAD) as opened:
        connection = _Connection(opened)
        async with asyncio.timeout(CONNECT_S):
            await _authenticate(socket, connection)
        yield connection
        connection.send("exit")


async def _authenticate(socket: EventSocket, connection: _Connection) -> None:
    """Give the password when asked for it; no text of an error holds it."""
    try:
        greeting = parse((await connection.line.reader.readuntil(END)).removesuffix(END)).get(b"Content-Type")
    except IncompleteReadError as error:
        if not error.partial:
            message = "it was closed before it said anything"
            raise LostError(message) from None
        greeting = None
    except LimitOverrunError:
        greeting = None
    if greeting == b"text/rude-rejection":
        message = f"the event socket at {socket.address} lets nobody in from here: see its apply-inbound-acl"
        raise PasswordRefusedError(message)
    if greeting != AUTH:
        message = f"what answers at {socket.address} is no event socket of a FreeSWITCH"
        raise PasswordRefusedError(message)
    connection.send(f"auth {socket.password}")
    while (frame := await connection.read()).kind != b"command/reply":
        pass
    if not (parse(frame.head).get(b"Reply-Text") or b"").startswith(b"+OK"):
        message = f"the event socket at {socket.address} refuses the password"
        raise PasswordRefusedError(message)
