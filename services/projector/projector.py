"""The projector: owns shards as Kafka hands out their partitions, and turns what arrives into ticks."""

import asyncio
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import structlog
from faust.types import TP

from events.codec import encode
from events.law import Ledger
from projections.fold import Folder
from services.projector.folding import Step, steps
from services.projector.judging import Judged, judge
from services.projector.owner import Producer, ShardOwner
from services.projector.settings import ProjectorSettings
from services.projector.transport import Batch, Pace, RecordBatch, gather, is_current
from services.runtime.cells_reader import CellsReader
from services.runtime.seen import SeenDays
from services.runtime.shards import Shards
from services.runtime.ticks import NEVER, Tick

PARKED_TOPIC = "kvota.parked"
log = structlog.get_logger()


class SkippedError(RuntimeError):
    """Kafka handed over other records than those that follow: some were deleted, or they are another worker's."""

    def __init__(self, tp: TP, expected: int, first: int) -> None:
        """Say which record was due, and which came."""
        super().__init__(f"{tp.topic}/{tp.partition}: offset {expected} was due, and {first} came")


class Projector:
    """One worker: the owner of the shards whose partitions it was given, and the one agent's loop."""

    def __init__(
        self,
        settings: ProjectorSettings,
        shards: Shards,
        reader: CellsReader,
        producer: Producer,
    ) -> None:
        """Own nothing until Kafka hands out partitions."""
        self._settings, self._shards = settings, shards
        self._reader, self._producer = reader, producer
        self._owners: dict[int, ShardOwner] = {}
        self._folder = Folder(reader.projections)
        self._thread = ThreadPoolExecutor(1, "fold")
        self.ready = False
        """Whether Kafka has said which partitions are ours, and their shards are open."""

    # -- Which shards are ours (transport.Owner)

    async def resume(self, partitions: frozenset[TP]) -> Mapping[TP, int]:
        """Take over the shards of these partitions; where their ticks say that each was read to."""
        await self.revoked(partitions)
        await self._reader.load(sorted(self._of(partitions)), remember=True)
        await asyncio.gather(*(self._open(shard) for shard in self._of(partitions)))
        self.ready = True
        return {tp: self._position(tp) for tp in partitions}

    async def revoked(self, partitions: frozenset[TP]) -> None:
        """Finish the ticks in hand and write down where they lead, then forget the shards, in any case."""
        shards = self._of(partitions)
        try:
            for owner in [owner for shard, owner in self._owners.items() if shard in shards]:
                async with owner.busy:
                    await owner.state()
        finally:
            for shard in shards:
                self._owners.pop(shard, None)
            self._reader.drop(shards)

    async def _open(self, shard: int) -> None:
        owner = ShardOwner(shard, self._reader.version, self._reader, self._producer)
        await owner.open()
        owner.ledgers = {
            topic: Ledger(owner.cells.seen.setdefault(topic, SeenDays()), owner.cells.heads(topic))
            for topic, _partition in self._shards.sources(shard)
        }
        self._owners[shard] = owner
        log.info("shard_opened", shard=shard, tick=owner.cells.last)

    def _of(self, partitions: Iterable[TP]) -> set[int]:
        return {self._shards.of(tp.topic, tp.partition) for tp in partitions}

    def _position(self, tp: TP) -> int:
        return self._reader.shards[self._shards.of(tp.topic, tp.partition)].positions.get(tp.topic, 0)

    # -- What arrives

    async def project(self, batches: AsyncIterable[Batch]) -> None:
        """Fold what Kafka hands over, a tick at a time; acknowledge what the log has accepted."""
        async for gathered in gather(batches, self._pace()):
            by_shard: dict[int, list[Batch]] = {}
            for event in gathered:
                by_shard.setdefault(self._shards.of(*event.value.tp), []).append(event)
            async with asyncio.TaskGroup() as group:
                for shard in list(self._owners):
                    group.create_task(self._tick(shard, by_shard.get(shard, [])))

    def _pace(self) -> Pace:
        settings = self._settings
        return Pace(within_s=settings.tick_ms / 1000, records=settings.tick_records, idle_s=settings.beat_s)

    async def _tick(self, shard: int, events: Sequence[Batch]) -> None:
        owner = self._owners.get(shard)
        if owner is None:
            return
        async with owner.busy:
            if self._owners.get(shard) is not owner:
                return
            current = [event for event in events if is_current(event)]
            if current:
                await self._fold(owner, [event.value for event in current])
            elif owner.silent_for() >= self._settings.beat_s:
                await owner.append(Step(Tick(prev=NEVER)))
            for event in current:
                event.ack()
            if owner.unstated_for() >= self._settings.state_every_s:
                await owner.state()

    async def _fold(self, owner: ShardOwner, batches: list[RecordBatch]) -> None:
        start = _starts(owner, batches)
        end = {batch.tp.topic: batch.last + 1 for batch in batches}
        loop = asyncio.get_running_loop()
        days = dict(owner.cells.days)
        judged, ticks = await loop.run_in_executor(self._thread, self._work, owner.ledgers, batches, start, end, days)
        await self._park(judged)
        for step in ticks:
            await owner.append(step)

    def _work(
        self,
        ledgers: Mapping[str, Ledger],
        batches: list[RecordBatch],
        start: Mapping[str, int],
        end: Mapping[str, int],
        days: Mapping[str, date],
    ) -> tuple[list[Judged], list[Step]]:
        judged = judge(ledgers, batches)
        return judged, list(steps(self._folder, judged, start, end, days))

    async def _park(self, judged: Sequence[Judged]) -> None:
        """Append what could not be read to the parked topic before the tick that passes over it."""
        parked = [record.parked for record in judged if record.parked is not None]
        for envelope in parked:
            await self._producer.send_and_wait(PARKED_TOPIC, encode(envelope), key=(envelope.subject or "").encode())
            log.warning("record_parked", subject=envelope.subject)


def _starts(owner: ShardOwner, batches: Sequence[RecordBatch]) -> dict[str, int]:
    """Where each topic is read on, by topic; raises SkippedError unless it is where the last tick ended."""
    starts: dict[str, int] = {}
    for batch in batches:
        expected = owner.cells.positions.get(batch.tp.topic, 0)
        if starts.setdefault(batch.tp.topic, batch.first) != expected:
            raise SkippedError(batch.tp, expected, starts[batch.tp.topic])
    return starts
