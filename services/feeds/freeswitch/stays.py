"""The callers of mod_callcenter: what it calls members of its queues."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from events.calls import Outcome
from events.envelope import Envelope
from services.feeds.facts import SECOND, Micros, second
from services.feeds.freeswitch.legs import Hangup, Legs
from services.feeds.queue_calls import KEPT, Answer, Ending, QueueCalls, within

_PATIENCE: Micros = 3 * SECOND
"""How long the end of a stay waits for the hangups that say who ended it: mod_callcenter looks ten times a second."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which stay something is about: the caller's channel, mod_callcenter's id of the stay, and the queue."""

    call: str
    member: str
    queue: str


@dataclass(frozen=True, slots=True)
class Served:
    """By whom a caller was answered, in the epoch seconds that mod_callcenter tells; None where it tells none."""

    agent: str
    leg: str | None
    joined: int | None
    called: int | None
    answered: int


@dataclass(frozen=True, slots=True)
class Left:
    """How a caller left whom nobody answered; the times are epoch seconds."""

    leaving: int
    outcome: Outcome
    joined: int | None
    hung_up: bool
    """Whether the caller's channel had ended by then."""


@dataclass(slots=True)
class Member:
    """One stay of a caller in a queue."""

    queue: str
    joined: int
    answered: int | None = None
    agent: str = ""
    leg: str | None = None
    """The agent's channel."""
    held_before: Micros = 0
    """What that channel had held before this call."""
    left: Micros | None = None
    leaving: int = 0
    agent_gone: Hangup | None = None
    over: bool = False


@dataclass(slots=True)
class Caller:
    """A channel that is or was in queues."""

    begun: Micros
    members: dict[str, Member] = field(default_factory=dict)
    gone: Hangup | None = None


@dataclass(slots=True)
class StaysMemory:
    """The callers that are known, by channel, and what is waited for."""

    callers: dict[str, Caller] = field(default_factory=dict)
    waiting: dict[str, set[str]] = field(default_factory=dict)
    """The stays in each queue that nobody has answered."""
    serving: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The caller and the stay that an agent's channel is on."""
    unsettled: dict[str, Micros] = field(default_factory=dict)
    """Callers of whom a hangup, or the end of a stay, was heard, and since when the rest of it is waited for."""


class Stays:
    """Every caller in a queue, from joining it until all that is said of the stay was heard."""

    def __init__(self, calls: QueueCalls, legs: Legs, memory: StaysMemory) -> None:
        """Begin with what is remembered."""
        self._calls = calls
        self._legs = legs
        self._memory = memory

    def clock(self, at: Micros) -> Iterator[Envelope]:
        """Time has come this far: what was waited for in vain is told without, and who is gone is forgotten."""
        memory = self._memory
        while memory.unsettled and next(iter(memory.unsettled.values())) < at - _PATIENCE:
            call = next(iter(memory.unsettled))
            del memory.unsettled[call]
            yield from self._settle(call, patient=False)
            caller = memory.callers.get(call)
            if caller is not None and caller.gone is not None:
                self._drop(call)

    def joined(self, at: Micros, place: Place) -> Iterator[Envelope]:
        """Tell that a caller joined a queue, behind those who are known to wait in it."""
        yield from self._settle(place.call, patient=False)
        caller, waiting = self._caller(at, place.call), self._memory.waiting.setdefault(place.queue, set())
        caller.members[place.member] = Member(place.queue, second(at))
        yield from self._calls.joined(at, place.call, place.queue, len(waiting) + 1)
        waiting.add(place.member)

    def answered(self, at: Micros, place: Place, served: Served) -> Iterator[Envelope]:
        """Tell that an agent picked up."""
        member = self._member(at, place, served.joined)
        self._no_longer_waits(place)
        if member.over:
            return
        member.answered, member.agent, member.leg = served.answered, served.agent, served.leg
        if served.leg is not None:
            member.held_before = self._legs.held(at, served.leg)
            self._memory.serving[served.leg] = place.call, place.member
        wait = max(0, served.answered - member.joined)
        ring = max(0, served.answered - served.called) if served.called is not None else 0
        when = within(at, served.answered)
        yield from self._calls.answered(when, place.call, place.queue, Answer(served.agent, wait, ring))

    def cancelled(self, at: Micros, place: Place, left: Left) -> Iterator[Envelope]:
        """Tell that a caller left without an answer; one who left at the very answer was answered."""
        member = self._member(at, place, left.joined)
        self._no_longer_waits(place)
        if member.over:
            return
        if member.answered is not None:
            yield from self._left(at, place, member, left.leaving)
            return
        member.over = True
        by: Literal["customer"] | None = "customer" if left.outcome == "abandoned" and left.hung_up else None
        end = Ending(left.outcome, max(0, left.leaving - member.joined), by=by)
        yield from self._calls.ended(within(at, left.leaving), place.call, place.queue, end)

    def terminated(self, at: Micros, place: Place, leaving: int, served: Served) -> Iterator[Envelope]:
        """Tell that an agent and a caller parted; an answer that nobody heard of is told from this, too."""
        member = self._member(at, place, served.joined)
        if member.over:
            return
        if member.answered is None:
            yield from self.answered(served.answered * SECOND, place, served)
        yield from self._left(at, place, member, leaving)

    def hung_up(self, at: Micros, channel: str, hangup: Hangup) -> Iterator[Envelope]:
        """Note that a channel ended, and tell what waited for that."""
        call, member = self._memory.serving.pop(channel, ("", ""))
        if (served := self._memory.callers.get(call)) is not None and member in served.members:
            served.members[member].agent_gone = hangup
            yield from self._settle(call, patient=True)
        caller = self._memory.callers.get(channel)
        if caller is not None:
            caller.gone = hangup
            self._wait(at, channel)
            yield from self._settle(channel, patient=True)

    def knows(self, call: str) -> bool:
        """Whether a channel is or was in a queue."""
        return call in self._memory.callers

    def interrupted(self) -> None:
        """Nobody listened for a while: who waits in which queue is not known any more."""
        self._memory.waiting.clear()

    def forget(self) -> None:
        """Forget all: the phone system began anew."""
        memory = self._memory
        for call in list(memory.callers):
            self._calls.forget(call)
        for known in (memory.callers, memory.waiting, memory.serving, memory.unsettled):
            known.clear()

    def _left(self, at: Micros, place: Place, member: Member, leaving: int) -> Iterator[Envelope]:
        if member.left is None:
            member.left, member.leaving = within(at, leaving), leaving
            self._wait(at, place.call)
        yield from self._settle(place.call, patient=True)

    def _settle(self, call: str, *, patient: bool) -> Iterator[Envelope]:
        """Tell the stays that are over: once it is known who ended them, or (not patient) without."""
        caller = self._memory.callers.get(call)
        for member in list(caller.members.values()) if caller is not None else ():
            assert caller is not None  # noqa: S101  # it has members
            known = _who_is_known(caller.gone, member.agent_gone)
            if member.left is not None and not member.over and (known or not patient):
                member.over = True
                yield from self._calls.ended(member.left, call, member.queue, self._ending(caller, member))
                self._no_longer_serves(member, call)

    def _ending(self, caller: Caller, member: Member) -> Ending:
        gone, left = member.agent_gone, member.left or 0
        answered = member.leaving if member.answered is None else member.answered
        held = self._legs.held(left, member.leg) if gone is None else gone.held
        return Ending(
            (gone.transfer if gone is not None else None) or "answered",
            max(0, answered - member.joined),
            member.agent,
            max(0, member.leaving - answered),
            by=_by(caller.gone, gone),
            to=gone.to if gone is not None else None,
            hold=min(second(max(0, held - member.held_before)), max(0, member.leaving - answered)),
        )

    def _no_longer_waits(self, place: Place) -> None:
        self._memory.waiting.get(place.queue, set()).discard(place.member)

    def _caller(self, at: Micros, call: str) -> Caller:
        callers = self._memory.callers
        while callers and next(iter(callers.values())).begun < at - KEPT:
            self._drop(next(iter(callers)))
        return callers.setdefault(call, Caller(at))

    def _member(self, at: Micros, place: Place, joined: int | None) -> Member:
        """Give the stay; of one that was not heard to begin mod_callcenter says when it did."""
        members = self._caller(at, place.call).members
        return members.setdefault(place.member, Member(place.queue, second(at) if joined is None else joined))

    def _wait(self, at: Micros, call: str) -> None:
        self._memory.unsettled.pop(call, None)
        self._memory.unsettled[call] = at

    def _drop(self, call: str) -> None:
        self._memory.unsettled.pop(call, None)
        for member_id, member in self._memory.callers.pop(call).members.items():
            self._no_longer_waits(Place(call, member_id, member.queue))
            self._no_longer_serves(member, call)
        self._calls.forget(call)

    def _no_longer_serves(self, member: Member, call: str) -> None:
        if member.leg is not None and self._memory.serving.get(member.leg, ("", ""))[0] == call:
            del self._memory.serving[member.leg]


def _who_is_known(caller: Hangup | None, agent: Hangup | None) -> bool:
    """Whether all was heard that says who ended a talk: the one who did, or else both ends."""
    if agent is not None and (agent.itself or agent.transfer is not None):
        return True
    return caller is not None and (caller.itself or agent is not None)


def _by(caller: Hangup | None, agent: Hangup | None) -> Literal["customer", "rep"] | None:
    """Say who hung up: the first who did it at the own end, and nobody where the caller was sent on."""
    if agent is not None and agent.transfer is not None:
        return None
    ends: list[tuple[Micros, Literal["customer", "rep"]]] = []
    if caller is not None and caller.itself:
        ends.append((caller.at, "customer"))
    if agent is not None and agent.itself:
        ends.append((agent.at, "rep"))
    return min(ends)[1] if ends else None
