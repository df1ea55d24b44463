"""`python -m services.desk`: takes commands, until SIGTERM or SIGINT."""

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import structlog
import uvloop
from fastapi import FastAPI

from services.desk.app import desk_app
from services.desk.asking import Desk
from services.desk.handler import Handler
from services.desk.log import DecisionLog
from services.desk.names import Names
from services.desk.settings import DeskSettings
from services.runtime.errors import ClearError
from services.runtime.logging import configure_logging
from services.runtime.serving import Address, serve
from services.runtime.settings import CompanySettings, KafkaSettings
from services.runtime.shards import DECISIONS
from services.runtime.stopping import stop_when_told
from services.runtime.topics import partition_count

_VAULT_S = 5.0

log = structlog.get_logger()


async def run(
    settings: DeskSettings,
    kafka: KafkaSettings,
    company: CompanySettings,
    stop: asyncio.Event,
    serving: Callable[[FastAPI], None] = lambda _app: None,
) -> None:
    """Answer until `stop` is set; raises whatever ended it. `serving` is told the app before it is served."""
    await partition_count(kafka.bootstrap_servers, DECISIONS)
    async with (
        DecisionLog(kafka) as decisions,
        httpx.AsyncClient(base_url=settings.vault_url, timeout=_VAULT_S, trust_env=False) as vault,
    ):
        app = desk_app(_desk(settings, company, decisions, Names(vault)))
        serving(app)
        async with asyncio.TaskGroup() as group:
            following = group.create_task(decisions.follow())
            log.info("desk_started", port=settings.port)
            await serve(app, Address(host=settings.host, port=settings.port), stop)
            following.cancel()
    log.info("desk_stopped")


def _desk(settings: DeskSettings, company: CompanySettings, decisions: DecisionLog, names: Names) -> Desk:
    return Desk(
        log=decisions,
        handler=Handler(decisions, _now, settings.patience_s),
        names=names,
        now=_now,
        zone=ZoneInfo(company.time_zone),
        country=company.country,
        currencies=settings.currencies or frozenset({company.currency}),
        patience_s=settings.patience_s,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> int:
    """Read the settings, then work until told to stop."""
    configure_logging()
    stopped: list[str] = []
    try:
        uvloop.run(_until_told(DeskSettings(), KafkaSettings(client_id="desk"), CompanySettings()))
    except* ClearError as errors:
        stopped = [str(error) for error in errors.exceptions]
        log.critical("desk_stopped", reason="; ".join(stopped))
    return 1 if stopped else 0


async def _until_told(settings: DeskSettings, kafka: KafkaSettings, company: CompanySettings) -> None:
    await run(settings, kafka, company, stop_when_told())


if __name__ == "__main__":
    sys.exit(main())
