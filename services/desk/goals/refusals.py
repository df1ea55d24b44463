"""Why the business says no to what is asked about goals. Pure."""

from datetime import date

from events.ids import GoalId
from services.desk.deciding import Rejected, Unknown


class GoalUnknown(Unknown):
    """Nobody set such a goal."""

    kind = "goal-unknown"
    said = ("there is no goal {}", "цели {} нет")


class GoalOver(Rejected):
    """The goal's interval is over."""

    kind = "goal-over"

    def __init__(self, goal: GoalId, day: date) -> None:
        """Say since when."""
        super().__init__(en=f"the goal {goal} was for days before {day}", ru=f"цель {goal} ставилась на дни до {day}")


class GoalLinkedAlready(Rejected):
    """A goal is tied to something once."""

    kind = "goal-linked-already"

    def __init__(self, goal: GoalId, linked_to: str) -> None:
        """Name both."""
        super().__init__(
            en=f"the goal {goal} is linked to {linked_to} already", ru=f"цель {goal} уже связана с {linked_to}"
        )


class GoalInCircle(Rejected):
    """A goal would serve itself."""

    kind = "goal-in-circle"

    def __init__(self, goal: GoalId, linked_to: GoalId) -> None:
        """Name both."""
        super().__init__(
            en=f"the goal {linked_to} serves the goal {goal} already", ru=f"цель {linked_to} уже служит цели {goal}"
        )


class SignedOffAlready(Rejected):
    """Somebody agrees to a goal once in a role."""

    kind = "goal-signed-off-already"

    def __init__(self, goal: GoalId, signed_by: str, role: str) -> None:
        """Name them."""
        super().__init__(
            en=f"{signed_by} has signed the goal {goal} off as {role} already",
            ru=f"{signed_by} уже согласовал цель {goal} в роли {role}",
        )


class NotTheirRole(Rejected):
    """Somebody signs off as what they are not."""

    kind = "goal-role-of-other"

    def __init__(self, role: str, who: str) -> None:
        """Say whose role it is."""
        super().__init__(en=f"the {role} of this goal is {who}", ru=f"роль {role} у этой цели принадлежит {who}")
