"""What mod_callcenter says of its agents: a status that they choose, and a state that it puts them in."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from events.envelope import Envelope
from services.feeds.agent_states import Agents
from services.feeds.facts import Micros, UnreadableItemError

_OUT, _BREAK = "Logged Out", "On Break"
_STATUSES = frozenset({_OUT, _BREAK, "Available", "Available (On Demand)"})
_BREAKS = ""
"""Where a break lies among an agent's pauses: it is of all queues."""
_IDLE = "Idle"
"""The state of an agent who takes no call until somebody says so; the reason of a pause, and its place."""
_FREE = frozenset({"Waiting", _IDLE})


@dataclass(slots=True)
class StatusesMemory:
    """The status of each agent that was heard of, and the calls that each is talking on: the caller and the queue."""

    statuses: dict[str, str] = field(default_factory=dict)
    talking: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


class Statuses:
    """Tells what agents do from what mod_callcenter says of them.

    It rings one phone of an agent at a time, so who rings is known by the agent's name. The first that is heard of an
    agent who is not logged out counts as signing in: from then on the agent is known to be there.
    """

    def __init__(self, agents: Agents, memory: StatusesMemory) -> None:
        """Begin with what is remembered."""
        self._agents = agents
        self._memory = memory

    def chose(self, at: Micros, agent: str, status: str) -> Iterator[Envelope]:
        """Tell that an agent has a status; raises UnreadableItemError for one that is none."""
        if status not in _STATUSES:
            message = "CC-Agent-Status is none that mod_callcenter has"
            raise UnreadableItemError(message)
        return self._chose(at, agent, status)

    def put(self, at: Micros, agent: str, state: str) -> Iterator[Envelope]:
        """Tell that mod_callcenter puts an agent in a state: what rang and whom they talked to is then over."""
        if state not in _FREE:
            return
        yield from self._agents.silent(at, agent)
        for call, queue in self._memory.talking.pop(agent, ()):
            yield from self._agents.talked(at, agent, call, queue)
        status = self._memory.statuses.get(agent)
        if status == _OUT:
            return
        if status == _BREAK:
            yield from self._agents.paused(at, agent, _BREAKS, None)
        if state == _IDLE:
            yield from self._agents.paused(at, agent, _IDLE, _IDLE)
        else:
            yield from self._agents.resumed(at, agent, _IDLE)

    def rung(self, at: Micros, agent: str, queue: str) -> Iterator[Envelope]:
        """Tell that the phone of an agent rings for a call of a queue."""
        yield from self._agents.rung(at, agent, agent, queue)

    def silent(self, at: Micros, agent: str) -> Iterator[Envelope]:
        """Tell that the phone of an agent rings no longer."""
        yield from self._agents.silent(at, agent)

    def answered(self, at: Micros, agent: str, call: str, queue: str) -> Iterator[Envelope]:
        """Tell that an agent talks on a call of a queue."""
        talking = self._memory.talking.setdefault(agent, [])
        if (call, queue) not in talking:
            talking.append((call, queue))
        yield from self._agents.talking(at, agent, call, queue)
        yield from self._agents.silent(at, agent)

    def parted(self, at: Micros, agent: str, call: str, queue: str) -> Iterator[Envelope]:
        """Tell that the call is over for the agent."""
        others = [other for other in self._memory.talking.pop(agent, []) if other != (call, queue)]
        if others:
            self._memory.talking[agent] = others
        yield from self._agents.talked(at, agent, call, queue)

    def lost_sight(self, at: Micros) -> Iterator[Envelope]:
        """Nobody watches on from here: tell what lasted until now; what each agent chose is still known."""
        self._memory.talking.clear()
        yield from self._agents.lost_sight(at, frozenset())

    def _chose(self, at: Micros, agent: str, status: str) -> Iterator[Envelope]:
        before, self._memory.statuses[agent] = self._memory.statuses.get(agent), status
        was_out = before is None or before == _OUT
        if status == _OUT:
            if not was_out:
                yield from self._agents.signed_out(at, agent, None)
        elif was_out:
            yield from self._agents.signed_in(at, agent, None, paused=status == _BREAK)
        elif status == _BREAK:
            yield from self._agents.paused(at, agent, _BREAKS, None)
        else:
            yield from self._agents.resumed(at, agent, _BREAKS)
