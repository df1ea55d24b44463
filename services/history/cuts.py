"""Cuts as text, `kvota.calls/0@17` and so on, separated by commas: an answer tells its own, and can be asked for by it.

Pure.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from services.history.errors import BadParametersError
from services.runtime.errors import WrongField
from services.runtime.parked import PARKED, TOPIC
from services.runtime.shards import Positions

Known = datetime | Positions
"""As of what a question is asked: a moment, for what was known at it; or a cut."""

_POSITION = re.compile(r"([a-z][a-z0-9_.-]{0,200})/(0|[1-9][0-9]{0,5})@(0|[1-9][0-9]{0,17})", re.ASCII)
_NO_POSITIONS = (
    "expected positions like kvota.decisions/0@17, several separated by commas",
    "нужны позиции вида kvota.decisions/0@17, несколько — через запятую",
)
_TWICE = ("it names a partition more than once", "одна и та же партиция названа несколько раз")
_NOT_WHOLE = (
    f"it has to say of how much of {TOPIC} it knows: name {TOPIC}/0 as well, as the answer did",
    f"нужно указать, сколько известно из {TOPIC}: назовите и {TOPIC}/0, как в ответе",
)


def read_positions(text: str, field: str) -> Positions:
    """Positions as a query writes them; raises BadParametersError, that names the field."""
    found = [_POSITION.fullmatch(item.strip()) for item in text.split(",")]
    if not all(found):
        raise BadParametersError(WrongField(field, *_NO_POSITIONS))
    return {(one[1], int(one[2])): int(one[3]) for one in found if one}


def read_cut(text: str, field: str) -> Positions:
    """A cut of which the answer never changes: it knows of no more than is parked before it. Raises likewise."""
    cut = read_positions(text, field)
    if len(cut) < len(text.split(",")):
        raise BadParametersError(WrongField(field, *_TWICE))
    if PARKED not in cut:
        raise BadParametersError(WrongField(field, *_NOT_WHOLE))
    return cut


def written_cut(positions: Mapping[str, int]) -> str:
    """A cut as it is asked for, of its offsets by `topic/partition`."""
    return ",".join(f"{place}@{before}" for place, before in positions.items())


def is_cut(text: str) -> bool:
    """Whether a text that is a moment or a cut is meant as a cut."""
    return "@" in text
