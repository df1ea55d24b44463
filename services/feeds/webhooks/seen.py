"""What a cloud telephony system saw, in one vocabulary. Pure; no numbers and no names of callers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from events.agents import State
from events.calls import Direction, Outcome
from services.feeds.facts import SECOND, Micros, UnreadableItemError

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Moment = Annotated[Micros, Meta(gt=0, lt=2**32 * SECOND)]
"""Between 1970 and 2106."""
Whole = Annotated[int, Meta(ge=0, lt=2**31)]
"""A number of things, or a duration in whole seconds."""
Order = Annotated[int, Meta(gt=-(2**53), lt=2**53)]
"""What any JSON reader holds exactly, and a checkpoint holds at all."""
HungUpBy = Literal["customer", "rep", "system"]


class _Seen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="saw"):
    """Something that was seen; `order` decides between two of a kind where the source numbers what it says."""

    source: Name
    """The source's URI reference, such as /aircall."""
    at: Moment
    """When, by the source's own clock."""
    order: Order = 0


class _OfCall(_Seen, frozen=True, kw_only=True, omit_defaults=True):
    call: Name
    leg: Annotated[str, Meta(max_length=200)] = ""
    """Which part of the call, where the source tells its parts by themselves: a stay in a queue, a leg."""
    caller: Name | None = None
    """The person on the line from outside, by the vault's id."""

    @property
    def about(self) -> str:
        """The source's own name for what this is about: what is kept together and in order."""
        return self.call


class Offered(_OfCall, frozen=True, kw_only=True, omit_defaults=True, tag="offered"):
    """A caller began to wait in a queue."""

    queue: Name
    position: Annotated[int, Meta(ge=1, lt=2**31)] = 1


class Answered(_OfCall, frozen=True, kw_only=True, omit_defaults=True, tag="answered"):
    """An agent picked up an inbound call."""

    agent: Name
    queue: Name | None = None


class Dialled(_OfCall, frozen=True, kw_only=True, omit_defaults=True, tag="dialled"):
    """An agent began to make an outbound call: that says nothing by itself, but whose the call is, and since when."""

    agent: Name


class Ended(_OfCall, frozen=True, kw_only=True, omit_defaults=True, tag="ended"):
    """A part of a call is over. A duration in seconds that is None was not told: it follows from what else was seen."""

    direction: Direction
    outcome: Outcome | None = None
    """None: answered if anybody was seen to pick up, and abandoned if not."""
    queue: Name | None = None
    agent: Name | None = None
    began: Moment | None = None
    """When the caller began to wait, or somebody began to dial."""
    answered: Moment | None = None
    wait: Whole | None = None
    ring: Whole | None = None
    talk: Whole | None = None
    hold: Whole = 0
    wrap: Whole = 0
    transfers: Whole = 0
    transferred_to: Name | None = None
    by: HungUpBy | None = None
    """Who ended it."""
    whole: bool = False
    """Whether it says all there is to be said of how that part went: nothing else that was seen adds to it."""


class Doing(_Seen, frozen=True, kw_only=True, omit_defaults=True, tag="doing"):
    """An agent began to do something."""

    agent: Name
    state: State
    reason: Name | None = None
    queue: Name | None = None

    @property
    def about(self) -> str:
        """The source's own name for what this is about."""
        return self.agent


class Ticked(msgspec.Struct, frozen=True, tag_field="saw", tag="ticked"):
    """Nothing, but that time goes on: said by who reads the intake where no source says anything."""


SeenOfCall = Offered | Answered | Dialled | Ended
Seen = SeenOfCall | Doing
"""What a source may say."""
Taken = Seen | Ticked
"""What the intake holds."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The number that is on the line from outside: it is looked up, and never written down."""

    source: str
    call: str
    number: str | None


Told = Seen | Outside
"""What a delivery says."""


def seen_in(told: Iterable[Told]) -> list[Seen]:
    """What is written down of it."""
    return [each for each in told if not isinstance(each, Outside)]


TICK = msgspec.json.encode(Ticked())
_DECODER = msgspec.json.Decoder(Seen)
_TAKEN = msgspec.json.Decoder(Taken)


def written(seen: Seen) -> bytes:
    """Write down what was seen, if it is within the bounds of what facts are made of; raises UnreadableItemError."""
    try:
        raw = msgspec.json.encode(seen)
        _DECODER.decode(raw)
    except msgspec.ValidationError as error:
        message = f"it is out of bounds: {error}"
    except UnicodeError:
        message = "it has a text that is no text"
    else:
        return raw
    raise UnreadableItemError(message)


def decode_seen(raw: bytes) -> Taken:
    """Read what the intake holds; raises UnreadableItemError for anything else."""
    try:
        seen: Taken = _TAKEN.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"it is nothing that was seen: {type(error).__name__}"
        raise UnreadableItemError(message) from None
    return seen
