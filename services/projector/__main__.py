"""`python -m services.projector`: one worker, until SIGTERM or SIGINT."""

import asyncio
import gc
import sys
from collections.abc import Mapping
from functools import partial

import structlog
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from projections.projection import Projection, load_projections
from services.projector.projector import Projector
from services.projector.settings import ProjectorSettings
from services.projector.transport import Fetching, Group, batch_app, end_of, run_worker
from services.runtime.cells_reader import CellsReader
from services.runtime.health import answer_health
from services.runtime.lock import own_folder
from services.runtime.log import producer
from services.runtime.running import run_service
from services.runtime.serving import Address, serve
from services.runtime.settings import HomeSettings, KafkaSettings
from services.runtime.shards import PROJECTED_TOPICS, Shards, group_of
from services.runtime.stopping import begin_afresh, leave_within
from services.runtime.topics import ensure_topics, partition_count, projector_topics
from services.runtime.versions import MadeBy, VersionsLog, made_by, versions_log

_LEAVE_WITHIN_S = 4.0
_BOARDS_GO_OVER_S = 5.0
_COLLECT_AFTER = 100_000
"""A tick makes tens of thousands of objects that die with it, none of them in a circle: looking for circles among them
as often as Python does by itself takes as long as folding them."""
log = structlog.get_logger()


async def run(
    settings: ProjectorSettings,
    home: HomeSettings,
    kafka: KafkaSettings,
    stop: asyncio.Event,
    projections: Mapping[str, Projection],
) -> None:
    """Run one worker until `stop` is set, or another version is promoted; raises whatever ended it."""
    if settings.version is not None:
        await _run_version(CellsReader(kafka, settings.version, projections), settings, home, kafka, stop)
        return
    own, over = made_by(projections), asyncio.Event()
    async with versions_log(kafka) as log_of_versions:
        version = log_of_versions.versions.to_work_for(own)
        promoted = asyncio.create_task(_until_another_serves(log_of_versions, own, version))
        told = asyncio.create_task(stop.wait())
        for ending in (promoted, told):
            ending.add_done_callback(lambda _: over.set())
        await _run_version(CellsReader(kafka, version, projections), settings, home, kafka, over)
        told.cancel()
        if not stop.is_set():
            await promoted
            begin_afresh()
        promoted.cancel()


async def _until_another_serves(told: VersionsLog, own: MadeBy, version: int) -> None:
    """Wait until another version is promoted, and the boards have gone over to it."""
    await told.until(lambda versions: versions.to_work_for(own) != version)
    log.info("another_version_was_promoted", version=version)
    await asyncio.sleep(_BOARDS_GO_OVER_S)


async def _run_version(
    cells: CellsReader, settings: ProjectorSettings, home: HomeSettings, kafka: KafkaSettings, stop: asyncio.Event
) -> None:
    gc.set_threshold(_COLLECT_AFTER)
    version = cells.version
    folder = own_folder(home.home.resolve() / "projector")
    shards = Shards(await partition_count(kafka.bootstrap_servers, PROJECTED_TOPICS[0]))
    await ensure_topics(kafka.bootstrap_servers, projector_topics(version, shards.partitions))
    async with cells as reader, producer(kafka) as writer:
        projector = Projector(settings, shards, reader, writer, folder)
        async with asyncio.TaskGroup() as group:
            aside = [
                group.create_task(reader.follow()),
                group.create_task(_say_how_it_is(projector, settings)),
            ]
            try:
                await run_faust(version, settings, kafka, projector, stop)
            except Exception as error:
                log.critical("worker_failed", reason=repr(error))
                raise
            finally:
                leave_within(_LEAVE_WITHIN_S)  # without Kafka neither Faust's threads nor the producer would ever end
            for task in aside:
                task.cancel()


async def _say_how_it_is(projector: Projector, settings: ProjectorSettings) -> None:
    """Answer who asks: ready is a worker whose shards are open, and show what came in up to a moment ago."""
    app, metrics = FastAPI(title="Kvota projector"), projector.metrics
    answer_health(
        app,
        lambda: projector.ready and metrics.fresh(settings.ready_lag_s),
        lambda: "behind" if projector.ready else "starting",
    )

    @app.get("/metrics", include_in_schema=False)
    async def exposed() -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    await serve(app, Address(host=settings.host, port=settings.port), asyncio.Event())


async def run_faust(
    version: int, settings: ProjectorSettings, kafka: KafkaSettings, projector: Projector, stop: asyncio.Event
) -> None:
    """Run the Faust app whose one agent is the projector."""
    app = batch_app(
        Group(name=group_of(version), instance=settings.instance),
        kafka.bootstrap_servers,
        owner=projector,
        fetching=Fetching(max_wait_ms=settings.tick_ms),
    )
    app.read(*PROJECTED_TOPICS, agent=projector.project)
    projector.metrics.end_of = partial(end_of, app)
    await run_worker(app, stop)


async def _work(stop: asyncio.Event) -> None:
    await run(ProjectorSettings(), HomeSettings(), KafkaSettings(client_id="projector"), stop, load_projections())


if __name__ == "__main__":
    sys.exit(run_service("projector", _work))
