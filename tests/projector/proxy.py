"""A TCP proxy before a broker: it can keep what is produced and let it land later, and cut connections."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_PRODUCE = 0
_HOST, _PORT_BYTES = "127.0.0.1", 4


@dataclass(slots=True)
class _Line:
    """One client's connection and the broker's, which outlives it while something is held."""

    client: asyncio.StreamWriter
    broker: asyncio.StreamWriter
    held: list[bytes] = field(default_factory=list)
    awaited: set[bytes] = field(default_factory=set)
    """The correlation ids of what was let go and is not answered yet."""


@dataclass(slots=True)
class Proxy:
    """Speaks just enough of Kafka's protocol: frames, which of them produce, and the broker's address in answers."""

    broker_port: int
    port: int = 0
    holding: bytes | None = None
    """Frames that produce to a topic with this in its name are held, and what follows them on their connection."""
    losing: bytes | None = None
    """Whoever produces to a topic with this in its name is cut off before the answer; it is written all the same."""
    lines: list[_Line] = field(default_factory=list)
    _answered: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def address(self) -> str:
        """Where clients find it."""
        return f"{_HOST}:{self.port}"

    @property
    def held(self) -> int:
        """How many frames it holds."""
        return sum(len(line.held) for line in self.lines)

    def drop(self) -> None:
        """Cut every connection."""
        for line in self.lines:
            line.client.transport.abort()

    async def let_go(self) -> None:
        """Let what is held land, and wait until the broker has answered all of it."""
        self.holding = None
        for line in self.lines:
            line.awaited.update(frame[4:8] for frame in line.held)
            for frame in line.held:
                _send(line.broker, frame)
            line.held.clear()
        async with self._answered:
            await self._answered.wait_for(lambda: not any(line.awaited for line in self.lines))

    async def serve(self, requests: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """Be the broker of one client."""
        try:
            answers, broker = await asyncio.open_connection(_HOST, self.broker_port)
        except OSError:  # the broker is down
            client.close()
            return
        line = _Line(client, broker)
        self.lines.append(line)
        back = asyncio.create_task(self._hand_back(line, answers))
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self._hand_on(line, await _frame(requests))
        if not line.held and not line.awaited:
            broker.close()
        await back
        client.close()

    def _hand_on(self, line: _Line, frame: bytes) -> None:
        produces = int.from_bytes(frame[:2], "big") == _PRODUCE
        if line.held or (self.holding is not None and produces and self.holding in frame):
            line.held.append(frame)
            return
        _send(line.broker, frame)
        if self.losing is not None and produces and self.losing in frame:
            line.client.transport.abort()

    async def _hand_back(self, line: _Line, answers: asyncio.StreamReader) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                frame = await _frame(answers)
                line.awaited.discard(frame[:4])
                async with self._answered:
                    self._answered.notify_all()
                if not line.client.is_closing():
                    _send(line.client, self._pointing_here(frame))
        line.client.close()

    def _pointing_here(self, frame: bytes) -> bytes:
        """An answer in which the broker's address is the proxy's."""
        host = _HOST.encode()
        return frame.replace(
            host + self.broker_port.to_bytes(_PORT_BYTES, "big"), host + self.port.to_bytes(_PORT_BYTES, "big")
        )


@asynccontextmanager
async def proxied(bootstrap: str) -> AsyncGenerator[Proxy]:
    """Have a proxy before a broker for a block."""
    proxy = Proxy(int(bootstrap.rsplit(":", 1)[1]))
    server = await asyncio.start_server(proxy.serve, _HOST, 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for line in proxy.lines:
            line.client.transport.abort()
            line.broker.transport.abort()


async def _frame(stream: asyncio.StreamReader) -> bytes:
    return await stream.readexactly(int.from_bytes(await stream.readexactly(4), "big"))


def _send(stream: asyncio.StreamWriter, frame: bytes) -> None:
    stream.write(len(frame).to_bytes(4, "big") + frame)
