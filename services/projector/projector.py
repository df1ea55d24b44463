"""The projector: owns shards as Kafka hands out their partitions, and turns what arrives into ticks."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

import structlog
from faust.types import TP

from events.codec import encode
from events.envelope import Envelope
from projections.fold import Folder
from services.projector.bisecting import Arrived, Worked, worked
from services.projector.folding import Step
from services.projector.metrics import Metrics
from services.projector.owner import OvertakenError, Producer, ShardOwner
from services.projector.settings import ProjectorSettings
from services.projector.transport import Batch, Pace, RecordBatch, gather, is_current
from services.runtime.cells_reader import CellsReader, NotReadError
from services.runtime.parked import TOPIC, Aside, ahead_of, set_aside
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


@dataclass(frozen=True, slots=True)
class _Due:
    """A shard that is ours, and what has come for it since its last tick."""

    owner: ShardOwner
    events: Sequence[Batch]

    @classmethod
    def now(cls, owner: ShardOwner, events: Iterable[Batch]) -> Self:
        """Leave out what was taken away meanwhile."""
        return cls(owner, [event for event in events if is_current(event)])

    @property
    def batches(self) -> list[RecordBatch]:
        """The records."""
        return [event.value for event in self.events]

    def arrived(self) -> Arrived:
        """What is to be worked out; raises SkippedError unless it follows on the last tick."""
        owner, batches = self.owner, self.batches
        return Arrived(owner.shard, owner.ledgers, batches, _starts(owner, batches), dict(owner.cells.days))


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
        async with asyncio.TaskGroup() as opening:
            await self._reader.load(
                sorted(self._of(partitions)),
                remember=True,
                loaded=lambda shard: opening.create_task(self._open(shard)),  # its ids go to disk: others' come next
            )
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
            for shard in shards & self._owners.keys():
                self._owners.pop(shard).leave()
            await self._reader.drop(shards)

    async def _open(self, shard: int) -> None:
        owner = ShardOwner(shard, self._reader.version, self._reader, self._producer, self._on_disk)
        await owner.open()
        owner.ledgers = {topic: owner.cells.ledger(topic) for topic, _partition in self._shards.sources(shard)}
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
            async with self._held() as owners:
                await self._tick([_Due.now(owner, by_shard.get(owner.shard, ())) for owner in owners])

    @asynccontextmanager
    async def _held(self) -> AsyncGenerator[list[ShardOwner]]:
        """The owners of the shards that are ours, which nobody takes away for a block."""
        owners = list(self._owners.values())
        async with AsyncExitStack() as busy:
            for owner in owners:
                await busy.enter_async_context(owner.busy)
            yield [owner for owner in owners if self._owners.get(owner.shard) is owner]

    async def _learn_what_is_aside(self) -> None:
        """Read what the owners before have parked, once for every assignment, which it must not hold up."""
        while self._aside_of != self._assignments:
            assignment = self._assignments
            self._aside = ahead_of(await set_aside(self._reader.kafka), self._reader.positions())
            self._aside_of = assignment

    def _pace(self) -> Pace:
        settings = self._settings
        return Pace(within_s=_OTHER_BROKERS_S, records=settings.tick_records, idle_s=settings.beat_s)

    async def _tick(self, due: Sequence[_Due]) -> None:
        """Take every shard over what has come for it; what they add is worked out together."""
        began = time.monotonic()
        arrived = [each.arrived() for each in due if each.events]
        done: Mapping[int, Worked] = {}
        if arrived:
            work = partial(self._work, arrived)
            done = await asyncio.get_running_loop().run_in_executor(self._thread, work)
        async with asyncio.TaskGroup() as group:
            for each in due:
                group.create_task(self._append(each, done.get(each.owner.shard), began))

    def _work(self, arrived: Sequence[Arrived]) -> Mapping[int, Worked]:
        with self.metrics.costing():
            return worked(self._folder, arrived, self._aside)

    async def _append(self, due: _Due, done: Worked | None, began: float) -> None:
        """Take a shard over what came for it; one that is taken away meanwhile needs no more, whoever has it now."""
        try:
            await self._extend(due, done, began)
        except (NotReadError, OvertakenError):
            if self._owners.get(due.owner.shard) is due.owner:
                raise
            log.info("shard_went_meanwhile", shard=due.owner.shard)

    async def _extend(self, due: _Due, done: Worked | None, began: float) -> None:
        """Append what was worked out for a shard, acknowledge its records, and write cells down when it is time."""
        owner = due.owner
        if done is not None:
            await self._park(done.parked)
            for step in done.ticks:
                await owner.append(step)
            self.metrics.ticked(len(done.ticks))
            self.metrics.read(due.batches, len(done.parked), began)
            self._tell_of_expired(owner.shard, done.expired)
        elif owner.silent_for() >= self._settings.beat_s:
            await owner.append(Step(Tick(prev=NEVER)))
            self.metrics.ticked(1)
        for event in due.events:
            event.ack()
        self.metrics.look(owner.shard)
        if owner.is_to_state(self._settings.state_every_s):
            await owner.state()

    def _tell_of_expired(self, shard: int, records: int) -> None:
        if records:
            self.metrics.expired(records)
            log.warning("records_expired", shard=shard, records=records, remedy="kvota import")

    async def _park(self, parked: Iterable[Envelope]) -> None:
        """Append what is set aside to the parked topic before the tick that passes over it."""
        sent: list[asyncio.Future[object]] = []
        for envelope in parked:
            sent.append(await self._producer.send(TOPIC, encode(envelope), key=(envelope.subject or "").encode()))
            log.warning("record_parked", subject=envelope.subject)
        await asyncio.gather(*sent)


def _starts(owner: ShardOwner, batches: Sequence[RecordBatch]) -> dict[str, int]:
    """Where each topic is read on, by topic; raises SkippedError unless it is where the last tick ended."""
    starts: dict[str, int] = {}
    for batch in batches:
        expected = owner.cells.positions.get(batch.tp.topic, 0)
        if starts.setdefault(batch.tp.topic, batch.first) != expected:
            raise SkippedError(batch.tp, expected, starts[batch.tp.topic])
    return starts
