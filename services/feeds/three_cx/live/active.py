"""Where the active socket of a 3CX calls us: each line that comes goes to the spool, whoever sends it."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import NoReturn

import structlog

from services.feeds.frames import Cutter
from services.feeds.live.address import Address
from services.feeds.live.connection import CHUNK
from services.feeds.live.spool import Spool
from services.feeds.three_cx.live.passive import BEGINS
from services.feeds.three_cx.reader import TORN
from services.runtime.errors import ClearError

_LONGEST = 64 * 1024
"""No row is longer, in bytes: who sends more without an end of line is no 3CX."""

_log = structlog.get_logger()


async def accept(address: Address, spool: Spool) -> NoReturn:
    """Let a 3CX connect, for ever, but for when the spool is full; raises ClearError for an address that is not ours.

    Rows of connections that exist side by side are not mixed up: a row is spooled when it is whole, or when its
    connection ends.
    """
    while True:
        await spool.has_room()
        full = asyncio.Event()
        async with _server(address, spool, full):
            if spool.write(BEGINS):
                await full.wait()


@asynccontextmanager
async def _server(address: Address, spool: Spool, full: asyncio.Event) -> AsyncGenerator[None]:
    connected, tasks = set[StreamWriter](), set[asyncio.Task[None]]()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # a server makes one for each connection
        connected.add(writer)
        tasks.add(task)
        try:
            with suppress(OSError):
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
    while chunk := await reader.read(CHUNK):
        for frame in cutter.feed(chunk):
            if not _write(spool, frame.data, full):
                return
    for frame in cutter.end():
        _write(spool, None if frame.data is None else frame.data + TORN, full)


def _write(spool: Spool, row: bytes | None, full: asyncio.Event) -> bool:
    """Spool a row; False for one that is none, and where there is no room."""
    if row is None:
        _log.warning("source_unknown")
        return False
    if not spool.write(row + b"\n"):
        full.set()
        return False
    return True
