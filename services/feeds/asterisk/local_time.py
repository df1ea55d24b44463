"""Wall time without a zone, as CDR has it: which instant it was, found with what else is known of it."""

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from services.feeds.facts import SECOND, Micros, UnreadableItemError

_WALL = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})")
_EARLY = 2
"""How many seconds a clock that is put right may take something back."""
_YEARS = range(2000, 2066)
"""Asterisk was not there before; and no two moments of these years are too far apart for a duration."""


def began_at(wall: str, zone: tzinfo, channel_began: int | None, what: str) -> Micros:
    """Say when something began on a channel that began in this epoch second.

    An hour that a zone has twice is the first of the two in which the channel was there. Raises UnreadableItemError for
    an hour that the zone leaves out, and for what lies before the channel: then it is the wall time of another zone.
    """
    moments = _moments(wall, zone, what)
    if channel_began is None:
        if len(moments) > 1:
            message = f"{what} is an hour that the clocks showed twice, and the unique id does not tell which"
            raise UnreadableItemError(message)
        return moments[0]
    possible = [moment for moment in moments if moment >= (channel_began - _EARLY) * SECOND]
    if not possible:
        message = f"{what} lies before its own channel: the phone system's time zone must be another"
        raise UnreadableItemError(message)
    return possible[0]


def about(wall: str, zone: tzinfo, expected: Micros, what: str) -> Micros:
    """Say when something was that is expected about then; an hour that a zone has twice is the nearer of the two."""
    return min(_moments(wall, zone, what), key=lambda moment: abs(moment - expected))


def _moments(wall: str, zone: tzinfo, what: str) -> tuple[Micros, ...]:
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
    if naive is None or naive.year not in _YEARS:
        return None
    shown = [naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    moments = {int(moment.timestamp()) for moment in shown if _shows(moment, zone, naive)}
    return tuple(moment * SECOND for moment in sorted(moments))


def _shows(moment: datetime, zone: tzinfo, naive: datetime) -> bool:
    return moment.astimezone(zone).replace(tzinfo=None) == naive
