"""What every question to history may say besides what it asks: as of when, and what must be archived before."""

import re
from collections import Counter
from datetime import datetime

from starlette.datastructures import QueryParams

from events.event import in_utc, is_instant
from services.history.archiver import Archiver
from services.runtime.errors import WrongField
from services.runtime.problems import invalid_fields
from services.runtime.shards import Positions

WAIT_S = 10.0
"""How long an answer waits for what is not archived yet."""

_CLOSES_S = 5.0
"""How long to wait for a moment to be closed: one that has just passed is within less."""
_POSITION = re.compile(r"([a-z][a-z0-9_.-]{0,200})/(0|[1-9][0-9]{0,5})@(0|[1-9][0-9]{0,17})", re.ASCII)
_NO_INSTANT = WrongField(
    "known_at",
    "expected an instant with its zone, such as 2026-11-24T18:00:00Z",
    "нужен момент с часовым поясом, например 2026-11-24T18:00:00Z",
)
_TWICE = ("it is given more than once", "значение указано несколько раз")
_NO_POSITIONS = (
    "expected positions like kvota.decisions/0@17, several separated by commas",
    "нужны позиции вида kvota.decisions/0@17, несколько — через запятую",
)


def said_once(query: QueryParams) -> dict[str, str]:
    """What a query says; raises Problem when it says anything twice, for it is not clear then which of them holds."""
    times = Counter(name for name, _ in query.multi_items())
    if twice := [WrongField(name, *_TWICE) for name, count in times.items() if count > 1]:
        raise invalid_fields(*twice)
    return dict(query)


async def read_asked(archiver: Archiver, given: dict[str, str]) -> datetime | None:
    """Take `after` and `known_at` out of a query; wait until that is archived, and this, which it gives, closed.

    Raises Problem.
    """
    after, known_at = given.pop("after", None), given.pop("known_at", None)
    if after is not None:
        await archiver.reached(read_positions(after, "after"), WAIT_S)
    return None if known_at is None else await read_closed(archiver, known_at)


async def read_closed(archiver: Archiver, known_at: str) -> datetime:
    """Read a moment, and wait until it is closed; raises Problem."""
    moment = _instant(known_at)
    await archiver.closed(moment, _CLOSES_S)
    return moment


def read_positions(text: str, field: str) -> Positions:
    """Positions as a query writes them; raises Problem."""
    found = [_POSITION.fullmatch(item.strip()) for item in text.split(",")]
    if not all(found):
        raise invalid_fields(WrongField(field, *_NO_POSITIONS))
    return {(one[1], int(one[2])): int(one[3]) for one in found if one}


def _instant(text: str) -> datetime:
    if not is_instant(text):
        raise invalid_fields(_NO_INSTANT)
    try:
        return in_utc(datetime.fromisoformat(text))
    except ValueError:  # such as the 32nd of a month
        raise invalid_fields(_NO_INSTANT) from None
