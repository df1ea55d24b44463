"""What the company tries in order to sell, and what that costs."""

from typing import Literal, Self

from pydantic import model_validator

from events.event import AmountMinor, Currency, Event, IntervalEvent, Name, Text
from events.ids import TacticCostId


class TacticCostRecorded(IntervalEvent):
    """Money was spent on a tactic, for the days of an interval: each of them bears an equal part."""

    type: Literal["tactic.cost_recorded"] = "tactic.cost_recorded"
    version: Literal[1] = 1
    cost: TacticCostId
    tactic: Name
    """The tactic, as calls and sales name it."""
    purpose: Name
    """What the money was for, as one of the company's own purposes, such as a mailing; it names nobody."""
    amount_minor: AmountMinor
    """What was spent, the pay of those who work by the tactic left out; 0 where it turned out to be nothing."""
    currency: Currency


class TacticCostAmended(Event):
    """What was told of a cost was corrected by decision: `was` stops counting and `now` counts in its place."""

    type: Literal["tactic.cost_amended"] = "tactic.cost_amended"
    version: Literal[1] = 1
    cost: TacticCostId
    reason: Text
    was: TacticCostRecorded
    now: TacticCostRecorded

    @model_validator(mode="after")
    def _of_one_cost(self) -> Self:
        if not self.cost == self.was.cost == self.now.cost:
            message = "was and now must be of the cost that is amended"
            raise ValueError(message)
        return self


TacticEvent = TacticCostRecorded | TacticCostAmended
