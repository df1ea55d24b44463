"""The batch transport against a real broker: what is read, where from, and what is committed."""

import asyncio
from collections.abc import AsyncIterable, Mapping

import pytest
from aiokafka import AIOKafkaProducer
from faust.types import TP, StreamT

from services.projector.transport import (
    Batch,
    Fetching,
    Group,
    PositionLostError,
    RecordBatch,
    WorkerCrashedError,
    batch_app,
    gather,
    run_worker,
)
from tests.projector.groups import (
    PACE,
    QUICK,
    Ledger,
    Log,
    a_group,
    ends,
    exactly,
    until,
    working,
)

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(60)]


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


async def test_the_gaps_that_transactions_leave_are_read_over(log: Log) -> None:
    topic, group, ledger = await log.topic(1), a_group(), Ledger()
    batches: list[RecordBatch] = []

    async def project(gathered: AsyncIterable[Batch]) -> None:
        async for event in gathered:
            batches.append(event.value)
            ledger.count(event.value)
            event.ack()

    transactions = AIOKafkaProducer(bootstrap_servers=log.bootstrap, transactional_id=topic)
    await transactions.start()
    async with working(log, group, [topic], project, ledger):
        for _ in range(30):
            async with transactions.transaction():  # its end takes an offset of its own
                for value in (b"a", b"b", b"c"):
                    await transactions.send(topic, value, partition=0)
        await until(log.commits_reach(group, ends(topic, 1, 4 * 30 - 1)))
    await transactions.stop()
    assert ledger.counted == {TP(topic, 0): [offset for offset in range(4 * 30) if offset % 4 != 3]}
    assert [batch.first for batch in batches] == [0, *(batch.last + 1 for batch in batches[:-1])]


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
