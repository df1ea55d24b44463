"""What may be told of what a tactic costs, and what it makes true."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from events.tactics import TacticCostAmended, TacticCostRecorded
from services.desk.tactics.decider import AmendCost, RecordCost, TacticCommand, decide
from services.desk.tactics.refusals import TacticCostUnchanged, TacticCostUnknown
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario

tactics = Scenario[TacticCommand](decide)
TERMS: dict[str, Any] = {
    "cost": "c1",
    "tactic": "cold calls",
    "purpose": "a list",
    "amount_minor": 3_000,
    "currency": "RUB",
    "starts_on": date(2026, 11, 1),
    "ends_on": date(2026, 12, 1),
}
record = RecordCost(at=at(9), day=TODAY, **TERMS)
recorded = TacticCostRecorded(occurred_at=at(9), day=TODAY, **TERMS)


def amend(**changes: Any) -> AmendCost:  # noqa: ANN401  # fields
    return AmendCost(at=at(10), day=TODAY, cost="c1", reason="the invoice", **changes)


def amended(was: TacticCostRecorded, **changes: Any) -> TacticCostAmended:  # noqa: ANN401  # fields
    now = TacticCostRecorded.model_validate(dict(was) | changes)
    return TacticCostAmended(occurred_at=at(10), day=TODAY, cost="c1", reason="the invoice", was=was, now=now)


def test_a_cost_is_recorded() -> None:
    tactics.given().when(record).then(recorded)
    tactics.given().when(record).then_relies_on()


def test_a_cost_is_amended_as_if_it_had_always_been_so() -> None:
    less = amended(recorded, amount_minor=2_800)
    tactics.given(recorded).when(amend(amount_minor=2_800)).then(less)
    of_another = amend(tactic="letters", currency="USD", ends_on=date(2026, 11, 8))
    expected = amended(less.now, tactic="letters", currency="USD", ends_on=date(2026, 11, 8))
    tactics.given(recorded, less).when(of_another).then(expected)


def test_only_a_cost_that_was_recorded_is_amended_and_only_to_something_else() -> None:
    tactics.given().when(amend(amount_minor=1)).then_rejected(TacticCostUnknown)
    tactics.given(recorded).when(amend(amount_minor=3_000)).then_rejected(TacticCostUnchanged)
    tactics.given(recorded).when(amend()).then_rejected(TacticCostUnchanged)


def test_an_amendment_leaves_a_cost_a_day_at_least() -> None:
    with pytest.raises(ValidationError, match="ends_on must be later than starts_on"):
        tactics.given(recorded).when(amend(starts_on=date(2026, 12, 1)))


def test_an_amendment_is_of_one_cost() -> None:
    with pytest.raises(ValidationError, match="of the cost that is amended"):
        amended(recorded, cost="c2")
