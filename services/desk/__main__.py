"""`python -m services.desk`: takes commands, until SIGTERM or SIGINT."""

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import structlog
from fastapi import FastAPI

from services.desk.app import desk_app
from services.desk.asking import Desk
from services.desk.fold import Fold
from services.desk.handler import Handler
from services.desk.log import DecisionLog
from services.desk.names import Names
from services.desk.settings import DeskSettings
from services.desk.snapshot import FILE_NAME, restored
from services.desk.snapshotting import keep
from services.runtime.auth.credentials import ServiceCredentials
from services.runtime.auth.guard import Guard, guard
from services.runtime.auth.settings import AuthSettings
from services.runtime.running import run_service
from services.runtime.serving import Address, serve
from services.runtime.settings import CompanySettings, HomeSettings, KafkaSettings
from services.runtime.shards import DECISIONS
from services.runtime.topics import partition_count

_VAULT_S = 5.0

log = structlog.get_logger()


async def run(  # noqa: PLR0913, PLR0917  # what a process is told, one thing after the other
    settings: DeskSettings,
    kafka: KafkaSettings,
    company: CompanySettings,
    watch: Guard,
    auth: AuthSettings,
    stop: asyncio.Event,
    serving: Callable[[FastAPI], None] = lambda _app: None,
    snapshot: Path | None = None,
) -> None:
    """Answer until `stop` is set; raises whatever ended it. `serving` is told the app before it is served.

    `snapshot` is the file of this home's snapshots, if any are to be kept.
    """
    await partition_count(kafka.bootstrap_servers, DECISIONS)
    known = Fold() if snapshot is None else restored(snapshot)
    async with (
        DecisionLog(kafka, fold=known) as decisions,
        _vault(settings, auth) as vault,
    ):
        app = desk_app(_desk(settings, company, decisions, Names(vault)), watch)
        serving(app)
        async with asyncio.TaskGroup() as group:
            beside = [group.create_task(decisions.follow())]
            if snapshot is not None:
                beside.append(group.create_task(keep(decisions, settings.snapshot_every)))
            log.info("desk_started", port=settings.port)
            await serve(app, Address(host=settings.host, port=settings.port), stop)
            for task in beside:
                task.cancel()
    log.info("desk_stopped")


def _vault(settings: DeskSettings, auth: AuthSettings) -> httpx.AsyncClient:
    credentials = ServiceCredentials("desk", auth)
    return httpx.AsyncClient(base_url=settings.vault_url, auth=credentials, timeout=_VAULT_S, trust_env=False)


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
        overlays=settings.overlays,
    )


def _now() -> datetime:
    return datetime.now(UTC)


async def _work(stop: asyncio.Event) -> None:
    settings, auth = DeskSettings(), AuthSettings()
    watch = guard(auth, settings.host)
    snapshot = HomeSettings().home / FILE_NAME
    await run(settings, KafkaSettings(client_id="desk"), CompanySettings(), watch, auth, stop, snapshot=snapshot)


if __name__ == "__main__":
    sys.exit(run_service("desk", _work))
