"""The log: connecting to it, and reading a partition as far as it goes now."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TypeAlias, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaConnectionError

from services.runtime.errors import NoBrokerError
from services.runtime.reader import Reader
from services.runtime.settings import KafkaSettings
from services.runtime.shards import Positions, Source
from services.runtime.topics import TICK_BYTES

Record: TypeAlias = ConsumerRecord
Client = TypeVar("Client", AIOKafkaConsumer, AIOKafkaProducer)
_POLL_MS = 500
_BRIEFLY_MS = 10
_BATCH_BYTES = 256 << 10


@asynccontextmanager
async def consumer(kafka: KafkaSettings, *, wait_ms: int = _POLL_MS) -> AsyncGenerator[AIOKafkaConsumer]:
    """A consumer that belongs to no group and commits nothing: its user says what it reads and from where.

    A fetch that finds nothing is answered after `wait_ms`; whoever goes from partition to partition waits for it.
    """
    client = Reader(
        bootstrap_servers=kafka.bootstrap_servers,
        client_id=kafka.client_id,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=wait_ms,
        max_partition_fetch_bytes=TICK_BYTES,
    )
    async with _connected(client, kafka) as connected:
        yield connected


@asynccontextmanager
async def producer(kafka: KafkaSettings) -> AsyncGenerator[AIOKafkaProducer]:
    """A producer whose acknowledgement means that the record is in the log, once, in the order of sending."""
    client = AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers,
        client_id=kafka.client_id,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=_BATCH_BYTES,
        max_request_size=TICK_BYTES,
    )
    async with _connected(client, kafka) as connected:
        yield connected


@asynccontextmanager
async def _connected(client: Client, kafka: KafkaSettings) -> AsyncGenerator[Client]:
    try:
        await client.start()
    except KafkaConnectionError:
        await client.stop()
        raise NoBrokerError(kafka.bootstrap_servers) from None
    except BaseException:
        await client.stop()
        raise
    try:
        yield client
    finally:
        await client.stop()


async def end_positions(kafka: KafkaSettings, sources: Iterable[Source]) -> dict[Source, int]:
    """Where each of these partitions ends now: the offset that its next record will have."""
    async with consumer(kafka) as reader:
        partitions = [TopicPartition(*source) for source in sources]
        reader.assign(partitions)
        ends = await reader.end_offsets(partitions)
    return {(partition.topic, partition.partition): end for partition, end in ends.items()}


async def after_last_records(kafka: KafkaSettings, positions: Positions) -> dict[Source, int]:
    """For each of these positions that the log has come to, the offset that follows on the last record before it.

    A transaction ends with an offset that no record has: whoever goes from record to record never comes past it.
    """
    async with consumer(kafka, wait_ms=_BRIEFLY_MS) as reader:
        return {source: await _after_last_record(reader, source, before) for source, before in positions.items()}


async def _after_last_record(reader: AIOKafkaConsumer, source: Source, before: int) -> int:
    partition, looked_at = TopicPartition(*source), 1
    reader.assign([partition])
    end = (await reader.end_offsets([partition]))[partition]
    first = (await reader.beginning_offsets([partition]))[partition]
    while first < before <= end:
        start = max(first, before - looked_at)
        offsets = [record.offset async for record in _read(reader, partition, start, before)]
        if offsets:
            return int(offsets[-1]) + 1
        if start == first:
            return 0
        looked_at *= 2
    return before


async def read_to_end(reader: AIOKafkaConsumer, partition: TopicPartition, start: int = 0) -> AsyncIterator[Record]:
    """The records of one partition from `start` to where it ends when asked; the reader then reads it alone."""
    reader.assign([partition])
    end = (await reader.end_offsets([partition]))[partition]
    first = (await reader.beginning_offsets([partition]))[partition]
    async for record in _read(reader, partition, max(start, first), end):
        yield record


async def _read(reader: AIOKafkaConsumer, partition: TopicPartition, start: int, end: int) -> AsyncIterator[Record]:
    reader.seek(partition, start)
    while await reader.position(partition) < end:
        for records in (await reader.getmany(partition, timeout_ms=_POLL_MS)).values():
            for record in records:
                if record.offset < end:
                    yield record
