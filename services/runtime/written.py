"""What has been written down of a shard's cells, and what is still to be: what its owner has to remember. Pure."""

from array import array
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from projections.cells import Key
from services.runtime.ticks import NEVER, cell_key, cell_keys, divided, mark_key, read_segment_key, segment_key

Touched = dict[Key, bool]
"""Cells, and of each whether it is stated."""

DELETED_AT_ONCE = 10_000
"""Of cells past their horizon, at least so many are deleted in one go, or half of them.

There are many when a day begins, and no hurry; but whoever catches up on many days must not remember them all.
"""


@dataclass(frozen=True, slots=True)
class Deletions:
    """The Kafka keys to delete, in this order, each group after the one before is acknowledged."""

    strays: list[bytes]
    """Statements that do not count by the mark that is there, and must not by the next."""
    outdated: list[bytes]
    """What newer statements and the mark are in place of."""
    needless: list[bytes]
    """Statements of what is past its horizon, and newer ones of zeros: older ones must be gone before."""


@dataclass(slots=True)
class Written:
    """The memory of a shard's owner. Of a cell that it has stated, and that has not been touched since, it has none."""

    epoch: int = NEVER
    """The epoch of this owner, once it has one."""
    before: dict[str, dict[Key, frozenset[int]]] = field(default_factory=dict[str, dict[Key, frozenset[int]]])
    """The epochs of owners before in which cells are stated, until they are stated anew."""
    marks: set[int] = field(default_factory=set[int])
    """The epochs of the marks."""
    strays: list[bytes] = field(default_factory=list[bytes])
    """The Kafka keys of statements that came too late to count."""
    gone: dict[tuple[int, str], list[Key]] = field(default_factory=dict[tuple[int, str], list[Key]])
    """By epoch and projection, the cells that are stated there and past their horizon."""
    forgotten: list[bytes] = field(default_factory=list[bytes])
    """The Kafka keys of segments of ids that are forgotten."""
    changed: dict[str, Touched] = field(default_factory=dict[str, Touched])
    """The cells that have been touched since they were last stated."""
    ids: dict[str, dict[date, bytearray]] = field(default_factory=dict[str, dict[date, bytearray]])
    """The ids seen that are not in a segment yet."""
    segments: "dict[str, dict[date, array[int]]]" = field(default_factory=dict[str, dict[date, "array[int]"]])
    """By topic and day, the segments that hold ids, for there are many: of each its epoch, tick and beginning."""
    _alone: dict[int, frozenset[int]] = field(default_factory=dict[int, frozenset[int]])

    def found(self, name: str, key: Key, epoch: int) -> None:
        """A cell is stated in the epoch of an owner before."""
        epochs, alone = self.before.setdefault(name, {}), self._alone.setdefault(epoch, frozenset({epoch}))
        epochs[key] = epochs[key] | alone if key in epochs else alone

    def touch(self, name: str, keys: Iterable[Key], board: Container[Key]) -> None:
        """Cells have to be stated anew; `board` has those that were there until now."""
        changed, before = self.changed.setdefault(name, {}), self.before.get(name, {})
        for key in keys:
            if key not in changed:
                changed[key] = key in board or key in before

    @property
    def unstated(self) -> int:
        """How many cells have to be stated anew."""
        return sum(map(len, self.changed.values()))

    def forget(self, name: str, keys: Iterable[Key]) -> None:
        """Cells are past their horizon: they need not be stated any more, and what was stated of them can go."""
        before, changed = self.before.get(name, {}), self.changed.get(name, {})
        own = frozenset({self.epoch})
        for key in keys:
            if changed.pop(key, True):
                for epoch in before.pop(key, own):
                    self.gone.setdefault((epoch, name), []).append(key)

    def saw(self, topic: str, days: Mapping[date, bytes]) -> None:
        """A tick has seen ids."""
        of_topic = self.ids.setdefault(topic, {})
        for day, ids in days.items():
            of_topic.setdefault(day, bytearray()).extend(ids)

    def take_changed(self) -> dict[str, Touched]:
        """The cells touched since this was last asked, by projection."""
        changed, self.changed = self.changed, {}
        return changed

    def found_segments(self, kafka_keys: Iterable[bytes]) -> None:
        """Segments of ids are there, or will be with the next mark."""
        for key in kafka_keys:
            epoch, _, rest = divided(key)
            topic, day, tick, start = read_segment_key(rest)
            self.segments.setdefault(topic, {}).setdefault(day, array("q")).extend((int(epoch), tick, start))

    def forget_ids(self, topic: str, before: date) -> None:
        """Ids of the days before one are forgotten: they need not be written any more, and what was written can go."""
        unwritten, segments = self.ids.get(topic, {}), self.segments.get(topic, {})
        for day in [day for day in unwritten if day < before]:
            del unwritten[day]
        for day in [day for day in segments if day < before]:
            found = segments.pop(day)
            of_each = zip(found[::3], found[1::3], found[2::3], strict=True)
            self.forgotten += [segment_key(epoch, (topic, day, tick, start)) for epoch, tick, start in of_each]

    def take_ids(self) -> dict[str, dict[date, bytes]]:
        """The ids seen since this was last asked, by topic and day."""
        unwritten, self.ids = self.ids, {}
        return {topic: {day: bytes(ids) for day, ids in days.items()} for topic, days in unwritten.items()}

    def take_deletions(self, stated: Mapping[str, Touched], emptied: Mapping[str, Collection[Key]]) -> Deletions:
        """What to delete once these cells are stated anew; of `emptied`, the new statement as well."""
        outdated = [mark_key(epoch) for epoch in self.marks - {self.epoch}]
        self.marks = {self.epoch}
        for name, cells in stated.items():
            before = self.before.get(name, {})
            for key in cells.keys() & before.keys():
                outdated += [cell_key(epoch, (name, key)) for epoch in before.pop(key)]
        needless = [key for name, cells in emptied.items() for key in cell_keys(self.epoch, name, cells)]
        needless += self.forgotten + self._take_gone()
        strays, self.strays, self.forgotten = self.strays, [], []
        return Deletions(strays, outdated, needless)

    def _take_gone(self) -> list[bytes]:
        most = max(DELETED_AT_ONCE, sum(map(len, self.gone.values())) // 2)
        taken: list[bytes] = []
        for (epoch, name), cells in tuple(self.gone.items()):
            some = cells[: most - len(taken)]
            taken += cell_keys(epoch, name, some)
            del cells[: len(some)]
            if not cells:
                del self.gone[epoch, name]
        return taken
