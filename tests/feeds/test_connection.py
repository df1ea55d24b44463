"""Listening to the manager interface: whatever happens to the connection, the spool has what was heard."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from services.feeds.asterisk.live import connection
from services.feeds.asterisk.live.connection import LoginRefusedError, Manager, listen, system_name
from services.feeds.live.spool import Spool
from services.runtime.errors import ClearError
from tests.feeds.ami_server import AmiServer, Hole, capture_chunks
from tests.feeds.watching import soon

CHUNKS = capture_chunks()
SAID = b"".join(CHUNKS)


def spool(folder: Path, limit: int = 100_000_000) -> Spool:
    return Spool(folder, limit)


@asynccontextmanager
async def listening(server: AmiServer, spooled: Spool) -> AsyncGenerator[asyncio.Task[None]]:
    """Listen to a server that runs."""
    async with server.running():
        task = asyncio.create_task(listen(server.manager, spooled, patient=False))
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, ClearError):
                await task
            spooled.close()


def without_pongs(spooled: Spool) -> bytes:
    """Give what was heard but for logins and answers to pings."""
    said, position = b"", spooled.start
    while piece := spooled.read(position, 1 << 20):
        said, position = said + piece, position + len(piece)
    items = said.split(b"\r\n\r\n")
    return b"\r\n\r\n".join(item for item in items if b"\r\nPing: Pong\r\n" not in item)


async def test_all_that_is_said_is_in_the_spool(tmp_path: Path) -> None:
    server, spooled = AmiServer(CHUNKS), spool(tmp_path)
    async with listening(server, spooled):
        assert await soon(lambda: server.done)
        assert await soon(lambda: without_pongs(spooled).endswith(SAID))


async def test_a_connection_that_breaks_inside_an_event_is_followed_by_another(tmp_path: Path) -> None:
    server, spooled = AmiServer(CHUNKS, [Hole(500_123, 500_123), Hole(1_000_456, 1_000_456)]), spool(tmp_path)
    async with listening(server, spooled):
        assert await soon(lambda: server.done)
        heard = without_pongs(spooled)
        assert server.logins == 3
        assert SAID[:500_123] in heard
        assert SAID[500_123:1_000_456] in heard


async def test_a_refused_login_is_said_in_a_clear_word_without_the_secret(tmp_path: Path) -> None:
    server = AmiServer(CHUNKS, lets_in=False)
    async with listening(server, spool(tmp_path)) as task:
        with pytest.raises(LoginRefusedError, match="refuses the login of kvota") as refused:
            await asyncio.wait_for(task, 10)
    assert "s3cret" not in str(refused.value) + repr(server.manager)


async def test_a_login_that_is_refused_later_is_tried_again(tmp_path: Path) -> None:
    server, spooled = AmiServer(CHUNKS), spool(tmp_path)
    async with listening(server, spooled):
        assert await soon(lambda: server.done)
        server.lets_in = False
        server.hang_up()
        assert await soon(lambda: server.refusals > 0)
        server.lets_in = True
        assert await soon(lambda: server.logins == 2)
        assert spooled.end < len(SAID) + 10_000


async def test_what_is_no_asterisk_is_said_to_be_none() -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(LoginRefusedError, match="is no manager interface of an Asterisk"):
            await system_name(Manager("127.0.0.1", port, "kvota", "x"), patient=False)


async def test_a_connection_on_which_nothing_is_heard_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "SILENCE_S", 0.3)
    server, spooled = AmiServer([], deaf=True), spool(tmp_path)
    async with listening(server, spooled):
        assert await soon(lambda: server.logins >= 2)


async def test_a_full_spool_hangs_up_and_comes_back_when_there_is_room(tmp_path: Path) -> None:
    server, spooled = AmiServer(CHUNKS), spool(tmp_path, limit=2_000_000)
    async with listening(server, spooled):
        assert await soon(lambda: not server.connected and server.logins > 0)
        assert spooled.end <= 2_000_000
        spooled.forget(spooled.end)
        assert await soon(lambda: server.logins == 2)
        assert server.slowest_write_s < 1


async def test_the_phone_system_is_asked_for_its_name() -> None:
    async with AmiServer(CHUNKS, system="Büro").running() as server:
        assert await system_name(server.manager, patient=False) == "Büro"
        assert server.said == 0


async def test_a_phone_system_without_a_name_has_an_empty_one() -> None:
    async with AmiServer(CHUNKS, system="").running() as server:
        assert await system_name(server.manager, patient=False) == ""


def test_a_secret_of_two_lines_is_none() -> None:
    with pytest.raises(ClearError, match="are one line each"):
        Manager("localhost", 5038, "kvota", "a\r\nAction: Originate")
