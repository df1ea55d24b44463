"""What agents do, told by sources that say each change by itself: states, and how long each lasted. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from events.agents import AgentSignedIn, AgentSignedOut, AgentStateEntered, AgentStateLasted, State
from events.envelope import Envelope
from services.feeds.facts import SECOND, Teller, instant, second
from services.feeds.webhooks.seen import Doing

QUARTER = 900
"""A quarter of an hour, in seconds: the interval that a duration never crosses."""
_LOST = 24 * 3600
"""After so long without a word, nobody knows what an agent did in between."""


@dataclass(slots=True)
class Agent:
    """What an agent is doing, and since which second."""

    state: State
    since: int
    reason: str | None = None
    queue: str | None = None


@dataclass(slots=True)
class AgentsMemory:
    """The agents that are known, by source and name."""

    agents: dict[str, Agent] = field(default_factory=dict[str, Agent])


class Agents:
    """Every agent that was heard of.

    A change is told when the next one is: from then on it is known how long it lasted. One that comes after a later one
    has nothing to add, since what lasted meanwhile is told: it is left out.
    """

    def __init__(self, memory: AgentsMemory) -> None:
        """Begin with what is remembered."""
        self._agents = memory.agents

    def take(self, seen: Doing, teller: Teller) -> Iterator[Envelope]:
        """Tell what follows."""
        key, now = f"{seen.source}\x1f{seen.agent}", second(seen.at)
        known = self._agents.get(key)
        if known is not None and (now < known.since or _same(known, seen)):
            return
        if known is not None:
            yield from _lasted(known, seen.agent, now, teller)
        self._agents[key] = Agent(seen.state, now, seen.reason, seen.queue)
        yield from _signed(known, seen, now, teller)
        yield _entered(seen, now, teller)


def _same(known: Agent, seen: Doing) -> bool:
    return (known.state, known.reason, known.queue) == (seen.state, seen.reason, seen.queue)


def _signed(known: Agent | None, seen: Doing, now: int, teller: Teller) -> Iterator[Envelope]:
    was_in, is_in = known is not None and known.state != "offline", seen.state != "offline"
    if was_in != is_in:
        kind = AgentSignedIn if is_in else AgentSignedOut
        event = kind(**teller.when(now * SECOND), rep=seen.agent)
        yield teller.tell(event, f"agent/{seen.agent}", "", now)


def _entered(seen: Doing, now: int, teller: Teller) -> Envelope:
    event = AgentStateEntered(
        **teller.when(now * SECOND),
        rep=seen.agent,
        state=seen.state,
        reason=seen.reason,
        queue=seen.queue,
    )
    return teller.tell(event, f"agent/{seen.agent}", seen.state, now)


def _lasted(known: Agent, agent: str, until: int, teller: Teller) -> Iterator[Envelope]:
    if known.state == "offline" or until - known.since > _LOST:
        return
    began = known.since
    while began < until:
        ended = min(until, (began // QUARTER + 1) * QUARTER)
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
        began = ended
