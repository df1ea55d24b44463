"""A phone system for tests: plays what an Asterisk once said to whoever logs in, and can be as awkward as one."""

import asyncio
import json
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from services.feeds.asterisk.live.connection import Manager
from services.runtime.ports import free_port
from tests.captures.asterisk import AMI_CHUNKS
from tests.feeds.samples import ami_capture

END = b"\r\n\r\n"
SECRET = "s3cret"  # noqa: S105  # of this server
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
_ACCEPTED = (
    b"Response: Success\r\nMessage: Authentication accepted\r\n\r\nEvent: FullyBooted\r\nStatus: Fully Booted\r\n\r\n"
)
_REFUSED = b"Response: Error\r\nMessage: Authentication failed\r\n\r\n"
_TIME = re.compile(rb"\r\nTimestamp: ([0-9.]+)\r\n")


def capture_chunks() -> list[bytes]:
    """Give the captured connection after its login, in the pieces that it came in."""
    places = [json.loads(line)[1:] for line in AMI_CHUNKS.read_text().splitlines()]
    data = ami_capture()
    begin = data.index(END, data.index(b"FullyBooted")) + len(END)
    chunks = [data[start : start + length] for start, length in places if start >= begin]
    return [*chunks, data[sum(places[-1]) :]]


@dataclass(frozen=True, slots=True)
class Hole:
    """A connection that breaks after `at` bytes, perhaps in the middle of an event; the next hears from `until` on."""

    at: int
    until: int


@dataclass
class AmiServer:
    """What it has said, byte by byte, and what is to go wrong."""

    chunks: Sequence[bytes]
    holes: list[Hole] = field(default_factory=list[Hole])
    stops_at: list[int] = field(default_factory=list[int])
    """Where it says nothing more until `go_on` is called."""
    pace_s: float = 0.0
    """How long to wait between two chunks."""
    system: str | None = "pbx1"
    """What it answers to the question for its name; None: it does not know the question."""
    lets_in: bool = True
    deaf: bool = False
    """Whether it answers nothing but logins."""

    said: int = 0
    now: bytes = b"1795533128.000000"
    logins: int = 0
    refusals: int = 0
    slowest_write_s: float = 0.0
    port: int = field(default_factory=free_port)
    _going_on: asyncio.Event = field(default_factory=asyncio.Event)
    _connected: set[StreamWriter] = field(default_factory=set[StreamWriter])
    _pongs: list[bytes] = field(default_factory=list[bytes])

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["AmiServer"]:
        """Listen."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()
            self.hang_up()

    @property
    def manager(self) -> Manager:
        """How to reach it."""
        return Manager("127.0.0.1", self.port, "kvota", SECRET)

    @property
    def connected(self) -> bool:
        """Whether anybody is connected."""
        return bool(self._connected)

    @property
    def done(self) -> bool:
        """Whether everything was said."""
        return self.said == sum(map(len, self.chunks))

    def go_on(self) -> None:
        """Say more."""
        self._going_on.set()

    def goes_on_unheard(self, until: int) -> None:
        """Say what comes before `until` to nobody; its clock goes on."""
        self.said = until
        if time := _TIME.search(b"".join(self.chunks), until):
            self.now = time[1]

    def hang_up(self) -> None:
        """Break every connection."""
        for writer in self._connected:
            writer.transport.abort()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._connected.add(writer)
        playing: asyncio.Task[None] | None = None
        writer.write(BANNER)
        try:
            while True:
                action = _fields(await reader.readuntil(END))
                if action["Action"] == "Login":
                    if action["Secret"] != SECRET or not self.lets_in:
                        self.refusals += 1
                        writer.write(_REFUSED)
                        return
                    self.logins += 1
                    writer.write(_ACCEPTED)
                elif action["Action"] == "CoreSettings":
                    writer.write(self._core_settings(action["ActionID"]))
                elif action["Action"] == "Ping" and not self.deaf:
                    playing = playing or asyncio.create_task(self._play(writer))
                    self._pongs.append(action["ActionID"].encode())
                    if not self._mid_event():
                        self._answer_pings(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if playing is not None:
                playing.cancel()
            self._connected.discard(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def _core_settings(self, action: str) -> bytes:
        if self.system is None:
            return f"Response: Error\r\nActionID: {action}\r\nMessage: Invalid/unknown command\r\n\r\n".encode()
        return (
            f"Response: Success\r\nActionID: {action}\r\nSystemName: {self.system}\r\nCoreMaxCalls: 0\r\n\r\n".encode()
        )

    async def _play(self, writer: StreamWriter) -> None:
        """Say all that was not said yet, in the chunks that it once came in."""
        writer.transport.set_write_buffer_limits(high=0)
        start = 0
        for chunk in self.chunks:
            end = start + len(chunk)
            while self.said < end:
                if not await self._say(writer, start, chunk):
                    return
                await asyncio.sleep(self.pace_s)
            start = end

    async def _say(self, writer: StreamWriter, start: int, chunk: bytes) -> bool:
        """Say what is left of a chunk, as far as nothing goes wrong in it; False when the connection is no more."""
        end = start + len(chunk)
        if self.stops_at and self.stops_at[0] <= self.said:
            self.stops_at.pop(0)
            self._going_on.clear()
            await self._going_on.wait()
        stop = min([end, *self.stops_at[:1], *(hole.at for hole in self.holes[:1])])
        piece = chunk[self.said - start : stop - start]
        await self._write(writer, piece)
        self.said += len(piece)
        if times := _TIME.findall(piece):
            self.now = times[-1]
        if self.holes and self.holes[0].at == self.said:
            self.goes_on_unheard(self.holes.pop(0).until)
            self._pongs.clear()
            await writer.drain()
            writer.close()
            return False
        if self._pongs and not self._mid_event():
            self._answer_pings(writer)
        return True

    async def _write(self, writer: StreamWriter, piece: bytes) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        writer.write(piece)
        await writer.drain()
        self.slowest_write_s = max(self.slowest_write_s, clock() - began)

    def _answer_pings(self, writer: StreamWriter) -> None:
        for action in self._pongs:
            writer.write(
                b"Response: Success\r\nActionID: %s\r\nPing: Pong\r\nTimestamp: %s\r\n\r\n" % (action, self.now)
            )
        self._pongs.clear()

    def _mid_event(self) -> bool:
        """Whether the last byte that was said is not the end of an event."""
        start = 0
        for chunk in self.chunks:
            if start < self.said <= start + len(chunk):
                before = chunk[: self.said - start]
                return not before.endswith(END) if len(before) >= len(END) else True
            start += len(chunk)
        return False


def _fields(action: bytes) -> dict[str, str]:
    lines = action.decode().strip().split("\r\n")
    return dict(line.split(": ", 1) for line in lines)
