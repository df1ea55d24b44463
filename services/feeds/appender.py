"""The one door from feeds to Kafka: records in batches, acknowledged by all replicas, appended again when in doubt."""

import asyncio
from asyncio import Future
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from events.catalogue import CATALOGUE, NOUNS
from events.codec import encode
from events.envelope import CONTENT_TYPE, Envelope
from services.runtime.errors import ClearError
from services.runtime.settings import KafkaSettings

ROUND = 5_000
"""How many records are under way at once, and are appended again together."""
ATTEMPTS = 5
_BATCH_BYTES = 512 * 1024
_HEADERS = [("content-type", CONTENT_TYPE.encode())]
_PATIENCE_S = 30.0
"""How long a round may take before its outcome counts as unknown."""
_CLOSE_S = 5.0
_POSITIVE = 0x7FFFFFFF

_log = structlog.get_logger()


class AppendError(ClearError):
    """Records may be missing from the log; appending the same again is safe. The message is one line for a person."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What is certainly in the log now, by topic; a record appended twice counts once."""

    by_topic: Mapping[str, int]


class Batch(Protocol):
    """Records for one partition."""

    def append(
        self, *, timestamp: int | None, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> object | None:
        """Add a record; None when the batch is full."""


class Producer(Protocol):
    """What is used of aiokafka's producer."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Disconnect."""

    async def partitions_for(self, topic: str) -> set[int]:
        """Name the partitions of a topic."""

    def create_batch(self) -> Batch:
        """Make an empty batch."""

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> Future[object]:
        """Hand over a batch; the future is done when it is in the log."""


Connect = Callable[[KafkaSettings], Producer]
Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Record:
    topic: str
    key: bytes
    value: bytes


async def append(
    kafka: KafkaSettings,
    envelopes: Iterable[Envelope],
    *,
    connect: Connect | None = None,
    pause: Pause = asyncio.sleep,
) -> Appended:
    """Append records and return once all are in the log; raises AppendError when that cannot be made sure.

    A record whose outcome is unknown is appended again by a new producer: its id makes two of it one. The topics exist.
    """
    appender = _Appender(kafka, connect or _connect, pause)
    try:
        records = map(_record, envelopes)
        while batch := list(islice(records, ROUND)):
            await appender.append(batch)
    finally:
        await appender.close()
    return Appended(dict(appender.appended))


def partition_of(key: bytes, partitions: int) -> int:
    """Choose the partition of a key, as Kafka's own Java client does."""
    return (int(murmur2(key)) & _POSITIVE) % partitions


def key_of(envelope: Envelope) -> bytes:
    """Give a record's key: the source's own name for what it is about, which is known first and never changes."""
    return (envelope.subject or "").partition("/")[2].encode()


def topic_for(event_type: str) -> str:
    """Name the topic that events of a type ride on."""
    return NOUNS[CATALOGUE[event_type].noun].topic


def _record(envelope: Envelope) -> _Record:
    return _Record(topic_for(envelope.type), key_of(envelope), encode(envelope))


class _Appender:
    """Holds a producer for as long as it can be trusted."""

    def __init__(self, kafka: KafkaSettings, connect: Connect, pause: Pause) -> None:
        self.appended: Counter[str] = Counter()
        self._kafka, self._connect, self._pause = kafka, connect, pause
        self._producer: Producer | None = None

    async def append(self, records: Sequence[_Record]) -> None:
        """Append a round of records until all are acknowledged."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await self._try(records)
            except (KafkaError, TimeoutError) as error:
                await _log.awarning(
                    "append_in_doubt", records=len(records), attempt=attempt, error=type(error).__name__
                )
                await self.close()
                if attempt == ATTEMPTS:
                    reason = str(error) or "it did not answer in time"
                    message = f"Records may not be in the log of Kafka at {self._kafka.bootstrap_servers}: {reason}"
                    raise AppendError(message) from error
                await self._pause(0.25 * 2**attempt)
            else:
                self.appended.update(record.topic for record in records)
                return

    async def _try(self, records: Sequence[_Record]) -> None:
        if self._producer is None:
            self._producer = self._connect(self._kafka)
            await self._producer.start()
        producer, shares = self._producer, await self._shares(self._producer, records)
        await asyncio.gather(
            *(_send(producer, topic, partition, share) for (topic, partition), share in shares.items())
        )

    async def _shares(self, producer: Producer, records: Sequence[_Record]) -> Mapping[tuple[str, int], list[_Record]]:
        counts = {topic: len(await producer.partitions_for(topic)) for topic in {record.topic for record in records}}
        shares: dict[tuple[str, int], list[_Record]] = {}
        for record in records:
            place = record.topic, partition_of(record.key, counts[record.topic])
            shares.setdefault(place, []).append(record)
        return shares

    async def close(self) -> None:
        """Give the producer up, whatever state it is in."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _close(producer)


async def _send(producer: Producer, topic: str, partition: int, records: Sequence[_Record]) -> None:
    """Send a partition's records in order, a batch at a time."""
    left = list(reversed(records))
    while left:
        batch = producer.create_batch()
        while left and batch.append(timestamp=None, key=left[-1].key, value=left[-1].value, headers=_HEADERS):
            left.pop()
        await (await producer.send_batch(batch, topic, partition=partition))


def _connect(kafka: KafkaSettings) -> Producer:
    producer: Producer = AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers,
        client_id=kafka.client_id,
        acks="all",
        enable_idempotence=True,
        linger_ms=kafka.linger_ms,
        max_batch_size=_BATCH_BYTES,
    )
    return producer


async def _close(producer: Producer) -> None:
    """Stop a producer; one that waits for what can no longer be delivered is cut off."""
    try:
        async with asyncio.timeout(_CLOSE_S):
            await producer.stop()
    except TimeoutError:
        if isinstance(producer, AIOKafkaProducer):
            await producer._sender.close()  # noqa: SLF001  # aiokafka's stop() has no end while a batch cannot be delivered
            await producer.client.close()
