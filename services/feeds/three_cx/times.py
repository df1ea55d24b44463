"""The moments of a row: wall time of a zone that the id of the call gives away. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from services.feeds.facts import SECOND, Micros, UnreadableItemError
from services.feeds.fields import number
from services.feeds.wall_time import YEARS, moments_of

_MADE = re.compile(r"([0-9A-Fa-f]{16})_[0-9]+")
_MS = 1000
_SINCE_1601_MS = 11_644_473_600_000
"""Windows counts from 1601, all else from 1970."""
_EARLY: Micros = 2 * SECOND
_FIRST, _LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * SECOND for year in (YEARS.start, YEARS.stop))
_QUARTER: Micros = 900 * SECOND
"""Time zones differ by quarters of an hour."""
_CLOCK = re.compile(r"([0-9]{1,4}):([0-5][0-9]):([0-5][0-9])")
_OTHER_ZONE = "time-start is not when the id of the call was made: the zone of these times must be another"


@dataclass(frozen=True, slots=True)
class Times:
    """When a call began, was answered, if it was, and ended; each in a whole second."""

    start: Micros
    answered: Micros | None
    end: Micros
    talked: int | None
    """How many seconds 3CX itself counts from the answer to the end, if it says so."""


def times_of(told: Mapping[str, str], zone: tzinfo) -> Times:
    """Read the times of a row, written in this zone; raises UnreadableItemError for what cannot be so.

    An hour that the zone has twice is told by the id of the call, which has the moment it was made at.
    """
    talked = _talked(told.get("duration", ""))
    start = _start(moments_of(_wall(told["time-start"]), zone, "time-start"), _made(told["callid"]))
    answered = None
    if told["time-answered"]:
        answered = _next(moments_of(_wall(told["time-answered"]), zone, "time-answered"), start, 0, "time-answered")
    ends = moments_of(_wall(told["time-end"]), zone, "time-end")
    return Times(start, answered, _next(ends, start if answered is None else answered, talked or 0, "time-end"), talked)


def _wall(written: str) -> str:
    return written.replace("/", "-")


def _start(moments: tuple[Micros, ...], made: Micros | None) -> Micros:
    if made is None:
        if len(moments) > 1:
            message = "time-start is an hour that the clocks showed twice, and the id of the call does not tell which"
            raise UnreadableItemError(message)
        return min(moments)
    start = min(moments, key=lambda moment: abs(moment - made))
    late = start - made
    if late < -_EARLY or (late > _QUARTER // 2 and abs(late - round(late / _QUARTER) * _QUARTER) <= _EARLY):
        raise UnreadableItemError(_OTHER_ZONE)
    return start


def _next(moments: Iterable[Micros], begun: Micros, after: int, what: str) -> Micros:
    """The moment that is not before another one, and nearest to so many seconds after it."""
    possible = [moment for moment in moments if moment >= begun]
    if not possible:
        message = f"{what} lies before what went before it"
        raise UnreadableItemError(message)
    return min(possible, key=lambda moment: abs(moment - begun - after * SECOND))


def _made(callid: str) -> Micros | None:
    """The moment in the id of a call; None for an id that has none.

    Its first half is milliseconds: since 1970, since 1601 (on Windows), or since 1970 with the bytes turned round (in
    version 20). Only one of these can lie in our days.
    """
    found = _MADE.fullmatch(callid)
    if found is None:
        return None
    raw = bytes.fromhex(found[1])
    counted = int.from_bytes(raw)
    for milliseconds in (counted, counted - _SINCE_1601_MS, int.from_bytes(raw, "little")):
        if _FIRST <= milliseconds * _MS < _LAST:
            return milliseconds * _MS
    return None


def _talked(written: str) -> int | None:
    if not written:
        return None
    found = _CLOCK.fullmatch(written)
    if found is None:
        message = "duration is no time of HH:MM:SS"
        raise UnreadableItemError(message)
    hours, minutes, seconds = (number(part.encode(), "duration") for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds
