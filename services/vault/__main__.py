"""`python -m services.vault`: keeps the names, until SIGTERM or SIGINT."""

import asyncio
import sys

import structlog
import uvloop

from services.runtime.errors import ClearError
from services.runtime.logging import configure_logging
from services.runtime.serving import Address, serve
from services.runtime.settings import HomeSettings
from services.runtime.stopping import stop_when_told
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


def main() -> int:
    """Read the settings, then work until told to stop."""
    configure_logging()
    try:
        uvloop.run(_until_told(VaultSettings(), HomeSettings()))
    except ClearError as error:
        log.critical("vault_stopped", reason=str(error))
        return 1
    return 0


async def _until_told(settings: VaultSettings, home: HomeSettings) -> None:
    await run(settings, home, stop_when_told())


if __name__ == "__main__":
    sys.exit(main())
