"""The calculator of lead distribution: who would get each of some leads, by the policies that the desk follows."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from events.ids import RepId
from events.leads import Policy
from projections.calc import BadInputError
from services.desk.leads.distribution import Member, Turn, choose

_Count = Annotated[int, Field(ge=0, le=10_000, strict=True)]
_Weight = Annotated[int, Field(ge=1, le=10_000, strict=True)]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    policy: Policy
    leads: _Count
    members: tuple[RepId, ...] = ()
    weights: dict[RepId, _Weight] = Field(default_factory=dict[RepId, int])
    loads: dict[RepId, _Count] = Field(default_factory=dict[RepId, int])
    absent: frozenset[RepId] = frozenset()
    capacity: _Count | None = None

    @model_validator(mode="after")
    def _know_all(self) -> "_Given":
        reps = self.reps
        if not reps or len(set(reps)) < len(reps):
            message = "members: name each once, or give weights"
            raise ValueError(message)
        if unknown := sorted({*self.weights, *self.loads, *self.absent} - {*reps}):
            message = f"{', '.join(unknown)}: not among the members"
            raise ValueError(message)
        return self

    @property
    def reps(self) -> tuple[RepId, ...]:
        """The members in order."""
        return self.members or tuple(self.weights)

    def member(self, rep: RepId, got: int) -> Member:
        """A member who has got some of the leads."""
        full = self.capacity is not None and got >= self.capacity
        unfit = "absent" if rep in self.absent else "full" if full else None
        return Member(rep, self.weights.get(rep, 1), self.loads.get(rep, 0) + got, unfit)


def calc_distribution(given: Mapping[str, object]) -> dict[str, Any]:
    """Who gets each of `leads` leads, one after the other; raises BadInputError, which names the field.

    `policy` is round_robin, smooth_weighted or least_loaded; `members` are in order, or `weights` names them; `absent`
    take no part, `loads` are leads in hand before, and nobody gets more than `capacity`. A lead that nobody can take is
    null. `skipped` says why members got none the last time, `weights_after` what is left of the smooth weights.
    """
    try:
        wanted = _Given.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise BadInputError(f"{field}: {first['msg']}" if field else first["msg"]) from None
    got = dict.fromkeys(wanted.reps, 0)
    turn, skipped = Turn(), dict[RepId, str]()
    assigned: list[RepId | None] = []
    weights_after: list[list[int]] = []
    for _ in range(wanted.leads):
        choice = choose(wanted.policy, [wanted.member(rep, got[rep]) for rep in got], turn)
        turn, skipped = choice.turn, dict(choice.skipped)
        assigned.append(choice.rep)
        weights_after.append([turn.current.get(rep, 0) for rep in got])
        if choice.rep is not None:
            got[choice.rep] += 1
    answer: dict[str, Any] = {"assigned": assigned, "skipped": skipped}
    return answer | ({"weights_after": weights_after} if wanted.policy == "smooth_weighted" else {})
