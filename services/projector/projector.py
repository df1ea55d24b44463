"""The projector: owns shards as Kafka hands out their partitions, and turns what arrives into ticks."""

import asyncio
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from faust.types import TP

from events.codec import encode
from events.law import Ledger
from projections.fold import Folder
from services.projector.folding import Step, steps
from services.projector.judging import Judged, judge
from services.projector.owner import Producer, ShardOwner
from services.projector.recovery import ledgers
from services.projector.settings import ProjectorSettings
from services.projector.transport import Batch, Pace, RecordBatch, gather, is_current
from services.runtime.cells_reader import CellsReader
from services.runtime.settings import KafkaSettings
from services.runtime.shards import Shards, ticks_topic
from services.runtime.ticks import Tick

PARKED_TOPIC = "kvota.parked"
log = structlog.get_logger()


class Projector:
    """One worker: the owner of the shards whose partitions it was given, and the one agent's loop."""

    def __init__(
        self,
        settings: ProjectorSettings,
        kafka: KafkaSettings,
        shards: Shards,
        reader: CellsReader,
        producer: Producer,
    ) -> None:
        """Own nothing until Kafka hands out partitions."""
        self._settings, self._kafka, self._shards = settings, kafka, shards
        self._reader, self._producer = reader, producer
        self._owners: dict[int, ShardOwner] = {}
        self._folder = Folder(reader.projections)
        self._thread = ThreadPoolExecutor(1, "fold")

    # -- Which shards are ours (transport.Owner)

    async def resume(self, partitions: frozenset[TP]) -> Mapping[TP, int]:
        """Take over the shards of these partitions; where their ticks say that each was read to."""
        await self.revoked(partitions)
        await asyncio.gather(*(self._open(shard) for shard in self._of(partitions)))
        return {tp: self._position(tp) for tp in partitions}

    async def revoked(self, partitions: frozenset[TP]) -> None:
        """Finish the ticks in hand, then forget the shards."""
        shards = self._of(partitions)
        for owner in [owner for shard, owner in self._owners.items() if shard in shards]:
            async with owner.busy:
                self._owners.pop(owner.shard, None)
        self._reader.drop(shards)

    async def _open(self, shard: int) -> None:
        await self._reader.load([shard])
        owner = ShardOwner(shard, self._settings.version, self._reader, self._producer)
        await owner.open()
        ticks = ticks_topic(self._settings.version)
        owner.ledgers = await ledgers(self._kafka, ticks, shard, owner.cells)
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
                await owner.append(Step(Tick(prev=0)))
            for event in current:
                event.ack()
            if owner.unstated_for() >= self._settings.state_every_s:
                await owner.state()

    async def _fold(self, owner: ShardOwner, batches: list[RecordBatch]) -> None:
        start = {batch.tp.topic: owner.cells.positions.get(batch.tp.topic, 0) for batch in batches}
        end = {batch.tp.topic: batch.last + 1 for batch in batches}
        loop = asyncio.get_running_loop()
        judged, ticks = await loop.run_in_executor(self._thread, self._work, owner.ledgers, batches, start, end)
        await self._park(judged)
        for step in ticks:
            await owner.append(step)

    def _work(
        self,
        ledgers: Mapping[str, Ledger],
        batches: list[RecordBatch],
        start: Mapping[str, int],
        end: Mapping[str, int],
    ) -> tuple[list[Judged], list[Step]]:
        judged = judge(ledgers, batches)
        return judged, list(steps(self._folder, judged, start, end))

    async def _park(self, judged: Sequence[Judged]) -> None:
        """Append what could not be read to the parked topic before the tick that passes over it."""
        parked = [record.parked for record in judged if record.parked is not None]
        for envelope in parked:
            await self._producer.send_and_wait(PARKED_TOPIC, encode(envelope), key=(envelope.subject or "").encode())
            log.warning("record_parked", subject=envelope.subject)
