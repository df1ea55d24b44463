"""What becomes of callers in queues: their stays, numbered, and the facts that each is told by."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from events.calls import CallAnswered, CallEnded, CallOffered, Outcome
from events.envelope import Envelope
from services.feeds.facts import SECOND, Micros, Teller, instant, second

KEPT: Micros = 4 * 3600 * SECOND
"""How long a call is remembered after anything was last heard of it; one that ends later is told from its last line."""
_LATE = 5
"""What comes more seconds later than Asterisk says is about something else."""


@dataclass(slots=True)
class Stay:
    """One stay of a call in a queue."""

    joined: Micros
    answered: Micros | None = None
    agent: str | None = None
    ring: int = 0
    ended: Micros | None = None


@dataclass(slots=True)
class Call:
    """What is known of one call."""

    heard: Micros
    stays: dict[str, list[Stay]] = field(default_factory=dict)
    refused: dict[str, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class CallsMemory:
    """The calls that are known, by id; the one heard of last is the last."""

    calls: dict[str, Call] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """Who picked up, and after how many seconds."""

    agent: str
    wait: int
    ring: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How a stay came to its end."""

    outcome: Outcome
    wait: int
    agent: str | None = None
    talk: int = 0
    by: Literal["customer", "rep"] | None = None
    to: str | None = None
    """The extension that a transfer went to."""
    hold: int = 0
    """How much of the talk the caller was on hold, where the source says so."""


class QueueCalls:
    """Every call that is in a queue, or was lately.

    Something told twice is known by its second and says nothing again; where no stay is open that it could be news of,
    the second before or after is the same (one source may put it there, and the other fill a gap). A line that was lost
    is made up for: Asterisk's own durations say when the caller joined and when the call was answered.
    """

    def __init__(self, teller: Teller, memory: CallsMemory | None = None) -> None:
        """Begin with what is remembered, or with no call."""
        self._teller = teller
        memory = CallsMemory() if memory is None else memory
        self._calls = memory.calls = OrderedDict(memory.calls)

    def joined(self, at: Micros, call: str, queue: str, position: int) -> Iterator[Envelope]:
        """Tell that a caller joined a queue."""
        stays = self._stays(at, call, queue)
        waiting = _waiting(stays)
        if _known(at, (stay.joined for stay in stays)) or (waiting and _known(at, [waiting.joined], within_s=1)):
            return
        offered = CallOffered(**self._teller.when(at), call=call, queue=queue, position=position)
        stays.append(Stay(at))
        yield self._tell(offered, call, _leg(queue, len(stays)))

    def answered(self, at: Micros, call: str, queue: str, answer: Answer) -> Iterator[Envelope]:
        """Tell that an agent picked up."""
        stays = self._stays(at, call, queue)
        waiting = _waiting(stays)
        if _known(at, (stay.answered for stay in stays), within_s=0 if waiting else 1):
            return
        stay = waiting or Stay(_before(at, answer.wait))
        event = CallAnswered(
            **self._teller.when(at),
            call=call,
            queue=queue,
            rep=answer.agent,
            wait_seconds=answer.wait,
            enqueued_at=instant(stay.joined),
            ring_seconds=answer.ring,
        )
        if waiting is None:
            stays.append(stay)
        stay.answered, stay.agent, stay.ring = at, answer.agent, answer.ring
        yield self._tell(event, call, _leg(queue, len(stays)))

    def ended(self, at: Micros, call: str, queue: str, end: Ending) -> Iterator[Envelope]:
        """Tell that a stay is over."""
        stays = self._stays(at, call, queue)
        known = bool(stays) and stays[-1].ended is None
        if _known(at, (stay.ended for stay in stays), within_s=0 if known else 1):
            return
        stay = stays[-1] if known else Stay(_before(at, end.wait + end.talk))
        if end.agent is not None and stay.answered is None:
            stay.answered = _before(at, end.talk)
        event = CallEnded(
            **self._teller.when(at),
            call=call,
            direction="inbound",
            outcome=end.outcome,
            queue=queue,
            rep=end.agent,
            wait_seconds=end.wait,
            ring_seconds=stay.ring if end.agent is not None else 0,
            talk_seconds=end.talk,
            hold_seconds=end.hold,
            enqueued_at=instant(stay.joined),
            answered_at=instant(stay.answered) if stay.answered is not None else None,
            ended_at=instant(at),
            transfers=1 if end.outcome in ("transferred_blind", "transferred_attended") else 0,
            transferred_to=end.to,
            hung_up_by=end.by,
        )
        if not known:
            stays.append(stay)
        stay.ended = at
        yield self._tell(event, call, _leg(queue, len(stays)))

    def refused(self, at: Micros, call: str, queue: str | None, outcome: Outcome) -> Iterator[Envelope]:
        """Tell that a queue did not take a caller in; that is no stay, and takes no number from one."""
        times = self._call(at, call).refused.setdefault(queue or "", [])
        if second(at) in times:
            return
        when = self._teller.when(at)
        event = CallEnded(
            **when, call=call, direction="inbound", outcome=outcome, queue=queue, ended_at=when["occurred_at"]
        )
        times.append(second(at))
        yield self._tell(event, call, f"{queue or ''}/refused#{len(times)}")

    def on_time(self, at: Micros, call: str, queue: str, after: int) -> Micros:
        """Say when something was that Asterisk counts `after` seconds into a stay; the event of it may be late."""
        known = self._calls.get(call)
        stays = known.stays.get(queue) if known is not None else None
        return within(at, second(stays[-1].joined) + after) if stays else at

    def talking(self, call: str) -> bool:
        """Whether a stay of the call was answered and is not over."""
        known = self._calls.get(call)
        return known is not None and any(
            stay.answered is not None and stay.ended is None for stays in known.stays.values() for stay in stays
        )

    def known(self) -> Iterable[str]:
        """Every call that met a queue and is remembered."""
        return self._calls.keys()

    def open(self) -> Iterator[tuple[str, str, Stay]]:
        """Every stay that is not over, with its call and queue."""
        for call, known in self._calls.items():
            for queue, stays in known.stays.items():
                if stays and stays[-1].ended is None:
                    yield call, queue, stays[-1]

    def forget(self, call: str) -> None:
        """Forget a call of which nothing more will be said."""
        self._calls.pop(call, None)

    def _tell(self, event: CallOffered | CallAnswered | CallEnded, call: str, leg: str) -> Envelope:
        return self._teller.tell(event, f"call/{call}", leg, 1)

    def _stays(self, at: Micros, call: str, queue: str) -> list[Stay]:
        return self._call(at, call).stays.setdefault(queue, [])

    def _call(self, at: Micros, call: str) -> Call:
        known = self._calls.get(call)
        if known is None:
            known = self._calls[call] = Call(at)
            self._forget_old(at)
        known.heard = at
        self._calls.move_to_end(call)
        return known

    def _forget_old(self, at: Micros) -> None:
        while next(iter(self._calls.values())).heard < at - KEPT:
            self._calls.popitem(last=False)


def within(at: Micros, latest: int) -> Micros:
    """Give the moment, or the end of the second that it must have been in where it lies a little beyond."""
    return (latest + 1) * SECOND - 1 if 0 < second(at) - latest <= _LATE else at


def _leg(queue: str, number: int) -> str:
    """Name a call's `number`-th stay in a queue."""
    return f"{queue}#{number}"


def _waiting(stays: Sequence[Stay]) -> Stay | None:
    """Give the last stay if it is not over, and nobody has answered."""
    return stays[-1] if stays and stays[-1].answered is None and stays[-1].ended is None else None


def _known(at: Micros, told: Iterable[Micros | None], within_s: int = 0) -> bool:
    return any(moment is not None and abs(second(moment) - second(at)) <= within_s for moment in told)


def _before(at: Micros, seconds: int) -> Micros:
    """Give the second in which something began that Asterisk says lasted so long."""
    return max(0, second(at) - seconds) * SECOND
