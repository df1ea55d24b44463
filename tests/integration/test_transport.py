"""The batch transport against a real broker: what is read, where from, and what is committed."""

import asyncio
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.structs import TopicPartition
from faust.types import TP, StreamT

from services.projector.transport import (
    Agent,
    AgentEndedError,
    Batch,
    BatchApp,
    Fetching,
    Group,
    Owner,
    Pace,
    PositionLostError,
    RecordBatch,
    WorkerCrashedError,
    batch_app,
    gather,
    is_current,
    run_worker,
)

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(60)]

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
        async with AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=group.name) as consumer:
            consumer.assign(list(partitions))
            await consumer.commit(partitions)

    def commits_reach(self, group: Group, ends: Mapping[TP, int]) -> Callable[[], Awaitable[bool]]:
        async def reached() -> bool:
            return await self.committed(group) == ends

        return reached


@pytest.fixture
async def log(bootstrap: str) -> AsyncIterator[Log]:
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


# -- One worker


async def test_one_worker_reads_all_in_order_exactly_once_and_commits_to_the_end(log: Log) -> None:
    topic, group, ledger = await log.topic(4), a_group(), Ledger()
    await log.fill(topic, 4, 2_000)
    async with working(log, group, [topic], ledger.project, ledger) as worker:
        await until(ledger.has_counted(4_000))
        await log.fill(topic, 4, 500)
        await until(log.commits_reach(group, ends(topic, 4, 2_500)))
        await worker.end()
    assert ledger.counted == exactly(topic, 4, 0, 2_500)
    assert ledger.resumed == ledger.gone == [frozenset(ends(topic, 4, 0))]


async def test_the_last_acknowledgements_are_committed_when_the_worker_stops(log: Log) -> None:
    topic, ledger = await log.topic(1), Ledger()
    group = Group(name=a_group().name, commit_interval_s=3_600)
    await log.fill(topic, 1, 100)
    async with working(log, group, [topic], ledger.project, ledger):
        await until(ledger.has_counted(100))
    assert await log.committed(group) == ends(topic, 1, 100)


async def test_an_empty_topic_brings_no_batches_and_is_committed_at_its_beginning(log: Log) -> None:
    topic, group, ledger = await log.topic(2), a_group(), Ledger()
    async with working(log, group, [topic], ledger.project, ledger):
        await until(log.commits_reach(group, ends(topic, 2, 0)))
    assert ledger.counted == {}


async def test_records_of_a_megabyte_arrive_whole(log: Log) -> None:
    topic, group, ledger = await log.topic(1), a_group(), Ledger()
    sizes: list[int] = []

    async def project(batches: AsyncIterable[Batch]) -> None:
        async for gathered in gather(batches, PACE):
            for event in gathered:
                sizes.extend(len(record.value or b"") for record in event.value.records)
                event.ack()

    await log.append(topic, 0, [b"x" * 1_000_000] * 12)
    async with working(log, group, [topic], project, ledger):
        await until(log.commits_reach(group, ends(topic, 1, 12)))
    assert sizes == [1_000_000] * 12


async def test_what_is_not_acknowledged_holds_back_what_is_handed_over(log: Log) -> None:
    topic, ledger = await log.topic(1), Ledger()
    group = Group(name=a_group().name, commit_interval_s=0.1, max_poll_records=200)
    limit, largest_batch = 1_000_000, 200 * 1_000
    peaks: list[int] = []

    async def hold(batches: AsyncIterable[Batch]) -> None:
        held: list[Batch] = []
        async for event in batches:
            held.append(event)
            out = sum(map(size_of, held))
            if out >= limit or event.value.last == 19_999:
                peaks.append(out)
                while held:
                    held.pop().ack()

    await log.append(topic, 0, [b"x" * 1_000] * 20_000)
    fetching = Fetching(max_wait_ms=10, unacked_bytes=limit)
    async with working(log, group, [topic], hold, ledger, fetching):
        await until(log.commits_reach(group, ends(topic, 1, 20_000)))
    assert sum(peaks) == 20_000 * 1_000
    assert max(peaks) < limit + largest_batch


def size_of(event: Batch) -> int:
    return sum(len(record.value or b"") for record in event.value.records)


async def test_acknowledgements_may_come_in_any_order_and_partition(log: Log) -> None:
    topic, group, ledger = await log.topic(2), a_group(), Ledger()
    held: list[Batch] = []

    async def hold(batches: AsyncIterable[Batch]) -> None:
        async for event in batches:
            held.append(event)  # noqa: PERF401  the stream has no end

    async with working(log, group, [topic], hold, ledger):
        for count in range(1, 4):
            await log.append(topic, 0, [b"a"])
            await log.append(topic, 1, [b"b"])
            await until(lambda wanted=2 * count: len(held) == wanted)  # type: ignore[misc]
        first, second, *rest = [event for event in held if event.value.tp.partition == 1]
        for event in [*rest, second]:
            event.ack()
        for event in held:
            if event.value.tp.partition == 0:
                event.ack()
        await until(log.commits_reach(group, {TP(topic, 0): 3, TP(topic, 1): 0}))
        first.ack()
        await until(log.commits_reach(group, ends(topic, 2, 3)))


async def test_other_topics_arrive_record_by_record(log: Log) -> None:
    batched, single, group, ledger = await log.topic(1), await log.topic(1), a_group(), Ledger()
    values: list[bytes] = []
    app = batch_app(group, log.bootstrap, owner=ledger, fetching=QUICK)

    async def one_by_one(stream: StreamT[bytes]) -> None:
        async for value in stream:
            values.append(value)  # noqa: PERF401  the stream has no end

    app.read(batched, agent=ledger.project)
    app.agent(app.topic(single, value_type=bytes, value_serializer="raw"))(one_by_one)
    await log.fill(batched, 1, 50)
    await log.append(single, 0, [b"one", b"two"])
    stop = asyncio.Event()
    run = asyncio.create_task(run_worker(app, stop))
    await until(log.commits_reach(group, {TP(batched, 0): 50, TP(single, 0): 2}))
    stop.set()
    await run
    assert values == [b"one", b"two"]
    assert ledger.counted == exactly(batched, 1, 0, 50)
    assert ledger.resumed == [frozenset({TP(batched, 0)})]


async def test_the_fetch_settings_reach_the_broker_client(log: Log) -> None:
    topic, group, ledger = await log.topic(1), a_group(), Ledger()
    async with working(
        log, group, [topic], ledger.project, ledger, Fetching(min_bytes=4_321, max_wait_ms=17)
    ) as worker:
        await until(lambda: bool(ledger.resumed))
        fetcher = worker.app.consumer._thread._consumer._fetcher  # type: ignore[attr-defined]  # noqa: SLF001  no public way to ask
        assert (fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms) == (4_321, 17)  # noqa: SLF001


# -- Where a worker resumes


@pytest.mark.parametrize(("resume", "committed"), [(40, 90), (90, 40), (100, 40), (0, 100)])
async def test_a_worker_resumes_where_its_owner_says_and_the_commit_follows(
    log: Log, resume: int, committed: int
) -> None:
    topic, group, ledger = await log.topic(1), a_group(), Ledger()
    await log.fill(topic, 1, 100)
    await log.commit(group, ends(topic, 1, committed))
    ledger.next = ends(topic, 1, resume)
    async with working(log, group, [topic], ledger.project, ledger):
        await until(ledger.has_counted(100 - resume))
        await until(log.commits_reach(group, ends(topic, 1, 100)))
    assert ledger.counted.get(TP(topic, 0), []) == list(range(resume, 100))


async def test_partitions_that_the_owner_leaves_out_start_where_they_were_committed_or_at_the_beginning(
    log: Log,
) -> None:
    topic, group, ledger = await log.topic(2), a_group(), Ledger()
    await log.fill(topic, 2, 100)
    await log.commit(group, {TP(topic, 1): 60})
    async with working(log, group, [topic], ledger.project, ledger):
        await until(log.commits_reach(group, ends(topic, 2, 100)))
    assert ledger.counted == {TP(topic, 0): list(range(100)), TP(topic, 1): list(range(60, 100))}


async def test_nothing_is_read_while_the_owner_still_loads(log: Log) -> None:
    topic, group, loaded = await log.topic(1), a_group(), asyncio.Event()

    class Loading(Ledger):
        async def resume(self, partitions: frozenset[TP]) -> Mapping[TP, int]:
            await super().resume(partitions)
            await loaded.wait()
            return ends(topic, 1, 5)

    ledger = Loading()
    await log.fill(topic, 1, 10)
    async with working(log, group, [topic], ledger.project, ledger):
        await until(lambda: bool(ledger.resumed))
        await log.fill(topic, 1, 10)
        assert ledger.counted == {}
        loaded.set()
        await until(ledger.has_counted(15))
    assert ledger.counted == {TP(topic, 0): list(range(5, 20))}


async def test_a_position_that_the_log_does_not_hold_ends_the_worker(log: Log) -> None:
    topic, group, ledger = await log.topic(1), a_group(), Ledger(next={})
    ledger.next = ends(topic, 1, 7)
    with pytest.raises(WorkerCrashedError) as crash:
        async with working(log, group, [topic], ledger.project, ledger) as worker:
            await asyncio.wait({worker.run})
    assert isinstance(crash.value.__cause__, PositionLostError)


# -- Rebalances


async def test_workers_that_come_and_go_under_load_read_everything(log: Log) -> None:
    topic, group, ledger = await log.topic(4), a_group(), Ledger()
    rounds = 120

    async def load() -> None:
        for _ in range(rounds):
            await log.fill(topic, 4, 10)

    def join() -> AbstractAsyncContextManager[Worker]:
        return working(log, group, [topic], ledger.project, ledger)

    loading = asyncio.create_task(load())
    async with join():
        await until(ledger.has_counted(40))
        async with join(), join():
            await until(lambda: len(ledger.resumed) >= 3)
            await until(ledger.has_counted(1_000))
        async with join():
            await loading
            await until(log.commits_reach(group, ends(topic, 4, 10 * rounds)))
    assert {tp: sorted(set(offsets)) for tp, offsets in ledger.counted.items()} == exactly(topic, 4, 0, 10 * rounds)


async def test_a_partition_number_of_all_equal_topics_goes_to_one_worker(log: Log) -> None:
    group, one, two = a_group(), Ledger(), Ledger()
    equal = [await log.topic(5, name) for name in ("calls", "agents", "touches", "feeds")]
    topics = [*equal, await log.topic(1, "decisions")]
    async with (
        working(log, group, topics, one.project, one),
        working(log, group, topics, two.project, two),
    ):
        await until(lambda: bool(one.resumed and two.resumed) and len(one.resumed[-1] | two.resumed[-1]) == 21)
        await until(lambda: not one.resumed[-1] & two.resumed[-1])
    for held in (one.resumed[-1], two.resumed[-1]):
        numbers = {frozenset(tp.partition for tp in held if tp.topic == topic) for topic in equal}
        assert len(numbers) == 1


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


async def test_a_batch_in_hand_when_its_partition_goes_is_stale_and_is_read_again(log: Log) -> None:
    topic, group = await log.topic(2), a_group()
    holding = Holding()
    await log.fill(topic, 2, 100)
    async with working(log, group, [topic], holding.project, holding):
        await until(lambda: bool(holding.held))
        stale = holding.held[0]
        assert is_current(stale)
        other = Ledger(counted=holding.counted, next=holding.next)
        async with working(log, group, [topic], other.project, other):
            await until(lambda: bool(holding.gone) and len(holding.resumed) >= 2)
            assert not is_current(stale)
            stale.ack()
            holding.go_on.set()
            await until(log.commits_reach(group, ends(topic, 2, 100)))
    assert holding.counted == exactly(topic, 2, 0, 100)


async def test_the_owner_can_finish_and_acknowledge_while_the_partitions_go(log: Log) -> None:
    topic, group = await log.topic(1), Group(name=a_group().name, commit_interval_s=3_600)

    class Finishing(Holding):
        async def revoked(self, partitions: frozenset[TP]) -> None:
            await super().revoked(partitions)
            assert not is_current(self.held[0])
            self.held[0].ack()

    ledger = Finishing()
    await log.fill(topic, 1, 100)
    async with working(log, group, [topic], ledger.project, ledger):
        await until(lambda: bool(ledger.held))
    assert await log.committed(group) == {TP(topic, 0): ledger.held[0].value.last + 1}


async def test_an_owner_that_does_not_finish_does_not_keep_the_partitions(log: Log) -> None:
    topic, group = await log.topic(1), a_group()

    class Stuck(Ledger):
        async def revoked(self, partitions: frozenset[TP]) -> None:
            await super().revoked(partitions)
            await asyncio.Event().wait()

    ledger = Stuck()
    async with working(log, group, [topic], ledger.project, ledger, Fetching(release_timeout_s=0.1)) as worker:
        await until(lambda: bool(ledger.resumed))
        await asyncio.wait_for(worker.end(), timeout=5)
    assert len(ledger.gone) == 1


async def test_commits_go_on_after_a_restart_with_batches_that_were_never_acknowledged(log: Log) -> None:
    topic, group = await log.topic(2), a_group()
    holding = Holding()
    await log.fill(topic, 2, 100)
    async with working(log, group, [topic], holding.project, holding):
        await until(lambda: bool(holding.held))
    ledger = Ledger()
    async with working(log, group, [topic], ledger.project, ledger):
        await until(log.commits_reach(group, ends(topic, 2, 100)))
        await log.fill(topic, 2, 100)
        await until(log.commits_reach(group, ends(topic, 2, 200)))
    assert ledger.counted == exactly(topic, 2, 0, 200)


async def test_a_named_worker_that_restarts_moves_no_partition_of_the_others(log: Log) -> None:
    topic, name = await log.topic(4), a_group().name
    one, two = (Group(name=name, instance=instance, commit_interval_s=0.1) for instance in ("one", "two"))
    ledger, other = Ledger(), Ledger()
    async with working(log, two, [topic], other.project, other):
        async with working(log, one, [topic], ledger.project, ledger):
            await until(lambda: bool(other.resumed and ledger.resumed))
            await until(lambda: len(ledger.resumed[-1]) == len(other.resumed[-1]) == 2)
        held = other.resumed[-1]
        async with working(log, one, [topic], ledger.project, ledger):
            await log.fill(topic, 4, 100)
            await until(log.commits_reach(one, ends(topic, 4, 100)))
        assert other.resumed[-1] == held
    assert ledger.counted | other.counted == exactly(topic, 4, 0, 100)


# -- Crashes


async def test_an_agent_that_raises_ends_the_worker_and_is_not_restarted(log: Log) -> None:
    topic, group, ledger = await log.topic(1), a_group(), Ledger()
    starts: list[None] = []

    async def broken(batches: AsyncIterable[Batch]) -> None:
        starts.append(None)
        async for _ in gather(batches, PACE):
            if ledger.resumed:
                raise ZeroDivisionError

    with pytest.raises(WorkerCrashedError) as crash:
        async with working(log, group, [topic], broken, ledger) as worker:
            await asyncio.wait({worker.run})
    assert isinstance(crash.value.__cause__, ZeroDivisionError)
    assert len(starts) == 1
    assert ledger.gone == []


async def test_an_agent_that_returns_ends_the_worker(log: Log) -> None:
    topic, group, ledger = await log.topic(1), a_group(), Ledger()

    async def done(_batches: AsyncIterable[Batch]) -> None:
        """Reads nothing."""

    with pytest.raises(WorkerCrashedError) as crash:
        async with working(log, group, [topic], done, ledger) as worker:
            await asyncio.wait({worker.run})
    assert isinstance(crash.value.__cause__, AgentEndedError)


class Failing(Ledger):
    async def revoked(self, partitions: frozenset[TP]) -> None:
        raise ZeroDivisionError(len(partitions))


class FailingAtOnce(Ledger):
    async def resume(self, partitions: frozenset[TP]) -> Mapping[TP, int]:
        raise ZeroDivisionError(len(partitions))


async def test_an_owner_that_cannot_resume_ends_the_worker(log: Log) -> None:
    topic, group, ledger = await log.topic(1), a_group(), FailingAtOnce()
    with pytest.raises(WorkerCrashedError) as crash:
        async with working(log, group, [topic], ledger.project, ledger) as worker:
            await asyncio.wait({worker.run})
    assert isinstance(crash.value.__cause__, ZeroDivisionError)


async def test_an_owner_that_fails_to_let_go_ends_the_worker_with_an_error(log: Log) -> None:
    topic, group, ledger = await log.topic(1), a_group(), Failing()
    worker = working(log, group, [topic], ledger.project, ledger)
    await worker.__aenter__()
    await until(lambda: bool(ledger.resumed))
    with pytest.raises(WorkerCrashedError) as crash:
        await worker.__aexit__(None, None, None)
    assert isinstance(crash.value.__cause__, ZeroDivisionError)


CRASHING = """
import asyncio, sys
from services.projector.transport import Group, batch_app, run_worker

async def broken(batches):
    async for _ in batches:
        raise ZeroDivisionError

async def main(bootstrap, topic):
    app = batch_app(Group(name=topic), bootstrap)
    app.read(topic, agent=broken)
    await run_worker(app, asyncio.Event())

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_process_whose_agent_raises_exits_with_an_error(log: Log) -> None:
    topic = await log.topic(1)
    await log.fill(topic, 1, 1)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CRASHING,
        log.bootstrap,
        topic,
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), timeout=30)
    assert process.returncode == 1
    assert b"WorkerCrashedError: ZeroDivisionError()" in errors
