"""The projector: owns shards as Kafka hands out their partitions, and turns what arrives into ticks."""

import asyncio
import time
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import structlog
from faust.types import TP

from events.codec import encode
from events.envelope import Envelope
from events.law import Ledger
from projections.fold import Folder
from services.projector.bisecting import Arrived, worked
from services.projector.folding import Step
from services.projector.metrics import Metrics
from services.projector.owner import Producer, ShardOwner
from services.projector.settings import ProjectorSettings
from services.projector.transport import Batch, Pace, RecordBatch, gather, is_current
from services.runtime.cells_reader import CellsReader
from services.runtime.parked import TOPIC, Aside, ahead_of, set_aside
from services.runtime.seen import SeenDays
from services.runtime.shards import Shards
from services.runtime.ticks import NEVER, Tick

log = structlog.get_logger()

_OTHER_BROKERS_S = 0.005
"""How long a tick waits for what other brokers send: a fetch itself waits for `tick_ms`, at each broker."""


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
        folder: Path,
    ) -> None:
        """Own nothing until Kafka hands out partitions; what need not be in memory goes to `folder`."""
        self.metrics = Metrics(reader, shards)
        self._settings, self._shards = settings, shards
        self._reader, self._producer, self._on_disk = reader, producer, folder
        self._owners: dict[int, ShardOwner] = {}
        self._aside: Aside = {}
        self._assignments = self._aside_of = 0
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
        self._assignments += 1
        self.ready = True
        return {tp: self._position(tp) for tp in partitions}

    async def revoked(self, partitions: frozenset[TP]) -> None:
        """Finish the ticks in hand and write down where they lead, then forget the shards, in any case."""
        self.ready = False
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
        owner = ShardOwner(shard, self._reader.version, self._reader, self._producer, self._on_disk)
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
            await self._learn_what_is_aside()
            by_shard: dict[int, list[Batch]] = {}
            for event in gathered:
                by_shard.setdefault(self._shards.of(*event.value.tp), []).append(event)
            async with asyncio.TaskGroup() as group:
                for shard in list(self._owners):
                    group.create_task(self._tick(shard, by_shard.get(shard, [])))

    async def _learn_what_is_aside(self) -> None:
        """Read what the owners before have parked, once for every assignment, which it must not hold up."""
        while self._aside_of != self._assignments:
            assignment = self._assignments
            self._aside = ahead_of(await set_aside(self._reader.kafka), self._reader.positions())
            self._aside_of = assignment

    def _pace(self) -> Pace:
        settings = self._settings
        return Pace(within_s=_OTHER_BROKERS_S, records=settings.tick_records, idle_s=settings.beat_s)

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
                self.metrics.ticked(1)
            for event in current:
                event.ack()
            self.metrics.look(shard)
            if owner.unstated_for() >= self._settings.state_every_s:
                await owner.state()

    async def _fold(self, owner: ShardOwner, batches: list[RecordBatch]) -> None:
        began = time.monotonic()
        arrived = Arrived(batches, _starts(owner, batches), dict(owner.cells.days))
        work = partial(self._work, owner.ledgers, arrived)
        parked, ticks = await asyncio.get_running_loop().run_in_executor(self._thread, work)
        await self._park(parked)
        for step in ticks:
            await owner.append(step)
        self.metrics.ticked(len(ticks))
        self.metrics.read(batches, len(parked), began)

    def _work(self, ledgers: Mapping[str, Ledger], arrived: Arrived) -> tuple[list[Envelope], list[Step]]:
        with self.metrics.costing():
            return worked(self._folder, ledgers, arrived, self._aside)

    async def _park(self, parked: Iterable[Envelope]) -> None:
        """Append what is set aside to the parked topic before the tick that passes over it."""
        for envelope in parked:
            await self._producer.send_and_wait(TOPIC, encode(envelope), key=(envelope.subject or "").encode())
            log.warning("record_parked", subject=envelope.subject)


def _starts(owner: ShardOwner, batches: Sequence[RecordBatch]) -> dict[str, int]:
    """Where each topic is read on, by topic; raises SkippedError unless it is where the last tick ended."""
    starts: dict[str, int] = {}
    for batch in batches:
        expected = owner.cells.positions.get(batch.tp.topic, 0)
        if starts.setdefault(batch.tp.topic, batch.first) != expected:
            raise SkippedError(batch.tp, expected, starts[batch.tp.topic])
    return starts
