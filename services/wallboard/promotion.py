"""Which version of the live cells the board shows: it goes over to the one that is promoted, as a whole."""

import asyncio
from collections.abc import Mapping

import structlog

from projections.projection import Projection
from services.runtime.settings import KafkaSettings
from services.runtime.shards import PROJECTED_TOPICS, Shards
from services.runtime.topics import partition_count
from services.runtime.versions import made_by, versions_log
from services.wallboard.following import TimedReader
from services.wallboard.publishing import Publisher

log = structlog.get_logger()


class Showing:
    """Feeds a publisher with the cells of some projections."""

    def __init__(self, kafka: KafkaSettings, projections: Mapping[str, Projection], publisher: Publisher) -> None:
        """Show nothing yet."""
        self._kafka, self._projections, self._publisher = kafka, projections, publisher

    async def run(self, version: int | None) -> None:
        """Show a version, or else what serves, until cancelled."""
        await (self._what_serves() if version is None else self._show(version, asyncio.Event()))

    async def _what_serves(self) -> None:
        """Show the version that serves, and the next one once it is promoted and loaded, and so on.

        A version that other projections made is not shown: whoever runs their release shows it.
        """
        own = made_by(self._projections)
        async with versions_log(self._kafka) as versions, asyncio.TaskGroup() as group:
            shown: asyncio.Task[None] | None = None
            while True:
                version, loaded = versions.versions.to_read(own), asyncio.Event()
                log.info("version_serves", version=version)
                following = group.create_task(self._show(version, loaded))
                await loaded.wait()
                if shown is not None:
                    shown.cancel()
                shown = following
                await versions.until(lambda told, shows=version: told.to_read(own) != shows)  # type: ignore[misc]

    async def _show(self, version: int, loaded: asyncio.Event) -> None:
        shards = Shards(await partition_count(self._kafka.bootstrap_servers, PROJECTED_TOPICS[0]))
        async with TimedReader(self._kafka, version, self._projections) as reader, asyncio.TaskGroup() as group:
            await reader.load(shards.every)
            reader.stand_by_statements()
            log.info("board_loaded", version=version, shards=len(reader.shards))
            group.create_task(reader.follow())
            await self._publisher.show(reader, loaded)
