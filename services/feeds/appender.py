"""The one door from feeds to Kafka: records in batches, acknowledged by all replicas, appended again when in doubt."""

import asyncio
from asyncio import Future, Task
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, Self

import msgspec
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from murmurhash2 import murmurhash2

from events.catalogue import CATALOGUE, NOUNS
from events.codec import encode
from events.envelope import CONTENT_TYPE, Envelope
from services.feeds.callers.heard import Callers
from services.runtime.errors import ClearError
from services.runtime.settings import KafkaSettings

ROUND = 5_000
"""How many records are under way at once, and are appended again together."""
ATTEMPTS = 5
_BATCH_BYTES = 512 * 1024
HEADERS = [("content-type", CONTENT_TYPE.encode())]
_PATIENCE_S = 30.0
"""How long a round may take before its outcome counts as unknown."""
_CLOSE_S = 5.0
_SEED = 0x9747B28C
"""What Kafka's clients begin the hash of a key with."""
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


class Record(msgspec.Struct, frozen=True, gc=False):
    """A record for the log, and where it goes."""

    topic: str
    key: bytes
    value: bytes


async def append(
    kafka: KafkaSettings,
    envelopes: Iterable[Envelope],
    *,
    callers: Callers | None = None,
    connect: Connect | None = None,
    pause: Pause = asyncio.sleep,
) -> Appended:
    """Append records and return once all are in the log; raises AppendError when that cannot be made sure.

    `callers` says who the calls are with, where their numbers are heard.
    A record whose outcome is unknown is appended again by a new producer: its id makes two of it one. The topics exist.
    """
    appended: Counter[str] = Counter()
    left = iter(envelopes)
    async with Appender(kafka, connect=connect, pause=pause) as appender:
        while facts := list(islice(left, ROUND)):
            batch = [record_of(fact) for fact in (facts if callers is None else await callers.identify(facts))]
            await appender.append(batch)
            appended.update(record.topic for record in batch)
    return Appended(dict(appended))


def partition_of(key: bytes, partitions: int) -> int:
    """Choose the partition of a key, as Kafka's own Java client does."""
    return (murmurhash2(key, _SEED) & _POSITIVE) % partitions


def key_of(subject: str | None) -> bytes:
    """Give a record's key: the source's own name for what it is about, which is known first and never changes."""
    return (subject or "").partition("/")[2].encode()


def topic_for(event_type: str) -> str:
    """Name the topic that events of a type ride on."""
    return NOUNS[CATALOGUE[event_type].noun].topic


def record_of(envelope: Envelope, raw: bytes | None = None) -> Record:
    """Make the record of an event; `raw` is its JSON where that is at hand."""
    return Record(topic_for(envelope.type), key_of(envelope.subject), encode(envelope) if raw is None else raw)


@dataclass(frozen=True, slots=True)
class _Lot:
    """Records that are appended together, whoever they are of."""

    records: list[Record]
    appended: Task[None]


class Appender:
    """A door that is held open: one producer for as long as it can be trusted, for one caller or many at a time.

    What callers bring while others' records are under way goes together then: a lot costs a producer as much, however
    small it is.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        *,
        attempts: int = ATTEMPTS,
        patience_s: float = _PATIENCE_S,
        connect: Connect | None = None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """Connect when first asked to append; an attempt takes `patience_s` at most."""
        self._kafka, self._connect, self._pause = kafka, connect or _connect, pause
        self._attempts, self._patience_s = attempts, patience_s
        self._producer: Producer | None = None
        self._turn = asyncio.Lock()
        self._gathering: _Lot | None = None
        """What waits for its turn; None: whoever comes begins."""
        self._under_way = set[Task[None]]()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        for lot in self._under_way:  # only those whose callers were all cancelled
            lot.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._producer is not None:
            await self._give_up(self._producer)

    async def append(self, records: Sequence[Record]) -> None:
        """Append records and return once all are acknowledged; raises AppendError when that cannot be made sure."""
        lot = self._gathering
        if lot is None or len(lot.records) >= ROUND:
            lot = self._gathering = self._lot()
        lot.records.extend(records)
        await asyncio.shield(lot.appended)

    def _lot(self) -> _Lot:
        records = list[Record]()
        lot = _Lot(records, asyncio.create_task(self._append_lot(records)))
        self._under_way.add(lot.appended)
        lot.appended.add_done_callback(self._under_way.discard)
        return lot

    async def _append_lot(self, records: list[Record]) -> None:
        async with self._turn:
            if self._gathering is not None and self._gathering.records is records:
                self._gathering = None
            await self._surely(records)

    async def _surely(self, records: Sequence[Record]) -> None:
        for attempt in range(1, self._attempts + 1):
            try:
                async with asyncio.timeout(self._patience_s):
                    await self._try(records)
            except (KafkaError, TimeoutError) as error:
                await _log.awarning(
                    "append_in_doubt", records=len(records), attempt=attempt, error=type(error).__name__
                )
                if attempt == self._attempts:
                    reason = str(error) or "it did not answer in time"
                    message = f"Records may not be in the log of Kafka at {self._kafka.bootstrap_servers}: {reason}"
                    raise AppendError(message) from error
                await self._pause(0.25 * 2**attempt)
            else:
                return

    async def _try(self, records: Sequence[Record]) -> None:
        producer = await self._open()
        try:
            shares = await _shares(producer, records)
            await asyncio.gather(
                *(_send(producer, topic, partition, share) for (topic, partition), share in shares.items())
            )
        except (KafkaError, asyncio.CancelledError):  # a cancelled one is in doubt as much
            await asyncio.shield(self._give_up(producer))
            raise

    async def _open(self) -> Producer:
        if self._producer is None:
            producer = self._connect(self._kafka)
            try:
                await producer.start()
            except BaseException:
                await asyncio.shield(_close(producer))
                raise
            self._producer = producer
        return self._producer

    async def _give_up(self, producer: Producer) -> None:
        """Part with a producer, whatever state it is in; the next to be used is another."""
        self._producer = None
        await _close(producer)


async def _shares(producer: Producer, records: Sequence[Record]) -> Mapping[tuple[str, int], list[Record]]:
    counts = {topic: len(await producer.partitions_for(topic)) for topic in {record.topic for record in records}}
    shares: dict[tuple[str, int], list[Record]] = defaultdict(list)
    for record in records:
        shares[record.topic, partition_of(record.key, counts[record.topic])].append(record)
    return shares


async def _send(producer: Producer, topic: str, partition: int, records: Sequence[Record]) -> None:
    """Send a partition's records in order, a batch at a time."""
    left = list(reversed(records))
    while left:
        batch = producer.create_batch()
        while left and batch.append(timestamp=None, key=left[-1].key, value=left[-1].value, headers=HEADERS):
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
