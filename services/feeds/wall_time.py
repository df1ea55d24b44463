"""Wall time without a zone, as phone systems write it: the moments at which clocks showed it."""

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from services.feeds.facts import SECOND, Micros, UnreadableItemError

_WALL = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})")
YEARS = range(2000, 2066)
"""No phone system that is read was there before; and no two moments of these years are too far apart for a duration."""


def moments_of(wall: str, zone: tzinfo, what: str) -> tuple[Micros, ...]:
    """Give the instants at which clocks showed this: one, two where they were put back, in order."""
    moments = _shown(wall, zone)
    if moments is None:
        message = f"{what} is no date and time of our days" if wall else f"{what} is missing"
        raise UnreadableItemError(message)
    if not moments:
        message = f"{what} is a time that the clocks never showed"
        raise UnreadableItemError(message)
    return moments


@lru_cache(maxsize=1024)  # Rows that follow one another were written in the same seconds.
def _shown(wall: str, zone: tzinfo) -> tuple[Micros, ...] | None:
    """Give the instants at which clocks showed this; None for what is no time."""
    found = _WALL.fullmatch(wall)
    try:
        naive = datetime(*map(int, found.groups())) if found else None  # type: ignore[arg-type]  # noqa: DTZ001  # wall time
    except ValueError:
        naive = None
    if naive is None or naive.year not in YEARS:
        return None
    shown = [naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    moments = {int(moment.timestamp()) for moment in shown if _shows(moment, zone, naive)}
    return tuple(moment * SECOND for moment in sorted(moments))


def _shows(moment: datetime, zone: tzinfo, naive: datetime) -> bool:
    return moment.astimezone(zone).replace(tzinfo=None) == naive
