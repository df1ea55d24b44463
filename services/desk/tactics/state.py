"""What is remembered of tactics. Pure."""

from dataclasses import dataclass, field

from events.ids import TacticCostId
from events.tactics import TacticCostRecorded, TacticEvent


@dataclass(slots=True)
class Tactics:
    """Every cost of a tactic, as it was told last."""

    costs: dict[TacticCostId, TacticCostRecorded] = field(default_factory=dict[TacticCostId, TacticCostRecorded])

    def take(self, event: TacticEvent) -> None:
        """Remember an event."""
        if isinstance(event, TacticCostRecorded):
            self.costs[event.cost] = event
        elif event.cost in self.costs:
            self.costs[event.cost] = event.now
