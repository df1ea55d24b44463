"""Wall time without a zone, as CDR has it: which instant it was, found with what else is known of it."""

from datetime import tzinfo

from services.feeds.facts import SECOND, Micros, UnreadableItemError
from services.feeds.wall_time import moments_of

_EARLY = 2
"""How many seconds a clock that is put right may take something back."""


def began_at(wall: str, zone: tzinfo, channel_began: int | None, what: str) -> Micros:
    """Say when something began on a channel that began in this epoch second.

    An hour that a zone has twice is the first of the two in which the channel was there. Raises UnreadableItemError for
    an hour that the zone leaves out, and for what lies before the channel: then it is the wall time of another zone.
    """
    moments = moments_of(wall, zone, what)
    if channel_began is None:
        if len(moments) > 1:
            message = f"{what} is an hour that the clocks showed twice, and the unique id does not tell which"
            raise UnreadableItemError(message)
        return min(moments)
    possible = [moment for moment in moments if moment >= (channel_began - _EARLY) * SECOND]
    if not possible:
        message = f"{what} lies before its own channel: the phone system's time zone must be another"
        raise UnreadableItemError(message)
    return possible[0]


def about(wall: str, zone: tzinfo, expected: Micros, what: str) -> Micros:
    """Say when something was that is expected about then; an hour that a zone has twice is the nearer of the two."""
    return min(moments_of(wall, zone, what), key=lambda moment: abs(moment - expected))
