"""Whether both ends agree: what is live, and what history makes of the same records."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from projections.cells import Boards
from projections.projection import Projection
from services.history.archive import Archive
from services.history.archiver import Archiver
from services.history.errors import NothingLiveError, ShortLogError
from services.history.verify import Difference, compare
from services.runtime.cells_reader import CellsReader
from services.runtime.log import end_positions
from services.runtime.parked import parked_until_now
from services.runtime.settings import KafkaSettings
from services.runtime.shards import FACT_TOPICS, PROJECTED_TOPICS, Positions, Shards
from services.runtime.topics import partition_count, partition_counts
from services.runtime.versions import read_versions


@dataclass(frozen=True, slots=True)
class Agreement:
    """The outcome of one comparison, at one cut."""

    version: int
    """Of the live cells."""
    cut: Positions
    cells: int
    """How many live cells were compared."""
    differences: Sequence[Difference]


async def agreement(
    kafka: KafkaSettings,
    version: int | None,
    archive: Archive,
    projections: Mapping[str, Projection],
    reach: Callable[[Positions], Awaitable[object]] | None = None,
) -> Agreement:
    """Compare the live cells of a version, by default the one that serves, with what the archive says of their cut.

    `reach` waits until the cut is archived, where an archiver is at work already. Raises NothingLiveError, and
    ShortLogError where the cut can never be archived.
    """
    version = version or (await read_versions(kafka)).serving
    live, cut = await live_cells(kafka, version, projections)
    await _require_held(kafka, version, cut)
    known = await parked_until_now(kafka)  # what the live cells left out was parked before their ticks
    await (reach or Archiver(kafka, archive).catch_up)({**cut, **known})
    day = await asyncio.to_thread(archive.day_at, cut)
    said = await asyncio.to_thread(differences, archive, live, cut, projections, day)
    return Agreement(version, cut, sum(map(len, live.values())), said)


async def _require_held(kafka: KafkaSettings, version: int, cut: Positions) -> None:
    """Make sure that the log holds what the live cells were made of: nobody could wait for it else."""
    counts = await partition_counts(kafka.bootstrap_servers, sorted({topic for topic, _ in cut}))
    ends = await end_positions(kafka, [source for source in cut if source[1] < counts.get(source[0], 0)])
    if any(ends.get(source, 0) < before for source, before in cut.items()):
        raise ShortLogError(version, cut, ends)


def differences(
    archive: Archive, boards: Boards, cut: Positions, projections: Mapping[str, Projection], day: date | None = None
) -> list[Difference]:
    """Where cells differ from what reports read, what rows say, or the raw records; with `day`, of those live on it.

    Rollups reach into partitions that no projector reads, and no cut of its cells names: all of these is taken.
    """
    unread = {source: before for source, before in archive.positions().items() if source[0] not in PROJECTED_TOPICS}
    said = [
        archive.rolled_up_at({**unread, **cut}, projections, day),
        archive.cells_at(cut, projections, day),
        archive.evidence_at(cut, projections, day),
    ]
    found = list[Difference]()
    for each in said:
        found += [difference for difference in compare(boards, each, projections) if difference not in found]
    return found


async def live_cells(
    kafka: KafkaSettings, version: int, projections: Mapping[str, Projection]
) -> tuple[Boards, dict[tuple[str, int], int]]:
    """The live cells of a version of the projector, and the cut that they are taken at."""
    shards = Shards(await partition_count(kafka.bootstrap_servers, FACT_TOPICS[0]))
    async with CellsReader(kafka, version, projections) as reader:
        await reader.load(shards.every)
        if not reader.positions():
            raise NothingLiveError
        return reader.boards(), reader.positions()
