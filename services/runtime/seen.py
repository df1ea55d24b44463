"""The ids that the shards' ticks have seen, by the event's own day: compact, and of older days on disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from events.law import Told
from services.runtime.id_set import IdSet

HOT_DAYS = 2
"""The ids of the latest days stay in memory: late and doubled records are most often of these."""


@dataclass(slots=True)
class SeenDays:
    """The ids of one topic of a shard. What is asked about is not remembered: ticks say what was seen."""

    days: dict[date, IdSet] = field(default_factory=dict[date, IdSet])

    def first_ones(self, facts: Sequence[Told]) -> Sequence[bool]:
        """Whether each of these facts, in the order of the log, is the first with its id."""
        first = [False] * len(facts)
        for day, places in _by_day(facts).items():
            ids = b"".join([facts[place][0] for place in places])
            for place, absent in zip(places, self.days.get(day, _NONE).absent(ids), strict=True):
                first[place] = absent
        return first

    def add(self, day: date, ids: bytes) -> None:
        """Take in ids of a day, joined."""
        self.days.setdefault(day, IdSet()).add(ids)

    def forget(self, before: date) -> None:
        """Forget the ids of all days before one, with their files: whoever asks about such a day has come too late."""
        for day in [day for day in self.days if day < before]:
            self.days.pop(day).discard()

    def settle(self, folder: Path) -> None:
        """Move all days but the latest to files in a folder that is for these alone."""
        for day in sorted(self.days)[:-HOT_DAYS]:
            folder.mkdir(parents=True, exist_ok=True)
            self.days[day].settle(folder / f"{day}.ids")


_NONE = IdSet()


def _by_day(facts: Sequence[Told]) -> Mapping[date, list[int]]:
    places: dict[date, list[int]] = {}
    for place, (_, day) in enumerate(facts):
        places.setdefault(day, []).append(place)
    return places
