"""What has been written down of a shard's cells, and what is still to be: what its owner has to remember. Pure."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

from projections.cells import Key
from services.runtime.ticks import cell_key, cell_keys, mark_key

ByProjection = Mapping[str, AbstractSet[Key]]
"""Cells, by the name of their projection."""

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
    """The memory of a shard's owner."""

    epochs: dict[str, dict[Key, frozenset[int]]] = field(default_factory=dict[str, dict[Key, frozenset[int]]])
    """The epochs in which each cell has been stated."""
    marks: set[int] = field(default_factory=set[int])
    """The epochs of the marks."""
    strays: list[bytes] = field(default_factory=list[bytes])
    """The Kafka keys of statements that came too late to count."""
    gone: list[bytes] = field(default_factory=list[bytes])
    """The Kafka keys of statements of cells that are past their horizon."""
    changed: dict[str, set[Key]] = field(default_factory=dict[str, set[Key]])
    """The cells that have been touched since they were last stated."""
    ids: dict[str, dict[date, bytearray]] = field(default_factory=dict[str, dict[date, bytearray]])
    """The ids seen that are not in a segment yet."""
    _alone: dict[int, frozenset[int]] = field(default_factory=dict[int, frozenset[int]])

    def found(self, name: str, key: Key, epoch: int) -> None:
        """A cell is stated in an epoch."""
        epochs, alone = self.epochs.setdefault(name, {}), self._alone.setdefault(epoch, frozenset({epoch}))
        epochs[key] = epochs[key] | alone if key in epochs else alone

    def touch(self, name: str, keys: Iterable[Key]) -> None:
        """Cells have to be stated anew."""
        self.changed.setdefault(name, set()).update(keys)

    def forget(self, name: str, keys: Iterable[Key]) -> None:
        """Cells are past their horizon: they need not be stated any more, and what was stated of them can go."""
        epochs, changed = self.epochs.get(name, {}), self.changed.get(name, set())
        stated: dict[int, list[Key]] = {}
        for key in keys:
            changed.discard(key)
            for epoch in epochs.pop(key, ()):
                stated.setdefault(epoch, []).append(key)
        for epoch, keys_of_epoch in stated.items():
            self.gone += cell_keys(epoch, name, keys_of_epoch)

    def saw(self, topic: str, days: Mapping[date, bytes]) -> None:
        """A tick has seen ids."""
        of_topic = self.ids.setdefault(topic, {})
        for day, ids in days.items():
            of_topic.setdefault(day, bytearray()).extend(ids)

    def take_changed(self) -> dict[str, set[Key]]:
        """The cells touched since this was last asked, by projection."""
        changed, self.changed = self.changed, {}
        return changed

    def take_ids(self) -> dict[str, dict[date, bytes]]:
        """The ids seen since this was last asked, by topic and day."""
        unwritten, self.ids = self.ids, {}
        return {topic: {day: bytes(ids) for day, ids in days.items()} for topic, days in unwritten.items()}

    def stated(self, name: str) -> AbstractSet[Key]:
        """Those of a projection's cells of which there are statements."""
        return self.epochs.get(name, {}).keys()

    def take_deletions(self, epoch: int, stated: ByProjection, emptied: ByProjection) -> Deletions:
        """What to delete once these cells are stated in an epoch; of `emptied`, the new statement as well."""
        outdated = [mark_key(earlier) for earlier in self.marks - {epoch}]
        self.marks = {epoch}
        own = self._alone.setdefault(epoch, frozenset({epoch}))
        needless: list[bytes] = []
        for name, keys in stated.items():
            epochs = self.epochs.setdefault(name, {})
            for key in keys & epochs.keys():
                outdated += [cell_key(earlier, (name, key)) for earlier in epochs[key] - own]
            epochs.update(dict.fromkeys(keys, own))
        for name, keys in emptied.items():
            needless += cell_keys(epoch, name, keys)
            for key in keys:
                del self.epochs[name][key]
        strays, self.strays = self.strays, []
        deleted = max(DELETED_AT_ONCE, len(self.gone) // 2)
        needless += self.gone[:deleted]
        del self.gone[:deleted]
        return Deletions(strays, outdated, needless)
