"""The tick protocol without Kafka: real owners and readers over two lists that stand for the topics.

What the model can do that a broker rarely does: hold a frame of a worker that has died and let it land at any later
moment, let a deposed worker go on, and start a reader at any state of the topics. It plays by `Rules`; a test takes one
away to see that it is needed.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from events.law import Ledger, Verdict
from projections.cells import Boards, merge_boards
from projections.horizon import Horizon
from projections.projection import Measure, Projection
from services.projector.folding import Step
from services.projector.owner import ShardOwner
from services.runtime.seen import SeenDays
from services.runtime.shard_cells import Lying, ShardCells
from services.runtime.ticks import NEVER, Tick, decode_tick, wire

_COUNT, _NOUNS = (Measure("calls", "sum"),), frozenset[str]()
CALLS = Projection("calls", "How many?", ("rep",), _COUNT, _NOUNS, "")
DAYS = Projection("days", "How many a day?", ("rep", "day"), _COUNT, _NOUNS, "", live=Horizon(2, "days", "day"))
WAITING = Projection("waiting", "Who waits?", ("call",), (Measure("waiting", "sum"),), _NOUNS, "")
PROJECTIONS = {each.name: each for each in (CALLS, DAYS, WAITING)}
SOURCE = "kvota.calls"
DAY = date(2026, 11, 24)
WINDOW = 35
"""How many days back ids are remembered."""
APPENDED_MS = 4_000_000_000_000
"""The log takes all records later than they are of."""
_ON_DISK = TemporaryDirectory()
_OF_EACH = count()


@dataclass(frozen=True, slots=True)
class Rules:
    """Who reads and who owns: the product's, or a reader or owner without one of the rules."""

    cells: type[ShardCells] = ShardCells
    owner: type[ShardOwner] = ShardOwner


@dataclass(frozen=True, slots=True)
class Told:
    """What a record of the log says: a rep's call on some day, or a caller who joins a queue (1) or leaves it (-1)."""

    rep: str
    days_later: int = 0
    """After the latest day that the log has told of; less than none: before it."""
    waits: int = 0
    again: int = 0
    """Not 0: it is the record once more that lies so many before."""


@dataclass(frozen=True, slots=True)
class Call:
    """A record of the log."""

    id: int
    day: date
    says: Told
    stream: None = None
    streamversion: None = None
    expects: None = None

    @property
    def told(self) -> tuple[bytes, date]:
        """What the law wants to know of it."""
        return UUID(int=self.id).bytes, self.day

    @property
    def adds(self) -> Boards:
        """What it adds to cells, if it counts."""
        rep = self.says.rep
        if self.says.waits:
            return {"waiting": {(rep,): (self.says.waits,)}}
        return {"calls": {(rep,): (1,)}, "days": {(rep, str(self.day)): (1,)}}


class Log:
    """The log of facts: a record is as whoever first reads it wants it, and the same for all who read it later."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.records: list[Call] = []

    def read(self, start: int, wanted: Iterable[Told]) -> list[Call]:
        """Read as many records as are wanted; every third of the log repeats the one before."""
        end = start
        for end, told in enumerate(wanted, start + 1):
            if end > len(self.records):
                self.records.append(self.records[-1] if end % 3 == 0 else self._next(told))
        return self.records[start:end]

    def _next(self, told: Told) -> Call:
        if 0 < told.again <= len(self.records):
            return self.records[-told.again]
        latest = come_to(self.records) or DAY
        return Call(len(self.records), latest + timedelta(days=told.days_later), told)

    def told_until(self, end: int) -> tuple[Boards, dict[str, SeenDays]]:
        """What the records before an offset say, in plain Python: the cells that may be shown, and the ids."""
        if end == 0:
            return {}, {}
        first = _first_in_time(self.records[:end])
        day, seen = come_to(first), SeenDays()
        for call in first:
            if day is None or not _is_past(call.day, day):
                seen.add(call.day, joined([call]))
        return _shown(added_up(first), day), {SOURCE: seen}


def _first_in_time(calls: Iterable[Call]) -> list[Call]:
    """The records that count: the first with each id, unless it came when its day was too long past."""
    first: dict[int, Call] = {}
    day: date | None = None
    for call in calls:
        if call.id not in first and not (day is not None and _is_past(call.day, day)):
            first[call.id] = call
            day = come_to(first.values())
    return list(first.values())


def _is_past(day: date, of: date) -> bool:
    return (of - day).days > WINDOW


def come_to(calls: Iterable[Call]) -> date | None:
    """The latest day of some records; a caller who waits says nothing of the day."""
    return max((call.day for call in calls if not call.says.waits), default=None)


def added_up(calls: Iterable[Call]) -> Boards:
    """What records add in all."""
    total: Boards = {}
    for call in calls:
        merge_boards(PROJECTIONS, total, call.adds)
    return total


def joined(calls: Iterable[Call]) -> bytes:
    """The ids of records as a tick carries them."""
    return b"".join(UUID(int=call.id).bytes for call in calls)


class DiedError(Exception):
    """A worker was killed in the middle of writing."""


@dataclass
class Topics:
    """The two topics of one shard, and the log that it is made of."""

    rules: Rules = Rules()
    log: Log = field(default_factory=Log)
    ticks: list[bytes] = field(default_factory=list)
    on_disk: Path = field(default_factory=lambda: Path(_ON_DISK.name) / str(next(_OF_EACH)))
    """Where the ids of older days are moved."""
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
        found = self.rules.cells(PROJECTIONS, remember=True)
        found.restore(cells, end)
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
        self.meanwhile: tuple[int, Callable[[], Awaitable[None]]] | None = None
        """After how many more records of the cells topic something else happens, and what."""
        reader: Any = SimpleNamespace(shards={0: self.cells}, projections=PROJECTIONS, reached=self._reached)
        producer: Any = SimpleNamespace(
            send_and_wait=self._send_and_wait, create_batch=Frame, send_batch=self._send_batch
        )
        self.owner = topics.rules.owner(0, 1, reader, producer, topics.on_disk)
        self.owner.lot = 1

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
        await self._interrupted()
        return self._acknowledged(landed=self._land(*frame.record))

    async def _interrupted(self) -> None:
        if self.meanwhile is None:
            return
        left, happens = self.meanwhile
        self.meanwhile = None if left == 0 else (left - 1, happens)
        if left == 0:
            await happens()

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

    async def tick(self, *wanted: Told) -> None:
        """Read the next records, as wanted where nobody has read them, and add what counts by the law in one tick."""
        read = self.topics.log.read(self.read, wanted)
        start, self.read = self.read, self.read + len(read)
        ledger = self.cells.ledger(SOURCE)
        first = _counted(ledger, read)
        known, day = self.cells.days.get(SOURCE), ledger.day
        tick = Tick(
            prev=NEVER,
            read_from={SOURCE: start},
            read_to={SOURCE: self.read},
            days={SOURCE: day} if day is not None and (known is None or day > known) else {},
            cells=wire(added_up(first)),
            seen={SOURCE: {day: joined([call for call in first if call.day == day]) for day in {c.day for c in first}}}
            if first
            else {},
        )
        await self.owner.append(Step(tick))


def _counted(ledger: Ledger, calls: Sequence[Call]) -> list[Call]:
    """The records that count by the law; callers who wait bring the log to no day."""
    verdicts = ledger.judge_all(calls, lambda: [None if call.says.waits else APPENDED_MS for call in calls])
    return [call for call, verdict in zip(calls, verdicts, strict=True) if verdict is Verdict.COUNTS]
