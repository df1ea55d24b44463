"""`python -m services.history`: keeps the archive up to date, until SIGTERM or SIGINT."""

import asyncio
import sys

import structlog
import uvloop

from projections.projection import load_projections
from services.history.archive import FILE_NAME, Archive
from services.history.archiver import Archiver
from services.history.errors import HistoryError
from services.runtime.logging import configure_logging
from services.runtime.settings import HomeSettings, KafkaSettings
from services.runtime.stopping import stop_when_told

log = structlog.get_logger()


async def run(home: HomeSettings, kafka: KafkaSettings, stop: asyncio.Event) -> None:
    """Archive the log until `stop` is set; raises whatever ended it."""
    path = home.home / FILE_NAME
    with Archive(path, load_projections()) as archive:
        log.info("archive_opened", path=str(path), positions=_shown(archive))
        await Archiver(kafka, archive).run(stop)
        log.info("archive_closed", path=str(path), positions=_shown(archive))


def _shown(archive: Archive) -> dict[str, int]:
    return {f"{topic}/{partition}": offset for (topic, partition), offset in archive.positions().items()}


def main() -> int:
    """Read the settings, then work until told to stop."""
    configure_logging()
    try:
        uvloop.run(_until_told(HomeSettings(), KafkaSettings(client_id="history")))
    except HistoryError as error:
        log.critical("history_stopped", reason=str(error))
        return 1
    return 0


async def _until_told(home: HomeSettings, kafka: KafkaSettings) -> None:
    await run(home, kafka, stop_when_told())


if __name__ == "__main__":
    sys.exit(main())
