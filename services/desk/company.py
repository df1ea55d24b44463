"""What the desk knows of the company: the fold of every decision that counts. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from events.deals import DealEvent
from events.directory import DirectoryMapped
from events.event import Event
from events.goals import AimEvent, QuotaEvent
from events.leads import LeadEvent
from events.people import HeadcountEvent, HiringEvent, OrgEvent, PersonEvent
from events.tactics import TacticEvent
from events.training import TrainingEvent
from services.desk.deals.state import Deals
from services.desk.directory.state import DirectoryOfNames
from services.desk.goals.state import Goals
from services.desk.headcount.state import Headcount
from services.desk.hiring.state import Hiring
from services.desk.leads.state import Leads
from services.desk.people.state import People
from services.desk.quotas.state import Quotas
from services.desk.tactics.state import Tactics
from services.desk.training.state import Training


@dataclass(slots=True)
class Company:
    """All that deciders look at."""

    people: People = field(default_factory=People)
    hiring: Hiring = field(default_factory=Hiring)
    headcount: Headcount = field(default_factory=Headcount)
    goals: Goals = field(default_factory=Goals)
    quotas: Quotas = field(default_factory=Quotas)
    deals: Deals = field(default_factory=Deals)
    leads: Leads = field(default_factory=Leads)
    training: Training = field(default_factory=Training)
    tactics: Tactics = field(default_factory=Tactics)
    directory: DirectoryOfNames = field(default_factory=DirectoryOfNames)

    def take(self, event: Event, event_id: UUID) -> None:
        """Remember an event that counts; events of other nouns change nothing here."""
        if isinstance(event, DealEvent):
            self.deals.take(event, event_id)
        elif isinstance(event, LeadEvent):
            self.leads.take(event)
        elif isinstance(event, TrainingEvent):
            self.training.take(event)
        elif isinstance(event, AimEvent):
            self.goals.take(event)
        elif isinstance(event, QuotaEvent):
            self.quotas.take(event)
        elif isinstance(event, PersonEvent):
            self._take_of_people(event)
        elif isinstance(event, TacticEvent):
            self.tactics.take(event)
        elif isinstance(event, DirectoryMapped):
            self.directory.take(event)

    def _take_of_people(self, event: PersonEvent) -> None:
        if isinstance(event, OrgEvent):
            self.people.take(event)
        elif isinstance(event, HiringEvent):
            self.hiring.take(event)
        elif isinstance(event, HeadcountEvent):
            self.headcount.take(event)


Whose = str | Callable[[Company], str]
"""A stream, or how to tell it from what is known when a decision is tried."""


def stream_of(whose: Whose, company: Company) -> str:
    """The stream, by what is known."""
    return whose if isinstance(whose, str) else whose(company)
