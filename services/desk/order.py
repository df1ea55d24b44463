"""The order of things in a list. Pure."""

from collections.abc import Sequence
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


class Order:
    """The keys of a dict that only grows, in the order in which they came: the same wherever the log is folded."""

    def __init__(self) -> None:
        """Know none yet."""
        self._keys: list[str] = []

    def of(self, things: dict[str, T]) -> Sequence[str]:
        """The keys of this dict, which is always the same one."""
        new = len(things) - len(self._keys)
        self._keys += reversed(list(islice(reversed(things), new)))
        return self._keys
