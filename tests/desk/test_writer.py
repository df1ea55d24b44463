"""What is appended when nobody knows what came of the first try. Real Kafka, but for the answer that is lost."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError

from events.codec import decode
from services.desk.log import DecisionLog
from services.runtime.decision_writer import Acknowledged, Connect, Producer, Writer
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from tests.desk.given import NORTH, formed
from tests.telling import decided

pytestmark = pytest.mark.kafka


class RealProducer:
    """A producer whose answers arrive, once it has lost some."""

    def __init__(self, kafka: KafkaSettings, *, lost: bool, lands: bool) -> None:
        self.sent = list[bytes]()
        self._real = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all", enable_idempotence=True)
        self._lost, self._lands = lost, lands

    async def start(self) -> None:
        await self._real.start()

    async def stop(self) -> None:
        await self._real.stop()

    async def send_and_wait(
        self, topic: str, value: bytes, key: bytes, partition: int, headers: list[tuple[str, bytes]]
    ) -> Acknowledged:
        self.sent.append(value)
        answer: Any = None
        if self._lands:
            answer = await self._real.send_and_wait(topic, value, key, partition, headers=headers)
        if self._lost:
            raise KafkaTimeoutError
        acknowledged: Acknowledged = answer
        return acknowledged


def losing_first(made: list[RealProducer], *, lands: bool) -> Connect:
    """Make producers; the answer to the first one's record is lost."""

    def connect(kafka: KafkaSettings) -> Producer:
        made.append(RealProducer(kafka, lost=not made, lands=lands or bool(made)))
        return made[-1]

    return connect


@asynccontextmanager
async def following(bootstrap: str, made: list[RealProducer], *, lands: bool) -> AsyncGenerator[DecisionLog]:
    await ensure_topics(bootstrap, source_topics(1))
    kafka = KafkaSettings(bootstrap_servers=bootstrap)
    async with DecisionLog(kafka, Writer(kafka, losing_first(made, lands=lands))) as log:
        task = asyncio.create_task(log.follow())
        await log.catch_up()
        yield log
        task.cancel()


@pytest.mark.parametrize("lands", [True, False])
async def test_a_record_in_doubt_is_appended_again_by_another_producer_until_it_is_read_back(
    own_bootstrap: str, *, lands: bool
) -> None:
    made: list[RealProducer] = []
    async with following(own_bootstrap, made, lands=lands) as log:
        before, head = log.fold.position, log.fold.head(f"unit/{NORTH}")
        record = decided(formed, f"unit/{NORTH}", head + 1)
        await log.append(decode(record))
        assert log.fold.head(f"unit/{NORTH}") == head + 1
        assert log.fold.position == before + (2 if lands else 1)
        assert [producer.sent for producer in made] == [[record], [record]]
