"""A list of companies to call is paid for, and turns out to have cost less."""

from datetime import date
from typing import Any

from events.tactics import TacticCostAmended, TacticCostRecorded
from tests.events.examples.dates import when
from tests.events.examples.record import Example, decision

HEAD = "rep-001"
COST = "cost-12"
_TOLD: dict[str, Any] = {
    **when(11),
    "cost": COST,
    "tactic": "холодные звонки",
    "purpose": "база компаний",
    "currency": "RUB",
    "starts_on": date(2026, 11, 1),
    "ends_on": date(2026, 12, 1),
}

RECORDED = TacticCostRecorded(**_TOLD, amount_minor=3_000_000)

EXAMPLES: tuple[Example, ...] = (
    decision(RECORDED, f"tactic_cost/{COST}", 1, by=HEAD),
    decision(
        TacticCostAmended(
            **when(16),
            cost=COST,
            reason="По счёту меньше.",
            was=RECORDED,
            now=TacticCostRecorded(**_TOLD, amount_minor=2_800_000),
        ),
        f"tactic_cost/{COST}",
        2,
        by=HEAD,
    ),
)
