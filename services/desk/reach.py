"""How far a permit reaches: whose a thing is, by all that has been decided, and by the org tree of a day. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from events.goals import HolderKind
from events.ids import RepId, UnitId
from services.desk.company import Company, Whose, stream_of
from services.desk.deals.state import Lost, Open, Unopened, Won
from services.desk.deciding import Rejected, thing_of
from services.desk.people.state import Hired, People
from services.runtime.auth.callers import Permit, Scope


class OutOfReach(Rejected):
    """It is somebody else's, and the caller's role reaches only so far."""

    kind = "out-of-reach"

    def __init__(self, permission: str, scope: Scope) -> None:
        """Say how far."""
        super().__init__(
            en=f"{permission}: this role reaches only {_REACH[scope][0]}",
            ru=f"{permission}: эта роль распространяется только на {_REACH[scope][1]}",
        )


_REACH: dict[Scope, tuple[str, str]] = {
    "self": ("what is the caller's own", "своё"),
    "team": ("the caller's own unit and those below it", "своё подразделение и подчинённые ему"),
    "all": ("what there is", "то, что есть"),
}


_READING = ".read"


@dataclass(frozen=True, slots=True)
class _Owners:
    """Whose something is: any of them decides about it."""

    reps: frozenset[RepId] = field(default_factory=frozenset[RepId])
    units: frozenset[UnitId] = field(default_factory=frozenset[UnitId])
    readers: frozenset[RepId] = field(default_factory=frozenset[RepId])
    """Who may see it as well, and decide nothing about it."""


def require_reach(permit: Permit, thing: Whose | None, day: date, company: Company) -> None:
    """Make sure that a permit reaches the thing whose stream this is, or with None the whole company.

    What does not exist is in nobody's reach, and is let through: that it does not exist is for the decider to say.
    Raises OutOfReach.
    """
    known = None if thing is None else stream_of(thing, company)
    if not reaches(permit, known, day, company):
        raise OutOfReach(permit.permission, permit.scope)


def reaches(permit: Permit, thing: str | None, day: date, company: Company) -> bool:
    """Whether a permit reaches the thing whose stream this is, by the org tree of a day."""
    if permit.scope == "all":
        return True
    if thing is None:
        return False
    owners = _owners(thing, company)
    if owners is None:
        return True
    reps = owners.reps | (owners.readers if permit.permission.endswith(_READING) else frozenset())
    if permit.scope == "self":
        return permit.caller.rep in reps
    units = owners.units | {_unit_of(rep, day, company.people) for rep in reps}
    return any(permit.caller.unit in company.people.above(unit, day) for unit in units if unit is not None)


def _owners(thing: str, company: Company) -> _Owners | None:
    """Whose a thing is; None when there is no such thing."""
    noun, identity = thing_of(thing)
    owners = _OWNERS.get(noun)
    return _Owners() if owners is None else owners(identity, company)


def _quota(quota: str, company: Company) -> _Owners | None:
    known = company.quotas.quotas.get(quota)
    return None if known is None else _holder(known.terms.holder_kind, known.terms.holder)


def _goal(goal: str, company: Company) -> _Owners | None:
    known = company.goals.goals.get(goal)
    return None if known is None else _holder(known.terms.holder_kind, known.terms.holder)


def _holder(kind: HolderKind, holder: str) -> _Owners:
    return _Owners(reps=frozenset({holder})) if kind == "rep" else _Owners(units=frozenset({holder}))


def _requisition(requisition: str, company: Company) -> _Owners | None:
    known = company.hiring.requisitions.get(requisition)
    return None if known is None else _Owners(units=frozenset({known.unit}))


def _leader(deal: str, company: Company) -> _Owners | None:
    """Whoever leads a deal, or led it when it was closed: a part of a sale lets see the whole of it, and no more."""
    match company.deals.deal(deal):
        case Unopened():
            return None
        case Open(rep=rep) | Lost(rep=rep):
            return _Owners(reps=frozenset({rep}))
        case Won(rep=rep, left=credited):
            return _Owners(reps=frozenset({rep}), readers=frozenset(part.rep for part in credited))


def _lead(lead: str, company: Company) -> _Owners | None:
    """Whoever has the lead, and the unit whose pool it is in."""
    known = company.leads.leads.get(lead)
    if known is None:
        return None
    pool = company.leads.pools[known.pool]
    unit = pool.terms.unit
    reps = frozenset[RepId]() if known.rep is None else frozenset({known.rep})
    return _Owners(reps=reps, units=frozenset[UnitId]() if unit is None else frozenset({unit}))


def _unit_of(rep: RepId, day: date, people: People) -> UnitId | None:
    """Where a rep works on a day, or worked last."""
    known = people.rep(rep)
    if not isinstance(known, Hired):
        return None
    placement = known.placements.on(day) or known.placements.terms[-1].value
    return placement.unit


_OWNERS: dict[str, Callable[[str, Company], _Owners | None]] = {
    "rep": lambda rep, _company: _Owners(reps=frozenset({rep})),
    "unit": lambda unit, _company: _Owners(units=frozenset({unit})),
    "requisition": _requisition,
    "goal": _goal,
    "quota": _quota,
    "deal": _leader,
    "lead": _lead,
    "trainee": lambda rep, _company: _Owners(reps=frozenset({rep})),
}
"""By noun. Of others only those have any whose role reaches all there is."""
