"""Why the business says no to what is asked about deals. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from events.event import Currency
from events.ids import DealId, RepId
from services.desk.deciding import Rejected, Unknown

_CLOSED = {"won": "выиграна", "lost": "проиграна"}
_EARLIER = {"opened": "открыта", "won": "выиграна"}


class DealUnknown(Unknown):
    """No such deal was opened."""

    kind = "deal-unknown"
    said = ("there is no deal {}", "сделки {} нет")


class DealNotOpen(Rejected):
    """A deal is closed already."""

    kind = "deal-not-open"

    def __init__(self, deal: DealId, how: Literal["won", "lost"]) -> None:
        """Say how it ended."""
        super().__init__(en=f"the deal {deal} is {how}", ru=f"сделка {deal} уже {_CLOSED[how]}")


class CriteriaUnmet(Rejected):
    """A condition of entering the stage is not met."""

    kind = "criteria-unmet"

    def __init__(self, stage: str, unmet: Sequence[str]) -> None:
        """Name the stage and the conditions."""
        listed = ", ".join(unmet)
        super().__init__(
            en=f"not met for the stage {stage}: {listed}", ru=f"для этапа «{stage}» не выполнено: {listed}"
        )


class StageUnchanged(Rejected):
    """The deal is in the stage already."""

    kind = "stage-unchanged"

    def __init__(self, deal: DealId, stage: str) -> None:
        """Name both."""
        super().__init__(en=f"the deal {deal} is in the stage {stage}", ru=f"сделка {deal} уже на этапе «{stage}»")


class RepUnchanged(Rejected):
    """The rep leads the deal already."""

    kind = "rep-unchanged"

    def __init__(self, deal: DealId, rep: RepId) -> None:
        """Name both."""
        super().__init__(en=f"the rep {rep} leads the deal {deal}", ru=f"сделку {deal} уже ведёт сотрудник {rep}")


class CurrencyMismatch(Rejected):
    """A deal is in one currency from beginning to end."""

    kind = "currency-mismatch"

    def __init__(self, told: Currency, deal: Currency) -> None:
        """Name both."""
        super().__init__(en=f"the deal is in {deal}, not in {told}", ru=f"валюта сделки — {deal}, а не {told}")


class OutOfOrder(Rejected):
    """Something is said to have happened before what it follows from."""

    kind = "out-of-order"

    def __init__(self, what: Literal["opened", "won"], when: datetime) -> None:
        """Say what came first."""
        super().__init__(
            en=f"the deal was {what} at {when.isoformat()}, which is later",
            ru=f"сделка {_EARLIER[what]} позже: {when.isoformat()}",
        )
