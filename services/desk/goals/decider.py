"""What may be asked about quotas, and what it makes true. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from events.event import Currency
from events.goals import HolderKind, PeriodTarget, QuotaAssigned
from events.money import share_out
from services.desk.company import Company
from services.desk.deciding import Command, Decision, Rejected, stream
from services.desk.goals.state import Assigned, Holding, Quotas, quota_id
from services.desk.people.decider import formed, working
from services.desk.people.state import Formed, People


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, or the part of it that an interval covers, with its weight in the split of a target."""

    name: str
    starts_on: date
    ends_on: date
    """The first day after it."""
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignQuota(Command):
    """Ask a rep or a unit for so much revenue in an interval."""

    holder: str
    holder_kind: HolderKind
    currency: Currency
    target_minor: int
    months: tuple[Month, ...]
    """The interval, month by month; without a gap."""

    @property
    def starts_on(self) -> date:
        """The first day of the interval."""
        return self.months[0].starts_on

    @property
    def ends_on(self) -> date:
        """The first day after the interval."""
        return self.months[-1].ends_on


_Kind = Literal["team", "department", "company"]
_KINDS: dict[_Kind, str] = {"team": "команда", "department": "отдел", "company": "компания"}


class QuotaOverlaps(Rejected):
    """The holder has a quota of this measure for some of these days: what would be asked for then is not clear."""

    kind = "quota-overlaps"

    def __init__(self, quota: str) -> None:
        """Name the quota that is in the way."""
        super().__init__(
            en=f"the holder has the quota {quota} for some of these days",
            ru=f"на часть этих дней уже назначен план {quota}",
        )


class NoWorkingDays(Rejected):
    """A target cannot be split by working days where there is none."""

    kind = "no-working-days"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            en="there is no working day in this interval: split it evenly",
            ru="в этом периоде нет рабочих дней: разделите план поровну",
        )


class HolderKindMismatch(Rejected):
    """A team is not a department."""

    kind = "holder-kind-mismatch"

    def __init__(self, holder: str, kind: _Kind) -> None:
        """Say what the holder is."""
        super().__init__(en=f"{holder} is a {kind}", ru=f"{holder} — это {_KINDS[kind]}")


def decide(command: AssignQuota, company: Company) -> Decision:
    """Decide a command about quotas."""
    relies_on = _holder(command, company.people)
    holding: Holding = (command.holder_kind, command.holder, "revenue")
    given = company.quotas.of(holding)
    for quota in given:
        _no_overlap(quota, command, company.quotas)
    identity = quota_id(holding, len(given) + 1)
    return Decision(stream("quota", identity), _assigned(command, identity), frozenset({relies_on}))


def _holder(command: AssignQuota, people: People) -> str:
    if command.holder_kind == "rep":
        return working(command.holder, command.day, people)
    match people.unit(command.holder):
        case Formed(kind=kind) if kind != command.holder_kind:
            raise HolderKindMismatch(command.holder, kind)
        case _:
            return formed(command.holder, people)


def _no_overlap(quota: str, command: AssignQuota, quotas: Quotas) -> None:
    known = quotas.quota(quota)
    if isinstance(known, Assigned) and known.asks_between(command.starts_on, command.ends_on):
        raise QuotaOverlaps(quota)


def _assigned(command: AssignQuota, quota: str) -> QuotaAssigned:
    weights = {month: month.weight for month in command.months}
    if not any(weights.values()):
        raise NoWorkingDays
    targets = share_out(command.target_minor, weights)
    even = len(set(weights.values())) == 1
    return QuotaAssigned(
        occurred_at=command.at,
        day=command.day,
        quota=quota,
        holder=command.holder,
        holder_kind=command.holder_kind,
        measure="revenue",
        currency=command.currency,
        starts_on=command.starts_on,
        ends_on=command.ends_on,
        target=command.target_minor,
        full_target=command.target_minor,
        periods=tuple(_period(month, target) for month, target in targets.items()),
        seasonality=() if even else tuple(weights.values()),
    )


def _period(month: Month, target: int) -> PeriodTarget:
    return PeriodTarget(period=month.name, starts_on=month.starts_on, ends_on=month.ends_on, target=target)
