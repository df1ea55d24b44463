"""A shard that is taken away while its tick is read back ends nothing; to be overtaken in one that is ours does."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from faust.types import TP

from services.projector.owner import OvertakenError, ShardOwner
from services.projector.projector import Projector
from services.projector.settings import ProjectorSettings
from services.projector.transport import Batch
from services.runtime.cells_reader import CellsReader
from services.runtime.log import Record, end_positions, producer
from services.runtime.shards import ticks_topic
from tests.projector.groups import until
from tests.projector.workers import PROJECTIONS, SHARDS, make_topics, settings_for

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

OURS = frozenset(TP(*source) for source in SHARDS.sources(0))
BEAT_S = 0.05
RELEASE_WITHIN_S = 0.2


class HardOfHearing(CellsReader):
    """A reader that can be made to miss what comes in, and counts what it missed."""

    deaf = False
    missed = 0

    def _apply(self, record: Record) -> None:
        if self.deaf:
            self.missed += 1
        else:
            super()._apply(record)


async def nothing() -> AsyncIterator[Batch]:
    """Bring no records, ever."""
    await asyncio.Event().wait()
    yield  # type: ignore[misc]  # pyright: ignore[reportReturnType]  # what makes it a generator


@asynccontextmanager
async def beating(bootstrap: str, folder: Path) -> AsyncGenerator[tuple[Projector, HardOfHearing, asyncio.Task[None]]]:
    """Have a projector of the first shard for a block, which ticks without anything to tell."""
    kafka = settings_for(bootstrap)
    settings = ProjectorSettings(beat_s=BEAT_S)
    async with HardOfHearing(kafka, 1, PROJECTIONS) as reader, producer(kafka) as writer:
        projector = Projector(settings, SHARDS, reader, writer, folder)
        following = asyncio.create_task(reader.follow())
        await projector.resume(OURS)
        ticking = asyncio.create_task(projector.project(nothing()))
        try:
            yield projector, reader, ticking
        finally:
            ticking.cancel()
            following.cancel()
            await asyncio.gather(ticking, following, return_exceptions=True)


async def ticks_in(bootstrap: str) -> int:
    """Count the ticks of the first shard."""
    [end] = (await end_positions(settings_for(bootstrap), [(ticks_topic(1), 0)])).values()
    return end


async def ticks_again(bootstrap: str) -> None:
    """Wait for one more tick than there is."""
    before = await ticks_in(bootstrap)

    async def more() -> bool:
        return await ticks_in(bootstrap) > before

    await until(more)


async def test_a_shard_that_is_taken_away_while_its_tick_is_read_back_ends_nothing(
    fresh_bootstrap: str, tmp_path: Path
) -> None:
    await make_topics(fresh_bootstrap)
    async with beating(fresh_bootstrap, tmp_path) as (projector, reader, ticking):
        await ticks_again(fresh_bootstrap)
        reader.deaf = True
        await until(lambda: reader.missed > 0)
        with pytest.raises(TimeoutError):  # as whoever takes it away does not wait for ever
            await asyncio.wait_for(projector.revoked(OURS), RELEASE_WITHIN_S)
        reader.deaf = False
        await projector.resume(OURS)
        await ticks_again(fresh_bootstrap)
        await ticks_again(fresh_bootstrap)
        assert not ticking.done()


async def test_a_worker_that_is_overtaken_in_a_shard_of_its_own_ends(fresh_bootstrap: str, tmp_path: Path) -> None:
    await make_topics(fresh_bootstrap)
    kafka = settings_for(fresh_bootstrap)
    async with (
        beating(fresh_bootstrap, tmp_path) as (_projector, _reader, ticking),
        CellsReader(kafka, 1, PROJECTIONS) as reader,
        producer(kafka) as writer,
    ):
        following = asyncio.create_task(reader.follow())
        await reader.load([0], remember=True)
        await ShardOwner(0, 1, reader, writer, tmp_path / "other").open()
        with pytest.raises(ExceptionGroup) as ended:
            await asyncio.wait_for(ticking, 30)
        assert ended.group_contains(OvertakenError)
        following.cancel()
