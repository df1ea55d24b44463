"""What is live and what plain Python computes, to be compared."""

import asyncio

from projections.cells import Boards, still_live, without_zeros
from services.runtime.log import end_positions
from tests.projector.workers import PROJECTIONS, SHARDS, following, settings_for, values_in
from tests.recompute import come_to, recompute_logs


async def caught_up(bootstrap: str) -> Boards:
    """Wait until the live cells hold all that the log holds, and give them without their zeros."""
    ends = await end_positions(settings_for(bootstrap), SHARDS.all_sources)
    async with following(bootstrap) as reader:
        await asyncio.wait_for(reader.caught_up(ends), 60)
        return without_noughts(reader.boards())


async def recomputed(bootstrap: str) -> Boards:
    """Give what plain Python makes of all that the log holds, as far as it is within the horizon."""
    logs = [await values_in(bootstrap, source) for source in SHARDS.all_sources]
    day, boards = come_to(logs), recompute_logs(logs)
    return without_noughts({name: still_live(PROJECTIONS[name], cells, day) for name, cells in boards.items()})


def without_noughts(boards: Boards) -> Boards:
    """Leave out cells that say nothing."""
    said = {name: without_zeros(PROJECTIONS[name], cells) for name, cells in boards.items()}
    return {name: cells for name, cells in said.items() if cells}
