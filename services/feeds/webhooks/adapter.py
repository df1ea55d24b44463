"""From what was seen to facts, for every source: a fold that can be written down and gone on with. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from events.envelope import Envelope
from services.feeds.facts import Company, Micros, Teller, TellerMemory
from services.feeds.webhooks.agents import Agents, AgentsMemory
from services.feeds.webhooks.beats import Beats, BeatsMemory
from services.feeds.webhooks.calls import Calls, CallsMemory
from services.feeds.webhooks.seen import Doing, Taken, Ticked


@dataclass(slots=True)
class AdapterMemory:
    """All that has to be remembered of what was seen."""

    calls: CallsMemory = field(default_factory=CallsMemory)
    agents: AgentsMemory = field(default_factory=AgentsMemory)
    tellers: dict[str, TellerMemory] = field(default_factory=dict[str, TellerMemory])
    """By source."""
    beats: BeatsMemory = field(default_factory=BeatsMemory)


class Adapter:
    """Makes facts of what was seen, in the order in which it is given."""

    def __init__(self, company: Company, memory: AdapterMemory) -> None:
        """Begin with what is remembered; it is kept up to date."""
        self._company, self._memory = company, memory
        self._calls, self._agents = Calls(memory.calls), Agents(memory.agents)
        self._beats = Beats(company, memory.beats)

    @property
    def due(self) -> Micros | None:
        """When more will have to be told, by the log's clock, if nothing else is seen; None: never."""
        return self._agents.due

    def take(self, seen: Taken, heard: Micros) -> Iterator[Envelope]:
        """Tell what follows from what was seen, and from when the log took it, which is `heard`."""
        yield from self._agents.clock(heard, self._teller)
        match seen:
            case Ticked():
                return
            case Doing():
                yield from self._agents.take(seen, self._teller(seen.source))
            case _:
                yield from self._calls.take(seen, heard, self._teller(seen.source))

    def _teller(self, source: str) -> Teller:
        teller = Teller(source, self._company)
        teller.memory = self._memory.tellers.setdefault(source, teller.memory)
        return teller

    def beat(self, seen: Taken, heard: Micros, partition: str, offset: int) -> Iterator[Envelope]:
        """Tell that the source lives, once in a second; the place is where in the intake what was seen lies."""
        if not isinstance(seen, Ticked):
            yield from self._beats.take(seen, heard, partition, offset)
