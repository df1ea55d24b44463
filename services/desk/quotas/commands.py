"""What may be asked about quotas. Pure."""

from dataclasses import dataclass
from datetime import date

from events.event import Currency
from events.goals import (
    HolderKind,
    Measure,
    PeriodRelief,
    RampStep,
)
from events.ids import AbsenceId, GoalId, QuotaId
from services.desk.deciding import Command
from services.desk.quotas.periods import (
    Prorating,
    Split,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignQuota(Command):
    """Ask a rep or a unit for so much in an interval."""

    holder: str
    holder_kind: HolderKind
    measure: Measure = "revenue"
    skill: str | None = None
    currency: Currency | None = None
    full_target: int
    """What is asked of somebody who is there all the time and past the ramp."""
    starts_on: date
    ends_on: date
    split: Split = "evenly"
    weights: tuple[int, ...] = ()
    """The weight of each month, where it is neither even nor by working days."""
    ramp: tuple[RampStep, ...] = ()
    prorating: Prorating = "none"
    goal: GoalId | None = None
    parent: QuotaId | None = None
    country: str
    """Whose calendar says which days are working days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendQuota(Command):
    """Ask for something else from a day on; what was asked for before stays."""

    quota: QuotaId
    from_on: date
    """The first day that it is for: months that have begun by then stay as they are."""
    target: int
    """For those months together; of a ratio, for each."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelieveQuota(Command):
    """Ask for less, for a reason."""

    quota: QuotaId
    reliefs: tuple[PeriodRelief, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelieveForAbsence(Command):
    """Ask for less, in proportion to the working days of an absence."""

    quota: QuotaId
    absence: AbsenceId
    reason: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawQuota(Command):
    """Ask for nothing more from a day on."""

    quota: QuotaId
    from_on: date
    """The first day that it is for: months that have begun by then stay as they are."""
    reason: str


QuotaCommand = AssignQuota | AmendQuota | RelieveQuota | RelieveForAbsence | WithdrawQuota
