"""How long after it was due to be appended a record shows in a tick that can be read, at a steady rate."""

import asyncio
import time
from bisect import bisect_left
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import quantiles
from typing import Any

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from events.codec import encode
from services.broker.broker import Broker
from services.feeds.appender import key_of, partition_of
from services.runtime.log import consumer
from services.runtime.shards import ticks_topic
from services.runtime.ticks import decode_tick
from services.runtime.topics import ensure_topics, source_topics
from tests.bench.projector.contender import BenchError, Task, running, spent
from tests.bench.projector.contenders import CALLS, HOME, Kvota
from tests.bench.projector.kafka import Watch, settings_for
from tests.bench.projector.workload import Size, told_on

_Slot = Sequence[Sequence[bytes]]
_SLOT_S = 0.005
_CATCHES_UP_WITHIN_S = 60.0


@dataclass(slots=True)
class _Account:
    """What was appended when it was due, and which ticks were read when."""

    due: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    """By partition, for each offset."""
    ticks: dict[int, list[tuple[int, float]]] = field(default_factory=dict[int, list[tuple[int, float]]])
    """By shard: read to which offset, and when that could be read."""
    acknowledged: list[float] = field(default_factory=list[float])
    """Seconds from when some were due until the broker had them: how far the appending itself is late."""

    def behind(self) -> bool:
        """Whether some records are in no tick yet."""
        return any(len(due) > self.ticks.get(shard, [(0, 0.0)])[-1][0] for shard, due in self.due.items())

    def latencies(self, since: float) -> list[float]:
        """Seconds from when each record was due until a tick that covers it was there."""
        found: list[float] = []
        for shard, due in self.due.items():
            ticks = self.ticks[shard]
            read_to = [offset for offset, _ in ticks]
            for offset, at in enumerate(due):
                if at >= since:
                    found.append(ticks[bisect_left(read_to, offset + 1)][1] - at)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What is appended, and how long ticks are."""

    per_s: int
    tick_ms: int
    seconds: float = 20.0
    left_out_s: float = 4.0
    """At the beginning, while the worker is still warming up."""


async def latency(size: Size, rate: Rate, folder: Path) -> dict[str, Any]:
    """Append at a steady rate to a log of its own, with one worker."""
    slots = list(_slots(size, rate))
    with Broker(home=HOME, data_dir=folder / "broker").running() as bootstrap:
        await ensure_topics(bootstrap, source_topics(size.partitions))
        async with Watch(bootstrap) as watch:
            task = Task(
                bootstrap=bootstrap,
                topic=CALLS,
                partitions=size.partitions,
                records=0,
                warm_records=0,
                run="latency",
                number=1,
                folder=folder / "run",
                watch=watch,
            )
            contender = Kvota(tick_ms=rate.tick_ms)
            await contender.prepare(task)
            async with running(contender, task) as process:
                return await _measured(task, psutil.Process(process.pid), slots, rate)


async def _measured(task: Task, worker: psutil.Process, slots: Sequence[_Slot], rate: Rate) -> dict[str, Any]:
    account = _Account()
    async with _read_ticks(task, account):
        before, _ = spent(worker)
        began = await _append(task, slots, account)
        took, (after, _) = time.monotonic() - began, spent(worker)
        try:
            async with asyncio.timeout(_CATCHES_UP_WITHIN_S):
                while account.behind():  # noqa: ASYNC110  # a look every few milliseconds is simplest
                    await asyncio.sleep(_SLOT_S)
        except TimeoutError:
            message = f"at {rate.per_s} a second the worker did not catch up"
            raise BenchError(message) from None
    found = account.latencies(began + rate.left_out_s)
    cuts = quantiles(found, n=100)
    appended = sum(map(len, account.due.values()))
    return {
        "tick_ms": rate.tick_ms,
        "per_s": round(appended / took),
        "p50_ms": round(cuts[49] * 1000, 1),
        "p99_ms": round(cuts[98] * 1000, 1),
        "append_p99_ms": round(quantiles(account.acknowledged, n=100)[98] * 1000, 1),
        "us_cpu_per_event": round((after - before) / appended * 1e6, 1),
        "records": len(found),
    }


def _slots(size: Size, rate: Rate) -> Iterable[list[list[bytes]]]:
    """For each moment, what is to be appended to each partition."""
    told = told_on(size, 1, int(rate.per_s * rate.seconds))
    for number in range(int(rate.seconds / _SLOT_S)):
        due = int((number + 1) * rate.per_s * _SLOT_S) - int(number * rate.per_s * _SLOT_S)
        slot: list[list[bytes]] = [[] for _ in range(size.partitions)]
        for each in islice(told, due):
            slot[partition_of(key_of(each.envelope.subject), size.partitions)].append(encode(each.envelope))
        yield slot


async def _append(task: Task, slots: Sequence[_Slot], account: _Account) -> float:
    """Append each slot when it is due, whether or not those before are acknowledged; tells when the first one was."""
    for partition in range(task.partitions):
        account.due[partition] = []
    async with AIOKafkaProducer(
        bootstrap_servers=task.bootstrap, acks="all", enable_idempotence=True, linger_ms=0
    ) as producer:
        sent: list[asyncio.Future[Any]] = []
        began = time.monotonic()
        for number, slot in enumerate(slots):
            due = began + number * _SLOT_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            for partition, values in enumerate(slot):
                account.due[partition] += [due] * len(values)
                sent += await _send(producer, partition, values)
                if values:
                    sent[-1].add_done_callback(partial(_acknowledge, account, due))
        await asyncio.gather(*sent)
    return began


def _acknowledge(account: _Account, due: float, _sent: object) -> None:
    account.acknowledged.append(time.monotonic() - due)


async def _send(producer: AIOKafkaProducer, partition: int, values: Sequence[bytes]) -> list[asyncio.Future[Any]]:
    sent: list[asyncio.Future[Any]] = []
    left = list(reversed(values))
    while left:
        batch = producer.create_batch()
        while left and batch.append(timestamp=None, key=None, value=left[-1]):
            left.pop()
        sent.append(await producer.send_batch(batch, CALLS, partition=partition))
    return sent


@asynccontextmanager
async def _read_ticks(task: Task, account: _Account) -> AsyncGenerator[None]:
    """Read the ticks for a block, as a wallboard does, from when every shard is open."""
    async with consumer(settings_for(task.bootstrap)) as reader:
        topic = ticks_topic(task.number)
        reader.assign([TopicPartition(topic, shard) for shard in range(task.partitions)])
        await reader.seek_to_beginning()
        opened = asyncio.Event()
        reading = asyncio.create_task(_note(reader, task.partitions, account, opened))
        try:
            await asyncio.wait_for(opened.wait(), _CATCHES_UP_WITHIN_S)
            yield
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading


async def _note(reader: AIOKafkaConsumer, shards: int, account: _Account, opened: asyncio.Event) -> None:
    async for record in reader:
        now = time.monotonic()
        ticks = account.ticks.setdefault(record.partition, [])
        read_to = decode_tick(record.value or b"").read_to.get(CALLS)
        ticks.append((ticks[-1][0] if read_to is None and ticks else read_to or 0, now))
        if len(account.ticks) == shards:
            opened.set()
