"""What agents do, second by second: signing in and out, pausing, ringing, talking, and how long each lasted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from events.agents import AgentSignedIn, AgentSignedOut, AgentStateEntered, AgentStateLasted, State
from events.envelope import Envelope
from services.feeds.facts import SECOND, Micros, Teller, When, instant, second
from services.feeds.quarters import pieces, quarter_of
from services.feeds.queue_calls import KEPT

_LOST = 24 * 3600
"""After so long without a word, or so far back, nobody knows what an agent did in between."""

_ALL = ""
"""Stands for all queues at once, where an agent signs in to no single one."""

_AgentFact = AgentSignedIn | AgentSignedOut | AgentStateEntered | AgentStateLasted

LOGGED: frozenset[State] = frozenset({"talking", "paused"})
"""What queue_log follows, too; talking as far as it is on calls of queues."""

Phone = Literal["free", "busy", "gone"]
"""What AMI says of an agent's device: `gone` is not registered."""


@dataclass(frozen=True, slots=True)
class Doing:
    """A state, with the reason of a pause, or the queue whose call rings or is talked on."""

    state: State
    reason: str | None = None
    queue: str | None = None


@dataclass(slots=True)
class Agent:
    """What is known of one agent now."""

    since: int
    doing: Doing | None = None
    queues: set[str] = field(default_factory=set)
    left: bool = False
    """Whether the agent was seen to leave a queue."""
    talks: dict[tuple[str, str], int] = field(default_factory=dict)
    """The queue calls on the line, by call and queue: since when."""
    pauses: dict[str, str | None] = field(default_factory=dict)
    """The queues that the agent is paused in, with the reason."""
    rings: dict[str, str] = field(default_factory=dict)
    """The queue of each call that rings, by channel."""
    phone: Phone = "free"

    def state(self) -> Doing:
        """Say what the agent is doing: what both sources can see comes before what only AMI sees."""
        if self.talks:
            return Doing("talking", queue=next(iter(self.talks))[1])
        if self.pauses:
            return Doing("paused", reason=list(self.pauses.values())[-1])
        if self.rings:
            return Doing("ringing", queue=next(iter(self.rings.values())))
        if self.phone == "busy":
            return Doing("talking")
        if self.phone == "gone" or (self.left and not self.queues):
            return Doing("offline")
        return Doing("ready")


@dataclass(slots=True)
class AgentsMemory:
    """The agents that are known, by name, and who rings, by channel."""

    agents: dict[str, Agent] = field(default_factory=dict)
    ringing: dict[str, str] = field(default_factory=dict)
    quarter: int = 0
    """The quarter of an hour that was begun last, as an epoch second."""
    told: dict[str, int] = field(default_factory=dict)
    """By agent of whom sight was lost, until which second it is told what they did."""


@dataclass(frozen=True, slots=True)
class Membership:
    """What AMI says of an agent in one queue."""

    phone: Phone
    paused: bool
    reason: str | None = None
    since: Micros | None = None
    """When the agent paused: of use for one who did before the source was listened to."""


class Agents:
    """Every agent that has been heard of, and the facts that follow from what was heard.

    All is in whole seconds, so the pieces of an agent's day join without a gap. A piece ends where the state does, or
    at a quarter of an hour; one that is not over is not told.
    """

    def __init__(self, teller: Teller, lasting: frozenset[State], memory: AgentsMemory | None = None) -> None:
        """Tell the durations of the states in `lasting`: those that the source sees the whole of."""
        self.lasting = lasting
        self._teller = teller
        self._memory = AgentsMemory() if memory is None else memory

    def clock(self, at: Micros) -> Iterator[Envelope]:
        """Time has come this far: tell what lasted until the quarter of an hour that is now over."""
        quarter, memory = quarter_of(second(at)), self._memory
        passed = quarter - memory.quarter
        if abs(passed) > _LOST:
            memory.quarter = quarter
            memory.told.clear()
            for agent in memory.agents.values():
                agent.since = quarter
        elif passed > 0:
            memory.quarter = quarter
            for name, agent in sorted(memory.agents.items()):
                yield from self._pass(name, agent, quarter)

    def signed_in(self, at: Micros, name: str, queue: str | None, *, paused: bool) -> Iterator[Envelope]:
        """Tell that an agent joined a queue; None: the phone system as a whole."""

        def change(agent: Agent) -> None:
            agent.queues.add(queue or _ALL)
            if paused:
                agent.pauses.setdefault(queue or _ALL, None)

        event = AgentSignedIn(**self._when(at), rep=name, queue=queue)
        yield self._tell(event, name, queue or _ALL, second(at))
        yield from self._move(at, name, change)

    def signed_out(self, at: Micros, name: str, queue: str | None) -> Iterator[Envelope]:
        """Tell that an agent left a queue; None: the phone system as a whole, and with it every queue."""

        def change(agent: Agent) -> None:
            agent.left = True
            for left in {*agent.queues, *agent.pauses} if queue is None else {queue}:
                agent.queues.discard(left)
                agent.pauses.pop(left, None)

        event = AgentSignedOut(**self._when(at), rep=name, queue=queue)
        yield self._tell(event, name, queue or _ALL, second(at))
        yield from self._move(at, name, change)

    def paused(self, at: Micros, name: str, queue: str, reason: str | None) -> Iterator[Envelope]:
        """Tell that an agent takes no calls of a queue."""

        def change(agent: Agent) -> None:
            agent.queues.add(queue)
            agent.pauses.setdefault(queue, reason)

        yield from self._move(at, name, change)

    def resumed(self, at: Micros, name: str, queue: str) -> Iterator[Envelope]:
        """Tell that an agent takes calls of a queue again."""

        def change(agent: Agent) -> None:
            agent.queues.add(queue)
            agent.pauses.pop(queue, None)

        yield from self._move(at, name, change)

    def talking(self, at: Micros, name: str, call: str, queue: str) -> Iterator[Envelope]:
        """Tell that an agent answered a call of a queue."""

        def change(agent: Agent) -> None:
            agent.queues.add(queue)
            agent.talks.setdefault((call, queue), second(at))

        yield from self._move(at, name, change)

    def talked(self, at: Micros, name: str, call: str, queue: str) -> Iterator[Envelope]:
        """Tell that the call is over for the agent."""

        def change(agent: Agent) -> None:
            agent.talks.pop((call, queue), None)
            agent.phone = "free"

        yield from self._move(at, name, change)

    def rung(self, at: Micros, name: str, channel: str, queue: str) -> Iterator[Envelope]:
        """Tell that the phone rings for a call of a queue."""

        def change(agent: Agent) -> None:
            agent.queues.add(queue)
            agent.rings[channel] = queue

        self._memory.ringing[channel] = name
        yield from self._move(at, name, change)

    def silent(self, at: Micros, channel: str) -> Iterator[Envelope]:
        """Tell that a channel rings no longer, if it did."""
        name = self._memory.ringing.pop(channel, None)
        if name is not None:
            yield from self._move(at, name, lambda agent: agent.rings.pop(channel, None))

    def member(self, at: Micros, name: str, queue: str, known: Membership) -> Iterator[Envelope]:
        """Tell what AMI says of an agent in a queue: the phone, and whether calls of it are taken."""

        def change(agent: Agent) -> None:
            agent.queues.add(queue)
            agent.phone = known.phone
            if known.paused:
                agent.pauses.setdefault(queue, known.reason)
            else:
                agent.pauses.pop(queue, None)

        recent = known.since is not None and 0 <= at - known.since < _LOST * SECOND
        yield from self._move(at, name, change, known.since if recent else None)

    def restart(self) -> None:
        """Forget all: the phone system began anew."""
        self._memory.agents.clear()
        self._memory.ringing.clear()

    def lost_sight(self, at: Micros, kept: frozenset[State]) -> Iterator[Envelope]:
        """Nobody watches on from here: tell what lasted until now, and forget it.

        Those in a state of `kept` go on with it: somebody else follows that.
        """
        memory = self._memory
        memory.ringing.clear()
        for name, agent in sorted(memory.agents.items()):
            agent.rings.clear()
            agent.phone = "free"
            if agent.doing is None or agent.doing != agent.state() or agent.doing.state not in kept:
                yield from self._lasted(name, agent, second(at))
                memory.told[name] = second(at)
                del memory.agents[name]

    def _move(
        self, at: Micros, name: str, change: Callable[[Agent], object], since: Micros | None = None
    ) -> Iterator[Envelope]:
        """Apply a change at a moment; one that lies before what is known already was told twice and is no change."""
        now = second(at)
        agent = self._memory.agents.get(name)
        if agent is None:
            agent = self._memory.agents[name] = Agent(second(at if since is None else since))
        if now < agent.since - 1:
            return
        change(agent)
        yield from self._settle(name, agent, max(now, agent.since))

    def _settle(self, name: str, agent: Agent, now: int) -> Iterator[Envelope]:
        doing = agent.state()
        if doing == agent.doing:
            return
        if agent.doing is None:
            now = agent.since
        else:
            yield from self._lasted(name, agent, now)
        agent.doing, agent.since = doing, now
        yield self._entered(name, doing, now)

    def _pass(self, name: str, agent: Agent, border: int) -> Iterator[Envelope]:
        """Tell a quarter of an hour that is over; a call that has lasted for hours ended in a line that was lost."""
        yield from self._lasted(name, agent, border)
        agent.since = max(agent.since, border)
        if any(border - since > second(KEPT) for since in agent.talks.values()):
            agent.talks = {call: since for call, since in agent.talks.items() if border - since <= second(KEPT)}
            yield from self._settle(name, agent, agent.since)

    def _lasted(self, name: str, agent: Agent, until: int) -> Iterator[Envelope]:
        if agent.doing is None or agent.doing.state not in self.lasting:
            return
        for began, ended in pieces(max(agent.since, self._memory.told.get(name, 0)), until):
            yield self._piece(name, agent.doing, began, ended)

    def _piece(self, name: str, doing: Doing, began: int, ended: int) -> Envelope:
        event = AgentStateLasted(
            **self._when(ended * SECOND),
            rep=name,
            state=doing.state,
            reason=doing.reason,
            queue=doing.queue,
            began_at=instant(began * SECOND),
            seconds=ended - began,
        )
        return self._tell(event, name, _leg(doing), began)

    def _entered(self, name: str, doing: Doing, now: int) -> Envelope:
        event = AgentStateEntered(
            **self._when(now * SECOND),
            rep=name,
            state=doing.state,
            reason=doing.reason,
            queue=doing.queue,
        )
        return self._tell(event, name, _leg(doing), now)

    def _when(self, at: Micros) -> When:
        return self._teller.when(second(at) * SECOND)

    def _tell(self, event: _AgentFact, name: str, leg: str, sequence: int) -> Envelope:
        return self._teller.tell(event, f"agent/{name}", leg, sequence)


def _leg(doing: Doing) -> str:
    about = doing.reason or doing.queue
    return doing.state if about is None else f"{doing.state}:{about}"
