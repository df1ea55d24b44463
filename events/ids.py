"""Identities: what an id is about decides the id, so that telling a fact twice is telling it once."""

from typing import Annotated
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import StringConstraints

_Id = StringConstraints(min_length=1, max_length=200)

RepId = Annotated[str, _Id]
"""A person who sells. Until the desk hires people, the name that the phone system gives its agent."""
PersonId = Annotated[str, _Id]
"""Anybody: a random id, behind which the vault keeps a name, a number or an address until the person is erased."""
UnitId = Annotated[str, _Id]
"""A team, department or company: a node of the org tree."""
PostId = Annotated[str, _Id]
"""A kind of job, such as account manager; a position is one seat of it."""
PositionId = Annotated[str, _Id]
HeadcountPlanId = Annotated[str, _Id]
RequisitionId = Annotated[str, _Id]
OfferId = Annotated[str, _Id]
AbsenceId = Annotated[str, _Id]
CustomerId = Annotated[str, _Id]
DealId = Annotated[str, _Id]
LeadId = Annotated[str, _Id]
GoalId = Annotated[str, _Id]
QuotaId = Annotated[str, _Id]
CandidateId = Annotated[str, _Id]
PoolId = Annotated[str, _Id]
ProgrammeId = Annotated[str, _Id]
SessionId = Annotated[str, _Id]
TacticCostId = Annotated[str, _Id]
CallId = Annotated[str, _Id]
"""The call's id at its source: Asterisk's uniqueid of the caller's channel, for one."""

KVOTA = uuid5(NAMESPACE_URL, "urn:kvota")
_SEPARATOR = "\x1f"  # A unit separator: no id, queue or agent name contains it, so no two tuples join to one text.


def fact_id(source: str, subject: str, leg: str, kind: str, sequence: int) -> UUID:
    """Make the id of a fact from outside: one fact has one id, however often and by whichever road it is told.

    `source` is the system that saw it, `subject` the source's id of the call or agent, `leg` the part of it (a queue),
    `kind` the event type and `sequence` its number among facts of that kind on that leg.
    """
    return uuid5(KVOTA, _SEPARATOR.join((source, subject, leg, kind, str(sequence))))


def restatement_id(original: UUID, revision: int) -> UUID:
    """Make the id of the `revision`-th (from 1) restatement of the fact `original`."""
    return uuid5(original, str(revision))


def renaming_id(told: UUID, mapping: UUID, part: str) -> UUID:
    """Make the id of what takes back the name in the record `told`, since the decision `mapping` says another.

    `part` is which event of the record it is about: that of a fact is empty, a correction's are was and now.
    """
    return uuid5(told, _SEPARATOR.join(("directory", str(mapping), part)))
