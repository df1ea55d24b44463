"""One shard's live cells, folded from its statements and ticks: the one reader's state. Pure.

A reader takes, for each cell, the statement with the greatest o, then the ticks after the greatest mark, and applies to
each cell only those after its own o.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import msgspec

from projections.cells import Boards, Cells, Key, Values, merge
from projections.projection import Projection
from services.runtime.seen import SeenDays
from services.runtime.ticks import HEADS, NEVER, CellId, Mark, Statement, Tick, decode_tick, read_record


@dataclass(slots=True)
class ShardCells:
    """A shard's cells and progress; with `remember`, also the ids seen, for whoever will own it."""

    projections: Mapping[str, Projection]
    remember: bool = False
    boards: Boards = field(default_factory=dict)
    last: int = NEVER
    """The offset of the last tick that counts."""
    positions: dict[str, int] = field(default_factory=dict)
    """By topic, the offset of the next record."""
    appended_ms: int = 0
    made_by: dict[str, str] = field(default_factory=dict)
    """The digests of the projections that made the cells."""
    seen: dict[str, SeenDays] = field(default_factory=dict)
    """The ids seen, by topic."""
    stated: dict[CellId, int] = field(default_factory=dict)
    """The tick as of which a cell was stated, where that is later than the mark."""
    keys: dict[CellId, set[bytes]] = field(default_factory=dict)
    """The Kafka keys under which a cell has been stated, for whoever will delete the old ones."""
    marks: set[bytes] = field(default_factory=set)
    """The Kafka keys of the marks, likewise."""
    appended: tuple[bytes, Tick] | None = None
    """The tick that whoever owns the shard has appended last, and its bytes."""
    changed: dict[str, set[Key]] = field(default_factory=dict)
    """The cells that ticks have touched since they were last taken."""
    unwritten: dict[str, dict[date, bytearray]] = field(default_factory=dict)
    """The ids that ticks have seen since they were last taken."""

    def restore(self, records: Mapping[bytes, bytes]) -> None:
        """Take in the cells topic: the last value of every Kafka key of the shard."""
        for key, value in records.items():
            match read_record(key, value):
                case Mark() as mark:
                    self._restore_mark(key, mark)
                case (str(topic), date() as day, bytes(ids)):
                    self._remember(topic, day, ids)
                case (cell, Statement() as statement):
                    self._restore_cell(key, cell, statement)
        self.stated = {cell: tick for cell, tick in self.stated.items() if tick > self.last}

    def _restore_mark(self, key: bytes, mark: Mark) -> None:
        self.marks.add(key)
        if mark.tick > self.last:
            self.last, self.positions, self.appended_ms = mark.tick, dict(mark.positions), mark.appended_ms
            self.made_by = mark.made_by

    def _restore_cell(self, key: bytes, cell: CellId, statement: Statement) -> None:
        self.keys.setdefault(cell, set()).add(key)
        if statement.tick > self.stated.get(cell, NEVER - 1):
            self.stated[cell] = statement.tick
            self.boards.setdefault(cell[0], {})[cell[1]] = statement.values

    def _remember(self, topic: str, day: date, ids: bytes) -> None:
        if self.remember:
            self.seen.setdefault(topic, SeenDays()).add(day, ids)

    def read(self, raw: bytes) -> Tick:
        """Read a tick; what was appended here and comes back, byte for byte, need not be read."""
        if self.appended is not None and self.appended[0] == raw:
            return self.appended[1]
        return decode_tick(raw)

    def apply(self, offset: int, tick: Tick) -> bool:
        """Fold the next tick of the topic; whether it counts."""
        if tick.prev != self.last:
            return False
        self.last = offset
        self.positions |= tick.read_to
        self.appended_ms = max(self.appended_ms, tick.appended_ms)
        self.made_by = tick.made_by or self.made_by
        for name, cells in tick.cells.items():
            self._add(name, offset, dict(cells))
        for topic, days in tick.seen.items():
            for day, ids in days.items():
                self._remember(topic, day, ids)
                self._to_write(topic, day, ids)
        return True

    def _to_write(self, topic: str, day: date, ids: bytes) -> None:
        if self.remember:
            self.unwritten.setdefault(topic, {}).setdefault(day, bytearray()).extend(ids)

    def _add(self, name: str, offset: int, cells: Cells) -> None:
        projection = HEADS if name == HEADS.name else self.projections.get(name)
        if projection is None:
            return
        news = cells
        if self.stated:
            news = {key: values for key, values in cells.items() if offset > self.stated.get((name, key), NEVER)}
        merge(projection, self.boards.setdefault(name, {}), news)
        self.changed.setdefault(name, set()).update(cells)

    def take_changed(self) -> set[CellId]:
        """The cells touched since this was last asked."""
        changed, self.changed = self.changed, {}
        return {(name, key) for name, keys in changed.items() for key in keys}

    def take_unwritten(self) -> dict[str, dict[date, bytes]]:
        """The ids seen since this was last asked, by topic and day."""
        unwritten, self.unwritten = self.unwritten, {}
        return {topic: {day: bytes(ids) for day, ids in days.items()} for topic, days in unwritten.items()}

    def statement(self, cell: CellId) -> bytes:
        """What to write down of a cell now."""
        return msgspec.json.encode(Statement(self.last, self.boards[cell[0]][cell[1]]))

    def mark(self) -> bytes:
        """The mark to write once all else has been written and acknowledged."""
        return msgspec.json.encode(Mark(self.last, self.positions, self.appended_ms, self.made_by))

    def heads(self, topic: str) -> dict[str, int]:
        """The version of each stream of decisions on a topic."""
        cells = self.boards.get(HEADS.name, {})
        return {str(key[1]): _whole(values) for key, values in cells.items() if key[0] == topic}


def _whole(values: Values) -> int:
    version = values[0]
    if not isinstance(version, int):
        message = f"a stream's version is a number, not {version!r}"
        raise TypeError(message)
    return version
