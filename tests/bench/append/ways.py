"""The ways to put a record into the log: bare, decided by the handler, and asked for over HTTP."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

from aiokafka import TopicPartition

from events.codec import decode, encode
from events.law import Ledger, Verdict
from services.desk.commandid import command_id
from services.desk.fold import Fold
from services.desk.handler import Asked, Handler
from services.desk.log import PARTITION, DecisionLog
from services.desk.people.decider import FormUnit, decide
from services.runtime.log import consumer, producer, read_to_end
from services.runtime.settings import KafkaSettings
from tests.bench.append.desk import RAW
from tests.events.examples import EXAMPLES

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_PATIENCE_S = 30.0
TITLE = "Малый и средний бизнес, Москва"


class Way(ABC):
    """One of them; it is at work inside a block, of which there may be several."""

    def __init__(self) -> None:
        """Connect later."""
        self._stack = AsyncExitStack()

    @abstractmethod
    async def __aenter__(self) -> Self:
        """Connect."""

    @abstractmethod
    async def one(self) -> None:
        """Put one record into the log, and see that it is there."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()


class Bare(Way):
    """A producer as the desk has one, and nothing around it."""

    def __init__(self, bootstrap: str) -> None:
        """Connect later."""
        super().__init__()
        self._kafka = KafkaSettings(bootstrap_servers=bootstrap, client_id="bare")
        self._record = encode(EXAMPLES["unit.formed"].envelope)

    async def __aenter__(self) -> Self:
        """Connect."""
        self._producer = await self._stack.enter_async_context(producer(self._kafka))
        return self

    async def one(self) -> None:
        """Append a record of the same event, and wait for the acknowledgement."""
        await self._producer.send_and_wait(RAW, self._record, key=b"unit/1", partition=0)


class Decided(Way):
    """The handler, in this process; between two blocks it keeps what it knows, and reads nothing."""

    def __init__(self, bootstrap: str) -> None:
        """Connect later."""
        super().__init__()
        self._kafka = KafkaSettings(bootstrap_servers=bootstrap, client_id="handler")
        self._fold = Fold()
        self.answered = 0

    async def __aenter__(self) -> Self:
        """Connect, and follow the log."""
        log = await self._stack.enter_async_context(DecisionLog(self._kafka, fold=self._fold))
        following = asyncio.create_task(log.follow())
        self._stack.push_async_callback(_ended, following)
        await log.catch_up()
        self._handler = Handler(log, lambda: datetime.now(UTC), _PATIENCE_S)
        return self

    async def one(self) -> None:
        """Form a unit, and see it in the log."""
        now, unit = datetime.now(UTC), str(uuid4())
        command = FormUnit(at=now, day=now.date(), unit=unit, unit_kind="team", title=TITLE, starts_on=now.date())
        identity = command_id("bench", unit, "/v1/units", {"kind": "team", "title": TITLE})
        await self._handler.handle(
            Asked(command=identity, caller="bench", decide=partial(decide, command), in_turn=f"unit/{unit}")
        )
        self.answered += 1


class OverHttp(Way):
    """Clients that speak just enough of HTTP to keep a desk busy from the one core that is left to them."""

    def __init__(self, url: str, credentials: Mapping[str, str], clients: int) -> None:
        """Connect later."""
        super().__init__()
        address = urlsplit(url)
        self._host, self._port, self._clients = address.hostname, address.port, clients
        body = json.dumps({"kind": "team", "title": TITLE}).encode()
        head = [f"POST /v1/units HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json"]
        head += [f"{name}: {value}" for name, value in credentials.items()] + [f"Content-Length: {len(body)}"]
        self._head, self._body = "\r\n".join(head), body
        self._idle: asyncio.Queue[_Connection]
        self.answered = 0

    async def __aenter__(self) -> Self:
        """Open a connection for each client."""
        self._idle = asyncio.Queue()
        for _ in range(self._clients):
            self._idle.put_nowait(await self._connected())
        return self

    async def _connected(self) -> _Connection:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        self._stack.callback(writer.close)
        return reader, writer

    async def one(self) -> None:
        """Ask for a unit, under a key of its own."""
        reader, writer = await self._idle.get()
        if reader.at_eof():  # the desk closes a connection that was idle for some seconds
            reader, writer = await self._connected()
        writer.write(f"{self._head}\r\nIdempotency-Key: {uuid4()}\r\n\r\n".encode() + self._body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        answer = await reader.readexactly(length)
        assert head.startswith(b"HTTP/1.1 201"), (head, answer)
        self.answered += 1
        self._idle.put_nowait((reader, writer))


async def decisions_in(bootstrap: str) -> int:
    """How many decisions of the log count."""
    ledger, counting = Ledger(), 0
    async with consumer(KafkaSettings(bootstrap_servers=bootstrap)) as reader:
        async for record in read_to_end(reader, TopicPartition(PARTITION.topic, 0)):
            counting += ledger.judge(decode(record.value or b"").envelope) is Verdict.COUNTS
    return counting


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
