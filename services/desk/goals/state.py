"""What is remembered of goals. Pure."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import assert_never

from events.goals import AimEvent, GoalLinked, GoalSet, GoalSignedOff
from events.ids import GoalId, RepId


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal that was set, what it is tied to, and who agreed to it."""

    terms: GoalSet
    links: tuple[tuple[str, str], ...] = ()
    """Kind and name of each."""
    signed: tuple[tuple[str, RepId], ...] = ()
    """In which role, and who."""


def evolve(goal: Goal, event: GoalLinked | GoalSignedOff) -> Goal:
    """A goal after an event."""
    match event:
        case GoalLinked():
            return replace(goal, links=(*goal.links, (event.linked_kind, event.linked_to)))
        case GoalSignedOff():
            return replace(goal, signed=(*goal.signed, (event.role, event.signed_by)))
        case _:
            assert_never(event)


@dataclass(slots=True)
class Goals:
    """Every goal."""

    goals: dict[GoalId, Goal] = field(default_factory=dict[GoalId, Goal])

    def take(self, event: AimEvent) -> None:
        """Remember an event."""
        if isinstance(event, GoalSet):
            self.goals[event.goal] = Goal(event)
        elif event.goal in self.goals:
            self.goals[event.goal] = evolve(self.goals[event.goal], event)

    def above(self, goal: GoalId) -> set[GoalId]:
        """A goal and all the larger ones that it serves, over any number of steps."""
        found, ahead = set[GoalId](), [goal]
        while ahead:
            at = ahead.pop()
            if at not in found:
                found.add(at)
                known = self.goals.get(at)
                ahead += [name for kind, name in known.links if kind == "goal"] if known else []
        return found


def asks_on(goal: Goal, day: date) -> bool:
    """Whether a goal's interval is not over."""
    return day < goal.terms.ends_on
