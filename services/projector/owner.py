"""The owner of a shard: the one worker that extends its chain of ticks, and knows at once when it no longer is."""

import asyncio
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from events.law import Ledger
from projections.cells import Key
from services.projector.folding import Step
from services.runtime.cells_reader import CellsReader
from services.runtime.errors import ClearError
from services.runtime.shard_cells import ShardCells
from services.runtime.shards import cells_topic, ticks_topic
from services.runtime.ticks import NEVER, Tick, mark_key, segments
from services.runtime.versions import made_by

Producer: TypeAlias = AIOKafkaProducer
READ_BACK_S = 30.0
_OPENINGS = 20


class OvertakenError(RuntimeError):
    """Another worker has taken the shard: what this one holds is stale, so it stops and starts afresh."""

    def __init__(self, shard: int, own: int, last: int) -> None:
        """Say which tick is ours, and which is the last that counts."""
        super().__init__(f"shard {shard}: our tick at offset {own} is not the last that counts, which is {last}")


class OtherProjectionsError(ClearError):
    """The cells of this version were made by other projections than those that are here now."""

    def __init__(self, version: int, differ: Collection[str]) -> None:
        """Name the projections that differ, and say what to do."""
        names = ", ".join(sorted(differ))
        what = f"version {version} of the live cells was made by other projections ({names} differ)"
        super().__init__(f"{what}: make the next one with `kvota projections rebuild`")


class ShardOwner:
    """Appends ticks to one shard, reads each back before the next, and writes down what makes recovery quick."""

    lot: int = 5_000
    """So many cells are written down in one go: all would be held twice, and hold up whatever else has to run."""
    most_unstated: int = 50_000
    """When so many cells have been touched it is time to write them down: each takes memory, and time to recover."""

    def __init__(self, shard: int, version: int, reader: CellsReader, producer: Producer, folder: Path) -> None:
        """Own nothing yet: `open` takes the shard over. The reader has loaded it, and remembers its ids.

        The ids of older days lie in `folder`, which is this process's, in a folder that is this owner's alone.
        """
        self.shard = shard
        self.cells: ShardCells = reader.shards[shard]
        self._written = self.cells.require_written()
        self.ledgers: Mapping[str, Ledger] = {}
        self.busy = asyncio.Lock()
        self._version = version
        self._ticks, self._cells_topic = ticks_topic(version), cells_topic(version)
        self._reader, self._producer = reader, producer
        self._parent = folder / str(shard)
        self._made_by = made_by(reader.projections)
        self._epoch = self._last = self._marked = NEVER
        self._ticked_at = self._stated_at = _now()
        self._half_stated = False
        """Whether something was to be written down, and perhaps was not."""

    async def open(self) -> None:
        """Take the shard over with an opening tick; last ticks of the owner before may come in first, so try again.

        Raises OtherProjectionsError when the cells were made by others, OvertakenError when owners keep coming in.
        """
        if self.cells.made_by not in ({}, self._made_by):
            raise OtherProjectionsError(self._version, dict(self.cells.made_by.items() ^ self._made_by.items()))
        for _ in range(_OPENINGS):
            offset = await self._chain(Step(Tick(prev=NEVER, made_by=self._made_by)), self.cells.last)
            if self.cells.last == offset:
                self._epoch = self._written.epoch = self._last = offset
                await self._settle()
                return
        raise OvertakenError(self.shard, offset, self.cells.last)

    async def append(self, step: Step) -> None:
        """Extend the chain by one tick; raises OvertakenError as soon as the shard is another's."""
        self._require_ours()
        self._last = await self._chain(step, self._last)
        self._require_ours()

    def _require_ours(self) -> None:
        """What the next tick follows is our own last one: following the last that counts would extend a successor's."""
        if self.cells.last != self._last:
            raise OvertakenError(self.shard, self._last, self.cells.last)

    async def _chain(self, step: Step, prev: int) -> int:
        tick, raw = step.after(prev)
        self.cells.appended = raw, tick
        sent = await self._producer.send_and_wait(self._ticks, raw, partition=self.shard)
        await asyncio.wait_for(self._reader.reached(self.shard, sent.offset), READ_BACK_S)
        self._ticked_at = _now()
        return int(sent.offset)

    def silent_for(self) -> float:
        """Seconds since the last tick."""
        return _now() - self._ticked_at

    def is_to_state(self, every_s: float) -> bool:
        """Whether it is time to write cells down, which is done every so many seconds or when there are many."""
        return _now() - self._stated_at >= every_s or self._written.unstated >= self.most_unstated

    async def state(self) -> None:
        """Write down every touched cell and new id as of our last tick, then the mark, then delete what is needless.

        Each write waits until the one before is acknowledged: what is deleted no longer counts by what was written.
        Once this has failed it does nothing more: a mark would vouch for what may be missing.
        """
        self._require_ours()
        cells, self._stated_at = self.cells, _now()
        if self._half_stated or cells.last == self._marked:
            return
        self._half_stated = True
        tick, mark, written = cells.last, cells.mark(), self._written
        changed, ids = written.take_changed(), written.take_ids()
        stated = {name: cells.to_state(name, touched) for name, touched in changed.items()}
        emptied = {name: cells.emptied(name, keys) for name, keys in stated.items()}
        deletions = written.take_deletions(changed, emptied)
        for name, keys in stated.items():
            await self._write_cells(name, keys)
        await self._write(dict.fromkeys(deletions.strays))
        for topic, days in ids.items():
            found = dict(segments(self._epoch, tick, topic, days))
            written.found_segments(found)
            await self._write(found)
        await self._write({mark_key(self._epoch): mark})
        await self._write(dict.fromkeys(deletions.outdated))
        await self._write(dict.fromkeys(deletions.needless))
        self._marked, self._half_stated = tick, False
        await self._settle()

    def leave(self) -> None:
        """Own nothing any more, and leave no file behind."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _folder(self) -> Path:
        """No other owner's, before or after, has the same epoch."""
        return self._parent / str(self._epoch)

    async def _settle(self) -> None:
        """Move the ids of older days out of memory; what makes them last is the cells topic."""
        for topic, seen in tuple(self.cells.seen.items()):
            await asyncio.to_thread(seen.settle, self._folder / topic)

    async def _write_cells(self, name: str, keys: Sequence[Key]) -> None:
        """Write down how these cells stand, each as of the last tick that counts when its turn comes."""
        for start in range(0, len(keys), self.lot):
            await self._write(self.cells.statements(self._epoch, name, keys[start : start + self.lot]))

    async def _write(self, records: Mapping[bytes, bytes | None]) -> None:
        """Write records in batches of our own making: sending each by itself costs many times as much."""
        batch = self._producer.create_batch()
        sent: list[asyncio.Future[object]] = []
        for key, value in records.items():
            if batch.append(key=key, value=value, timestamp=None) is None:
                sent.append(await self._send(batch))
                batch = self._producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
        if batch.record_count():
            sent.append(await self._send(batch))
        await asyncio.gather(*sent)

    async def _send(self, batch: BatchBuilder) -> "asyncio.Future[object]":
        sent: asyncio.Future[object] = await self._producer.send_batch(batch, self._cells_topic, partition=self.shard)
        return sent


def _now() -> float:
    return asyncio.get_running_loop().time()
