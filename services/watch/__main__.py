"""`python -m services.watch`: notices what follows, until SIGTERM or SIGINT."""

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import structlog
from fastapi import FastAPI

from services.runtime.auth.credentials import ServiceCredentials
from services.runtime.auth.settings import AuthSettings
from services.runtime.decision_writer import Writer
from services.runtime.health import answer_health
from services.runtime.log import consumer
from services.runtime.running import run_service
from services.runtime.serving import Address, serve
from services.runtime.settings import CompanySettings, KafkaSettings
from services.runtime.shards import DECISIONS
from services.runtime.topics import partition_count
from services.watch.history import History
from services.watch.noticing import Moment, Rule
from services.watch.rules import certifications, milestones, onboarding, pace
from services.watch.rules.stalled import stalled
from services.watch.settings import WatchSettings
from services.watch.watching import AUTHOR, Watch

_HISTORY_S = 60.0
log = structlog.get_logger()


def rules(settings: WatchSettings) -> tuple[Rule, ...]:
    """All that the watch looks for."""
    return milestones.RULE, pace.RULE, certifications.RULE, onboarding.RULE, stalled(settings.stalled_days)


async def run(
    settings: WatchSettings, kafka: KafkaSettings, company: CompanySettings, auth: AuthSettings, stop: asyncio.Event
) -> None:
    """Watch until `stop` is set; raises whatever ended it."""
    await partition_count(kafka.bootstrap_servers, DECISIONS)
    async with (
        Writer(kafka) as writer,
        consumer(kafka) as reader,
        _history(settings, auth) as client,
    ):
        watch = Watch(reader, writer, History(client), rules(settings), _clock(company), settings.every_s)
        app = FastAPI(title="Kvota watch", docs_url=None, redoc_url=None, openapi_url=None)
        answer_health(app, lambda: watch.looks, lambda: "has not looked of late")
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(watch.run())
            log.info("watch_started", port=settings.port)
            await serve(app, Address(host=settings.host, port=settings.port), stop)
            watching.cancel()
    log.info("watch_stopped")


def _history(settings: WatchSettings, auth: AuthSettings) -> httpx.AsyncClient:
    credentials = ServiceCredentials(AUTHOR, auth)
    return httpx.AsyncClient(base_url=settings.history_url, auth=credentials, timeout=_HISTORY_S, trust_env=False)


def _clock(company: CompanySettings) -> Callable[[], Moment]:
    zone = ZoneInfo(company.time_zone)

    def now() -> Moment:
        at = datetime.now(UTC)
        return Moment(at, at.astimezone(zone).date())

    return now


async def _work(stop: asyncio.Event) -> None:
    await run(WatchSettings(), KafkaSettings(client_id="watch"), CompanySettings(), AuthSettings(), stop)


if __name__ == "__main__":
    sys.exit(run_service("watch", _work))
