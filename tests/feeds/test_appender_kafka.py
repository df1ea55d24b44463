"""The door to Kafka, with a real broker: all is there, where any other client would look for it."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from events.codec import decode
from events.envelope import CONTENT_TYPE
from services.feeds.appender import append, partition_of
from services.feeds.registry import read_files
from services.runtime.settings import KafkaSettings
from services.runtime.topics import DEVELOPMENT_PARTITIONS, ensure_topics, source_topics
from tests.feeds.samples import AMI_FILE, LOG_FILE, MOSCOW

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

PLACES = [
    TopicPartition(spec.name, number)
    for spec in source_topics()
    if spec.name in {"kvota.calls", "kvota.agents", "kvota.feeds", "kvota.parked"}
    for number in range(spec.partitions)
]


async def read_from(bootstrap: str, starts: dict[TopicPartition, int]) -> list[ConsumerRecord]:
    """Read every place from where it was to where it is."""
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False) as reader:
        reader.assign(PLACES)
        for place, start in starts.items():
            reader.seek(place, start)
        missing = sum((await reader.end_offsets(PLACES)).values()) - sum(starts.values())
        found: list[ConsumerRecord] = []
        while len(found) < missing:
            for records in (await reader.getmany(timeout_ms=500)).values():
                found += records
        return found


async def ends(bootstrap: str) -> dict[TopicPartition, int]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False) as reader:
        found: dict[TopicPartition, int] = await reader.end_offsets(PLACES)
        return found


async def test_the_captures_are_in_the_log_where_their_keys_belong(bootstrap: str) -> None:
    await ensure_topics(bootstrap, source_topics())
    starts = await ends(bootstrap)
    told = await append(
        KafkaSettings(bootstrap_servers=bootstrap), read_files("asterisk", [LOG_FILE, AMI_FILE], zone=MOSCOW)
    )
    found = await read_from(bootstrap, starts)
    assert told.by_topic == {"kvota.calls": 299, "kvota.agents": 458, "kvota.feeds": 2}
    assert len(found) == 759
    assert {tuple(record.headers) for record in found} == {(("content-type", CONTENT_TYPE.encode()),)}
    assert all(record.partition == partition_of(record.key or b"", DEVELOPMENT_PARTITIONS) for record in found)
    assert len({decode(record.value or b"").envelope.id for record in found}) == 759 - 267


async def test_a_key_goes_where_the_usual_partitioner_puts_it(bootstrap: str) -> None:
    await ensure_topics(bootstrap, source_topics())
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for key in ("pbx1-1795533132.0", "Müller", "Anna Ivanova", "x"):
            sent = await producer.send_and_wait("kvota.touches", b"{}", key=key.encode())
            assert sent.partition == partition_of(key.encode(), DEVELOPMENT_PARTITIONS)
