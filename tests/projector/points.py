"""A projector that kills itself, as `kill -9` would, at the n-th pass of a named point.

The points lie around everything that a worker does to the world or learns of it, so the product need not know them: its
reader, its producer and its projector are given as subclasses and wrappers that tell a `Fate` what is about to happen.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec
from aiokafka import AIOKafkaProducer

from services.projector import __main__ as worker
from services.projector.bisecting import Arrived, Worked
from services.projector.projector import Projector
from services.projector.transport import Batch
from services.runtime.cells_reader import CellsReader
from services.runtime.log import Record, producer
from services.runtime.parked import TOPIC
from services.runtime.running import run_service
from services.runtime.settings import KafkaSettings
from services.runtime.ticks import decode_tick
from tests.projector.model import Frame
from tests.projector.workers import PROJECTIONS

_WRITTEN = ("opening", "tick", "beat", "statement", "segment", "mark", "deletion", "parked")
POINTS = (
    *[f"{kind} {moment}" for kind in _WRITTEN for moment in ("due", "on the wire", "appended")],
    *["recovering", "recovered", "read back", "fetched", "folding", "folded", "acknowledging", "acknowledged"],
)
"""Everywhere a worker can be told to die."""

_ON_THE_WIRE_S = 0.003


@dataclass(slots=True)
class Fate:
    """Where a worker dies: at the `passes`-th pass of `point`; without a point it lives."""

    point: str = ""
    passes: int = 1

    def meet(self, point: str) -> None:
        """Come to a point: the last one, if it is the one."""
        assert point in POINTS, point
        if point == self.point:
            self.passes -= 1
            if self.passes == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class DoomedProducer:
    """A producer that meets its fate around each record: due, on the wire (perhaps), appended."""

    def __init__(self, real: AIOKafkaProducer, fate: Fate) -> None:
        self._real, self._fate = real, fate

    async def send(
        self, topic: str, value: bytes | None, *, key: bytes | None = None, partition: int | None = None
    ) -> asyncio.Future[Any]:
        kind = _kind(topic, key, value)
        self._fate.meet(f"{kind} due")
        sent: asyncio.Future[Any] = await self._real.send(topic, value, key=key, partition=partition)
        after = random.random() * _ON_THE_WIRE_S
        asyncio.get_running_loop().call_later(after, self._fate.meet, f"{kind} on the wire")

        def appended(_sent: asyncio.Future[Any]) -> None:
            self._fate.meet(f"{kind} appended")

        sent.add_done_callback(appended)
        return sent

    def create_batch(self) -> Frame:
        return Frame()

    async def send_batch(self, frame: Frame, topic: str, *, partition: int) -> asyncio.Future[Any]:
        assert frame.record is not None
        key, value = frame.record
        return await self.send(topic, value, key=key, partition=partition)

    async def send_and_wait(
        self, topic: str, value: bytes | None, *, key: bytes | None = None, partition: int | None = None
    ) -> Any:  # noqa: ANN401  aiokafka's
        return await (await self.send(topic, value, key=key, partition=partition))


def _kind(topic: str, key: bytes | None, value: bytes | None) -> str:
    if topic == TOPIC:
        return "parked"
    if topic.endswith(".ticks"):
        tick = decode_tick(value or b"")
        return "opening" if tick.made_by else "tick" if tick.read_to else "beat"
    if value is None:
        return "deletion"
    return {1: "mark", 3: "statement"}.get(len(msgspec.json.decode(key or b"")), "segment")


@dataclass(slots=True)
class DoomedBatch:
    """A batch that meets its fate when it is acknowledged; to everything else it is the event that it wraps."""

    event: Batch
    fate: Fate

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the event has
        return getattr(self.event, name)

    def ack(self) -> object:
        self.fate.meet("acknowledging")
        answer = self.event.ack()
        self.fate.meet("acknowledged")
        return answer


def _doomed_reader(fate: Fate) -> type[CellsReader]:
    class DoomedReader(CellsReader):
        _loading = False

        async def load(self, shards: Iterable[int], **how: Any) -> None:  # noqa: ANN401  handed on
            self._loading = True
            await super().load(shards, **how)
            self._loading = False
            fate.meet("recovered")

        def _apply(self, record: Record) -> None:
            if self._loading:
                fate.meet("recovering")
            super()._apply(record)

        async def reached(self, shard: int, offset: int) -> None:
            await super().reached(shard, offset)
            fate.meet("read back")

    return DoomedReader


def _doomed_projector(fate: Fate) -> type[Projector]:
    class DoomedProjector(Projector):
        async def project(self, batches: AsyncIterable[Batch]) -> None:
            await super().project(self._doomed(batches))

        async def _doomed(self, batches: AsyncIterable[Batch]) -> AsyncIterator[Batch]:
            async for event in batches:
                fate.meet("fetched")
                yield cast("Batch", DoomedBatch(event, fate))

        def _work(self, arrived: Sequence[Arrived]) -> Mapping[int, Worked]:
            fate.meet("folding")
            done = super()._work(arrived)
            fate.meet("folded")
            return done

    return DoomedProjector


def work(environment: Mapping[str, str], fate: Fate) -> None:
    """Be a worker in this process, until told to stop or the fate is met."""
    os.environ.update(environment)

    @asynccontextmanager
    async def doomed_producer(kafka: KafkaSettings) -> AsyncGenerator[DoomedProducer]:
        async with producer(kafka) as real:
            yield DoomedProducer(real, fate)

    parts: Final[Mapping[str, object]] = {
        "CellsReader": _doomed_reader(fate),
        "Projector": _doomed_projector(fate),
        "producer": doomed_producer,
        "load_projections": lambda: PROJECTIONS,
    }
    for name, part in parts.items():
        setattr(worker, name, part)
    sys.exit(run_service("projector", worker._work))  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]  what its command line runs
