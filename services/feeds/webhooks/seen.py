"""What a cloud telephony system saw, in one vocabulary. Pure; no numbers and no names of callers."""

from typing import Literal

import msgspec

from events.agents import State
from events.calls import Direction, Outcome
from services.feeds.facts import Micros, UnreadableItemError

HungUpBy = Literal["customer", "rep", "system"]


class _Seen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="saw"):
    """Something that was seen; `order` decides between two of a kind where the source numbers what it says."""

    source: str
    """The source's URI reference, such as /aircall."""
    at: Micros
    """When, by the source's own clock."""
    order: int = 0


class _OfCall(_Seen, frozen=True, kw_only=True, omit_defaults=True):
    call: str
    leg: str = ""
    """Which part of the call, where the source tells its parts by themselves: a stay in a queue, a leg."""

    @property
    def about(self) -> str:
        """The source's own name for what this is about: what is kept together and in order."""
        return self.call


class Offered(_OfCall, frozen=True, kw_only=True, omit_defaults=True, tag="offered"):
    """A caller began to wait in a queue."""

    queue: str
    position: int = 1


class Answered(_OfCall, frozen=True, kw_only=True, omit_defaults=True, tag="answered"):
    """An agent picked up an inbound call."""

    agent: str
    queue: str | None = None


class Ended(_OfCall, frozen=True, kw_only=True, omit_defaults=True, tag="ended"):
    """A part of a call is over. A duration in seconds that is None was not told: it follows from what else was seen."""

    direction: Direction
    outcome: Outcome | None = None
    """None: answered if anybody was seen to pick up, and abandoned if not."""
    queue: str | None = None
    agent: str | None = None
    began: Micros | None = None
    """When the caller began to wait, or somebody began to dial."""
    answered: Micros | None = None
    wait: int | None = None
    ring: int | None = None
    talk: int | None = None
    hold: int = 0
    wrap: int = 0
    transfers: int = 0
    transferred_to: str | None = None
    by: HungUpBy | None = None
    """Who ended it."""


class Doing(_Seen, frozen=True, kw_only=True, omit_defaults=True, tag="doing"):
    """An agent began to do something."""

    agent: str
    state: State
    reason: str | None = None
    queue: str | None = None

    @property
    def about(self) -> str:
        """The source's own name for what this is about."""
        return self.agent


Seen = Offered | Answered | Ended | Doing

_DECODER = msgspec.json.Decoder(Seen)


def encode_seen(seen: Seen) -> bytes:
    """Write down what was seen, for the intake."""
    return msgspec.json.encode(seen)


def decode_seen(raw: bytes) -> Seen:
    """Read what `encode_seen` wrote; raises UnreadableItemError for anything else."""
    try:
        seen: Seen = _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"it is nothing that was seen: {type(error).__name__}"
        raise UnreadableItemError(message) from None
    return seen
