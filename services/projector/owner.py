"""The owner of a shard: the one worker that extends its chain of ticks, and knows at once when it no longer is."""

import asyncio
from collections.abc import Mapping
from typing import TypeAlias

from aiokafka import AIOKafkaProducer

from events.law import Ledger
from services.projector.folding import Step
from services.runtime.cells_reader import CellsReader
from services.runtime.shards import cells_topic, ticks_topic
from services.runtime.ticks import NEVER, CellId, ShardCells, Tick, cell_key, mark_key

Producer: TypeAlias = AIOKafkaProducer
READ_BACK_S = 30.0


class OvertakenError(RuntimeError):
    """Another worker has taken the shard: what this one holds is stale, so it stops and starts afresh."""

    def __init__(self, shard: int, offset: int, last: int) -> None:
        """Say which tick did not count, and which did."""
        super().__init__(f"shard {shard}: the tick at offset {offset} does not count, the last that does is {last}")


class ShardOwner:
    """Appends ticks to one shard, reads each back before the next, and states cells for quick recovery."""

    def __init__(self, shard: int, version: int, reader: CellsReader, producer: Producer) -> None:
        """Own nothing yet: `open` takes the shard over. The reader has loaded it."""
        self.shard = shard
        self.cells: ShardCells = reader.shards[shard]
        self.ledgers: Mapping[str, Ledger] = {}
        self.busy = asyncio.Lock()
        self._ticks, self._cells_topic = ticks_topic(version), cells_topic(version)
        self._reader, self._producer = reader, producer
        self._epoch = self._marked = NEVER
        self._ticked_at = self._stated_at = _now()

    async def open(self) -> None:
        """Take the shard over with an opening tick; a last tick of the owner before may come in first, so try again."""
        while True:
            self._epoch = await self._chain(_opening(self.cells))
            if self.cells.last == self._epoch:
                return

    async def append(self, step: Step) -> None:
        """Extend the chain by one tick; raises OvertakenError when it does not count."""
        offset = await self._chain(step.after(self.cells.last))
        if self.cells.last != offset:
            raise OvertakenError(self.shard, offset, self.cells.last)

    async def _chain(self, tick: bytes) -> int:
        sent = await self._producer.send_and_wait(self._ticks, tick, partition=self.shard)
        await asyncio.wait_for(self._reader.reached(self.shard, sent.offset), READ_BACK_S)
        self._ticked_at = _now()
        return int(sent.offset)

    def silent_for(self) -> float:
        """Seconds since the last tick."""
        return _now() - self._ticked_at

    def unstated_for(self) -> float:
        """Seconds since cells were last stated."""
        return _now() - self._stated_at

    async def state(self) -> None:
        """Write down every touched cell as of the last tick, then the mark, then delete what older owners stated."""
        cells, self._stated_at = self.cells, _now()
        if cells.last == self._marked:
            return
        tick, mark = cells.last, cells.mark()
        statements = {cell: cells.statement(cell) for cell in cells.take_changed()}
        await self._write({cell_key(self._epoch, cell): value for cell, value in statements.items()})
        await self._write({mark_key(self._epoch): mark})
        await self._write(dict.fromkeys(self._outdated(cells, statements)))
        self._marked = tick

    def _outdated(self, cells: ShardCells, stated: Mapping[CellId, bytes]) -> list[bytes]:
        outdated = list(cells.marks - {mark_key(self._epoch)})
        cells.marks = {mark_key(self._epoch)}
        for cell in stated:
            own = cell_key(self._epoch, cell)
            outdated += cells.keys.get(cell, set()) - {own}
            cells.keys[cell] = {own}
        return outdated

    async def _write(self, records: Mapping[bytes, bytes | None]) -> None:
        sent = [
            await self._producer.send(self._cells_topic, value, key=key, partition=self.shard)
            for key, value in records.items()
        ]
        await asyncio.gather(*sent)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _opening(cells: ShardCells) -> bytes:
    return Step(Tick(prev=0)).after(cells.last)
