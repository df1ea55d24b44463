"""Workers of the batch transport in this loop, and a broker's topics for them: what its tests share."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.structs import TopicPartition
from faust.types import TP

from services.projector.transport import (
    Agent,
    Batch,
    BatchApp,
    Fetching,
    Group,
    Owner,
    Pace,
    RecordBatch,
    batch_app,
    gather,
    is_current,
    run_worker,
)

PACE = Pace(within_s=0.02, records=5_000, idle_s=0.1)
QUICK = Fetching(max_wait_ms=10, release_timeout_s=2.0)


async def until(what: Callable[[], bool | Awaitable[bool]], *, within_s: float = 30.0) -> None:
    """Ask again until it is so; fail when it takes too long."""
    async with asyncio.timeout(within_s):
        while not (answer if isinstance(answer := what(), bool) else await answer):  # noqa: ASYNC110  a broker's doing
            await asyncio.sleep(0.02)


@dataclass
class Log:
    """A broker with topics of our own."""

    bootstrap: str
    admin: AIOKafkaAdminClient
    producer: AIOKafkaProducer

    async def has_groups(self) -> bool:
        try:
            await self.admin.find_coordinator("any")
        except GroupCoordinatorNotAvailableError:  # so it is for a second after the broker's first start
            return False
        return True

    async def topic(self, partitions: int, name: str = "topic") -> str:
        topic = f"{name}-{uuid4().hex[:8]}"
        await self.admin.create_topics([NewTopic(topic, partitions, 1)])
        return topic

    async def append(self, topic: str, partition: int, values: Sequence[bytes]) -> None:
        await asyncio.gather(*[await self.producer.send(topic, value, partition=partition) for value in values])

    async def fill(self, topic: str, partitions: int, count: int) -> None:
        for partition in range(partitions):
            await self.append(topic, partition, [b"%d" % number for number in range(count)])

    async def committed(self, group: Group) -> dict[TP, int]:
        offsets = await self.admin.list_consumer_group_offsets(group.name)
        return {TP(tp.topic, tp.partition): at.offset for tp, at in offsets.items() if at.offset >= 0}

    async def commit(self, group: Group, offsets: Mapping[TP, int]) -> None:
        partitions = {TopicPartition(*tp): offset for tp, offset in offsets.items()}
        async with AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            group_id=group.name,
            enable_auto_commit=False,  # or it commits once more as it closes: where it would have read, the end
        ) as consumer:
            consumer.assign(list(partitions))
            await consumer.commit(partitions)

    def commits_reach(self, group: Group, ends: Mapping[TP, int]) -> Callable[[], Awaitable[bool]]:
        async def reached() -> bool:
            return await self.committed(group) == ends

        return reached


@asynccontextmanager
async def logging_to(bootstrap: str) -> AsyncGenerator[Log]:
    """Have a broker's topics for a block."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=2)
    await admin.start()
    await producer.start()
    own = Log(bootstrap, admin, producer)
    await until(own.has_groups)
    yield own
    await producer.stop()
    await admin.close()


def a_group() -> Group:
    return Group(name=f"group-{uuid4().hex[:8]}", commit_interval_s=0.1)


@dataclass
class Ledger:
    """What was processed, and up to where: the truth that outlives workers."""

    counted: dict[TP, list[int]] = field(default_factory=lambda: defaultdict(list))
    resumed: list[frozenset[TP]] = field(default_factory=list)
    gone: list[frozenset[TP]] = field(default_factory=list)
    next: dict[TP, int] = field(default_factory=dict)

    async def resume(self, partitions: frozenset[TP]) -> Mapping[TP, int]:
        self.resumed.append(partitions)
        return {tp: self.next[tp] for tp in partitions & self.next.keys()}

    async def revoked(self, partitions: frozenset[TP]) -> None:
        self.gone.append(partitions)

    async def project(self, batches: AsyncIterable[Batch]) -> None:
        async for gathered in gather(batches, PACE):
            for event in gathered:
                self.count(event.value)
                event.ack()

    def count(self, batch: RecordBatch) -> None:
        self.counted[batch.tp].extend(record.offset for record in batch.records)
        self.next[batch.tp] = batch.last + 1

    def has_counted(self, total: int) -> Callable[[], bool]:
        return lambda: sum(map(len, self.counted.values())) >= total


@dataclass
class Worker:
    """A worker that runs in this loop."""

    app: BatchApp
    stop: asyncio.Event
    run: asyncio.Task[None]

    async def end(self) -> None:
        self.stop.set()
        await self.run


@asynccontextmanager
async def working(  # noqa: PLR0913, PLR0917  a worker is just these
    log: Log, group: Group, topics: Sequence[str], agent: Agent, owner: Owner | None, fetching: Fetching = QUICK
) -> AsyncGenerator[Worker]:
    app = batch_app(group, log.bootstrap, owner=owner, fetching=fetching)
    app.read(*topics, agent=agent)
    stop = asyncio.Event()
    worker = Worker(app, stop, asyncio.create_task(run_worker(app, stop)))
    try:
        yield worker
    finally:
        stop.set()
        await asyncio.wait({worker.run})
    worker.run.result()


def ends(topic: str, partitions: int, end: int) -> dict[TP, int]:
    return {TP(topic, partition): end for partition in range(partitions)}


def exactly(topic: str, partitions: int, start: int, end: int) -> dict[TP, list[int]]:
    return {TP(topic, partition): list(range(start, end)) for partition in range(partitions)}


@dataclass
class Holding(Ledger):
    """Holds batches without acknowledging them until it is told to go on."""

    held: list[Batch] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def project(self, batches: AsyncIterable[Batch]) -> None:
        async for event in batches:
            self.held.append(event)
            await self.go_on.wait()
            if is_current(event):
                self.count(event.value)
            event.ack()
