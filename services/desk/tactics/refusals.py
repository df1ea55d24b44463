"""Why the business says no to what is asked about tactics. Pure."""

from events.ids import TacticCostId
from services.desk.deciding import Rejected, Unknown


class TacticCostUnknown(Unknown):
    """Nobody recorded such a cost."""

    kind = "tactic-cost-unknown"
    said = ("there is no tactic cost {}", "затрат {} нет")


class TacticCostUnchanged(Rejected):
    """What is asked for holds already."""

    kind = "tactic-cost-unchanged"

    def __init__(self, cost: TacticCostId) -> None:
        """Name the cost."""
        super().__init__(
            en=f"the tactic cost {cost} is just that already: say what is to be different",
            ru=f"затраты {cost} уже записаны именно так: укажите, что должно измениться",
        )
