"""A server that is told to stop stops within a second, whoever is connected, and answers what it can."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import FastAPI, Request

from services.runtime.serving import Address, serve

PROMISE_S = 1.0


@dataclass
class Served:
    """A server, and a way to have it stop."""

    port: int
    told: asyncio.Event
    task: asyncio.Task[None]
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def stops_in(self, meanwhile: Callable[[], Awaitable[None]] | None = None) -> float:
        """Have it stop; the seconds that it took."""
        begun = time.monotonic()
        self.told.set()
        if meanwhile is not None:
            await meanwhile()
        await self.task
        return time.monotonic() - begun


@asynccontextmanager
async def serving() -> AsyncGenerator[Served]:
    app, told = FastAPI(), asyncio.Event()
    task = asyncio.create_task(serve(app, Address(), told))
    while not hasattr(app.state, "port"):  # noqa: ASYNC110  # it does not tell
        await asyncio.sleep(0)
    served = Served(app.state.port, told, task)
    await _listens(served.port)

    @app.get("/now")
    async def now() -> str:
        return "now"

    @app.get("/later")
    async def later() -> str:
        served.entered.set()
        await served.go_on.wait()
        return "later"

    @app.post("/body")
    async def body(request: Request) -> int:
        served.entered.set()
        return len(await request.body())

    yield served
    told.set()
    served.go_on.set()
    await task


async def _listens(port: int) -> None:
    while True:
        with suppress(ConnectionError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return await writer.wait_closed()


async def test_connections_that_are_kept_open_do_not_hold_it_up() -> None:
    async with serving() as served:
        clients = [httpx.AsyncClient(base_url=served.url, trust_env=False) for _ in range(50)]
        assert {(await client.get("/now")).json() for client in clients} == {"now"}
        assert await served.stops_in() < PROMISE_S
        for client in clients:
            await client.aclose()


async def test_a_request_that_is_being_answered_is_answered() -> None:
    async with serving() as served, httpx.AsyncClient(base_url=served.url, trust_env=False) as client:
        asking = asyncio.create_task(client.get("/later"))
        await served.entered.wait()

        async def meanwhile() -> None:
            served.go_on.set()

        assert await served.stops_in(meanwhile) < PROMISE_S
        assert (await asking).json() == "later"


async def test_a_request_that_has_no_end_is_cut_off() -> None:
    async with serving() as served, httpx.AsyncClient(base_url=served.url, trust_env=False) as client:
        asking = asyncio.create_task(client.get("/later"))
        await served.entered.wait()
        assert await served.stops_in() < PROMISE_S
        answer = await asking
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:kvota:problem:stopping")
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /now HTTP/1.1\r\nHost: x\r\n",
        b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of it",
    ],
)
async def test_whoever_stopped_talking_in_the_middle_does_not_hold_it_up(sent: bytes) -> None:
    async with serving() as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(sent)
        await writer.drain()
        if b"/body" in sent:
            await served.entered.wait()
        assert await served.stops_in() < PROMISE_S
        assert (await reader.read()).partition(b" ")[2][:3] in (b"", b"503")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
