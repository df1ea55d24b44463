"""Was every lead given to whoever's turn it was? The distributor is asked again, with all that was in the log before.

Pure. It holds for assignments by the policies as they are now: where a policy's meaning changes it needs another name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

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


@dataclass(slots=True)
class AssignmentAudit:
    """The distributor, asked again about every assignment among the decisions as they are taken in order."""

    assignments: int = 0
    disagreements: list[Disagreement] = field(default_factory=list[Disagreement])
    _company: Company = field(default_factory=Company)
    _ledger: Ledger = field(default_factory=Ledger)

    def take(self, offset: int, raw: bytes | None) -> None:
        """Take the next record of the log."""
        try:
            decoded = decode(raw or b"")
        except UnreadableError:
            return
        if self._ledger.judge(decoded.envelope) is not Verdict.COUNTS or decoded.event is None:
            return
        if isinstance(decoded.event, LeadAssigned):
            self.assignments += 1
            self.disagreements += _disagreements(offset, decoded.event, self._company)
        self._company.take(decoded.event, decoded.envelope.id)


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
