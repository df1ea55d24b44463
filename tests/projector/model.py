"""The tick protocol without Kafka: real owners and readers over two lists that stand for the topics.

What the model can do that a broker rarely does: hold a frame of a worker that has died and let it land at any later
moment, let a deposed worker go on, and start a reader at any state of the topics. It plays by `Rules`; a test takes one
away to see that it is needed.
"""

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from projections.cells import Boards, Cells
from projections.projection import Measure, Projection
from services.projector.folding import Step
from services.projector.owner import ShardOwner
from services.runtime.seen import SeenDays
from services.runtime.shard_cells import ShardCells
from services.runtime.ticks import NEVER, Tick, decode_tick, wire

CALLS = Projection("calls", "How many?", ("rep",), (Measure("calls", "sum"),), frozenset(), "")
PROJECTIONS = {"calls": CALLS}
SOURCE = "kvota.calls"
DAY = date(2026, 11, 24)
_NOWHERE = Path("/nowhere")
"""No day of the model is old enough to be moved to disk."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Who reads and who owns: the product's, or a reader or owner without one of the rules."""

    cells: type[ShardCells] = ShardCells
    owner: type[ShardOwner] = ShardOwner


def rep_at(offset: int) -> str:
    """The rep of the call that lies at an offset of the source."""
    return f"rep-{id_at(offset) % 2}"


def id_at(offset: int) -> int:
    """The id of the call that lies at an offset of the source: every third record repeats the one before."""
    return offset - (offset % 3 == 2)


def told_until(end: int) -> tuple[Boards, dict[str, SeenDays]]:
    """What the records before an offset say, in plain Python: the cells and the ids."""
    if end == 0:
        return {}, {}
    ids = {id_at(offset) for offset in range(end)}
    calls: Cells = {(rep,): (sum(rep_at(one) == rep for one in ids),) for rep in map(rep_at, ids)}
    seen = SeenDays()
    seen.add(DAY, joined(ids))
    return {"calls": calls}, {SOURCE: seen}


def joined(ids: Iterable[int]) -> bytes:
    """Ids as a tick carries them."""
    return b"".join(UUID(int=one).bytes for one in ids)


class DiedError(Exception):
    """A worker was killed in the middle of writing."""


@dataclass
class Topics:
    """The two topics of one shard."""

    rules: Rules = Rules()
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
            return
        if value is None:
            self.cells.pop(key, None)
        else:
            self.cells[key] = value
        self.past.append(dict(self.cells))

    def reader(self, cells: Mapping[bytes, bytes]) -> ShardCells:
        """Start a reader that has read the cells topic when it was `cells`, and reads the ticks now."""
        found = self.rules.cells(PROJECTIONS, remember=True)
        found.restore(cells)
        self.follow(found, 0)  # those up to its mark no longer chain
        return found

    def follow(self, cells: ShardCells, start: int) -> int:
        """Apply the ticks from `start`; where the next one will lie."""
        for offset in range(start, len(self.ticks)):
            cells.apply(offset, decode_tick(self.ticks[offset]))
        return len(self.ticks)


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
        self.owner = topics.rules.owner(0, 1, reader, producer, _NOWHERE)

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
        self.read = self.cells.positions.get(SOURCE, 0)

    async def tick(self, count: int) -> None:
        """Read the next records and add what counts of them, by the law, in one tick."""
        start, self.read = self.read, self.read + count
        first = self._first_ones(range(start, self.read))
        calls: Cells = {(rep,): (sum(rep_at(one) == rep for one in first),) for rep in map(rep_at, first)}
        tick = Tick(
            prev=NEVER,
            read_from={SOURCE: start},
            read_to={SOURCE: self.read},
            cells=wire({"calls": calls}),
            seen={SOURCE: {DAY: joined(first)}} if first else {},
        )
        await self.owner.append(Step(tick))

    def _first_ones(self, offsets: Iterable[int]) -> list[int]:
        ids = [id_at(offset) for offset in offsets]
        seen = self.cells.seen.get(SOURCE, SeenDays())
        answers = seen.first_ones([(one.to_bytes(16), DAY) for one in ids])
        return [one for one, first in zip(ids, answers, strict=True) if first]
