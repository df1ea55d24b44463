"""A vault and a desk inside a test, on free ports, with real Kafka behind them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from fastapi import FastAPI

from services.desk.__main__ import run as run_desk
from services.desk.app import desk_app
from services.desk.asking import Desk
from services.desk.handler import Handler
from services.desk.log import DecisionLog
from services.desk.names import Names
from services.desk.settings import DeskSettings
from services.runtime.serving import Address, serve
from services.runtime.settings import CompanySettings, KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from services.vault.app import vault_app
from services.vault.settings import VaultSettings
from services.vault.vault import open_vault
from tests.callers import auth, bearer, watch

_START_S = 30.0
_LOOK_EVERY_S = 0.01
Served = Callable[[FastAPI], None]


@asynccontextmanager
async def desk_running(
    bootstrap: str,
    home: Path,
    *,
    partitions: int = 4,
    vault_url: str | None = None,
    **settings: Any,  # noqa: ANN401  # of several types
) -> AsyncGenerator[httpx.AsyncClient]:
    """A desk that has read the log, and a manager's client; with a vault of its own in `home`, or that at `vault_url`.

    Makes the source topics where they are missing. `settings` are the desk's own.
    """
    await ensure_topics(bootstrap, source_topics(partitions))
    if vault_url is None:
        async with (
            vault_running(home) as vault,
            desk_running(bootstrap, home, partitions=partitions, vault_url=str(vault.base_url), **settings) as client,
        ):
            yield client
        return
    told = DeskSettings(port=0, vault_url=vault_url, **settings)
    kafka, company = KafkaSettings(bootstrap_servers=bootstrap, client_id="desk"), CompanySettings()
    async with _running(
        lambda stop, served: run_desk(told, kafka, company, watch(home), auth(home), stop, served)
    ) as client:
        client.headers.update(bearer(home, "manager"))
        yield client


def desk_app_of(home: Path, log: DecisionLog | None = None) -> FastAPI:
    """The app of a desk on a log; without one it has nothing to work with: what there is to be said of its routes."""
    log = log or DecisionLog(KafkaSettings())
    desk = Desk(
        log=log,
        handler=Handler(log, _now, 1),
        names=Names(httpx.AsyncClient()),
        now=_now,
        zone=ZoneInfo("UTC"),
        country="RU",
        currencies=frozenset({"RUB"}),
        patience_s=1,
    )
    return desk_app(desk, watch(home))


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def vault_running(
    home: Path, settings: VaultSettings | None = None, *, port: int = 0
) -> AsyncGenerator[httpx.AsyncClient]:
    """A vault, and a client of it in the role of a service; without settings, its store is a file in `home`."""
    told = VaultSettings() if settings is None else settings

    async def run(stop: asyncio.Event, served: Served) -> None:
        async with open_vault(told, home) as vault:
            app = vault_app(vault, watch(home))
            served(app)
            await serve(app, Address(port=port), stop)

    async with _running(run) as client:
        client.headers.update(bearer(home, "service"))
        yield client


@asynccontextmanager
async def _running(
    run: Callable[[asyncio.Event, Served], Coroutine[Any, Any, None]],
) -> AsyncGenerator[httpx.AsyncClient]:
    stop, apps = asyncio.Event(), list[FastAPI]()
    task = asyncio.create_task(run(stop, apps.append))
    try:
        async with asyncio.timeout(_START_S):
            port = await _port(task, apps)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            await _ready(task, client)
            yield client
    finally:
        stop.set()
        await task


async def _port(task: asyncio.Task[None], apps: list[FastAPI]) -> int:
    while not (apps and hasattr(apps[0].state, "port")):
        await _look_again(task)
    return int(apps[0].state.port)


async def _ready(task: asyncio.Task[None], client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(_START_S):
        while True:
            try:
                if (await client.get("/readyz")).is_success:
                    return
            except httpx.ConnectError:  # bound, and not listening yet
                pass
            await _look_again(task)


async def _look_again(task: asyncio.Task[None]) -> None:
    if task.done():
        await task  # what ended it is the news
    await asyncio.sleep(_LOOK_EVERY_S)
