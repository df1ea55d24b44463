"""Old versions of events, brought up to today's shape when they are read. Added, never edited."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Data = dict[str, Any]
Upcaster = Callable[[Data], Data]

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(type, version) -> a pure function from that version's data to the next version's."""


class BrokenChainError(Exception):
    """Some version of an event could not be brought to today's."""


def check_chains(current: Mapping[str, int], upcasters: Iterable[tuple[str, int]]) -> None:
    """Make sure that every version of every type from 1 leads to the current one, and that no upcaster leads nowhere.

    Raises BrokenChainError, which names the missing or the stray step.
    """
    needed = {(event_type, version) for event_type, latest in current.items() for version in range(1, latest)}
    given = set(upcasters)
    if missing := sorted(needed - given):
        message = f"no upcaster from {missing[0][0]} version {missing[0][1]} to the next"
        raise BrokenChainError(message)
    if stray := sorted(given - needed):
        message = f"an upcaster from {stray[0][0]} version {stray[0][1]}, which is no older version of a known event"
        raise BrokenChainError(message)


def upcast(event_type: str, version: int, latest: int, data: Data) -> Data:
    """Bring `data` of `version` to the `latest` version, one step at a time."""
    for step in range(version, latest):
        data = UPCASTERS[event_type, step](data)
    return data
