"""Callers in queues, by AMI: how a waiting ended is known only from what comes next."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from events.calls import Outcome
from events.envelope import Envelope
from services.feeds.facts import SECOND, Micros, second
from services.feeds.queue_calls import Ending, QueueCalls

_LEFT: Mapping[str, Outcome] = {
    "TIMEOUT": "timed_out",
    "LEAVEEMPTY": "leave_empty",
    "LEAVEUNAVAIL": "leave_empty",
}
REFUSED: Mapping[str, Outcome] = {"JOINEMPTY": "join_empty", "JOINUNAVAIL": "join_empty", "FULL": "full"}
"""What the variable QUEUESTATUS says of a caller who was never in the queue; _LEFT: of one who is out of it."""


@dataclass(slots=True)
class Waiting:
    """A caller in a queue, until it is known how that ends."""

    queue: str
    joined: Micros
    wants_out: bool = False
    """Whether the caller hung up, before anything else ended the waiting."""
    abandoned: Micros | None = None
    wait: int | None = None
    left: Micros | None = None


class WaitingCallers:
    """Every caller from joining a queue until it is told how the waiting ended, or an agent answered."""

    def __init__(self, calls: QueueCalls, waiting: dict[str, Waiting], asked_for: dict[str, str]) -> None:
        """Begin with those who are remembered; `asked_for` is the queue that the dialplan last put a call to."""
        self._calls = calls
        self._waiting = waiting
        self._asked_for = asked_for

    def __contains__(self, call: str) -> bool:
        """Whether a call waits."""
        return call in self._waiting

    def asked(self, call: str, queue: str) -> None:
        """The dialplan puts a call to a queue."""
        self._asked_for[call] = queue

    def refused(self, at: Micros, call: str, status: str) -> Iterable[Envelope]:
        """Tell that the queue did not take a call."""
        return self._calls.refused(at, call, self._asked_for.get(call), REFUSED[status])

    def joined(self, at: Micros, call: str, queue: str, position: int) -> Iterator[Envelope]:
        """Tell that a caller joined a queue."""
        yield from self.settle(call)
        yield from self._calls.joined(at, call, queue, position)
        self._waiting[call] = Waiting(queue, at)

    def goes_on(self, call: str, queue: str, joined: Micros) -> None:
        """A caller waits who was not heard to join."""
        self._waiting[call] = Waiting(queue, joined)

    def waited(self, call: str, seconds: int) -> None:
        """Asterisk says how long a caller waited."""
        waiting = self._waiting.get(call)
        if waiting is not None and waiting.wait is None:
            waiting.wait = seconds

    def wants_out(self, call: str) -> None:
        """A caller asks to hang up."""
        waiting = self._waiting.get(call)
        if waiting is not None and waiting.left is None and waiting.abandoned is None:
            waiting.wants_out = True

    def abandoned(self, at: Micros, call: str, queue: str, wait: int) -> None:
        """A caller is out: by hanging up, or (in spite of the event's name) because time was up."""
        begun = Waiting(queue, (second(at) - wait) * SECOND, wants_out=True)
        waiting = self._waiting.setdefault(call, begun)
        waiting.abandoned, waiting.wait = self._calls.on_time(at, call, queue, wait), wait

    def left(self, at: Micros, call: str) -> None:
        """A caller is out, to an agent or elsewhere: what comes next tells."""
        waiting = self._waiting.get(call)
        if waiting is not None and waiting.left is None:
            waiting.left = at

    def settle(self, call: str, status: str = "") -> Iterator[Envelope]:
        """Tell how the waiting ended, if it has: whatever the dialplan does next shows that no agent answered.

        `status` is what QUEUESTATUS says, where that is what comes next.
        """
        waiting = self._waiting.get(call)
        if waiting is None or (waiting.left is None and waiting.abandoned is None):
            return
        del self._waiting[call]
        at = waiting.abandoned or waiting.left or waiting.joined
        outcome = _LEFT.get(status)
        if outcome is None and waiting.abandoned is not None:
            outcome = "abandoned" if waiting.wants_out else "timed_out"
        wait = waiting.wait if waiting.wait is not None else max(0, second(at) - second(waiting.joined))
        end = Ending(outcome or "key_exit", wait, by="customer" if outcome == "abandoned" else None)
        yield from self._calls.ended(at, call, waiting.queue, end)

    def answered(self, call: str) -> None:
        """An agent picked up: the waiting is over."""
        self._waiting.pop(call, None)

    def gone(self, call: str) -> None:
        """The caller's channel is no more."""
        self._waiting.pop(call, None)
        self._asked_for.pop(call, None)

    def forget(self) -> None:
        """Nobody listened for a while: who waits is not known any more."""
        self._waiting.clear()
        self._asked_for.clear()
