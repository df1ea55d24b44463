"""The channels of a FreeSWITCH while they live: how long each held the other side, and how it ended."""

from dataclasses import dataclass, field, replace

from events.calls import Outcome
from services.feeds.facts import SECOND, Micros

_KEPT: Micros = 24 * 3600 * SECOND
"""A channel whose end was never heard of is forgotten after so long."""


@dataclass(frozen=True, slots=True)
class Hangup:
    """How a channel ended."""

    at: Micros
    cause: str
    itself: bool
    """Whether the one at its other end hung up; else FreeSWITCH did, mostly because the other channel had ended."""
    transfer: Outcome | None = None
    """Whether it sent the caller on."""
    to: str | None = None
    """The extension that a transfer went to, where that is said."""
    held: Micros = 0


@dataclass(slots=True)
class Leg:
    """A channel, and what it held."""

    begun: Micros
    held: Micros = 0
    holding: Micros | None = None


@dataclass(slots=True)
class LegsMemory:
    """The channels that live, by id, in the order in which they were heard of."""

    legs: dict[str, Leg] = field(default_factory=dict)


class Legs:
    """Every channel that was heard of and has not ended."""

    def __init__(self, memory: LegsMemory) -> None:
        """Begin with what is remembered."""
        self._legs = memory.legs

    def began(self, at: Micros, channel: str) -> None:
        """Note a channel."""
        while self._legs and next(iter(self._legs.values())).begun < at - _KEPT:
            del self._legs[next(iter(self._legs))]
        self._legs.setdefault(channel, Leg(at))

    def hold(self, at: Micros, channel: str) -> None:
        """Note that it put the other side on hold."""
        self.began(at, channel)
        leg = self._legs[channel]
        leg.holding = at if leg.holding is None else leg.holding

    def unhold(self, at: Micros, channel: str) -> None:
        """Note that it took the other side back."""
        if (leg := self._legs.get(channel)) is not None:
            leg.held, leg.holding = _held(leg, at), None

    def held(self, at: Micros, channel: str | None) -> Micros:
        """Say for how long it has held until a moment, over all its calls."""
        leg = self._legs.get(channel or "")
        return 0 if leg is None else _held(leg, at)

    def ended(self, channel: str, hangup: Hangup) -> Hangup:
        """Add what it held; FreeSWITCH counts that too, and the larger figure counts."""
        return replace(hangup, held=max(hangup.held, self.held(hangup.at, channel)))

    def gone(self, channel: str) -> None:
        """Take leave of a channel."""
        self._legs.pop(channel, None)

    def interrupted(self, after: Micros) -> None:
        """Nobody listened from a moment on: whoever held then may have taken the other side back since."""
        for leg in self._legs.values():
            leg.held, leg.holding = _held(leg, after), None

    def forget(self) -> None:
        """Forget all: the phone system began anew."""
        self._legs.clear()


def _held(leg: Leg, at: Micros) -> Micros:
    return leg.held + (0 if leg.holding is None else max(0, at - leg.holding))
