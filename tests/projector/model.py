"""The tick protocol without Kafka: real owners and readers over two lists that stand for the topics.

What the model can do that a broker rarely does: hold a frame of a worker that has died and let it land at any later
moment, let a deposed worker go on, and start a reader at any state of the topics.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

from events.law import Ledger
from projections.projection import Measure, Projection
from services.projector.folding import Step
from services.projector.owner import ShardOwner
from services.runtime.shard_cells import ShardCells
from services.runtime.ticks import NEVER, Tick, decode_tick, wire

CALLS = Projection("calls", "How many?", ("rep",), (Measure("calls", "sum"),), frozenset(), "")
PROJECTIONS = {"calls": CALLS}
DAY = date(2026, 11, 24)


class DiedError(Exception):
    """A worker was killed in the middle of writing."""


@dataclass
class Topics:
    """The two topics of one shard."""

    ticks: list[bytes] = field(default_factory=list)
    cells: dict[bytes, bytes] = field(default_factory=dict)
    """As compaction leaves it: the last value of each key, deleted ones gone."""
    past: list[dict[bytes, bytes]] = field(default_factory=lambda: [{}])
    """What a reader could have read of the cells topic at earlier moments."""
    held: list[tuple[bytes | None, bytes | None]] = field(default_factory=list)
    """Frames of dead workers that are still on the wire: key (None: a tick) and value."""

    def write(self, key: bytes | None, value: bytes | None) -> None:
        """Let a record land."""
        if key is None:
            self.ticks.append(value or b"")
        elif value is None:
            self.cells.pop(key, None)
        else:
            self.cells[key] = value
        self.past.append(dict(self.cells))

    def reader(self, cells: Mapping[bytes, bytes]) -> ShardCells:
        """Start a reader that has read the cells topic when it was `cells`, and reads the ticks now."""
        found = ShardCells(PROJECTIONS, remember=True)
        found.restore(cells)
        self.follow(found, found.last + 1)
        return found

    def follow(self, cells: ShardCells, start: int) -> int:
        """Apply the ticks from `start`; where the next one will lie."""
        for offset in range(start, len(self.ticks)):
            cells.apply(offset, decode_tick(self.ticks[offset]))
        return len(self.ticks)

    def truth(self) -> ShardCells:
        """What somebody who read every tick from the first knows; each that counts reads on where the last ended."""
        found = ShardCells(PROJECTIONS, remember=True)
        for offset, raw in enumerate(self.ticks):
            position, tick = dict(found.positions), decode_tick(raw)
            if found.apply(offset, tick) and tick.read_from:
                assert tick.read_from == {"kvota.calls": 0} | position
        return found


class Frame:
    """A batch that is full with one record: each lands, or is held, by itself."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.record: tuple[bytes, bytes | None] | None = None

    def append(self, *, key: bytes, value: bytes | None, timestamp: None) -> object | None:  # noqa: ARG002
        """Take a record; None: there is no more room."""
        if self.record is not None:
            return None
        self.record = key, value
        return self.record

    def record_count(self) -> int:
        """How many records it holds."""
        return int(self.record is not None)


class Worker:
    """A worker: its reader's state, and the owner that it is, or believes to be."""

    def __init__(self, topics: Topics) -> None:
        """Load what there is now."""
        self.topics = topics
        self.cells = topics.reader(topics.cells)
        self.next = len(topics.ticks)
        self.read = 0
        self.dies_after: int | None = None
        reader: Any = SimpleNamespace(shards={0: self.cells}, projections=PROJECTIONS, reached=self._reached)
        producer: Any = SimpleNamespace(
            send_and_wait=self._send_and_wait, create_batch=Frame, send_batch=self._send_batch
        )
        self.owner = ShardOwner(0, 1, reader, producer)
        self.owner.ledgers = {"kvota.calls": Ledger()}

    async def _reached(self, _shard: int, _offset: int) -> None:
        self.follow()

    def follow(self) -> None:
        """Read the ticks that came in, one's own and others'."""
        self.next = self.topics.follow(self.cells, self.next)

    async def _send_and_wait(self, _topic: str, value: bytes, *, partition: int) -> SimpleNamespace:  # noqa: ARG002
        await self._acknowledged(landed=self._land(None, value))
        return SimpleNamespace(offset=len(self.topics.ticks) - 1)

    async def _send_batch(self, frame: Frame, _topic: str, *, partition: int) -> Awaitable[None]:  # noqa: ARG002
        assert frame.record is not None
        return self._acknowledged(landed=self._land(*frame.record))

    async def _acknowledged(self, *, landed: bool) -> None:
        if not landed:
            raise DiedError

    def _land(self, key: bytes | None, value: bytes | None) -> bool:
        lives = self.dies_after is None or self.dies_after > 0
        if lives:
            self.topics.write(key, value)
        else:
            self.topics.held.append((key, value))
        if self.dies_after is not None:
            self.dies_after -= 1
        return lives

    async def open(self) -> None:
        """Take the shard over, and read on from where its ticks lead."""
        await self.owner.open()
        self.read = self.cells.positions.get("kvota.calls", 0)

    async def tick(self, rep: str) -> None:
        """Read the next record, a call of a rep, and add it by a tick."""
        start, self.read = self.read, self.read + 1
        tick = Tick(
            prev=NEVER,
            read_from={"kvota.calls": start},
            read_to={"kvota.calls": self.read},
            cells=wire({"calls": {(rep,): (1,)}}),
            seen={"kvota.calls": {DAY: start.to_bytes(16, "big")}},
        )
        await self.owner.append(Step(tick))
