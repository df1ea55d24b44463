"""What may be asked about goals, and what it makes true. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, assert_never

from events.event import Currency
from events.goals import GoalLinked, GoalSet, GoalSignedOff, HolderKind
from events.ids import GoalId, RepId
from services.desk.company import Company
from services.desk.deciding import Command, Decision, stream
from services.desk.goals.refusals import (
    GoalInCircle,
    GoalLinkedAlready,
    GoalOver,
    GoalUnknown,
    NotTheirRole,
    SignedOffAlready,
)
from services.desk.goals.state import Goal, Goals, asks_on
from services.desk.people.present import holding, placed, working
from services.desk.people.state import People

Unit = Literal["minor_units", "basis_points", "pieces", "seconds"]
LinkKind = Literal["strategy", "tactic", "goal"]
SignerRole = Literal["holder", "accountable", "approver"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetGoal(Command):
    """Let this be reached, and let one person answer for it."""

    goal: GoalId
    statement: str
    metric: str
    metric_version: int
    measured_in: Unit
    currency: Currency | None = None
    target: int
    direction: Literal["at_least", "at_most"] = "at_least"
    holder: str
    holder_kind: HolderKind
    accountable: RepId
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkGoal(Command):
    """Say what is to bring the goal about, or which larger one it serves."""

    goal: GoalId
    linked_to: str
    linked_kind: LinkKind
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOffGoal(Command):
    """Agree to a goal."""

    goal: GoalId
    signed_by: RepId
    role: SignerRole
    remark: str = ""


GoalCommand = SetGoal | LinkGoal | SignOffGoal


def decide(command: GoalCommand, company: Company) -> Decision:
    """Decide a command about goals."""
    match command:
        case SetGoal():
            return _set(command, company)
        case LinkGoal():
            return _link(command, company.goals)
        case SignOffGoal():
            return _sign_off(command, company)
        case _:
            assert_never(command)


def _set(command: SetGoal, company: Company) -> Decision:
    days = (command.starts_on, command.ends_on)
    held_by = holding(command.holder_kind, command.holder, *days, company.people)
    answered_for = working(command.accountable, command.day, company.people)
    event = GoalSet(
        occurred_at=command.at,
        day=command.day,
        goal=command.goal,
        statement=command.statement,
        metric=command.metric,
        metric_version=command.metric_version,
        measured_in=command.measured_in,
        currency=command.currency,
        target=command.target,
        direction=command.direction,
        holder=command.holder,
        holder_kind=command.holder_kind,
        accountable=command.accountable,
        starts_on=command.starts_on,
        ends_on=command.ends_on,
    )
    return Decision(stream("goal", command.goal), event, frozenset({held_by, answered_for}))


def _link(command: LinkGoal, goals: Goals) -> Decision:
    goal = _still_asked(command.goal, command.day, goals)
    if (command.linked_kind, command.linked_to) in goal.links:
        raise GoalLinkedAlready(command.goal, command.linked_to)
    relies_on = set[str]()
    if command.linked_kind == "goal":
        _still_asked(command.linked_to, command.day, goals)
        larger = goals.above(command.linked_to)
        if command.goal in larger:
            raise GoalInCircle(command.goal, command.linked_to)
        relies_on = {stream("goal", each) for each in larger}
    event = GoalLinked(
        occurred_at=command.at,
        day=command.day,
        goal=command.goal,
        linked_to=command.linked_to,
        linked_kind=command.linked_kind,
        reason=command.reason,
    )
    return Decision(stream("goal", command.goal), event, frozenset(relies_on))


def _sign_off(command: SignOffGoal, company: Company) -> Decision:
    goal = _still_asked(command.goal, command.day, company.goals)
    works = working(command.signed_by, command.day, company.people)
    if (command.role, command.signed_by) in goal.signed:
        raise SignedOffAlready(command.goal, command.signed_by, command.role)
    rests_on = _in_their_role(command, goal, company.people)
    event = GoalSignedOff(
        occurred_at=command.at,
        day=command.day,
        goal=command.goal,
        signed_by=command.signed_by,
        role=command.role,
        remark=command.remark,
    )
    return Decision(stream("goal", command.goal), event, frozenset({works, *rests_on}))


def _in_their_role(command: SignOffGoal, goal: Goal, people: People) -> set[str]:
    """Make sure that somebody is what they sign as; the streams of the units that say so. Raises NotTheirRole.

    A rep's goal is signed by that rep, and approved by whoever leads the rep. A unit's is signed by its leader, and
    approved by one of those above. Where nobody leads any of these units, anybody else may.
    """
    terms = goal.terms
    own = terms.holder_kind == "rep"
    if command.role == "accountable":
        return _required(command, [terms.accountable])
    if command.role == "holder" and own:
        return _required(command, [terms.holder])
    unit = placed(terms.holder, command.day, people).unit if own else terms.holder
    leaders = people.leaders(unit, command.day)
    if command.role == "holder":
        signers = leaders[:1]
    else:
        brings_it_about = terms.holder if own else next(iter(leaders), None)
        signers = [leader for leader in leaders if leader != brings_it_about] or leaders
    if signers:
        _required(command, signers)
    return {stream("unit", each) for each in people.above(unit, command.day)}


def _required(command: SignOffGoal, these: Sequence[RepId]) -> set[str]:
    if command.signed_by not in these:
        raise NotTheirRole(command.role, ", ".join(these))
    return set()


def _still_asked(goal: GoalId, day: date, goals: Goals) -> Goal:
    """A goal that is not over; raises GoalUnknown or GoalOver."""
    known = goals.goals.get(goal)
    if known is None:
        raise GoalUnknown(goal)
    if not asks_on(known, day):
        raise GoalOver(goal, known.terms.ends_on)
    return known
