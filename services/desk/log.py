"""The log as the desk has it: its own tail folded in memory, and one way to append."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Protocol, Self, TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from events.codec import encode
from events.envelope import CONTENT_TYPE, Envelope
from services.desk.fold import Fold
from services.runtime.log import consumer
from services.runtime.settings import KafkaSettings
from services.runtime.shards import DECISIONS

PARTITION = TopicPartition(DECISIONS, 0)
_HEADERS = [("content-type", CONTENT_TYPE.encode())]
_TRY_S = 5.0
"""How long an append may take before its outcome counts as unknown."""
_PAUSE_S = 0.2
_CLOSE_S = 5.0
_POLL_MS = 200

_log = structlog.get_logger()


class Acknowledged(Protocol):
    """What a broker answers to a record."""

    offset: int


class Producer(Protocol):
    """What is used of aiokafka's producer."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Disconnect."""

    async def send_and_wait(
        self, topic: str, value: bytes, key: bytes, partition: int, headers: list[tuple[str, bytes]]
    ) -> Acknowledged:
        """Append a record; its place in the log."""


Connect = Callable[[KafkaSettings], Producer]
_Consumer: TypeAlias = AIOKafkaConsumer


class Writer:
    """Appends decisions. What has an unknown outcome is appended again, by a new producer, until it is acknowledged."""

    def __init__(self, kafka: KafkaSettings, connect: Connect | None = None) -> None:
        """Connect when there is something to append."""
        self._kafka, self._connect = kafka, connect or _connect
        self._producer: Producer | None = None
        self._connecting = asyncio.Lock()
        self._closing = set[asyncio.Task[None]]()

    async def append(self, envelope: Envelope) -> int:
        """Append one record, once or more often; the offset of the one that was acknowledged, -1 when not told.

        Runs until it succeeds or is cancelled; cancelled, the record may be in the log or come into it.
        """
        key, value = (envelope.stream or "").encode(), encode(envelope)
        while True:
            producer = self._producer
            try:
                async with asyncio.timeout(_TRY_S):
                    producer = await self._connected()
                    sent = await producer.send_and_wait(DECISIONS, value, key=key, partition=0, headers=_HEADERS)
            except MessageSizeTooLargeError:  # the one that says for certain that nothing was appended
                raise
            except (KafkaError, TimeoutError) as error:
                _log.warning("append_in_doubt", stream=envelope.stream, error=type(error).__name__)
                self._give_up(producer)
                await asyncio.sleep(_PAUSE_S)
            else:
                return sent.offset

    async def _connected(self) -> Producer:
        async with self._connecting:
            if self._producer is None:
                producer = self._connect(self._kafka)
                try:
                    await producer.start()
                except BaseException:
                    self._close_aside(producer)
                    raise
                self._producer = producer
            return self._producer

    def _give_up(self, producer: Producer | None) -> None:
        """Let go of a producer; whoever else waits for it appends again as well, which does no harm."""
        if producer is not None and producer is self._producer:
            self._producer = None
            self._close_aside(producer)

    def _close_aside(self, producer: Producer) -> None:
        task = asyncio.create_task(_close(producer))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Disconnect."""
        self._give_up(self._producer)
        await asyncio.gather(*self._closing)


def _connect(kafka: KafkaSettings) -> Producer:
    producer: Producer = AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers,
        client_id=kafka.client_id,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        request_timeout_ms=int(_TRY_S * 1000),
    )
    return producer


async def _close(producer: Producer) -> None:
    """Stop a producer; one that waits for what can no longer be delivered is cut off."""
    try:
        async with asyncio.timeout(_CLOSE_S):
            await producer.stop()
    except (KafkaError, TimeoutError):
        if isinstance(producer, AIOKafkaProducer):
            await producer._sender.close()  # noqa: SLF001  # aiokafka's stop() has no end while a batch cannot be delivered
            await producer.client.close()


class DecisionLog:
    """The decisions so far, kept up to date by `follow`. For use inside one event loop, as a context manager."""

    def __init__(self, kafka: KafkaSettings, writer: Writer | None = None) -> None:
        """Know nothing yet."""
        self.fold = Fold()
        self._kafka = kafka
        self._writer = writer or Writer(kafka)
        self._connections = AsyncExitStack()
        self._tail: _Consumer
        self._asker: _Consumer
        self._loaded_at = 0
        self._moved = asyncio.Condition()

    async def __aenter__(self) -> Self:
        """Connect, and see how much there is to read."""
        self._tail = await self._connections.enter_async_context(consumer(self._kafka))
        self._asker = await self._connections.enter_async_context(
            consumer(self._kafka)
        )  # not behind the tail's fetches
        self._connections.push_async_callback(self._writer.close)
        self._tail.assign([PARTITION])
        self._tail.seek(PARTITION, 0)
        self._loaded_at = await self.end()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._connections.aclose()

    @property
    def ready(self) -> bool:
        """Whether everything has been read that was there at the start."""
        return self.fold.position >= self._loaded_at

    async def follow(self) -> None:
        """Fold records as they come in, until cancelled; raises LogMovedError when it is another log."""
        while True:
            for records in (await self._tail.getmany(timeout_ms=_POLL_MS)).values():
                for record in records:
                    self.fold.take(record.offset, record.value)
            async with self._moved:
                self._moved.notify_all()

    async def end(self) -> int:
        """Where the log ends now: the offset that its next record will have. Asks until a broker answers."""
        while True:
            try:
                return int((await self._asker.end_offsets([PARTITION]))[PARTITION])
            except KafkaError as error:
                _log.warning("log_end_unknown", error=type(error).__name__)
                await asyncio.sleep(_PAUSE_S)

    async def reached(self, position: int) -> None:
        """Wait until every record before `position` has been folded."""
        if self.fold.position < position:
            async with self._moved:
                await self._moved.wait_for(lambda: self.fold.position >= position)

    async def catch_up(self) -> None:
        """Wait until everything has been folded that is in the log now."""
        await self.reached(await self.end())

    async def append(self, envelope: Envelope) -> None:
        """Append a decision, and return once it has been read back: whether it counts, the fold knows.

        Runs until it knows or is cancelled; cancelled, the outcome is unknown.
        """
        offset = await self._writer.append(envelope)
        await (self.catch_up() if offset < 0 else self.reached(offset + 1))
