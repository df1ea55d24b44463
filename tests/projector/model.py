"""The tick protocol without Kafka: real owners and readers over two lists that stand for the topics.

What the model can do that a broker rarely does: hold a frame of a worker that has died and let it land at any later
moment, let a deposed worker go on, and start a reader at any state of the topics.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from events.law import Ledger
from projections.cells import Boards, merge_boards
from projections.horizon import Horizon
from projections.projection import Measure, Projection
from services.projector.folding import Step
from services.projector.owner import ShardOwner
from services.runtime.shard_cells import Lying, ShardCells
from services.runtime.ticks import NEVER, Tick, decode_tick, wire

CALLS = Projection("calls", "How many?", ("rep",), (Measure("calls", "sum"),), frozenset(), "")
DAYS = Projection(
    "days",
    "How many a day?",
    ("rep", "day"),
    (Measure("calls", "sum"),),
    frozenset(),
    "",
    live=Horizon(2, "days", "day"),
)
WAITING = Projection("waiting", "Who waits?", ("call",), (Measure("waiting", "sum"),), frozenset(), "")
PROJECTIONS = {each.name: each for each in (CALLS, DAYS, WAITING)}
DAY = date(2026, 11, 24)
TOPIC = "kvota.calls"


class DiedError(Exception):
    """A worker was killed in the middle of writing."""


@dataclass
class Topics:
    """The two topics of one shard."""

    ticks: list[bytes] = field(default_factory=list)
    cells: dict[bytes, Lying] = field(default_factory=dict)
    """As compaction leaves it: the last record of each key, deleted ones gone."""
    end: int = 0
    """Where the cells topic ends."""
    past: list[tuple[dict[bytes, Lying], int]] = field(default_factory=lambda: [({}, 0)])
    """What a reader could have read of the cells topic at earlier moments, and where it ended."""
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
            self.cells[key] = self.end, value
        self.end += 1
        self.past.append((dict(self.cells), self.end))

    def reader(self, cells: Mapping[bytes, Lying], end: int) -> ShardCells:
        """Start a reader that has read the cells topic when it was `cells`, and reads the ticks now."""
        found = ShardCells(PROJECTIONS, remember=True)
        found.restore(cells, end)
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
        total: Boards = {}
        for offset, raw in enumerate(self.ticks):
            position, tick = dict(found.positions), decode_tick(raw)
            if not found.apply(offset, tick):
                continue
            merge_boards(PROJECTIONS, total, {name: dict(cells) for name, cells in tick.cells.items()})
            if tick.read_from:
                assert tick.read_from == {TOPIC: 0} | position
        assert found.boards == _shown(total, found.days.get(TOPIC))
        return found


def _shown(total: Boards, day: date | None) -> Boards:
    """What may be shown of the sum of all ticks: what is not zero, and of the last two days alone."""
    days = {str(day), str(day - timedelta(days=1))} if day else set()
    shown: Boards = {}
    for name, cells in total.items():
        for key, values in cells.items():
            if any(values) and (name != "days" or str(key[1]) in days):
                shown.setdefault(name, {})[key] = values
    return shown


class Worker:
    """A worker: its reader's state, and the owner that it is, or believes to be."""

    def __init__(self, topics: Topics) -> None:
        """Load what there is now."""
        self.topics = topics
        self.cells = topics.reader(topics.cells, topics.end)
        self.next = len(topics.ticks)
        self.read = 0
        self.dies_after: int | None = None
        reader: Any = SimpleNamespace(shards={0: self.cells}, projections=PROJECTIONS, reached=self._reached)
        producer: Any = SimpleNamespace(send_and_wait=self._send_and_wait, send=self._send)
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

    async def _send(self, _topic: str, value: bytes | None, *, key: bytes, partition: int) -> Awaitable[None]:  # noqa: ARG002
        return self._acknowledged(landed=self._land(key, value))

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

    async def tick(self, rep: str, days_later: int = 0) -> None:
        """Read the next record, a call of a rep on some day before or after the last one, and add it by a tick."""
        known = self.cells.days.get(TOPIC)
        day = (known or DAY) + timedelta(days=days_later)
        moved = {TOPIC: day} if known is None or day > known else {}
        await self._append({"calls": {(rep,): (1,)}, "days": {(rep, str(day)): (1,)}}, moved)

    async def waits(self, call: str, more: int) -> None:
        """Read the next record, a caller who joins (1) or leaves (-1), and add it by a tick."""
        await self._append({"waiting": {(call,): (more,)}}, {})

    async def _append(self, added: Boards, days: dict[str, date]) -> None:
        start, self.read = self.read, self.read + 1
        tick = Tick(
            prev=NEVER,
            read_from={TOPIC: start},
            read_to={TOPIC: self.read},
            days=days,
            cells=wire(added),
            seen={TOPIC: {DAY: start.to_bytes(16, "big")}},
        )
        await self.owner.append(Step(tick))
