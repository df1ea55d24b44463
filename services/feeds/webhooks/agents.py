"""What agents do, told by sources that say each change by itself: states, and how long each lasted. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from events.agents import AgentSignedIn, AgentSignedOut, AgentStateEntered, AgentStateLasted, State
from events.envelope import Envelope
from services.feeds.facts import SECOND, Micros, Teller, instant, second
from services.feeds.quarters import QUARTER, pieces, quarter_of
from services.feeds.webhooks.seen import Doing

PATIENCE: Micros = 120 * SECOND
"""How long, by the log's clock, changes inside a quarter of an hour are waited for before it is told as over."""
SILENCE: Micros = 20 * 60 * SECOND
"""After so long without a word of anybody, nobody may have listened: then senders send again what they could not."""
GRACE: Micros = 600 * SECOND
"""How long that is waited for."""
_LOST = 24 * 3600
"""After so long without a word, nobody knows what an agent did in between."""
_FORGOTTEN = 8 * 24 * 3600
"""After so long without a change an agent is forgotten: the intake itself keeps what it was told no longer."""


@dataclass(slots=True)
class Agent:
    """What an agent is doing, and since which second."""

    state: State
    since: int
    reason: str | None = None
    queue: str | None = None
    told: int = 0
    """Until which second it is told what the agent did, where that is later."""
    at: Micros = 0
    """When exactly the state began."""


@dataclass(slots=True)
class AgentsMemory:
    """The agents that are known, by source and name, and how far the log's clock has come."""

    agents: dict[str, Agent] = field(default_factory=dict[str, Agent])
    heard: Micros = 0
    resumed: Micros = 0
    """When the last silence ended."""
    quarter: int = 0
    """The quarters of an hour before this second are told."""


class Agents:
    """Every agent that was heard of.

    How long a state lasted is told when it is over, and of a state that goes on at each quarter of an hour, as soon as
    the log's clock is `PATIENCE` beyond it. What is told stands. So a change that comes later than that, and lies in a
    quarter that is told, counts from the end of that quarter on: every second is told once, and those between are in
    the state before. A change that comes after a later one has nothing to add and is left out.

    Durations are in whole seconds, so that the pieces of an agent's day join. Which of two changes is the later, and
    whether one is told again, is decided by the moment itself: there may be several in a second.
    """

    def __init__(self, memory: AgentsMemory) -> None:
        """Begin with what is remembered."""
        self._memory = memory
        self._agents = memory.agents

    @property
    def due(self) -> Micros | None:
        """What the log's clock has to come to for more to be told; None while nobody does anything that lasts."""
        memory = self._memory
        if not any(_lasts(agent, second(memory.heard)) for agent in self._agents.values()):
            return None
        return max((memory.quarter + QUARTER) * SECOND + PATIENCE, memory.resumed + GRACE)

    def clock(self, heard: Micros, teller_of: Callable[[str], Teller]) -> Iterator[Envelope]:
        """The log's clock has come this far: tell what lasted until the last quarter of an hour that is over."""
        memory = self._memory
        if heard - memory.heard > SILENCE:
            memory.resumed = heard
        memory.heard = max(memory.heard, heard)
        border = quarter_of(second(memory.heard - PATIENCE))
        if border <= memory.quarter or memory.heard < memory.resumed + GRACE:
            return
        memory.quarter = border
        for key, known in self._agents.items():
            source, _, agent = key.partition("\x1f")
            yield from _lasted(known, agent, border, teller_of(source))
        for key in [key for key, known in self._agents.items() if border - known.since > _FORGOTTEN]:
            del self._agents[key]

    def take(self, seen: Doing, teller: Teller) -> Iterator[Envelope]:
        """Tell what follows."""
        key, now = f"{seen.source}\x1f{seen.agent}", second(seen.at)
        known = self._agents.get(key)
        if known is not None and (_comes_late(known, seen) or _same(known, seen)):
            return
        if known is not None:
            yield from _lasted(known, seen.agent, now, teller)
        told = known.told if known is not None else 0
        self._agents[key] = Agent(seen.state, now, seen.reason, seen.queue, told, seen.at)
        yield from _signed(known, seen, teller)
        yield _entered(seen, teller)


def _comes_late(known: Agent, seen: Doing) -> bool:
    """Whether the agent is known to have done something else after that."""
    return seen.at < max(known.at, known.since * SECOND)


def _same(known: Agent, seen: Doing) -> bool:
    return (known.state, known.reason, known.queue) == (seen.state, seen.reason, seen.queue)


def _signed(known: Agent | None, seen: Doing, teller: Teller) -> Iterator[Envelope]:
    was_in, is_in = known is not None and known.state != "offline", seen.state != "offline"
    if was_in != is_in:
        kind = AgentSignedIn if is_in else AgentSignedOut
        event = kind(**teller.when(seen.at), rep=seen.agent)
        yield teller.tell(event, f"agent/{seen.agent}", "", seen.at)


def _entered(seen: Doing, teller: Teller) -> Envelope:
    event = AgentStateEntered(
        **teller.when(seen.at),
        rep=seen.agent,
        state=seen.state,
        reason=seen.reason,
        queue=seen.queue,
    )
    return teller.tell(event, f"agent/{seen.agent}", seen.state, seen.at)


def _lasts(known: Agent, until: int) -> bool:
    """Whether it is known that the state went on until then, and is to be told."""
    return known.state != "offline" and until - known.since <= _LOST


def _lasted(known: Agent, agent: str, until: int, teller: Teller) -> Iterator[Envelope]:
    """Tell what the agent did until then, as far as it is not told."""
    if not _lasts(known, until):
        return
    for began, ended in pieces(max(known.since, known.told), until):
        event = AgentStateLasted(
            **teller.when(ended * SECOND),
            rep=agent,
            state=known.state,
            reason=known.reason,
            queue=known.queue,
            began_at=instant(began * SECOND),
            seconds=ended - began,
        )
        yield teller.tell(event, f"agent/{agent}", known.state, began)
        known.told = ended
