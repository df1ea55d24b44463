"""The protocol with one rule taken away: owners and readers that somebody could have written."""

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec

from events.law import Ledger
from projections.cells import Key, Values
from projections.projection import Projection
from services.projector.folding import Step
from services.projector.owner import ShardOwner
from services.runtime.live_boards import LiveBoards
from services.runtime.seen import SeenDays
from services.runtime.shard_cells import ShardCells
from services.runtime.ticks import HEADS, Tick, mark_key, read_mark, segments
from services.runtime.written import Deletions, Touched, Written
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
        elif any(value is not None for value in records.values()):
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


class OwnerThatMarksLast(ShardOwner):
    """Deletes what the mark is in place of before the mark is there."""

    def __init__(self, *told: Any) -> None:  # noqa: ANN401  handed on
        super().__init__(*told)
        self._mark: Mapping[bytes, bytes | None] = {}

    async def state(self) -> None:
        await super().state()
        await super()._write(self._mark)

    async def _write(self, records: Mapping[bytes, bytes | None]) -> None:
        if mark_key(self._epoch) in records:
            self._mark = records
        else:
            await super()._write(records)


class OwnerThatLooksAnew(ShardOwner):
    """States of each projection what is there when its turn comes, which is not what the mark is about."""

    async def _write_cells(self, name: str, keys: Sequence[Key]) -> None:
        board = self.cells.boards.get(name, {})
        await super()._write_cells(name, [key for key in keys if key in board])


class OwnerThatStatesAgain(ShardOwner):
    """Goes on to state what has changed after it failed to write down what had before."""

    async def state(self) -> None:
        self._half_stated = False
        await super().state()


class WrittenWithStrays(Written):
    """Leaves statements that came too late where they are."""

    def take_deletions(self, stated: Mapping[str, Touched], emptied: Mapping[str, Collection[Key]]) -> Deletions:
        return replace(super().take_deletions(stated, emptied), strays=[])


class CellsWithStrays(ShardCells):
    """Has no late statements deleted."""

    def __init__(self, *told: Any, **more: Any) -> None:  # noqa: ANN401  handed on
        super().__init__(*told, **more)
        self.written = WrittenWithStrays()


class WrittenWithZerosFirst(Written):
    """Deletes statements of zeros before the older ones that they are in place of."""

    def take_deletions(self, stated: Mapping[str, Touched], emptied: Mapping[str, Collection[Key]]) -> Deletions:
        found = super().take_deletions(stated, emptied)
        return replace(found, outdated=found.needless, needless=found.outdated)


class CellsWithZerosFirst(ShardCells):
    """Has statements of zeros deleted too early."""

    def __init__(self, *told: Any, **more: Any) -> None:  # noqa: ANN401  handed on
        super().__init__(*told, **more)
        self.written = WrittenWithZerosFirst()


class CellsThatTakeAll(ShardCells):
    """Writes marks by which no statement is too late."""

    def mark(self) -> bytes:
        return msgspec.json.encode(msgspec.structs.replace(read_mark(super().mark()), taken=sys.maxsize))


class CellsThatForgetEarly(ShardCells):
    """Forgets ids a day before facts of that day have expired."""

    def _forget_ids(self, days: Mapping[str, date]) -> None:
        super()._forget_ids({topic: day + timedelta(days=1) for topic, day in days.items()})


class CellsWithoutWindow(ShardCells):
    """Takes facts of any day, also of one whose ids are forgotten."""

    def ledger(self, topic: str) -> Ledger:
        return replace(super().ledger(topic), day=None)


class CellsWithoutDays(ShardCells):
    """Writes marks that do not say which day the log has come to."""

    def mark(self) -> bytes:
        return msgspec.json.encode(msgspec.structs.replace(read_mark(super().mark()), days={}))


class BoardsThatShowAll(LiveBoards):
    """Adds what comes late to cells that are gone."""

    def live(self, name: str, cells: Mapping[Key, Values]) -> Mapping[Key, Values]:  # noqa: ARG002  all of them
        return cells


class CellsThatShowAll(ShardCells):
    """Shows what came late as if it were the whole."""

    def __init__(self, projections: Mapping[str, Projection], *, remember: bool) -> None:
        super().__init__(projections, remember=remember, live=BoardsThatShowAll({**projections, HEADS.name: HEADS}))


BROKEN = {
    "numbering instead of chaining": Rules(NumberedCells, NumberingOwner),
    "no epoch in the key": Rules(owner=OwnerWithoutEpoch),
    "the mark before the acknowledgements": Rules(owner=OwnerThatMarksFirst),
    "the seen ids outside the tick": Rules(owner=OwnerThatWritesIdsBeside),
    "following the last tick instead of one's own": Rules(owner=OwnerThatFollowsTheLast),
}
"""What is missing, and the rules without it."""

BROKEN_FOR_STATING = {
    "looking anew at what is to be stated": Rules(owner=OwnerThatLooksAnew),
    "stating after it failed": Rules(owner=OwnerThatStatesAgain),
}
"""The same of the rules for what happens between the records that a worker states."""

BROKEN_FOR_WHAT_GOES = {
    "no offset in the mark": Rules(CellsThatTakeAll),
    "no day in the mark": Rules(CellsWithoutDays),
    "late statements left": Rules(CellsWithStrays),
    "the mark after the deletions": Rules(owner=OwnerThatMarksLast),
    "zeros deleted before older statements": Rules(CellsWithZerosFirst),
    "late events shown": Rules(CellsThatShowAll),
    "forgetting one day too early": Rules(CellsThatForgetEarly),
    "no window": Rules(CellsWithoutWindow),
}
"""The same of the rules for cells that are deleted, and ids that are forgotten."""
