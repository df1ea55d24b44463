"""Who waits at the one reader of live cells hears of what came, and of what will not come."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer

from services.runtime.cells_reader import NotReadError
from services.runtime.log import end_positions
from services.runtime.shards import Source
from tests.projector.agreement import caught_up, recomputed
from tests.projector.groups import until
from tests.projector.workers import SHARDS, append_to, following, make_topics, settings_for, values_in, working
from tests.telling import CALLS, answered, raw

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

FAR = 10**6


@pytest.fixture
async def bootstrap(fresh_bootstrap: str) -> str:
    """Give each test a log of its own."""
    await make_topics(fresh_bootstrap)
    return fresh_bootstrap


async def test_who_waits_for_ticks_of_a_shard_that_is_dropped_hears_of_it_at_once(bootstrap: str) -> None:
    async with following(bootstrap) as reader:
        dropped, kept = (asyncio.create_task(reader.reached(shard, FAR)) for shard in (0, 1))
        await reader.moved()
        await reader.drop([0])
        with pytest.raises(NotReadError, match="shard 0 is not read here"):
            await asyncio.wait_for(dropped, 5)
        await reader.moved()
        assert not kept.done()
        await reader.drop([1, 2])  # the last: nobody looks for ticks any more
        with pytest.raises(NotReadError, match="shard 1 is not read here"):
            await asyncio.wait_for(kept, 5)
        with pytest.raises(NotReadError):
            await asyncio.wait_for(reader.reached(2, 0), 5)


async def transact(bootstrap: str, source: Source, *values: bytes, aborted: int = 0) -> None:
    """Append values in a transaction, after some transactions that come to nothing."""
    topic, partition = source
    writer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id="tests")
    await writer.start()
    for _ in range(aborted):
        await writer.begin_transaction()
        await writer.send_and_wait(topic, values[0], partition=partition)
        await writer.abort_transaction()
    async with writer.transaction():
        for value in values:
            await writer.send_and_wait(topic, value, partition=partition)
    await writer.stop()


async def test_a_topic_that_ends_with_the_end_of_a_transaction_can_be_caught_up_with(bootstrap: str) -> None:
    source = (CALLS, 0)
    calls = [raw(answered(talk=60), number) for number in range(4)]
    await transact(bootstrap, source, *calls[:3])

    async def has_ended() -> bool:
        return (await end_positions(settings_for(bootstrap), [source]))[source] > len(calls[:3])

    await until(has_ended)
    assert len(await values_in(bootstrap, source)) == len(calls[:3])
    async with working(bootstrap) as worker:
        assert await caught_up(bootstrap) == await recomputed(bootstrap)
        await transact(bootstrap, source, calls[3], aborted=1)
        assert await caught_up(bootstrap) == await recomputed(bootstrap)
        assert await worker.stop() == 0


async def test_what_is_not_in_the_log_yet_is_waited_for(bootstrap: str) -> None:
    source = (CALLS, 1)
    async with working(bootstrap), following(bootstrap) as reader:
        waiting = asyncio.create_task(reader.caught_up({source: 2}))
        await append_to(bootstrap, [(source, raw(answered(), 1))])
        await asyncio.wait_for(reader.caught_up(await end_positions(settings_for(bootstrap), SHARDS.all_sources)), 60)
        assert not waiting.done()
        await append_to(bootstrap, [(source, raw(answered(), 2))])
        await asyncio.wait_for(waiting, 60)
        assert reader.positions()[source] == 2
