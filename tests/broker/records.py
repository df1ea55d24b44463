"""Looking at a broker from outside: its topics and its records."""
# pyright: basic
# aiokafka ships no types.

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


async def append(bootstrap: str, topic: str, value: bytes, timestamp_ms: int | None = None) -> int:
    """Append a record to the first partition of a topic and return its offset."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        appended = await producer.send_and_wait(topic, value, partition=0, timestamp_ms=timestamp_ms)
        return int(appended.offset)


async def read_first(bootstrap: str, topic: str) -> ConsumerRecord[bytes, bytes]:
    """Return the first record of the first partition of a topic."""
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        return await consumer.getone()


async def partitions_of(bootstrap: str, topics: Sequence[str]) -> dict[str, int]:
    """Return how many partitions each topic has, as the broker says."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        described = await admin.describe_topics(list(topics))
        return {topic["topic"]: len(topic["partitions"]) for topic in described}
    finally:
        await admin.close()
