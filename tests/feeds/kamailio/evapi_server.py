"""An evapi for tests: says to whoever connects what a Kamailio once said, and breaks off where it is to."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from services.feeds.live.address import Address
from services.runtime.ports import free_port

_PIECE = 997
"""In how many bytes at a time it speaks: records are torn anywhere."""


@dataclass
class EvapiServer:
    """What it says, and what is to go wrong; it says nothing twice, as evapi does."""

    records: bytes
    breaks_at: list[int] = field(default_factory=list[int])
    """Where it hangs up; the next connection hears what follows."""
    stops_at: list[int] = field(default_factory=list[int])
    """Where it says nothing more until `go_on` is called."""

    said: int = 0
    connections: int = 0
    port: int = field(default_factory=free_port)
    _going_on: asyncio.Event = field(default_factory=asyncio.Event)
    _connected: set[StreamWriter] = field(default_factory=set[StreamWriter])

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["EvapiServer"]:
        """Listen."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()
            for writer in self._connected:
                writer.transport.abort()

    @property
    def address(self) -> Address:
        """Where it is."""
        return Address("127.0.0.1", self.port)

    @property
    def done(self) -> bool:
        """Whether everything was said."""
        return self.said == len(self.records)

    def go_on(self) -> None:
        """Say more."""
        self._going_on.set()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._connected.add(writer)
        self.connections += 1
        speaking = asyncio.create_task(self._speak(writer))
        try:
            await reader.read()
        except ConnectionError:
            pass
        finally:
            speaking.cancel()
            self._connected.discard(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _speak(self, writer: StreamWriter) -> None:
        while not self.done:
            if self.stops_at and self.stops_at[0] == self.said:
                self.stops_at.pop(0)
                self._going_on.clear()
                await self._going_on.wait()
            if self.breaks_at and self.breaks_at[0] == self.said:
                self.breaks_at.pop(0)
                writer.close()
                return
            end = min([self.said + _PIECE, len(self.records), *self.stops_at[:1], *self.breaks_at[:1]])
            writer.write(self.records[self.said : end])
            self.said = end
            await writer.drain()
