"""Where the active socket of a 3CX calls us: each line that comes goes to the spool, whoever sends it."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NoReturn

import structlog

from services.feeds.frames import Cutter
from services.feeds.live.address import Address
from services.feeds.live.connection import CHUNK, keep_alive
from services.feeds.live.spool import Spool
from services.feeds.three_cx.live.passive import BEGINS
from services.feeds.three_cx.reader import TORN
from services.runtime.errors import ClearError

_LONGEST = 64 * 1024
"""No row is longer, in bytes: who sends more without an end of line is no 3CX."""

_MOST = 100
"""So many connections are held at once: a 3CX has one, or one for each row, and anybody may connect."""
_AGAIN_S = 1.0
"""How long to wait before listening again."""

_log = structlog.get_logger()


async def accept(address: Address, spool: Spool) -> NoReturn:
    """Let a 3CX connect, for ever, but for when the spool is full; raises ClearError for an address that is not ours.

    Rows of connections that exist side by side are not mixed up: a row is spooled when it is whole, or when its
    connection ends. What the spool does not take is lost, so listening begins anew then: that is told as a gap.
    """
    while True:
        await spool.has_room()
        full = asyncio.Event()
        async with _server(address, spool, full):
            if _is_taken(spool, BEGINS):
                await full.wait()
        await asyncio.sleep(_AGAIN_S)


@asynccontextmanager
async def _server(address: Address, spool: Spool, full: asyncio.Event) -> AsyncGenerator[None]:
    connected, tasks = set[StreamWriter](), set[asyncio.Task[None]]()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # a server makes one for each connection
        if len(connected) >= _MOST:
            _log.warning("source_refused", reason="there are too many connections")
            writer.close()
            return
        connected.add(writer)
        tasks.add(task)
        try:
            keep_alive(writer)
            await _take_down(reader, spool, full)
        finally:
            connected.discard(writer)
            tasks.discard(task)
            writer.close()

    try:
        server = await asyncio.start_server(serve, address.host, address.port)
    except OSError as error:
        message = f"nobody can be listened to at {address}: {error}"
        raise ClearError(message) from None
    _log.info("source_awaited", address=str(address))
    try:
        yield
    finally:
        server.close()
        for writer in connected:
            writer.transport.abort()
        await asyncio.gather(*tasks)


async def _take_down(reader: StreamReader, spool: Spool, full: asyncio.Event) -> None:
    cutter = Cutter(b"\n", _LONGEST)
    while chunk := await _said(reader):
        for frame in cutter.feed(chunk):
            if not _write(spool, frame.data, full):
                return
    for frame in cutter.end():
        _write(spool, None if frame.data is None else frame.data + TORN, full)


async def _said(reader: StreamReader) -> bytes:
    """Give what has arrived; nothing once the connection is over, however it ended."""
    try:
        return await reader.read(CHUNK)
    except OSError:
        return b""


def _write(spool: Spool, row: bytes | None, full: asyncio.Event) -> bool:
    """Spool a row; False for one that is none, and where there is no room."""
    if row is None:
        _log.warning("source_unknown")
        return False
    if not _is_taken(spool, row + b"\n"):
        full.set()
        return False
    return True


def _is_taken(spool: Spool, data: bytes) -> bool:
    """Spool something; False where there is no room: in the spool, or on its disk."""
    try:
        return spool.write(data)
    except OSError as error:
        _log.warning("spool_not_written", reason=str(error), again_in_s=_AGAIN_S)
        return False
