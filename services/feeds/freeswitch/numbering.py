"""The numbers that a FreeSWITCH gives its events: what came twice, and when it began anew.

A core numbers every event that it makes, from 1, and gets another id when it starts again. It makes many that nobody
asked for, and some that it sends to nobody, so the numbers of what is heard have holes even when nothing is lost: only
across two connections does a hole say that something may be missing. Several threads hand events out, so a number may
come a little after a higher one.
"""

from dataclasses import dataclass, field
from typing import Literal

_WINDOW = 1024
"""How far behind the highest number one may still be news; what is further back was told."""
_PAST = 8
"""How many earlier cores are remembered: what they said lies in files that are read again."""

Place = Literal["next", "again", "restart"]


@dataclass(slots=True)
class Numbering:
    """The core that speaks, the highest number that was heard of it, and those just below."""

    core: str = ""
    highest: int = 0
    recent: set[int] = field(default_factory=set)
    past: list[str] = field(default_factory=list)

    def place(self, core: str, number: int) -> Place:
        """Say where an event belongs; changes nothing."""
        if core != self.core:
            return "again" if core in self.past else "restart"
        told = number in self.recent or number <= self.highest - _WINDOW
        return "again" if told else "next"

    def take(self, core: str, number: int) -> None:
        """Take note of an event that is told now."""
        if core != self.core:
            self.past = [*self.past, self.core][-_PAST:] if self.core else []
            self.core, self.highest = core, 0
            self.recent.clear()
        self.highest = max(self.highest, number)
        self.recent.add(number)
        if len(self.recent) > 2 * _WINDOW:
            self.recent = {recent for recent in self.recent if recent > self.highest - _WINDOW}
