"""A 3CX over TCP, whichever side calls the other: what goes to the spool, and what is made of it."""

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path

import pytest

from events.feeds import FeedGapFound
from services.feeds.live.address import Address
from services.feeds.live.sources import CONNECT, LISTEN, named
from services.feeds.live.spool import Spool
from services.feeds.three_cx.fields import ORDER
from services.feeds.three_cx.live import active
from services.feeds.three_cx.live.active import accept
from services.feeds.three_cx.live.feed import LiveThreeCx
from services.feeds.three_cx.live.passive import BEGINS, connect
from services.feeds.three_cx.reader import TORN
from services.runtime.errors import ClearError
from services.runtime.ports import free_port
from tests.feeds.kamailio.evapi_server import EvapiServer
from tests.feeds.kamailio.test_sources import told
from tests.feeds.samples import contents, events_of, facts, parked
from tests.feeds.test_spool import no_file_longer_than
from tests.feeds.three_cx.given import callid, clock, read, row
from tests.feeds.watching import soon

ROWS = [row(), row(historyid="2", callid=callid(70.1), time_start=clock(70), time_answered="", time_end=clock(99))]
WHOLE = b"".join(ROWS)


def spooled(spool: Spool) -> bytes:
    return spool.read(spool.start, 10_000_000)


@asynccontextmanager
async def working(work: Callable[[], object]) -> AsyncGenerator[asyncio.Task[None]]:
    task = asyncio.ensure_future(work())  # type: ignore[call-overload]  # a coroutine that never ends
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def says(address: Address, *pieces: bytes) -> tuple[StreamReader, StreamWriter]:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    return reader, writer


async def can_be_reached(address: Address) -> bool:
    try:
        _, writer = await asyncio.open_connection(address.host, address.port)
    except OSError:
        return False
    writer.close()
    return True


async def listening(spool: Spool) -> None:
    assert await soon(lambda: spooled(spool).endswith(BEGINS))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool", 1_000_000)
    yield opened
    opened.close()


@pytest.fixture
def here() -> Address:
    return Address("127.0.0.1", free_port())


async def test_a_passive_socket_is_connected_to_again_and_again(spool: Spool) -> None:
    cut = len(ROWS[0]) + 40
    server = EvapiServer(WHOLE, breaks_at=[cut])
    async with server.running(), working(lambda: connect(server.address, spool)):
        assert await soon(lambda: spooled(spool).endswith(WHOLE[cut:]))
    assert spooled(spool) == BEGINS + WHOLE[:cut] + BEGINS + WHOLE[cut:]
    heard = read(spooled(spool))
    assert len(facts(heard)) == 1
    assert len(parked(heard)) == 2  # the two halves of a row
    assert not events_of(FeedGapFound, heard)  # nothing was heard after it
    [gap] = events_of(FeedGapFound, read(spooled(spool), ROWS[0]))
    assert gap.missing is None


async def test_an_active_socket_may_connect_for_each_row_and_that_is_no_gap(spool: Spool, here: Address) -> None:
    async with working(lambda: accept(here, spool)):
        await listening(spool)
        for item in ROWS:
            _, writer = await says(here, item)
            writer.close()
            assert await soon(lambda item=item: spooled(spool).endswith(item))  # type: ignore[misc]  # bound now
    assert contents(facts(read(spooled(spool)))) == contents(facts(read(WHOLE)))
    assert not events_of(FeedGapFound, read(spooled(spool)))


async def test_rows_of_connections_side_by_side_are_not_mixed_up(spool: Spool, here: Address) -> None:
    first, second = ROWS
    async with working(lambda: accept(here, spool)):
        await listening(spool)
        _, one = await says(here, first[:50])
        _, other = await says(here, second[:60])
        one.write(first[50:])
        other.write(second[60:])
        assert await soon(lambda: len(spooled(spool)) == len(BEGINS + WHOLE))
        one.close()
        other.close()
    assert sorted(spooled(spool).removeprefix(BEGINS).splitlines()) == sorted(WHOLE.splitlines())


async def test_a_row_whose_connection_ends_in_it_is_torn(spool: Spool, here: Address) -> None:
    async with working(lambda: accept(here, spool)):
        await listening(spool)
        _, writer = await says(here, ROWS[0][:60])
        writer.close()
        assert await soon(lambda: spooled(spool).endswith(TORN + b"\n"))
    assert len(parked(read(spooled(spool)))) == 1
    torn = row((*ORDER[:-1], "final-dn"))  # its last column is one that is read
    assert [each.reason for each in parked(read(torn.rstrip() + TORN + b"\n", order=(*ORDER[:-1], "final-dn")))] == [
        "the row is torn: its end is missing"
    ]


async def test_a_row_whose_connection_is_reset_in_it_is_torn(spool: Spool, here: Address) -> None:
    async with working(lambda: accept(here, spool)):
        await listening(spool)
        _, writer = await says(here, ROWS[0] + ROWS[1][:60])
        assert await soon(lambda: spooled(spool).endswith(ROWS[0]))
        opened: socket.socket = writer.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        assert await soon(lambda: spooled(spool).endswith(ROWS[1][:60] + TORN + b"\n"))


async def test_a_row_that_the_disk_does_not_take_is_a_gap(spool: Spool, here: Address) -> None:
    async with working(lambda: accept(here, spool)):
        await listening(spool)
        reader, writer = await says(here, ROWS[0])
        assert await soon(lambda: spooled(spool).endswith(ROWS[0]))
        with no_file_longer_than(spool.end + 2):
            writer.write(ROWS[1])
            assert await reader.read() == b""
            writer.close()
            assert not await can_be_reached(here)
        await listening(spool)
        _, writer = await says(here, ROWS[1])
        assert await soon(lambda: spooled(spool).endswith(ROWS[1]))
        writer.close()
    assert len(events_of(FeedGapFound, read(spooled(spool)))) == 1


async def test_on_both_sides_tcp_finds_out_when_the_other_is_gone_without_a_word(spool: Spool, here: Address) -> None:
    async with working(lambda: accept(here, spool)):
        await listening(spool)
        _, writer = await says(here, ROWS[0])
        assert await soon(lambda: watched_by_tcp(here.port))
        writer.close()
    server = EvapiServer(ROWS[0], stops_at=[0])
    async with server.running(), working(lambda: connect(server.address, spool)):
        assert await soon(lambda: server.connections == 1)
        assert await soon(lambda: watched_by_tcp(to=server.port))


def watched_by_tcp(port: int = 0, to: int = 0) -> bool:
    """Whether the kernel has a timer for keeping alive a connection at, or to, a port of ours."""
    connections = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ends = [(int(local[-4:], 16), int(remote[-4:], 16), timer[:2]) for _, local, remote, _, _, timer, *_ in connections]
    return any(timer == "02" and port in {0, ours} and to in {0, theirs} for ours, theirs, timer in ends)


async def test_no_more_connections_are_held_than_a_3cx_makes(
    spool: Spool, here: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(active, "_MOST", 3)
    async with working(lambda: accept(here, spool)):
        await listening(spool)
        held = [await says(here, b"Call ") for _ in range(3)]
        reader, writer = await says(here)
        assert await reader.read() == b""
        writer.close()
        held[0][1].close()
        assert await soon(lambda: spooled(spool).endswith(TORN + b"\n"))
        _, writer = await says(here, ROWS[0])
        assert await soon(lambda: spooled(spool).endswith(ROWS[0]))
        for _, each in [*held[1:], (None, writer)]:
            each.close()


async def test_who_sends_no_rows_is_hung_up_on(spool: Spool, here: Address) -> None:
    async with working(lambda: accept(here, spool)):
        await listening(spool)
        reader, writer = await says(here, b"x" * 200_000 + b"\n")
        assert await reader.read() == b""
        writer.close()
    assert spooled(spool) == BEGINS


async def test_a_full_spool_hangs_up_until_there_is_room_again(tmp_path: Path, here: Address) -> None:
    spool = Spool(tmp_path / "small", len(BEGINS) + len(ROWS[0]) + 10, segment=1)
    async with working(lambda: accept(here, spool)):
        await listening(spool)
        reader, writer = await says(here, *ROWS)
        assert await reader.read() == b""
        writer.close()
        assert not await can_be_reached(here)
        spool.forget(spool.end)
        await listening(spool)
        assert await can_be_reached(here)
    spool.close()


async def test_an_address_that_is_none_of_ours_is_told_so(spool: Spool) -> None:
    with pytest.raises(ClearError, match=r"^nobody can be listened to at 192\.0\.2\.1:5483"):
        await accept(Address("192.0.2.1", 5483), spool)


def test_the_settings_and_the_command_name_what_is_listened_to() -> None:
    assert not named(told())
    passive, active = CONNECT["3cx"](told(), "pbx:5483"), LISTEN["3cx"](told(), "0.0.0.0:5483")
    assert isinstance(passive, LiveThreeCx)
    assert isinstance(active, LiveThreeCx)
    assert (passive.socket, str(passive.address), passive.fields, passive.zone) == ("passive", "pbx:5483", ORDER, UTC)
    assert (active.socket, str(active.address)) == ("active", "0.0.0.0:5483")
