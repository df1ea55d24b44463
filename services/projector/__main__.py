"""`python -m services.projector`: one worker, until SIGTERM or SIGINT."""

import asyncio
import sys
from collections.abc import Mapping

import structlog
import uvloop
from fastapi import FastAPI

from projections.projection import Projection, load_projections
from services.projector.projector import Projector
from services.projector.settings import ProjectorSettings
from services.projector.transport import Fetching, Group, batch_app, run_worker
from services.runtime.cells_reader import CellsReader
from services.runtime.errors import clear_cause
from services.runtime.health import answer_health
from services.runtime.log import producer
from services.runtime.logging import configure_logging
from services.runtime.serving import Address, serve
from services.runtime.settings import KafkaSettings
from services.runtime.shards import PROJECTED_TOPICS, Shards
from services.runtime.stopping import leave_within, stop_when_told
from services.runtime.topics import ensure_topics, partition_count, projector_topics

_LEAVE_WITHIN_S = 4.0
log = structlog.get_logger()


async def run(
    settings: ProjectorSettings, kafka: KafkaSettings, stop: asyncio.Event, projections: Mapping[str, Projection]
) -> None:
    """Run one worker until `stop` is set; raises whatever ended it."""
    shards = Shards(await partition_count(kafka.bootstrap_servers, PROJECTED_TOPICS[0]))
    await ensure_topics(kafka.bootstrap_servers, projector_topics(settings.version, shards.partitions))
    async with CellsReader(kafka, settings.version, projections) as reader, producer(kafka) as writer:
        projector = Projector(settings, shards, reader, writer)
        async with asyncio.TaskGroup() as group:
            aside = [group.create_task(reader.follow()), group.create_task(_say_how_it_is(projector, settings))]
            try:
                await run_faust(settings, kafka, projector, stop)
            except Exception as error:
                log.critical("worker_failed", reason=repr(error))
                raise
            finally:
                leave_within(_LEAVE_WITHIN_S)  # without Kafka neither Faust's threads nor the producer would ever end
            for task in aside:
                task.cancel()


async def _say_how_it_is(projector: Projector, settings: ProjectorSettings) -> None:
    app = FastAPI(title="Kvota projector")
    answer_health(app, lambda: projector.ready)
    await serve(app, Address(host=settings.host, port=settings.port), asyncio.Event())


async def run_faust(
    settings: ProjectorSettings, kafka: KafkaSettings, projector: Projector, stop: asyncio.Event
) -> None:
    """Run the Faust app whose one agent is the projector."""
    app = batch_app(
        Group(name=f"projector-{settings.version}", instance=settings.instance),
        kafka.bootstrap_servers,
        owner=projector,
        fetching=Fetching(max_wait_ms=settings.tick_ms),
    )
    app.read(*PROJECTED_TOPICS, agent=projector.project)
    await run_worker(app, stop)


def main() -> int:
    """Read the settings, then work until told to stop; what a person can mend is one line, and exit code 1."""
    configure_logging()
    try:
        uvloop.run(_until_told(ProjectorSettings(), KafkaSettings(client_id="projector")))
    except Exception as error:
        if (clear := clear_cause(error)) is None:
            raise
        log.critical("projector_stopped", reason=str(clear))
        return 1
    return 0


async def _until_told(settings: ProjectorSettings, kafka: KafkaSettings) -> None:
    await run(settings, kafka, stop_when_told(), load_projections())


if __name__ == "__main__":
    sys.exit(main())
