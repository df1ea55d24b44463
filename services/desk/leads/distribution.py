"""Who gets the next lead. Pure: the same members, in the same order and state, always give the same answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import assert_never

from events.ids import RepId
from events.leads import Policy


@dataclass(frozen=True, slots=True)
class Member:
    """A rep of a pool, as they stand when a lead comes in."""

    rep: RepId
    weight: int = 1
    """How many leads for one of somebody with a weight of 1; at least 1."""
    load: int = 0
    """How many leads they have in hand."""
    unfit: str | None = None
    """Why they cannot take the lead, if so."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How far a pool has got: what a policy has to know of the leads before."""

    last: RepId | None = None
    """Who got the last lead."""
    current: Mapping[RepId, int] = field(default_factory=dict[RepId, int])
    """What each member has gained and not paid, under the smooth weighted policy."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets the lead, who was passed over and why, and how the pool goes on."""

    rep: RepId | None
    """None where nobody can take it."""
    skipped: Mapping[RepId, str]
    turn: Turn


def choose(policy: Policy, members: Sequence[Member], turn: Turn) -> Choice:
    """Give a lead to one of the members who can take it; their order decides between equals."""
    skipped = {member.rep: member.unfit for member in members if member.unfit is not None}
    if len(skipped) == len(members):
        return Choice(None, skipped, turn)
    chosen, current = _chosen(policy, members, turn)
    return Choice(chosen.rep, skipped, Turn(chosen.rep, current))


def _chosen(policy: Policy, members: Sequence[Member], turn: Turn) -> tuple[Member, Mapping[RepId, int]]:
    fit = [member for member in _from_next(members, turn.last) if member.unfit is None]
    match policy:
        case "round_robin":
            return fit[0], turn.current
        case "least_loaded":
            return min(fit, key=lambda member: Fraction(member.load, member.weight)), turn.current
        case "smooth_weighted":
            return _smooth(members, turn.current)
        case _:
            assert_never(policy)


def _from_next(members: Sequence[Member], last: RepId | None) -> Sequence[Member]:
    """The members, beginning after the one who was last."""
    start = next((place for place, member in enumerate(members, 1) if member.rep == last), 0)
    return [*members[start:], *members[:start]]


def _smooth(members: Sequence[Member], before: Mapping[RepId, int]) -> tuple[Member, Mapping[RepId, int]]:
    fit = [member for member in members if member.unfit is None]
    current = {member.rep: before.get(member.rep, 0) for member in members}
    for member in fit:
        current[member.rep] += member.weight
    chosen = max(fit, key=lambda member: current[member.rep])
    current[chosen.rep] -= sum(member.weight for member in fit)
    return chosen, current
