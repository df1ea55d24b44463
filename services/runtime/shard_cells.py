"""One shard's live cells, folded from its statements and ticks: the one reader's state. Pure.

A reader takes, for each cell, the statement with the greatest o, then the ticks after the greatest mark, and applies to
each cell only those after its own o.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

import msgspec

from events.law import Ledger
from events.window import first_known
from projections.cells import Boards, Key, Values, Wire
from projections.projection import Projection
from services.runtime.live_boards import LiveBoards
from services.runtime.seen import SeenDays
from services.runtime.shards import FACT_TOPICS
from services.runtime.ticks import (
    HEADS,
    LATE,
    NEVER,
    SEEN,
    CellId,
    Mark,
    Tick,
    cell_keys,
    decode_tick,
    divided,
    read_key,
    read_mark,
    read_segment_key,
    read_statement,
    statements,
)
from services.runtime.written import Touched, Written

Lying = tuple[int, bytes]
"""A record's offset and value."""

_NO_EPOCH = -1
_NO_MARK = Mark(NEVER, {}, 0, {})


@dataclass(slots=True)
class _Found:
    """The statements of a projection's cells: of each cell the one as of the greatest tick."""

    values: dict[Key, Values] = field(default_factory=dict[Key, Values])
    ticks: dict[Key, int] = field(default_factory=dict[Key, int])

    def take(self, key: Key, value: bytes) -> None:
        stated = read_statement(value)
        if stated.tick > self.ticks.get(key, NEVER - 1):
            self.ticks[key], self.values[key] = stated.tick, stated.values


class ShardCells:
    """A shard's cells and progress; with `remember`, also the ids seen and what else its owner has to know."""

    def __init__(
        self, projections: Mapping[str, Projection], *, remember: bool = False, live: LiveBoards | None = None
    ) -> None:
        """Begin before every tick; with `live`, cells are added to those of other shards."""
        inner = (HEADS, LATE) if remember else (LATE,)
        self.live = live or LiveBoards({**projections, **{each.name: each for each in inner}})
        self._names = {f'"{name}"'.encode(): name for name in self.live.projections}
        self._asked = {name: _written(self.live.projections[self._names[name]].only) for name in self._names}
        self.last = NEVER
        """The offset of the last tick that counts."""
        self.positions: dict[str, int] = {}
        """By topic, the offset of the next record."""
        self.days: dict[str, date] = {}
        """By topic, the business day that its log has come to."""
        self.appended_ms = 0
        self.made_by: dict[str, str] = {}
        """The digests of the projections that made the cells."""
        self.seen: dict[str, SeenDays] = {}
        """The ids seen, by topic."""
        self.stated: dict[CellId, int] = {}
        """The tick as of which a cell was stated, where that is later than the mark."""
        self.taken = 0
        """Where the cells topic ended when it was taken in."""
        self.written = Written() if remember else None
        self.appended: tuple[bytes, Tick] | None = None
        """The tick that whoever owns the shard has appended last, and its bytes."""

    @property
    def boards(self) -> Boards:
        """The cells, with those of the other shards that they are added to."""
        return self.live.boards

    # -- Taking in the cells topic

    def restore(self, records: Mapping[bytes, Lying], taken: int) -> None:
        """Take in the cells topic: the last record of every Kafka key that is wanted, and where the topic ends."""
        self.taken = taken
        epoch, mark = self._restore_mark(records)
        found: dict[str, _Found] = {}
        for kafka_key, (offset, value) in records.items():
            match divided(kafka_key):
                case [_, what, _] if what == SEEN:
                    self.took_ids(kafka_key, value)
                case [written, _, _] if offset >= mark.taken and int(written) < epoch:
                    self._pass_over(kafka_key)
                case [written, what, rest]:
                    name, key = self._names[what], self.live.shared(read_key(rest))
                    found.setdefault(name, _Found()).take(key, value)
                    if self.written is not None:
                        self.written.found(name, key, int(written))
                case _:
                    pass
        for name, cells in found.items():
            self._restore_cells(name, cells)
        self._forget_ids(mark.days)

    def took_ids(self, kafka_key: bytes, value: bytes) -> bool:
        """Remember the ids of a record of the cells topic, if it is a segment; they had been seen, whatever follows."""
        if SEEN not in kafka_key:
            return False
        match divided(kafka_key):
            case [_, what, rest] if what == SEEN and self.written is not None:
                topic, day, _, _ = read_segment_key(rest)
                self.written.found_segments([kafka_key])
                self._remember(topic, day, value)
                return True
            case _:
                return False

    def wants(self, kafka_key: bytes) -> bool:
        """Whether a record of the cells topic says something that is asked for here."""
        match divided(kafka_key):
            case [_, what, rest]:
                asked = self._asked.get(what)
                return asked in rest if asked is not None else what == SEEN and self.written is not None
            case _:
                return True

    def _restore_mark(self, records: Mapping[bytes, Lying]) -> tuple[int, Mark]:
        """Take in the greatest mark, and give it with its epoch."""
        marks = [(int(key[1:-1]), read_mark(value)) for key, (_, value) in records.items() if b"," not in key]
        epoch, mark = max([(_NO_EPOCH, _NO_MARK), *marks], key=lambda each: each[1].tick)
        if self.written is not None:
            self.written.marks = {epoch for epoch, _ in marks}
        self.last, self.positions, self.appended_ms = mark.tick, dict(mark.positions), mark.appended_ms
        self.made_by = mark.made_by
        self._come_to(mark.days)
        return epoch, mark

    def _pass_over(self, kafka_key: bytes) -> None:
        if self.written is not None:
            self.written.strays.append(kafka_key)

    def _restore_cells(self, name: str, found: _Found) -> None:
        self.stated.update({(name, key): tick for key, tick in found.ticks.items() if tick > self.last})
        live = self.live.live(name, found.values)
        if self.written is not None:
            self.written.forget(name, found.values.keys() - live.keys())
        self.live.add(name, live)
        if self.written is not None:
            board = self.live.boards.get(name, {})
            self.written.touch(name, (key for key in live if key not in board), board)

    def _remember(self, topic: str, day: date, ids: bytes) -> None:
        if self.written is not None:
            self.seen.setdefault(topic, SeenDays()).add(day, ids)

    # -- Following the ticks

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
        self._come_to(tick.days)
        for name, cells in tick.cells.items():
            self._add(name, offset, cells)
        for topic, days in tick.seen.items():
            for day, ids in days.items():
                self._remember(topic, day, ids)
            if self.written is not None:
                self.written.saw(topic, days)
        self._forget_ids(tick.days)
        return True

    def _come_to(self, days: Mapping[str, date]) -> None:
        self.days |= days
        if not days:
            return
        for name, keys in self.live.come_to(max(self.days.values())).items():
            if self.written is not None:
                self.written.forget(name, keys)

    def _forget_ids(self, days: Mapping[str, date]) -> None:
        """Forget the ids that nobody has to ask about any more, by the days that topics have come to."""
        for topic in days.keys() & self.seen.keys() & set(FACT_TOPICS):
            before = first_known(days[topic])
            self.seen[topic].forget(before)
            if self.written is not None:
                self.written.forget_ids(topic, before)

    def _add(self, name: str, offset: int, cells: Wire) -> None:
        if name not in self.live.projections:
            return
        board = self.live.boards.get(name, {})
        kept = {key if key in board else self.live.shared(key): values for key, values in cells}
        news = self.live.live(name, kept)
        if self.written is not None:
            self.written.touch(name, news, board)
        if self.stated:
            news = {key: values for key, values in news.items() if offset > self.stated.get((name, key), NEVER)}
        self.live.add(name, news)

    # -- Writing down

    def require_written(self) -> Written:
        """What has been written down; raises ValueError where it was not to be remembered."""
        if self.written is None:
            message = "whoever owns a shard has to remember what is written down of it"
            raise ValueError(message)
        return self.written

    def to_state(self, name: str, touched: Touched) -> list[Key]:
        """Those of a projection's cells that have to be written down: of the others nothing is said there either."""
        board = self.live.boards.get(name, {})
        return [key for key, stated in touched.items() if stated or key in board]

    def emptied(self, name: str, keys: Collection[Key]) -> list[Key]:
        """Those of a projection's cells of which there is nothing to say any more."""
        board = self.live.boards.get(name, {})
        return [key for key in keys if key not in board]

    def statements(self, epoch: int, name: str, keys: Collection[Key]) -> dict[bytes, bytes]:
        """What to write down of a projection's cells now, by Kafka key."""
        board, zeros = self.live.boards.get(name, {}), (0,) * len(self.live.projections[name].measures)
        values = [board.get(key, zeros) for key in keys]
        return dict(zip(cell_keys(epoch, name, keys), statements(self.last, values), strict=True))

    def mark(self) -> bytes:
        """The mark to write once all else has been written and acknowledged."""
        return msgspec.json.encode(
            Mark(self.last, self.positions, self.appended_ms, self.made_by, self.days, self.taken)
        )

    def ledger(self, topic: str) -> Ledger:
        """What is remembered of a topic, by which the law judges what follows."""
        seen, heads = self.seen.setdefault(topic, SeenDays()), self.heads(topic)
        return Ledger(seen, heads, self.days.get(topic), expires=topic in FACT_TOPICS)

    def heads(self, topic: str) -> dict[str, int]:
        """The version of each stream of decisions on a topic."""
        cells = self.live.boards.get(HEADS.name, {})
        return {str(key[1]): _whole(values) for key, values in cells.items() if key[0] == topic}


def _written(only: tuple[str, str] | None) -> bytes:
    """What stands in the key of every cell that is asked for, and perhaps of others."""
    return b"" if only is None else msgspec.json.encode(only[1])


def _whole(values: Values) -> int:
    version = values[0]
    if not isinstance(version, int):
        message = f"a stream's version is a number, not {version!r}"
        raise TypeError(message)
    return version
