"""`python -m services.vault`: keeps what is known of people, until SIGTERM or SIGINT."""

import asyncio
import sys
from contextlib import suppress

import structlog

from services.runtime.auth.guard import Guard, guard
from services.runtime.auth.settings import AuthSettings
from services.runtime.errors import ClearError
from services.runtime.running import run_service
from services.runtime.serving import Address, serve
from services.runtime.settings import HomeSettings
from services.vault.app import vault_app
from services.vault.settings import VaultSettings
from services.vault.store import NotScrubbedError, StoreUnavailableError
from services.vault.vault import Vault, open_vault

_FORGET_EVERY_S = 3_600.0

log = structlog.get_logger()


async def run(settings: VaultSettings, home: HomeSettings, watch: Guard, stop: asyncio.Event) -> None:
    """Keep the vault open and answer until `stop` is set."""
    try:
        async with open_vault(settings, home.home) as vault, asyncio.TaskGroup() as group:
            log.info("vault_opened")
            forgetting = group.create_task(_forget(vault, settings.parked_days))
            await serve(vault_app(vault, watch), Address(host=settings.host, port=settings.port), stop)
            forgetting.cancel()
    except StoreUnavailableError as error:
        message = "the vault's store does not answer: see KVOTA_VAULT_STORE"
        raise ClearError(message) from error
    log.info("vault_closed")


async def _forget(vault: Vault, parked_days: int) -> None:
    """Forget, now and every hour, what is kept for a time."""
    while True:
        try:
            with suppress(StoreUnavailableError):  # whoever asks is told, and an hour later is early enough
                if months := await vault.forget(parked_days):
                    log.info("months_forgotten", months=months)
        except NotScrubbedError as error:
            log.warning("months_forgotten_but_not_scrubbed", reason=str(error))
        await asyncio.sleep(_FORGET_EVERY_S)


async def _work(stop: asyncio.Event) -> None:
    settings = VaultSettings()
    await run(settings, HomeSettings(), guard(AuthSettings(), settings.host), stop)


if __name__ == "__main__":
    sys.exit(run_service("vault", _work))
