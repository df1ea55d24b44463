"""What becomes of calls: a call is the set of what was seen of it, in whatever order it came. Pure."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from events.calls import CallAnswered, CallEnded, CallFact, CallOffered, CallRestated
from events.envelope import Envelope
from events.ids import fact_id, restatement_id
from services.feeds.facts import SECOND, Micros, Teller, instant
from services.feeds.webhooks.seen import Answered, Dialled, Ended, Offered, SeenOfCall

KEPT: Micros = 5 * 3600 * SECOND
"""How long a call is remembered after anything was last seen of it: longer than any source goes on delivering."""
MOST = 200_000
"""So many parts of calls are remembered in a partition, however many come: each takes a kilobyte and a half."""
_LONGEST: Micros = 7 * 24 * 3600 * SECOND
"""No call lasts longer: where it seems so, a clock was wrong."""
_NUMBER = 1
"""A part of a call has one fact of each kind."""
_REASON = "the source said more of it later"

First = TypeVar("First", Offered, Answered, Dialled)


@dataclass(slots=True)
class Leg:
    """What was seen of one part of a call."""

    heard: Micros
    """When the log took the last word of it: a clock that no source can put wrong."""
    offered: Offered | None = None
    answered: Answered | None = None
    dialled: Dialled | None = None
    ended: Ended | None = None
    restated: dict[str, int] = field(default_factory=dict[str, int])
    """How often, by type of event."""


@dataclass(slots=True)
class CallsMemory:
    """The parts of calls that are known, by source, call and part; the one heard of last is the last."""

    legs: dict[str, Leg] = field(default_factory=dict[str, Leg])


class Calls:
    """Every call that was lately heard of.

    Of several that say when a call was offered or answered the first counts, in the source's order; of several that say
    how it ended, the last. A fact is told as soon as it is known, and restated when it turns out to be another.
    """

    def __init__(self, memory: CallsMemory) -> None:
        """Begin with what is remembered."""
        self._legs = memory.legs = OrderedDict(memory.legs)

    def take(self, seen: SeenOfCall, heard: Micros, teller: Teller) -> Iterator[Envelope]:
        """Tell what follows; `heard` is when the log took it."""
        leg = self._leg(seen, heard)
        told = _facts(leg, teller)
        match seen:
            case Offered():
                leg.offered = _first(leg.offered, seen)
            case Answered():
                leg.answered = _first(leg.answered, seen)
            case Dialled():
                leg.dialled = _first(leg.dialled, seen)
            case Ended():
                leg.ended = _last(leg.ended, seen)
        for kind, fact in _facts(leg, teller).items():
            was = told.get(kind)
            if was is None:
                yield teller.tell(fact, f"call/{seen.call}", seen.leg, _NUMBER)
            elif was != fact:
                leg.restated[kind] = revision = leg.restated.get(kind, 0) + 1
                yield _restated(was, fact, seen, revision, teller)

    def _leg(self, seen: SeenOfCall, heard: Micros) -> Leg:
        key = f"{seen.source}\x1f{seen.call}\x1f{seen.leg}"
        leg = self._legs.setdefault(key, Leg(heard))
        leg.heard = heard
        self._legs.move_to_end(key)
        while len(self._legs) > MOST or next(iter(self._legs.values())).heard < heard - KEPT:
            self._legs.popitem(last=False)
        return leg


def _first(known: First | None, seen: First) -> First:
    return seen if known is None or (seen.order, seen.at) < (known.order, known.at) else known


def _last(known: Ended | None, seen: Ended) -> Ended:
    return seen if known is None or (seen.order, seen.at) > (known.order, known.at) else known


def _facts(leg: Leg, teller: Teller) -> Mapping[str, CallFact]:
    """What is to be told of a part of a call, by what is known of it now."""
    found = list[CallFact]()
    if leg.offered is not None:
        found.append(_offered(leg, leg.offered, teller))
    if leg.answered is not None:
        found.append(_answered(leg, leg.answered, teller))
    if leg.ended is not None:
        found.append(_ended(leg, leg.ended, teller))
    return {fact.type: fact for fact in found}


def _offered(leg: Leg, offered: Offered, teller: Teller) -> CallOffered:
    return CallOffered(
        **teller.when(offered.at),
        call=offered.call,
        queue=offered.queue,
        position=max(1, offered.position),
        person=_caller(leg),
    )


def _answered(leg: Leg, answered: Answered, teller: Teller) -> CallAnswered:
    began, ended = _began(leg), leg.ended
    return CallAnswered(
        **teller.when(answered.at),
        call=answered.call,
        queue=_queue(leg),
        rep=answered.agent,
        wait_seconds=_between(began, answered.at),
        ring_seconds=(ended.ring if ended is not None else None) or 0,
        enqueued_at=instant(began) if began is not None and leg.offered is not None else None,
        person=_caller(leg),
    )


def _ended(leg: Leg, ended: Ended, teller: Teller) -> CallEnded:
    caller = _caller(leg)
    if ended.whole:
        leg = Leg(leg.heard, ended=ended)
    began, answered = _began(leg), _picked_up(leg, ended)
    agent = _agent(leg, ended)
    talked = _between(answered, ended.at) if ended.talk is None else ended.talk
    waited = _between(began, ended.at if answered is None else answered) if ended.wait is None else ended.wait
    return CallEnded(
        **teller.when(ended.at),
        call=ended.call,
        direction=ended.direction,
        outcome=ended.outcome or ("abandoned" if answered is None else "answered"),
        queue=_queue(leg),
        rep=agent,
        wait_seconds=waited,
        ring_seconds=ended.ring or 0,
        talk_seconds=talked,
        hold_seconds=ended.hold,
        wrap_seconds=ended.wrap,
        enqueued_at=instant(began) if began is not None and _queue(leg) is not None else None,
        answered_at=instant(answered) if answered is not None else None,
        ended_at=instant(ended.at),
        transfers=ended.transfers,
        transferred_to=ended.transferred_to,
        hung_up_by=ended.by,
        person=caller,
    )


def _caller(leg: Leg) -> str | None:
    seen = (leg.offered, leg.answered, leg.dialled, leg.ended)
    return next((each.caller for each in seen if each is not None and each.caller is not None), None)


def _began(leg: Leg) -> Micros | None:
    if leg.offered is not None:
        return leg.offered.at
    if leg.ended is None:
        return None
    dialled = leg.dialled if leg.ended.direction == "outbound" else None
    return leg.ended.began or (dialled.at if dialled is not None else None)


def _agent(leg: Leg, ended: Ended) -> str | None:
    """Who answered, or made the call; what the end says of it comes first."""
    dialled = leg.dialled if ended.direction == "outbound" else None
    other = leg.answered or dialled
    return ended.agent or (other.agent if other is not None else None)


def _picked_up(leg: Leg, ended: Ended) -> Micros | None:
    if ended.answered is not None:
        return ended.answered
    return leg.answered.at if leg.answered is not None else None


def _queue(leg: Leg) -> str | None:
    told = (leg.ended and leg.ended.queue, leg.answered and leg.answered.queue, leg.offered and leg.offered.queue)
    return next((queue for queue in told if queue), None)


def _between(begun: Micros | None, ended: Micros) -> int:
    """Whole seconds from one moment to a later one, cut down; none where the first is not known, or cannot be so."""
    return (ended - begun) // SECOND if begun is not None and 0 <= ended - begun <= _LONGEST else 0


def _restated(was: CallFact, now: CallFact, seen: SeenOfCall, revision: int, teller: Teller) -> Envelope:
    original = fact_id(teller.source, seen.call, seen.leg, was.type, _NUMBER)
    event = CallRestated(
        occurred_at=now.occurred_at, day=now.day, of=original, revision=revision, reason=_REASON, was=was, now=now
    )
    return teller.tell(event, f"call/{seen.call}", seen.leg, revision, identity=restatement_id(original, revision))
