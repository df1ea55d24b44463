"""`python -m services.vault`: keeps the names, until SIGTERM or SIGINT."""

import asyncio
import sys

import structlog

from services.runtime.running import run_service
from services.runtime.serving import Address, serve
from services.runtime.settings import HomeSettings
from services.vault.app import vault_app
from services.vault.settings import VaultSettings
from services.vault.store import open_vault

log = structlog.get_logger()


async def run(settings: VaultSettings, home: HomeSettings, stop: asyncio.Event) -> None:
    """Keep the vault open and answer until `stop` is set."""
    async with open_vault(home.home) as vault:
        log.info("vault_opened")
        await serve(vault_app(vault), Address(host=settings.host, port=settings.port), stop)
    log.info("vault_closed")


async def _work(stop: asyncio.Event) -> None:
    await run(VaultSettings(), HomeSettings(), stop)


if __name__ == "__main__":
    sys.exit(run_service("vault", _work))
