"""Positions as they travel over HTTP: `kvota.decisions/0@17`, several separated by commas. Pure."""

import re

from services.runtime.shards import DECISIONS, Positions

_ONE = re.compile(r"([a-z][a-z0-9_.-]{0,200})/(0|[1-9][0-9]{0,5})@(0|[1-9][0-9]{0,17})", re.ASCII)
_OWN = (DECISIONS, 0)


def write_position(offset: int) -> str:
    """The position after the decision at `offset`."""
    return f"{DECISIONS}/0@{offset + 1}"


def read_positions(text: str) -> Positions:
    """Read positions of any partitions; raises ValueError for anything else."""
    found = [_ONE.fullmatch(item.strip()) for item in text.split(",")]
    if not all(found):
        message = "positions are written like kvota.decisions/0@17, several separated by commas"
        raise ValueError(message)
    return {(one[1], int(one[2])): int(one[3]) for one in found if one}


def own_position(text: str) -> int:
    """Of positions, the one in the decisions; 0 when there is none. Raises ValueError as `read_positions` does."""
    return read_positions(text).get(_OWN, 0)
