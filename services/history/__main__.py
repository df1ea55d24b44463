"""`python -m services.history`: keeps the archive up to date and answers from it, until SIGTERM or SIGINT."""

import asyncio
import sys
from collections.abc import Mapping
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from projections.projection import load_projections
from services.history.agreement import Agreement, agreement
from services.history.answers import Answers
from services.history.archive import FILE_NAME, Archive
from services.history.archiver import Archiver
from services.history.door import Chosen, door
from services.history.limits import Limits
from services.history.mart.making import mart_folder
from services.history.seeding import Seeding
from services.history.segments.sealing import FOLDER_NAME, keep_sealing
from services.history.settings import HistorySettings
from services.history.sql.queries import Queries
from services.history.sql.routes import sql_routes
from services.history.sql.sandbox import Bounds
from services.runtime.auth.guard import Guard, guard
from services.runtime.auth.settings import AuthSettings
from services.runtime.parked import parked_until_now
from services.runtime.running import run_service
from services.runtime.serving import Address, serve
from services.runtime.settings import CompanySettings, HomeSettings, KafkaSettings

_CATCH_UP_S = 60.0

log = structlog.get_logger()


async def run(  # noqa: PLR0913, PLR0917  # what a process is told, one thing after the other
    settings: HistorySettings,
    home: HomeSettings,
    kafka: KafkaSettings,
    company: CompanySettings,
    watch: Guard,
    stop: asyncio.Event,
) -> None:
    """Archive the log and answer questions until `stop` is set; raises whatever ended it."""
    path = home.home / FILE_NAME
    with Archive(path, load_projections(), settings.reserve_mb, memory_mb=settings.memory_mb) as archive:
        log.info("archive_opened", path=str(path), positions=_shown(archive))
        archiver = Archiver(kafka, archive)
        verify, seed = partial(_verify, kafka, archive, archiver), partial(_seed, kafka, archive, archiver)
        answers = Answers(archive, company.country, Limits(settings.statement_s, settings.max_rows))
        app = door(archive, archiver, answers, verify, seed, watch, settings.at_once)
        bounds = Bounds(settings.sql_s, settings.sql_rows, settings.sql_bytes, settings.sql_memory_mb)
        app.include_router(sql_routes(Queries(kafka, mart_folder(archive), ZoneInfo(company.time_zone), bounds)))
        async with asyncio.TaskGroup() as group:
            group.create_task(archiver.run(stop))
            group.create_task(keep_sealing(archive, home.home / FOLDER_NAME, stop))
            group.create_task(serve(app, Address(host=settings.host, port=settings.port), stop))
        log.info("archive_closed", path=str(path), positions=_shown(archive))


async def _verify(
    kafka: KafkaSettings, archive: Archive, archiver: Archiver, version: int | None, chosen: Chosen
) -> Agreement:
    reach = partial(archiver.reached, within_s=_CATCH_UP_S)
    return await agreement(kafka, version, archive, chosen, reach)


async def _seed(kafka: KafkaSettings, archive: Archive, archiver: Archiver, version: int) -> Mapping[str, str]:
    await archiver.reached(await parked_until_now(kafka), _CATCH_UP_S)
    return await Seeding(archive, kafka, version).run()


def _shown(archive: Archive) -> dict[str, int]:
    return {f"{topic}/{partition}": offset for (topic, partition), offset in archive.positions().items()}


async def _work(stop: asyncio.Event) -> None:
    settings, home = HistorySettings(), HomeSettings()
    watch = guard(AuthSettings(), settings.host)
    await run(settings, home, KafkaSettings(client_id="history"), CompanySettings(), watch, stop)


if __name__ == "__main__":
    sys.exit(run_service("history", _work))
