"""The protocol with one rule taken away: owners and readers that somebody could have written."""

from collections.abc import Mapping
from typing import Any

import msgspec

from services.projector.folding import Step
from services.projector.owner import ShardOwner
from services.runtime.seen import SeenDays
from services.runtime.shard_cells import ShardCells
from services.runtime.ticks import Tick, mark_key, segments
from tests.projector.model import Rules


class NumberedCells(ShardCells):
    """Counts a tick if its number is the next, whoever made the one before."""

    def apply(self, offset: int, tick: Tick) -> bool:  # noqa: ARG002  where it lies says nothing
        return super().apply(tick.prev + 1, tick)


class NumberingOwner(ShardOwner):
    """Knows its last tick by its number."""

    async def _chain(self, step: Step, prev: int) -> int:
        await super()._chain(step, prev)
        return prev + 1


class OwnerWithoutEpoch(ShardOwner):
    """States cells under the keys that every owner uses."""

    async def open(self) -> None:
        await super().open()
        self._epoch = 0


class OwnerThatMarksFirst(ShardOwner):
    """Writes the mark before that which it vouches for is acknowledged."""

    def __init__(self, *told: Any) -> None:  # noqa: ANN401  handed on
        super().__init__(*told)
        self._later: dict[bytes, bytes | None] = {}

    async def _write(self, records: Mapping[bytes, bytes | None]) -> None:
        if mark_key(self._epoch) in records:
            await super()._write(records)
            records, self._later = self._later, {}
        elif None not in records.values():
            self._later |= records
            return
        await super()._write(records)


class OwnerThatWritesIdsBeside(ShardOwner):
    """Writes the ids that a tick saw in a record of their own, after the tick."""

    async def append(self, step: Step) -> None:
        await super().append(Step(msgspec.structs.replace(step.tick, seen={})))
        for topic, days in step.tick.seen.items():
            await self._write(dict(segments(self._epoch, self._last, topic, days)))
            for day, ids in days.items():
                self.cells.seen.setdefault(topic, SeenDays()).add(day, ids)


class OwnerThatFollowsTheLast(ShardOwner):
    """Extends the last tick that counts, be it another's."""

    async def append(self, step: Step) -> None:
        self._last = await self._chain(step, self.cells.last)
        self._require_ours()


class OwnerThatStatesRegardless(ShardOwner):
    """States cells also when another has taken the shard."""

    async def state(self) -> None:
        self._last = self.cells.last
        await super().state()


BROKEN = {
    "numbering instead of chaining": Rules(NumberedCells, NumberingOwner),
    "no epoch in the key": Rules(owner=OwnerWithoutEpoch),
    "the mark before the acknowledgements": Rules(owner=OwnerThatMarksFirst),
    "the seen ids outside the tick": Rules(owner=OwnerThatWritesIdsBeside),
    "following the last tick instead of one's own": Rules(owner=OwnerThatFollowsTheLast),
}
"""What is missing, and the rules without it."""
