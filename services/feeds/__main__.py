"""`python -m services.feeds`: the door, and the phone system to listen to if there is one, until SIGTERM or SIGINT."""

import asyncio
import sys
from dataclasses import replace

import structlog

from services.feeds.appender import Appender
from services.feeds.asterisk.live.feed import LiveAsterisk
from services.feeds.company import read_company
from services.feeds.door import door
from services.feeds.live import asterisk, feed_asterisk
from services.feeds.settings import FeedsSettings
from services.runtime.auth.credentials import ServiceCredentials
from services.runtime.auth.guard import Guard, guard
from services.runtime.auth.settings import AuthSettings
from services.runtime.errors import ClearError
from services.runtime.parking_keys import ParkingKeys
from services.runtime.running import run_service
from services.runtime.serving import Address, serve
from services.runtime.settings import CompanySettings, HomeSettings, KafkaSettings
from services.runtime.shards import FACT_TOPICS
from services.runtime.topics import partition_counts

_ATTEMPTS, _PATIENCE_S = 2, 10.0
"""How often, and for how long, a request waits for the log before it is refused."""
_LOOK_S = 0.5

_log = structlog.get_logger()


async def run(  # noqa: PLR0913  # each says something else of the process
    settings: FeedsSettings,
    live: LiveAsterisk | None,
    kafka: KafkaSettings,
    watch: Guard,
    stop: asyncio.Event,
    *,
    keys: ParkingKeys | None = None,
) -> None:
    """Work until `stop` is set; raises whatever ended it. `keys` are those that what is parked is sealed under."""
    topics = asyncio.Event()
    async with Appender(kafka, attempts=_ATTEMPTS, patience_s=_PATIENCE_S) as appender:
        app = door(appender, topics.is_set, watch)
        async with asyncio.TaskGroup() as group:
            beside = [group.create_task(_look_for_topics(kafka, topics))]
            if keys is not None:
                beside.append(group.create_task(keys.run()))
            if live is not None:
                group.create_task(feed_asterisk(live, kafka, stop))
            await serve(app, Address(host=settings.host, port=settings.port), stop)
            for task in beside:
                task.cancel()


async def _look_for_topics(kafka: KafkaSettings, found: asyncio.Event) -> None:
    """Wait until there is a log to append to."""
    while True:
        try:
            if (await partition_counts(kafka.bootstrap_servers, FACT_TOPICS)).keys() >= set(FACT_TOPICS):
                found.set()
                return
        except (ClearError, OSError) as error:
            _log.info("log_not_ready", reason=str(error))
        await asyncio.sleep(_LOOK_S)


async def _work(stop: asyncio.Event) -> None:
    settings, company, home = FeedsSettings(), CompanySettings(), HomeSettings().home
    auth = AuthSettings()
    credentials = ServiceCredentials("feeds", auth)
    keys = None if settings.vault_url is None else ParkingKeys(settings.vault_url, home, credentials)
    watch = guard(auth, settings.host)
    try:
        told = read_company(company.time_zone, settings.roster)
        if keys is not None:
            told = replace(told, seal=keys.seal)
        live = asterisk(settings, told, home, patient=True)
    except OSError as error:
        raise ClearError(str(error)) from None
    await run(settings, live, KafkaSettings(client_id="kvota-feeds"), watch, stop, keys=keys)


if __name__ == "__main__":
    sys.exit(run_service("feeds", _work))
