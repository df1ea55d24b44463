"""One run of the main job: a captured phone system's stream, through Kafka and the projector, into history."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

from projections.projection import load_projections
from services.broker.broker import Broker
from services.broker.detached import status
from services.feeds.appender import append
from services.feeds.registry import read_files
from services.history.agreement import agreement
from services.history.archive import FILE_NAME, Archive
from services.history.report import run_report
from services.projector.__main__ import run as run_projector
from services.projector.settings import ProjectorSettings
from services.runtime.cells_reader import CellsReader
from services.runtime.log import end_positions
from services.runtime.logging import configure_logging
from services.runtime.settings import KafkaSettings
from services.runtime.shards import Shards
from services.runtime.topics import ensure_topics, projector_topics, source_topics
from services.simulator.captures import ASTERISK_AMI

PARTITIONS = 4
ZONE = "Europe/Moscow"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the captured day came to, by the live cells and by history."""

    calls: int
    answered: int
    abandoned: int
    timed_out: int
    key_exit: int
    transferred: int
    queues: dict[str, dict[str, int]]
    cells: int
    live_equals_history: bool
    differences: list[str]
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """The figures as one JSON object."""
        return asdict(self)

    def rows(self) -> list[dict[str, str | int | None]]:
        """The queues as rows for a terminal."""
        return [{"queue": queue, **counts} for queue, counts in self.queues.items()]


def demonstrate(home: Path) -> Figures:
    """Run it in `home`, on the broker that runs there or on one that is stopped afterwards."""
    configure_logging(logging.WARNING)
    began = monotonic()
    with _broker(home) as bootstrap_servers, Archive(home / FILE_NAME, load_projections()) as archive:
        kafka = KafkaSettings(bootstrap_servers=bootstrap_servers, client_id="kvota-demo")
        return asyncio.run(_run(kafka, archive, began))


@contextmanager
def _broker(home: Path) -> Iterator[str]:
    running = status(home)
    if running is not None:
        yield running
        return
    with Broker(home=home, data_dir=home / "broker").running() as address:
        yield address


async def _run(kafka: KafkaSettings, archive: Archive, began: float) -> Figures:
    settings = ProjectorSettings(port=0)
    topics = (*source_topics(PARTITIONS), *projector_topics(settings.version, PARTITIONS))
    await ensure_topics(kafka.bootstrap_servers, topics)
    stop = asyncio.Event()
    projector = asyncio.create_task(run_projector(settings, kafka, stop))
    try:
        await append(kafka, read_files("asterisk", [ASTERISK_AMI], zone=ZoneInfo(ZONE)))
        await _until_live(kafka, settings, projector)
    finally:
        stop.set()
        await projector
    found = await agreement(kafka, settings.version, archive, archive.projections)
    return _figures(archive, found.cells, [str(difference) for difference in found.differences], monotonic() - began)


async def _until_live(kafka: KafkaSettings, settings: ProjectorSettings, projector: asyncio.Task[None]) -> None:
    """Wait until the live cells hold all that the log holds now; a projector that fails ends the wait."""
    shards = Shards(PARTITIONS)
    ends = await end_positions(kafka, shards.all_sources)
    async with CellsReader(kafka, settings.version, load_projections()) as reader:
        await reader.load(shards.every)
        following = asyncio.create_task(reader.follow())
        waiting = asyncio.create_task(reader.caught_up(ends))
        await asyncio.wait({waiting, following, projector}, return_when=asyncio.FIRST_COMPLETED)
        for task in (waiting, following):
            task.cancel()
        await asyncio.gather(waiting, following, return_exceptions=True)


def _figures(archive: Archive, cells: int, differences: list[str], seconds: float) -> Figures:
    report = run_report(archive, "call_centre", {"zone": ZONE})
    totals = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
    names = ("offered", "answered", "abandoned", "timed_out", "key_exit", "transferred")
    queues = {
        str(row["queue"]): {name: int(str(row[name])) for name in names} for row in totals if row["interval"] is None
    }
    with archive.reading() as reading:
        [(calls, answered)] = reading.con.execute(
            "SELECT count(*), count(answered_at) FROM calls WHERE type = 'call.ended'"
        ).fetchall()
    sums = {name: sum(queue[name] for queue in queues.values()) for name in names[2:]}
    return Figures(
        calls=calls,
        answered=answered,
        abandoned=sums["abandoned"],
        timed_out=sums["timed_out"],
        key_exit=sums["key_exit"],
        transferred=sums["transferred"],
        queues=queues,
        cells=cells,
        live_equals_history=not differences,
        differences=differences,
        seconds=round(seconds, 1),
    )
