"""An event socket for tests: asks for the password, and says what it is given, in whatever pieces."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from services.feeds.freeswitch.live.connection import EventSocket
from services.runtime.ports import free_port
from tests.feeds.freeswitch.given import AUTH

PASSWORD = "Cl0eCon"  # noqa: S105  # of this server
GOODBYE = b"Content-Type: text/disconnect-notice\nContent-Length: 14\n\nDisconnected.\n"
REJECTION = b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n"


def reply(text: str) -> bytes:
    """Write what a command is answered with."""
    return f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode()


@dataclass
class EslServer:
    """What it says to each connection, one after another, and what is to go wrong."""

    connections: Sequence[bytes]
    piece: int = 1000
    """How many bytes it sends at a time."""
    greeting: bytes = AUTH
    lets_in: bool = True
    ends: bool = True
    """Whether it hangs up when it has said all; it stays silent otherwise."""
    subscribes: bool = True
    times: list[str] = field(default_factory=list[str])
    """What it answers when it is asked for the time, one after another; nothing when there is no more."""

    commands: list[str] = field(default_factory=list[str])
    logins: int = 0
    port: int = field(default_factory=free_port)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["EslServer"]:
        """Listen."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()

    @property
    def socket(self) -> EventSocket:
        """How to reach it."""
        return EventSocket("127.0.0.1", self.port, PASSWORD)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            writer.write(self.greeting)
            while True:
                command = (await reader.readuntil(b"\n\n")).decode().removesuffix("\n\n")
                self.commands.append(command)
                if not await self._answer(command, writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, command: str, writer: StreamWriter) -> bool:
        """Do what a command asks for; False when that ends the connection."""
        if command.startswith("auth "):
            if command != f"auth {PASSWORD}" or not self.lets_in:
                writer.write(reply("-ERR invalid") + GOODBYE)
                return False
            self.logins += 1
            writer.write(reply("+OK accepted"))
        elif command == "api switchname":
            writer.write(b"Content-Type: api/response\nContent-Length: 4\n\nsw1\n")
        elif command == "api strepoch" and self.times:
            time = self.times.pop(0)
            writer.write(f"Content-Type: api/response\nContent-Length: {len(time)}\n\n{time}".encode())
        elif command.startswith("event plain "):
            writer.write(reply("+OK event listener enabled plain" if self.subscribes else "-ERR no"))
            return await self._play(writer)
        return command != "exit"

    async def _play(self, writer: StreamWriter) -> bool:
        place = self.logins - 1
        said = self.connections[place] if place < len(self.connections) else b""
        for start in range(0, len(said), self.piece):
            writer.write(said[start : start + self.piece])
            await writer.drain()
            await asyncio.sleep(0)
        return not self.ends or place >= len(self.connections) - 1
