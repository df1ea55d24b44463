"""`python -m services.feeds`: the door, and the phone systems to listen to, if any, until SIGTERM or SIGINT."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from services.feeds.appender import Appender
from services.feeds.budget import Budget
from services.feeds.callers.vault import CallerVault, caller_vault
from services.feeds.company import read_company
from services.feeds.directory.following import Following
from services.feeds.directory.restater import Restater
from services.feeds.door import door
from services.feeds.facts import Company, micros
from services.feeds.freeswitch.settings import FreeSwitchSettings
from services.feeds.kamailio.settings import KamailioSettings
from services.feeds.live.sources import Live, Told, feed_from, named
from services.feeds.metrics import DoorMetrics
from services.feeds.quotas import Quota, Quotas
from services.feeds.registry import WEBHOOKS
from services.feeds.secrets import Secrets
from services.feeds.settings import FeedsSettings
from services.feeds.three_cx.settings import ThreeCxSettings
from services.feeds.webhooks.assembling import Assembling
from services.feeds.webhooks.door import WebhookDoor
from services.runtime.auth.credentials import ServiceCredentials
from services.runtime.auth.guard import Guard, guard
from services.runtime.auth.settings import AuthSettings
from services.runtime.errors import ClearError
from services.runtime.lock import own
from services.runtime.parking_keys import ParkingKeys
from services.runtime.running import run_service
from services.runtime.serving import Address, serve
from services.runtime.settings import CompanySettings, HomeSettings, KafkaSettings
from services.runtime.shards import FACT_TOPICS
from services.runtime.topics import ensure_topics, intake_topics, partition_counts

_ATTEMPTS, _PATIENCE_S = 2, 10.0
"""How often, and for how long, a request waits for the log before it is refused."""
_LOOK_S = 0.5
_NAMES_S = 5.0
"""How long a phone system is not listened to for want of its names: what is told without them is restated."""
_FOLDER = "feeds"
_MB = 1024 * 1024

_log = structlog.get_logger()


async def run(  # noqa: PLR0913  # each says something else of the process
    settings: FeedsSettings,
    live: Sequence[Live],
    kafka: KafkaSettings,
    watch: Guard,
    stop: asyncio.Event,
    *,
    company: Company,
    following: Following,
    home: Path,
    metrics: DoorMetrics,
    keys: ParkingKeys | None = None,
    vault: CallerVault | None = None,
) -> None:
    """Work until `stop` is set; raises whatever ended it.

    `following` has the directory of the company, `keys` are those that what is parked is sealed under, `vault` knows
    callers.
    """
    topics = asyncio.Event()
    async with Appender(kafka, attempts=_ATTEMPTS, patience_s=_PATIENCE_S) as appender:
        webhooks = _webhooks(settings, company, home, appender, metrics)
        if vault is not None:
            webhooks = replace(webhooks, look_up=vault.look_up)
        app = door(appender, topics.is_set, watch, webhooks)
        async with asyncio.TaskGroup() as group:
            beside = [group.create_task(_assemble(kafka, company, home / _FOLDER, following.known))]
            beside.append(group.create_task(_look_for_topics(kafka, topics)))
            beside.append(group.create_task(_follow(following, topics)))
            beside.append(group.create_task(_restate(following, home / _FOLDER)))
            if keys is not None:
                beside.append(group.create_task(keys.run()))
            for source in live:
                group.create_task(_listen(source, kafka, following.known, stop))
            await serve(app, Address(host=settings.host, port=settings.port), stop)
            for task in beside:
                task.cancel()


def _webhooks(
    settings: FeedsSettings, company: Company, home: Path, appender: Appender, metrics: DoorMetrics
) -> WebhookDoor:
    return WebhookDoor(
        sources=WEBHOOKS,
        secrets_of=Secrets(settings.secrets or home / _FOLDER / "secrets").of,
        company=company,
        appender=appender,
        budget=Budget(settings.memory_mb * _MB),
        quotas=Quotas(_quota(settings), time.monotonic),
        metrics=metrics,
        now=_now,
        public_url=settings.public_url,
    )


def _quota(settings: FeedsSettings) -> Quota:
    return Quota(events=settings.events_per_second * settings.window_seconds, seconds=settings.window_seconds)


async def _listen(source: Live, kafka: KafkaSettings, known: asyncio.Event, stop: asyncio.Event) -> None:
    """Listen as soon as names are known, and without them where that takes long: what is missed is not told again."""
    with suppress(TimeoutError):
        await asyncio.wait_for(known.wait(), _NAMES_S)
    await feed_from(source, kafka, stop)


async def _follow(following: Following, topics: asyncio.Event) -> None:
    await topics.wait()
    await following.run()


async def _assemble(kafka: KafkaSettings, company: Company, folder: Path, known: asyncio.Event) -> None:
    """Make facts of the intake, unless another process of this home does."""
    async with _owned(folder, "intake") as is_ours:
        if is_ours:
            await known.wait()
            async with Appender(kafka, attempts=1, patience_s=_PATIENCE_S) as appender:
                await Assembling(kafka, company, folder, appender).run()


async def _restate(following: Following, folder: Path) -> None:
    """Restate facts by the directory, unless another process of this home does."""
    async with _owned(folder, "directory") as is_ours:
        if is_ours:
            await following.known.wait()
            async with Appender(following.kafka, attempts=1, patience_s=_PATIENCE_S) as appender:
                await Restater(following.kafka, following, folder, appender).run()


@asynccontextmanager
async def _owned(folder: Path, work: str) -> AsyncGenerator[bool]:
    """Have a work of this home to ourselves; False where another process has it."""
    try:
        lock = await asyncio.to_thread(_own, folder, work)
    except BlockingIOError:
        _log.info("done_by_another", work=work, folder=str(folder))
        yield False
        return
    try:
        yield True
    finally:
        os.close(lock)


def _own(folder: Path, work: str) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return own(folder / f"{work}.lock")


async def _look_for_topics(kafka: KafkaSettings, found: asyncio.Event) -> None:
    """Wait until there is a log to append to, and make the intake beside it."""
    while True:
        try:
            counts = await partition_counts(kafka.bootstrap_servers, FACT_TOPICS)
            if counts.keys() >= set(FACT_TOPICS):
                await ensure_topics(kafka.bootstrap_servers, intake_topics(counts[FACT_TOPICS[0]]))
                found.set()
                return
        except (ClearError, OSError) as error:
            _log.info("log_not_ready", reason=str(error))
        await asyncio.sleep(_LOOK_S)


def _now() -> datetime:
    return datetime.now(UTC)


async def _work(stop: asyncio.Event) -> None:
    settings, company, home = FeedsSettings(), CompanySettings(), HomeSettings().home
    auth, kafka = AuthSettings(), KafkaSettings(client_id="kvota-feeds")
    credentials = ServiceCredentials("feeds", auth)
    keys = None if settings.vault_url is None else ParkingKeys(settings.vault_url, home, credentials)
    vault = None if settings.vault_url is None else caller_vault(settings.vault_url, credentials)
    watch, metrics = guard(auth, settings.host), DoorMetrics()
    following = Following(kafka)
    try:
        told = replace(read_company(company.time_zone, settings.roster), directory=following.directory)
        if keys is not None:
            told = replace(told, seal=keys.seal)
        live = named(
            Told(
                settings=settings,
                kamailio=KamailioSettings(),
                three_cx=ThreeCxSettings(),
                freeswitch=FreeSwitchSettings(),
                kafka=kafka,
                company=told,
                home=home,
                patient=True,
                told_time=lambda feed, at: metrics.heard(feed, at, micros(_now())),
            ),
            None if vault is None else vault.look_up,
        )
    except OSError as error:
        raise ClearError(str(error)) from None
    async with vault or nullcontext():
        await run(
            settings,
            live,
            kafka,
            watch,
            stop,
            company=told,
            following=following,
            home=home,
            metrics=metrics,
            keys=keys,
            vault=vault,
        )


if __name__ == "__main__":
    sys.exit(run_service("feeds", _work))
