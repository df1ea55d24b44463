"""Many callers at one appender: they go together where they can, and each is told what became of its own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiokafka.errors import KafkaTimeoutError

from services.feeds import appender
from services.feeds.appender import ROUND, Appender, AppendError, Record, partition_of
from services.runtime.settings import KafkaSettings
from tests.feeds.test_appender import KAFKA, PARTITIONS, Broker, Producer, no_pause

TOPIC = "kvota.calls"


@dataclass
class FarBroker(Broker):
    """A broker that acknowledges only when it is told to."""

    def __post_init__(self) -> None:
        self.acknowledges = asyncio.Event()
        self.asked = asyncio.Event()
        self.batches = 0

    def connect(self, kafka: KafkaSettings) -> "FarProducer":
        assert kafka is KAFKA
        return FarProducer(self)


class FarProducer(Producer):
    """A producer of that broker."""

    async def send_batch(self, batch: appender.Batch, topic: str, *, partition: int) -> asyncio.Future[object]:
        assert isinstance(self.broker, FarBroker)
        self.broker.batches += 1
        self.broker.asked.set()
        await self.broker.acknowledges.wait()
        return await super().send_batch(batch, topic, partition=partition)


def record(number: int, key: str = "pbx1-1.7") -> Record:
    return Record(TOPIC, key.encode(), str(number).encode())


@asynccontextmanager
async def appending(broker: Broker, attempts: int = 2) -> AsyncGenerator[Appender]:
    async with Appender(KAFKA, attempts=attempts, connect=broker.connect, pause=no_pause) as opened:
        yield opened


async def test_what_comes_while_others_are_under_way_goes_together_and_in_order() -> None:
    broker = FarBroker()
    async with appending(broker) as opened, asyncio.TaskGroup() as callers:
        callers.create_task(opened.append([record(0)]))
        await broker.asked.wait()
        for number in range(1, 40):
            callers.create_task(opened.append([record(number)]))
        await asyncio.sleep(0)
        assert broker.batches == 1
        broker.acknowledges.set()
    assert broker.batches == 2
    place = partition_of(b"pbx1-1.7", PARTITIONS)
    assert broker.log == [(TOPIC, place, b"pbx1-1.7", str(number).encode()) for number in range(40)]
    assert broker.connected == 1


async def test_no_more_go_together_than_a_round() -> None:
    broker = Broker(errors=[KafkaTimeoutError()])
    thousand = [record(number) for number in range(1_000)]
    async with appending(broker, attempts=1) as opened:
        told = await asyncio.gather(*(opened.append(thousand) for _ in range(12)), return_exceptions=True)
    assert [type(each) for each in told] == [AppendError] * (ROUND // 1_000) + [type(None)] * (12 - ROUND // 1_000)


async def test_everybody_whose_records_are_in_doubt_is_told_so_and_whoever_comes_later_begins_anew() -> None:
    broker = Broker(errors=[KafkaTimeoutError()])
    async with appending(broker, attempts=1) as opened:
        told = await asyncio.gather(*(opened.append([record(number)]) for number in range(3)), return_exceptions=True)
        assert [type(each) for each in told] == [AppendError] * 3
        await opened.append([record(3)])
    assert broker.log[-1][-1] == b"3"
    assert broker.connected == broker.closed == 2


async def test_a_caller_that_goes_away_takes_nobody_elses_records_along() -> None:
    broker = FarBroker()
    async with appending(broker) as opened:
        callers = [asyncio.create_task(opened.append([record(number)])) for number in range(3)]
        await broker.asked.wait()
        callers[0].cancel()
        broker.acknowledges.set()
        told = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(each) for each in told] == [asyncio.CancelledError, type(None), type(None)]
    assert [value for *_, value in broker.log] == [b"0", b"1", b"2"]


async def test_what_nobody_waits_for_any_more_does_not_hold_up_the_end() -> None:
    broker = FarBroker()
    async with appending(broker) as opened:
        caller = asyncio.create_task(opened.append([record(0)]))
        await broker.asked.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
    assert (broker.log, broker.closed) == ([], 1)
