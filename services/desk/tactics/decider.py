"""What may be asked about tactics, and what it makes true. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Any, assert_never

from events.ids import TacticCostId
from events.tactics import TacticCostAmended, TacticCostRecorded
from services.desk.company import Company
from services.desk.deciding import Command, Decision, stream
from services.desk.tactics.refusals import TacticCostUnchanged, TacticCostUnknown
from services.desk.tactics.state import Tactics


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCost(Command):
    """Money was spent on a tactic, for these days."""

    cost: TacticCostId
    tactic: str
    purpose: str
    amount_minor: int
    currency: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendCost(Command):
    """Let something else hold of a cost, as if it always had; what is left out stays."""

    cost: TacticCostId
    tactic: str | None = None
    purpose: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    reason: str


TacticCommand = RecordCost | AmendCost


def decide(command: TacticCommand, company: Company) -> Decision:
    """Decide a command about what a tactic costs."""
    match command:
        case RecordCost():
            return _record(command)
        case AmendCost():
            return _amend(command, company.tactics)
        case _:
            assert_never(command)


def _record(command: RecordCost) -> Decision:
    event = TacticCostRecorded(
        occurred_at=command.at,
        day=command.day,
        cost=command.cost,
        tactic=command.tactic,
        purpose=command.purpose,
        amount_minor=command.amount_minor,
        currency=command.currency,
        starts_on=command.starts_on,
        ends_on=command.ends_on,
    )
    return Decision(stream("tactic_cost", command.cost), event)


def _amend(command: AmendCost, tactics: Tactics) -> Decision:
    was = tactics.costs.get(command.cost)
    if was is None:
        raise TacticCostUnknown(command.cost)
    now = TacticCostRecorded.model_validate({**dict(was), **_changes(command)})
    if was == now:
        raise TacticCostUnchanged(command.cost)
    event = TacticCostAmended(
        occurred_at=command.at, day=command.day, cost=command.cost, reason=command.reason, was=was, now=now
    )
    return Decision(stream("tactic_cost", command.cost), event)


def _changes(command: AmendCost) -> dict[str, Any]:
    told = {
        "tactic": command.tactic,
        "purpose": command.purpose,
        "amount_minor": command.amount_minor,
        "currency": command.currency,
        "starts_on": command.starts_on,
        "ends_on": command.ends_on,
    }
    return {name: value for name, value in told.items() if value is not None}
