"""`python -m services.wallboard`: shows the live cells to every screen, until SIGTERM or SIGINT."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import structlog

from projections.projection import Projection, load_projections
from services.runtime.auth.credentials import ServiceCredentials
from services.runtime.auth.guard import Knowing
from services.runtime.auth.settings import AuthSettings
from services.runtime.running import run_service
from services.runtime.serving import Address, serve
from services.runtime.settings import CompanySettings, KafkaSettings
from services.wallboard.app import wallboard_app
from services.wallboard.board import BoardMaker
from services.wallboard.hub import Hub
from services.wallboard.names import Ids, Names, VaultNames
from services.wallboard.page import Page
from services.wallboard.promotion import Showing
from services.wallboard.publishing import Publisher
from services.wallboard.screens import screen_guard
from services.wallboard.settings import WallboardSettings
from services.wallboard.stream import CuttableProtocol
from services.wallboard.tables import Tables
from services.wallboard.vendor import COMMAND, Vendor

SHOWN: Mapping[str, tuple[str, str] | None] = {
    "agent_now": None,
    "completeness": None,
    "deal_credit": None,
    "deal_ticker": None,
    "feed_now": None,
    "queue_interval": ("clock", "enqueue"),
    "queue_waiting": None,
    "quota": None,
    "rep_day": None,
    "rep_month": None,
}
"""The projections that tiles read, and which of their cells where they do not read all."""
_VAULT_WITHIN_S = 3.0
log = structlog.get_logger()


def shown(projections: Mapping[str, Projection]) -> dict[str, Projection]:
    """The projections that tiles read, as they read them."""
    return {name: replace(projections[name], only=only) for name, only in SHOWN.items()}


async def run(  # noqa: PLR0913, PLR0917  # what a process is told, one thing after the other
    settings: WallboardSettings,
    kafka: KafkaSettings,
    company: CompanySettings,
    watch: Knowing,
    auth: AuthSettings,
    stop: asyncio.Event,
) -> None:
    """Show the board until `stop` is set; raises whatever ended it."""
    projections = shown(load_projections())
    page = Page(Vendor())
    if not page.vendor.is_installed():
        log.warning("page_libraries_missing", run=COMMAND)
    async with _names(settings.vault_url, auth) as names:
        with Tables(projections) as tables:
            hub = Hub(epoch=str(time.time_ns() // 1_000_000), page=page.version)
            publisher = Publisher(BoardMaker(settings, company, tables), names, hub)
            app = wallboard_app(publisher, hub, page, watch, settings.send_timeout_s)
            async with asyncio.TaskGroup() as group:
                showing = Showing(kafka, projections, publisher).run(settings.version)
                aside = [group.create_task(publisher.beat()), group.create_task(showing)]
                address = Address(host=settings.host, port=settings.port)
                await serve(app, address, stop, http=CuttableProtocol)
                for task in aside:
                    task.cancel()


@asynccontextmanager
async def _names(vault_url: str | None, auth: AuthSettings) -> AsyncGenerator[Names]:
    if vault_url is None:
        yield Ids()
        return
    credentials = ServiceCredentials("wallboard", auth)
    async with (
        httpx.AsyncClient(base_url=vault_url, auth=credentials, timeout=_VAULT_WITHIN_S) as vault,
        asyncio.TaskGroup() as group,
    ):
        names = VaultNames(vault)
        keeping = group.create_task(names.run())
        yield names
        keeping.cancel()


async def _work(stop: asyncio.Event) -> None:
    settings, auth = WallboardSettings(), AuthSettings()
    watch = screen_guard(auth, settings.host)
    await run(settings, KafkaSettings(client_id="wallboard"), CompanySettings(), watch, auth, stop)


if __name__ == "__main__":
    sys.exit(run_service("wallboard", _work))
