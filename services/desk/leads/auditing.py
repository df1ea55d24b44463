"""Was every lead given to whoever's turn it was? The distributor is asked again, with all that was in the log before.

Pure. It holds for assignments by the policies as they are now: where a policy's meaning changes it needs another name.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from events.codec import UnreadableError, decode
from events.event import Event
from events.ids import LeadId, RepId
from events.law import Ledger, Verdict
from events.leads import LeadAssigned
from services.desk.company import Company
from services.desk.deciding import Rejected
from services.desk.leads.decider import AssignLead, decide


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An assignment that the distributor would not have made."""

    offset: int
    lead: LeadId
    given_to: RepId
    instead: str
    """Whom it would have given it to, or what else it would have said otherwise."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of asking again."""

    assignments: int
    disagreements: tuple[Disagreement, ...]


def audit_assignments(records: Iterable[tuple[int, bytes | None]]) -> Audit:
    """Ask the distributor again about every assignment among the decisions, given by offset and in their order."""
    company, ledger = Company(), Ledger()
    assignments, disagreements = 0, list[Disagreement]()
    for offset, raw in records:
        try:
            decoded = decode(raw or b"")
        except UnreadableError:
            continue
        if ledger.judge(decoded.envelope) is not Verdict.COUNTS or decoded.event is None:
            continue
        if isinstance(decoded.event, LeadAssigned):
            assignments += 1
            disagreements += _disagreements(offset, decoded.event, company)
        company.take(decoded.event, decoded.envelope.id)
    return Audit(assignments, tuple(disagreements))


def _disagreements(offset: int, assigned: LeadAssigned, company: Company) -> Iterable[Disagreement]:
    again = _asked_again(assigned, company)
    if again == assigned:
        return
    instead = _told(again)
    yield Disagreement(offset, assigned.lead, assigned.rep, instead)


def _asked_again(assigned: LeadAssigned, company: Company) -> Event | Rejected:
    command = AssignLead(at=assigned.occurred_at, day=assigned.day, lead=assigned.lead)
    try:
        return decide(command, company).event
    except Rejected as refusal:
        return refusal


def _told(again: Event | Rejected) -> str:
    if isinstance(again, LeadAssigned):
        skipped = [f"{each.rep} {each.skipped}" for each in again.candidates if each.skipped is not None]
        return f"{again.rep} (passed over: {', '.join(skipped) or 'nobody'})"
    return str(again)
