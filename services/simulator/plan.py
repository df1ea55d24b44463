"""What decides a day: the same plan is the same day, to the microsecond."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

Micros = int
"""An instant as whole microseconds since 1970, UTC, or a duration in them; the model keeps to whole milliseconds."""

MILLISECOND: Micros = 1_000
SECOND: Micros = 1_000_000
MINUTE: Micros = 60 * SECOND
HOUR: Micros = 60 * MINUTE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIQUE = 1_000
"""So many seeds have unique ids of their own."""
_STRIDE = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """Which day of which sales floor."""

    seed: int
    day: date
    reps: int = 40
    hours: int = 10
    """How long the lines are open."""
    zone: str = "Europe/Moscow"
    country: str = "RU"
    """By whose calendar it works."""
    opens_at: int = 9
    """The hour of the day, in the zone, at which they open."""
    system: str = "pbx1"
    """How the phone system calls itself."""
    currency: str = "RUB"

    @property
    def opens(self) -> Micros:
        """When the lines open."""
        return self.at(self.opens_at)

    @property
    def closes(self) -> Micros:
        """When they close; who waits then is still served."""
        return self.opens + self.hours * HOUR

    @property
    def lasts(self) -> Micros:
        """How long they are open."""
        return self.hours * HOUR

    @property
    def source(self) -> str:
        """The phone system as the log names it."""
        return f"/asterisk/{self.system}"

    @property
    def first_unique(self) -> int:
        """The number of the day's first channel: days of two seeds share none."""
        return self.seed % _UNIQUE * _STRIDE

    def at(self, hour: int, minute: int = 0, day: date | None = None) -> Micros:
        """Give a moment of the day, or of another one, by the clock on the wall."""
        local = datetime.combine(day or self.day, time(hour, minute), ZoneInfo(self.zone))
        return (local - _EPOCH) // timedelta(microseconds=1)

    def chance(self, about: str) -> Random:
        """Give the chance that decides about one thing, whatever was asked of the others."""
        whole = f"{self.seed}/{self.day}/{self.reps}/{self.hours}/{about}"
        return Random(whole)  # noqa: S311  # repeatable on purpose


def instant(at: Micros) -> datetime:
    """Give the moment as a datetime in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def second(at: Micros) -> int:
    """Give the whole epoch second that a moment lies in."""
    return at // SECOND


def between(random: Random, least_s: float, most_s: float) -> Micros:
    """Draw a duration, every millisecond as likely as the next; the bounds are in seconds."""
    return random.randrange(round(least_s * 1_000), round(most_s * 1_000) + 1) * MILLISECOND


def around(random: Random, median_s: float, spread: float) -> Micros:
    """Draw a duration as work takes it: half of them below the median, a few of them long (log-normal)."""
    return max(1, round(random.lognormvariate(math.log(median_s), spread) * 1_000)) * MILLISECOND


def waits(random: Random, scale_s: float, shape: float) -> Micros:
    """Draw how long somebody waits before giving up (Weibull)."""
    return max(500, round(random.weibullvariate(scale_s, shape) * 1_000)) * MILLISECOND
