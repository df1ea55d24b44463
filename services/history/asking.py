"""What every question to history may say besides what it asks: as of when, and what must be archived before."""

from collections import Counter
from datetime import datetime

from starlette.datastructures import QueryParams

from events.event import in_utc, is_instant
from services.history.archiver import Archiver
from services.history.cuts import Known, is_cut, read_cut, read_positions
from services.runtime.errors import WrongField
from services.runtime.problems import invalid_fields
from services.runtime.shards import Positions

WAIT_S = 10.0
"""How long an answer waits for what is not archived yet."""

_CLOSES_S = 5.0
"""How long to wait for a moment to be closed: one that has just passed is within less."""
_NO_INSTANT = (
    "expected an instant with its zone, such as 2026-11-24T18:00:00Z",
    "нужен момент с часовым поясом, например 2026-11-24T18:00:00Z",
)
_EITHER = WrongField(
    "cut",
    "known_at says already as of when: give one of them",
    "known_at уже говорит, на какой момент: укажите что-то одно",
)
_TWICE = ("it is given more than once", "значение указано несколько раз")


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


async def read_known(archiver: Archiver, given: dict[str, str]) -> Known | None:
    """Take `cut` out of a query as well, which an answer may be asked for in the place of `known_at`; wait likewise.

    Raises Problem or HistoryError.
    """
    known_at, cut = await read_asked(archiver, given), given.pop("cut", None)
    if cut is None:
        return known_at
    if known_at is not None:
        raise invalid_fields(_EITHER)
    return await _read_archived(archiver, cut, "cut")


async def read_versus(archiver: Archiver, given: dict[str, str]) -> Known | None:
    """Take `versus` out of a query, a moment or a cut, and wait likewise; raises Problem or HistoryError."""
    versus = given.pop("versus", None)
    if versus is None:
        return None
    if is_cut(versus):
        return await _read_archived(archiver, versus, "versus")
    return await read_closed(archiver, versus, "versus")


async def read_closed(archiver: Archiver, moment: str, field: str = "known_at") -> datetime:
    """Read a moment, and wait until it is closed; raises Problem or HistoryError."""
    read = _instant(moment, field)
    await archiver.closed(read, _CLOSES_S)
    return read


async def _read_archived(archiver: Archiver, text: str, field: str) -> Positions:
    """Read a cut, and wait until all before it is archived; raises HistoryError."""
    cut = read_cut(text, field)
    await archiver.reached(cut, WAIT_S)
    return cut


def _instant(text: str, field: str) -> datetime:
    wrong = invalid_fields(WrongField(field, *_NO_INSTANT))
    if not is_instant(text):
        raise wrong
    try:
        return in_utc(datetime.fromisoformat(text))
    except ValueError:  # such as the 32nd of a month
        raise wrong from None
