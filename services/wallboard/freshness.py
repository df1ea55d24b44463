"""How old what the board shows is. Pure: whoever asks says what time it is.

There are two clocks. The log's says how long ago the projector last told of every shard: that is the age of data. The
phone system's, told by its feeds, says which moment the data is of: waits are reckoned by it, so that a day that is
replayed faster than it passed shows the waits that its callers had.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SILENT_MS = 15_000
"""A feed that has told nothing new for so long is silent."""
QUIET_MS = 15 * 60_000
"""One that only speaks when it is told something is stalled after so long: on a floor that works, somebody calls."""
_WRONG_MS = 365 * 86_400_000
"""A clock that is so far ahead of the log's is wrong. A day that is played may well be another than today."""


@dataclass(frozen=True, slots=True)
class Age:
    """Which moment a tile's data is of, and how many milliseconds old it is; None: there is none yet."""

    as_of_ms: int | None
    age_ms: int | None


@dataclass(slots=True)
class Freshness:
    """What is known of both clocks."""

    _beats: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By feed, its last beat by its source's clock, and when we first saw it."""
    _least_ms: int | None = None
    _greatest_ms: int | None = None

    def ticked(self, shards: Iterable[int], ticked_ms: Mapping[int, int]) -> None:
        """Take in when the log took the last tick of each shard."""
        times = [ticked_ms.get(shard) for shard in shards]
        known = [time for time in times if time is not None]
        self._greatest_ms = max(known, default=None)
        self._least_ms = min(known) if known and len(known) == len(times) else None

    def beaten(self, beats: Mapping[str, int], now_ms: int) -> None:
        """Take in the last beat of each feed."""
        self._beats = {
            feed: known if (known := self._beats.get(feed)) and known[0] == beat else (beat, now_ms)
            for feed, beat in beats.items()
        }

    @property
    def now_ms(self) -> int | None:
        """The moment that the board is of, in epoch milliseconds: the greatest beat, else the greatest tick time.

        A beat of a wrong year has no part in it: nothing that comes later would ever be greater.
        """
        latest = None if self._greatest_ms is None else self._greatest_ms + _WRONG_MS
        beats = [beat for beat, _ in self._beats.values() if latest is None or beat <= latest]
        return max(beats, default=self._greatest_ms)

    @property
    def log_ms(self) -> int | None:
        """How far the log's own clock has come, in epoch milliseconds; None: it is not known yet."""
        return self._greatest_ms

    def of_decisions(self, now_ms: int) -> Age:
        """The age of what depends on the log alone."""
        return Age(self.now_ms, None if self._least_ms is None else max(0, now_ms - self._least_ms))

    def of_calls(self, now_ms: int) -> Age:
        """The age of what comes through feeds: no younger than the last beat of them all."""
        age = self.of_decisions(now_ms)
        if age.age_ms is None or not self._beats:
            return age
        heard_ms = max(seen for _, seen in self._beats.values())
        return Age(age.as_of_ms, max(age.age_ms, now_ms - heard_ms))

    def silent(self) -> list[str]:
        """The feeds that have fallen silent while the projector went on telling."""
        told_ms = self._least_ms or 0
        return [feed for feed, (_, seen_ms) in sorted(self._beats.items()) if told_ms - seen_ms > SILENT_MS]
