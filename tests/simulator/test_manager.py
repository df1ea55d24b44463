"""The manager interface over TCP: who may listen, what is answered, and when the day begins."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest

from services.runtime.serving import Address, AddressTakenError
from services.simulator.clock import Clock
from services.simulator.manager import ManagerServer
from services.simulator.messages import BANNER, event
from services.simulator.plan import SECOND
from tests.simulator.standins import Listener, hanging_up

BEGINS, ENDS = 1_795_500_000 * SECOND, 1_795_500_600 * SECOND


class HandClock:
    """A clock that is put forward by hand, in seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def a_clock(speed: float = 60, real: Callable[[], float] = lambda: 0.0) -> Clock:
    return Clock(BEGINS, ENDS, speed, real)


@asynccontextmanager
async def a_server(clock: Clock | None = None, secret: str | None = None) -> AsyncGenerator[ManagerServer]:
    server = ManagerServer(clock or a_clock(), "pbx1", secret)
    async with server.listening(Address()):
        yield server


def happened(text: str) -> bytes:
    return event("QueueCallerJoin", "agent", BEGINS, "pbx1", {"Queue": text})


async def test_a_client_is_greeted_let_in_and_told_what_happens() -> None:
    async with a_server() as server:
        with hanging_up(await Listener.connect(server.port, ActionID="a1")) as client:
            await client.until(b"FullyBooted")
            await server.tell(happened("sales"))
            heard = await client.until(b"Queue: sales\r\n\r\n")
    assert heard.startswith(BANNER + b"Response: Success\r\nActionID: a1\r\nMessage: Authentication accepted\r\n\r\n")


async def test_a_wrong_secret_is_refused_and_starts_no_day() -> None:
    clock = a_clock()
    async with a_server(clock, secret="another") as server:  # noqa: S106  # of nobody
        with hanging_up(await Listener.connect(server.port)) as client:
            assert b"Authentication failed" in await client.to_the_end()
    assert not clock.started.is_set()


async def test_who_has_not_logged_in_may_do_nothing() -> None:
    async with a_server() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"Action: Ping\r\n\r\n")
        assert b"Permission denied" in await reader.readuntil(b"denied\r\n\r\n")
        writer.close()


async def test_the_day_begins_with_the_first_who_listens_and_asks_for_the_time() -> None:
    clock = a_clock()
    async with a_server(clock) as server:
        with hanging_up(await Listener.connect(server.port, Events="off")) as client:
            client.ask("Ping")
            await client.until(b"Pong")
            assert not clock.started.is_set()
            client.ask("Events", EventMask="on")
            await client.until(b"Events: On")
            assert not clock.started.is_set()
            client.ask("Ping", ActionID="2")
            await client.until(b"ActionID: 2")
            assert clock.started.is_set()


async def test_the_time_is_the_days_own_and_a_clocks_once_that_is_over() -> None:
    hand = HandClock()
    clock = a_clock(speed=60, real=hand)
    async with a_server(clock) as server:
        with hanging_up(await Listener.connect(server.port)) as client:
            client.ask("Ping")
            await client.until(b"Ping: Pong\r\nTimestamp: 1795500000.000000\r\n")
            await clock.reach(ENDS)
            hand.seconds = 2.5
            client.ask("Ping")
            await client.until(b"Ping: Pong\r\nTimestamp: 1795500150.000000\r\n")
            hand.seconds = 12  # the day of ten minutes has been over for two seconds
            client.ask("Ping")
            assert await client.until(b"Timestamp: 1795500602.000000")


async def test_the_time_is_never_later_than_what_is_still_to_be_told() -> None:
    hand = HandClock()
    clock = a_clock(speed=60, real=hand)
    async with a_server(clock) as server:
        with hanging_up(await Listener.connect(server.port)) as client:
            client.ask("Ping")
            await client.until(b"Pong")
            hand.seconds = 5.0
            await clock.lead(BEGINS + 100 * SECOND)
            client.ask("Ping")
            assert await client.until(b"Timestamp: 1795500100.000000")
            await clock.reach(BEGINS + 100 * SECOND)


async def test_the_phone_system_says_its_name() -> None:
    async with a_server() as server:
        with hanging_up(await Listener.connect(server.port)) as client:
            client.ask("CoreSettings")
            assert await client.until(b"\r\nSystemName: pbx1\r\n")


async def test_who_comes_later_hears_what_happens_from_then_on() -> None:
    async with a_server() as server:
        with hanging_up(await Listener.connect(server.port)) as first:
            await first.until(b"FullyBooted")
            await server.tell(happened("sales"))
            with hanging_up(await Listener.connect(server.port)) as second:
                await second.until(b"FullyBooted")
                await server.tell(happened("support"))
                assert b"Queue: sales" in await first.until(b"Queue: support\r\n\r\n")
                assert b"Queue: sales" not in await second.until(b"Queue: support\r\n\r\n")


async def test_at_speed_zero_nothing_happens_while_nobody_is_at_work() -> None:
    async with a_server(a_clock(speed=0)) as server:
        with hanging_up(await Listener.connect(server.port)) as looking_in:
            await looking_in.until(b"FullyBooted")
            telling = asyncio.create_task(server.tell(happened("sales")))
            with hanging_up(await Listener.connect(server.port)) as feed:
                await feed.until(b"FullyBooted")
                assert not telling.done()
                feed.ask("Ping")
                assert await feed.until(b"Queue: sales\r\n\r\n")
                await telling


async def test_actions_that_change_something_are_unknown_and_logging_off_ends_it() -> None:
    async with a_server() as server:
        with hanging_up(await Listener.connect(server.port)) as client:
            client.ask("Originate", ActionID="x")
            client.ask("Logoff")
            heard = await client.to_the_end()
    assert b"Response: Error\r\nActionID: x\r\nMessage: Invalid/unknown command" in heard
    assert heard.endswith(b"Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n")


async def test_the_end_waits_for_who_has_not_read_all() -> None:
    async with a_server() as server:
        with hanging_up(await Listener.connect(server.port)) as client:
            await client.until(b"FullyBooted")
            await server.tell(happened("x" * 4_000_000))
            drained = asyncio.create_task(server.drained(within_s=60))
            client.ask("Ping", ActionID="1")
            await client.until(b"ActionID: 1\r\n")
            assert not drained.done()
            client.ask("Ping", ActionID="2")
            await client.until(b"ActionID: 2\r\n")
            await drained


async def test_a_taken_address_is_said_clearly() -> None:
    async with a_server() as server:
        with pytest.raises(AddressTakenError, match=f"127.0.0.1:{server.port} is taken"):
            async with ManagerServer(a_clock(), "pbx1").listening(Address(port=server.port)):
                pass
