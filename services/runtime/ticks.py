"""What the projector writes down, and how every reader folds it. Pure.

A tick is one record: how far a shard was read, and what that adds. **A tick counts if and only if its `prev` is the
offset of the last tick that counts.** So cells, seen ids and progress move together or not at all, and a tick of a
worker that was paused, doubled or late changes nothing.

The cells topic shortens the way: a statement says "cell X is v as of tick o", and stays true for ever; a mark says
"every cell that a tick up to o touched has been stated". A reader takes, for each cell, the statement with the greatest
o, and then applies the ticks after the greatest mark, to each cell only those after its own o.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import msgspec

from projections.cells import Boards, Cells, Key, Values, from_wire, merge, to_wire, values_from_wire
from projections.projection import Measure, Projection

NEVER = -1
"""The offset before every tick."""

HEADS = Projection(
    name="heads",
    question="What is the version of each stream of decisions?",
    keys=("stream",),
    measures=(Measure("max_version", "max"),),
    relations=frozenset(),
    contributions_sql="",
)
"""The heads of streams ride along as cells, so that they are kept, stated and recovered as cells are."""

Wire = list[tuple[list[object], list[object]]]
CellId = tuple[str, Key]
"""A projection's name and a cell's key."""


class Tick(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of a shard; an opening tick has nothing but `prev` and says that a new owner begins."""

    prev: int
    read_from: dict[str, int] = msgspec.field(name="from", default_factory=dict)
    """By topic, the offset of the first record it read."""
    read_to: dict[str, int] = msgspec.field(name="to", default_factory=dict)
    """By topic, the offset after the last record it read."""
    appended_ms: int = 0
    """The greatest append time, in epoch milliseconds, of the records it read; 0: it read none."""
    cells: dict[str, Wire] = msgspec.field(default_factory=dict)
    """What it adds, by projection."""
    seen: dict[str, dict[date, bytes]] = msgspec.field(default_factory=dict)
    """The ids first seen, by topic and day: 16 bytes each."""


class Statement(msgspec.Struct, frozen=True):
    """A cell's value as of a tick."""

    tick: int
    values: list[object]


class Mark(msgspec.Struct, frozen=True):
    """Every cell that a tick up to `tick` touched has been stated; that far the shard was read."""

    tick: int
    positions: dict[str, int]
    appended_ms: int


_TICK = msgspec.json.Decoder(Tick)
_STATEMENT = msgspec.json.Decoder(Statement)
_MARK = msgspec.json.Decoder(Mark)


def cell_key(epoch: int, cell: CellId) -> bytes:
    """The Kafka key of a statement: the epoch is part of it, so no late statement overwrites another owner's."""
    return msgspec.json.encode((epoch, *cell))


def mark_key(epoch: int) -> bytes:
    """The Kafka key of an owner's mark."""
    return msgspec.json.encode((epoch,))


def wire(boards: Mapping[str, Cells]) -> dict[str, Wire]:
    """Cells as a tick carries them."""
    return {name: to_wire(cells) for name, cells in boards.items() if cells}  # type: ignore[misc]  # tuples are lists in JSON


@dataclass(slots=True)
class ShardCells:
    """A shard's live cells, folded from its statements and ticks: the one reader's state."""

    projections: Mapping[str, Projection]
    boards: Boards = field(default_factory=dict)
    last: int = NEVER
    """The offset of the last tick that counts."""
    positions: dict[str, int] = field(default_factory=dict)
    """By topic, the offset of the next record."""
    appended_ms: int = 0
    stated: dict[CellId, int] = field(default_factory=dict)
    """The tick as of which a cell was stated, where that is later than the mark."""
    keys: dict[CellId, set[bytes]] = field(default_factory=dict)
    """The Kafka keys under which a cell has been stated, for whoever will delete the old ones."""
    marks: set[bytes] = field(default_factory=set)
    """The Kafka keys of the marks, likewise."""
    changed: set[CellId] = field(default_factory=set)
    """The cells that ticks have touched since somebody last took them."""

    def restore(self, records: Mapping[bytes, bytes]) -> None:
        """Take in the cells topic: the last value of every Kafka key of the shard."""
        for key, value in records.items():
            parts: list[object] = msgspec.json.decode(key)
            if len(parts) == 1:
                self.marks.add(key)
                self._restore_mark(_MARK.decode(value))
            else:
                self._restore_cell(_cell_id(parts), key, _STATEMENT.decode(value))
        self.stated = {cell: tick for cell, tick in self.stated.items() if tick > self.last}

    def _restore_mark(self, mark: Mark) -> None:
        if mark.tick > self.last:
            self.last, self.positions, self.appended_ms = mark.tick, dict(mark.positions), mark.appended_ms

    def _restore_cell(self, cell: CellId, key: bytes, statement: Statement) -> None:
        self.keys.setdefault(cell, set()).add(key)
        if statement.tick > self.stated.get(cell, NEVER - 1):
            self.stated[cell] = statement.tick
            self.boards.setdefault(cell[0], {})[cell[1]] = values_from_wire(statement.values)

    def apply(self, offset: int, tick: Tick) -> bool:
        """Fold the next tick of the topic; whether it counts."""
        if tick.prev != self.last:
            return False
        self.last = offset
        self.positions |= tick.read_to
        self.appended_ms = max(self.appended_ms, tick.appended_ms)
        for name, cells in tick.cells.items():
            self._add(name, offset, from_wire(cells))
        return True

    def _add(self, name: str, offset: int, cells: Cells) -> None:
        projection = HEADS if name == HEADS.name else self.projections.get(name)
        if projection is None:
            return
        news = {key: values for key, values in cells.items() if offset > self.stated.get((name, key), NEVER)}
        merge(projection, self.boards.setdefault(name, {}), news)
        self.changed.update((name, key) for key in news)

    def take_changed(self) -> set[CellId]:
        """The cells touched since this was last asked."""
        changed, self.changed = self.changed, set()
        return changed

    def statement(self, cell: CellId) -> bytes:
        """What to write down of a cell now."""
        return msgspec.json.encode(Statement(self.last, list(self.boards[cell[0]][cell[1]])))

    def mark(self) -> bytes:
        """The mark to write once every touched cell has been stated and acknowledged."""
        return msgspec.json.encode(Mark(self.last, self.positions, self.appended_ms))

    @property
    def heads(self) -> dict[str, int]:
        """The version of each stream of decisions of the shard."""
        return {str(key[0]): _whole(values) for key, values in self.boards.get(HEADS.name, {}).items()}


def encode_tick(tick: Tick) -> bytes:
    """A tick as the bytes of its record."""
    return msgspec.json.encode(tick)


def decode_tick(raw: bytes) -> Tick:
    """Read a tick; raises msgspec.DecodeError for anything else."""
    return _TICK.decode(raw)


def ids_of(joined: bytes) -> list[bytes]:
    """The ids that were written one after the other."""
    return [joined[start : start + 16] for start in range(0, len(joined), 16)]


def _cell_id(parts: list[object]) -> CellId:
    _epoch, name, key = parts
    return str(name), tuple(key)  # type: ignore[arg-type]  # written by cell_key: a list of key parts


def _whole(values: Values) -> int:
    version = values[0]
    if not isinstance(version, int):
        message = f"a stream's version is a number, not {version!r}"
        raise TypeError(message)
    return version
