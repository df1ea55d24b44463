"""Given what happened, when something is asked, then this happens: a decider's tests, a line of business each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID, uuid5

from events.event import Event
from events.ids import KVOTA
from services.desk.company import Company
from services.desk.deciding import Command, Decision, Rejected

C = TypeVar("C", bound=Command)


def event_id(place: int) -> UUID:
    """The id of the event that stands at this place of what was given, from 1."""
    return uuid5(KVOTA, str(place))


@dataclass(frozen=True)
class Scenario(Generic[C]):
    """The tests of one decider."""

    decide: Callable[[C, Company], Decision]

    def given(self, *events: Event) -> "Given[C]":
        """This happened, and nothing else."""
        company = Company()
        for place, event in enumerate(events, start=1):
            company.take(event, event_id(place))
        return Given(self.decide, company)


@dataclass(frozen=True)
class Given(Generic[C]):
    """A company with a past."""

    decide: Callable[[C, Company], Decision]
    company: Company

    def when(self, command: C) -> "Outcome":
        """This is asked for."""
        try:
            return Outcome(self.decide(command, self.company))
        except Rejected as refusal:
            return Outcome(refusal)


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    answer: Decision | Rejected

    @property
    def decision(self) -> Decision:
        """What was decided."""
        assert isinstance(self.answer, Decision), repr(self.answer)
        return self.answer

    def then(self, event: Event) -> None:
        """It makes just this true."""
        assert self.decision.event == event

    def then_relies_on(self, *streams: str) -> None:
        """It counts only as long as these have not moved."""
        assert self.decision.relies_on == set(streams)

    def then_rejected(self, reason: type[Rejected]) -> None:
        """It is refused for this reason."""
        assert type(self.answer) is reason
