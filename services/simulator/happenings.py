"""What the phone system sees: each happening becomes the AMI messages and the queue_log lines of one moment."""

from dataclasses import dataclass
from typing import Literal

from services.simulator.arrivals import Customer
from services.simulator.plan import Micros
from services.simulator.staff import Agent, Queue

Phone = Literal[1, 2, 6]
"""A device state of Asterisk: not in use, in use, ringing."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One leg of a call."""

    name: str
    unique: str
    number: str
    """The number at its far end."""
    label: str = ""
    """The name that the far end shows."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call from outside, by its caller's channel."""

    channel: Channel
    did: str
    customer: Customer

    @property
    def id(self) -> str:
        """The call's id: its caller's channel."""
        return self.channel.unique


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that the phone system sees at one moment."""

    at: Micros


@dataclass(frozen=True, slots=True)
class MemberSeen(Happening):
    """An agent joined the queues, left them, paused or not, or has a phone in another state."""

    kind: Literal["Added", "Removed", "Pause", "Status"]
    agent: Agent
    phone: Phone
    reason: str | None
    """Why paused; None for who is not."""
    paused_at: Micros | None
    signed_in_at: Micros
    calls: int


@dataclass(frozen=True, slots=True)
class Arrived(Happening):
    """A call came in and was picked up by the dialplan."""

    call: Call


@dataclass(frozen=True, slots=True)
class Joined(Happening):
    """A caller was put into a queue."""

    call: Call
    queue: Queue
    position: int


@dataclass(frozen=True, slots=True)
class Refused(Happening):
    """A queue without a single agent did not take a caller in, who hears so and is hung up on."""

    call: Call
    queue: Queue


@dataclass(frozen=True, slots=True)
class Ring:
    """An agent's phone that rings for a caller in a queue."""

    call: Call
    queue: Queue
    agent: Agent
    leg: Channel
    since: Micros


@dataclass(frozen=True, slots=True)
class Rang(Happening):
    """An agent's phone began to ring."""

    ring: Ring


@dataclass(frozen=True, slots=True)
class RangOut(Happening):
    """The agent did not pick up; the caller waits on."""

    ring: Ring


@dataclass(frozen=True, slots=True)
class Answered(Happening):
    """The agent picked up."""

    ring: Ring
    wait_s: int
    position: int


@dataclass(frozen=True, slots=True)
class Completed(Happening):
    """The talk is over, and one of the two hung up."""

    ring: Ring
    wait_s: int
    talk_s: int
    by: Literal["customer", "rep"]


@dataclass(frozen=True, slots=True)
class SentOn(Happening):
    """The agent transferred the caller without a word to whoever it is: a blind transfer."""

    ring: Ring
    wait_s: int
    talk_s: int
    to: str


@dataclass(frozen=True, slots=True)
class Waited(Happening):
    """A caller left a queue unanswered."""

    call: Call
    queue: Queue
    position: int
    wait_s: int
    ring: Ring | None
    """The phone that rang in vain."""


@dataclass(frozen=True, slots=True)
class Abandoned(Waited):
    """The caller hung up."""


@dataclass(frozen=True, slots=True)
class TimedOut(Waited):
    """The queue's time was up; an announcement, and the call is over."""


@dataclass(frozen=True, slots=True)
class KeyExited(Waited):
    """The caller pressed a key to leave, for a mailbox."""


@dataclass(frozen=True, slots=True)
class PutThrough(Happening):
    """A caller who was transferred blindly to a colleague hears that phone ring."""

    call: Call
    colleague: Agent
    leg: Channel


@dataclass(frozen=True, slots=True)
class PickedUp(Happening):
    """The colleague answered a caller who was put through."""

    call: Call
    colleague: Agent
    leg: Channel


@dataclass(frozen=True, slots=True)
class Consult:
    """An agent asks a colleague while the caller waits: three channels more."""

    ring: Ring
    colleague: Agent
    inner: Channel
    outer: Channel
    leg: Channel


@dataclass(frozen=True, slots=True)
class Consulted(Happening):
    """The agent called a colleague."""

    consult: Consult


@dataclass(frozen=True, slots=True)
class ConsultAnswered(Happening):
    """The colleague picked up."""

    consult: Consult


@dataclass(frozen=True, slots=True)
class HandedOver(Happening):
    """The agent left the caller to the colleague: an attended transfer."""

    consult: Consult
    wait_s: int
    talk_s: int


@dataclass(frozen=True, slots=True)
class TransferOver(Happening):
    """The caller who was transferred to a colleague hung up."""

    call: Call
    to: str
    legs: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Dial:
    """A call to the outside, which begins at the agent's own phone."""

    agent: Agent
    channel: Channel
    customer: Customer
    campaign: str
    lead: str

    @property
    def id(self) -> str:
        """The call's id: the agent's channel."""
        return self.channel.unique


@dataclass(frozen=True, slots=True)
class Originated(Happening):
    """A program asked the agent's phone to ring, and to call somebody then."""

    dial: Dial


@dataclass(frozen=True, slots=True)
class Dialled(Happening):
    """The agent picked up, and somebody outside is being called."""

    dial: Dial
    leg: Channel


@dataclass(frozen=True, slots=True)
class Reached(Happening):
    """Somebody outside answered."""

    dial: Dial
    leg: Channel


@dataclass(frozen=True, slots=True)
class Missed(Happening):
    """Nobody outside answered."""

    dial: Dial
    leg: Channel
    status: Literal["BUSY", "NOANSWER", "CONGESTION"]


@dataclass(frozen=True, slots=True)
class DialOver(Happening):
    """One of the two hung up."""

    dial: Dial
    leg: Channel
    by_agent: bool
