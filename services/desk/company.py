"""What the desk knows of the company: the fold of every decision that counts. Pure."""

from dataclasses import dataclass, field
from uuid import UUID

from events.deals import DealEvent
from events.event import Event
from events.goals import GoalEvent
from events.people import PersonEvent
from services.desk.deals.state import Deals
from services.desk.goals.state import Quotas
from services.desk.people.state import People


@dataclass(slots=True)
class Company:
    """All that deciders look at."""

    people: People = field(default_factory=People)
    quotas: Quotas = field(default_factory=Quotas)
    deals: Deals = field(default_factory=Deals)

    def take(self, event: Event, event_id: UUID) -> None:
        """Remember an event that counts; events of other nouns change nothing here."""
        if isinstance(event, DealEvent):
            self.deals.take(event, event_id)
        elif isinstance(event, GoalEvent):
            self.quotas.take(event)
        elif isinstance(event, PersonEvent):
            self.people.take(event)
