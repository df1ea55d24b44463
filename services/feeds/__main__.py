"""`python -m services.feeds`: the door, and the phone system to listen to if there is one, until SIGTERM or SIGINT."""

import asyncio
import sys

import structlog

from services.feeds.appender import Appender
from services.feeds.asterisk.live.feed import LiveAsterisk
from services.feeds.company import read_company
from services.feeds.door import door
from services.feeds.live import asterisk, feed_asterisk
from services.feeds.settings import FeedsSettings
from services.runtime.auth.guard import Guard, guard
from services.runtime.auth.settings import AuthSettings
from services.runtime.errors import ClearError
from services.runtime.running import run_service
from services.runtime.serving import Address, serve
from services.runtime.settings import CompanySettings, HomeSettings, KafkaSettings
from services.runtime.shards import FACT_TOPICS
from services.runtime.topics import partition_counts

_ATTEMPTS, _PATIENCE_S = 2, 10.0
"""How often, and for how long, a request waits for the log before it is refused."""
_LOOK_S = 0.5

_log = structlog.get_logger()


async def run(
    settings: FeedsSettings, live: LiveAsterisk | None, kafka: KafkaSettings, watch: Guard, stop: asyncio.Event
) -> None:
    """Work until `stop` is set; raises whatever ended it."""
    topics = asyncio.Event()
    async with Appender(kafka, attempts=_ATTEMPTS, patience_s=_PATIENCE_S) as appender:
        app = door(appender, topics.is_set, watch)
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(_look_for_topics(kafka, topics))
            if live is not None:
                group.create_task(feed_asterisk(live, kafka, stop))
            await serve(app, Address(host=settings.host, port=settings.port), stop)
            looking.cancel()


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
    settings, company = FeedsSettings(), CompanySettings()
    watch = guard(AuthSettings(), settings.host)
    try:
        told = read_company(company.time_zone, settings.roster)
        live = asterisk(settings, told, HomeSettings().home, patient=True)
    except OSError as error:
        raise ClearError(str(error)) from None
    await run(settings, live, KafkaSettings(client_id="kvota-feeds"), watch, stop)


if __name__ == "__main__":
    sys.exit(run_service("feeds", _work))
