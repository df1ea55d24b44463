"""Appending decisions: what has an unknown outcome is appended again, until it is known to be in the log."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from events.envelope import CONTENT_TYPE
from services.runtime.settings import KafkaSettings
from services.runtime.shards import DECISIONS

_HEADERS = [("content-type", CONTENT_TYPE.encode())]
_TRY_S = 5.0
"""How long an append may take before its outcome counts as unknown."""
_PAUSE_S = 0.2
_CLOSE_S = 5.0

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


class Writer:
    """Appends decisions. What has an unknown outcome is appended again, by a new producer, until it is acknowledged."""

    def __init__(self, kafka: KafkaSettings, connect: Connect | None = None) -> None:
        """Connect when there is something to append."""
        self._kafka, self._connect = kafka, connect or _connect
        self._producer: Producer | None = None
        self._connecting = asyncio.Lock()
        self._closing = set[asyncio.Task[None]]()

    async def __aenter__(self) -> Self:
        """Connect no sooner than there is something to append."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self.close()

    async def append(self, stream: str, record: bytes) -> int:
        """Append one record of a stream, once or more often; the offset of the one that was acknowledged.

        -1 when it was not told. Runs until it succeeds or is cancelled; cancelled, the record may be in the log or come
        into it.
        """
        while True:
            producer = self._producer
            try:
                async with asyncio.timeout(_TRY_S):
                    producer = await self._connected()
                    sent = await producer.send_and_wait(
                        DECISIONS, record, key=stream.encode(), partition=0, headers=_HEADERS
                    )
            except MessageSizeTooLargeError:  # the one that says for certain that nothing was appended
                raise
            except (KafkaError, TimeoutError) as error:
                _log.warning("append_in_doubt", stream=stream, error=type(error).__name__)
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
