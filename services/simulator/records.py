"""The truth of the floor: what became of every caller and of every call out, and who was away when."""

from dataclasses import dataclass
from typing import Literal

from services.simulator.arrivals import Customer
from services.simulator.plan import Micros, second

QueueOutcome = Literal[
    "answered", "transferred_blind", "transferred_attended", "abandoned", "timed_out", "key_exit", "join_empty"
]
DialOutcome = Literal["answered", "busy", "no_answer", "failed"]


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a caller in a queue, or (`join_empty`, number 0) the attempt at one."""

    call: str
    customer: Customer
    queue: str
    number: int
    """Which stay of the call in that queue it is, from 1."""
    position: int
    joined: Micros
    ended: Micros
    outcome: QueueOutcome
    agent: str | None = None
    rang: Micros | None = None
    """When the phone of the agent who answered began to ring."""
    answered: Micros | None = None
    by: Literal["customer", "rep"] | None = None
    """Who hung up."""
    to: str | None = None
    """The extension that a transfer went to."""

    @property
    def wait_s(self) -> int:
        """The whole seconds waited, as the phone system reckons them."""
        until = self.ended if self.answered is None else self.answered
        return second(until) - second(self.joined)

    @property
    def ring_s(self) -> int:
        """The whole seconds for which the phone of who answered rang."""
        return 0 if self.answered is None or self.rang is None else second(self.answered) - second(self.rang)

    @property
    def talk_s(self) -> int:
        """The whole seconds talked."""
        return 0 if self.answered is None else second(self.ended) - second(self.answered)


@dataclass(frozen=True, slots=True)
class Outbound:
    """One call to the outside."""

    call: str
    customer: Customer
    agent: str
    campaign: str
    lead: str
    dialled: Micros
    ended: Micros
    outcome: DialOutcome
    answered: Micros | None = None
    by_agent: bool = False

    @property
    def talk_s(self) -> int:
        """The whole seconds talked."""
        return 0 if self.answered is None else second(self.ended) - second(self.answered)


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which an agent took no calls."""

    agent: str
    reason: str
    began: Micros
    ended: Micros

    @property
    def seconds(self) -> int:
        """How long it lasted, in whole seconds of the clock."""
        return second(self.ended) - second(self.began)


@dataclass(frozen=True, slots=True)
class Gauge:
    """How a queue stood at one moment."""

    at: Micros
    queue: str
    waiting: int
    longest_wait_s: int
    staffed: int
    ready: int
    talking: int
