"""What may be asked about quotas, and what it makes true."""

from datetime import date
from typing import Any

from events.goals import PeriodTarget, QuotaAssigned, QuotaWithdrawn
from projections.calendar import working_days
from services.desk.people.refusals import HolderKindMismatch, RepNotHired, UnitUnknown
from services.desk.quotas.decider import AssignQuota, QuotaCommand, decide
from services.desk.quotas.refusals import NothingToSplitBy, QuotaOverlaps
from services.desk.quotas.state import quota_id
from tests.desk.given import ANNA, NORTH, team
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario

quota = Scenario[AssignQuota](decide)
NOVEMBER, DECEMBER, FEBRUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 2, 1)
QUOTA = quota_id(("rep", ANNA, "revenue"), 1)


def russian(start: date, end: date) -> int:
    return working_days("RU", start, end)


def assign(start: date = NOVEMBER, end: date = DECEMBER, **changes: Any) -> AssignQuota:  # noqa: ANN401  # fields
    usual: dict[str, Any] = {
        "holder": ANNA,
        "holder_kind": "rep",
        "currency": "RUB",
        "target_minor": 1_000,
        "months": months_between(start, end, evenly),
    }
    return AssignQuota(at=at(8), day=TODAY, **usual | changes)


def assigned(*periods: tuple[str, date, date, int], weights: tuple[int, ...] = ()) -> QuotaAssigned:
    return QuotaAssigned(
        occurred_at=at(8),
        day=TODAY,
        quota=QUOTA,
        holder=ANNA,
        holder_kind="rep",
        measure="revenue",
        currency="RUB",
        starts_on=periods[0][1],
        ends_on=periods[-1][2],
        target=sum(period[3] for period in periods),
        full_target=sum(period[3] for period in periods),
        periods=tuple(PeriodTarget(period=name, starts_on=a, ends_on=b, target=t) for name, a, b, t in periods),
        seasonality=weights,
    )


november = assigned(("2026-11", NOVEMBER, DECEMBER, 1_000))


def test_a_rep_can_be_given_a_quota_for_a_month() -> None:
    quota.given(*team).when(assign()).then(november)


def test_a_quota_relies_on_its_holder() -> None:
    quota.given(*team).when(assign()).then_relies_on(f"rep/{ANNA}")
    quota.given(*team).when(assign(holder=NORTH, holder_kind="team")).then_relies_on(f"unit/{NORTH}")


def test_months_share_a_target_evenly_and_the_last_takes_what_is_left() -> None:
    january = date(2027, 1, 1)
    thirds = (
        ("2026-11", NOVEMBER, DECEMBER, 333),
        ("2026-12", DECEMBER, january, 333),
        ("2027-01", january, FEBRUARY, 334),
    )
    quota.given(*team).when(assign(end=FEBRUARY)).then(assigned(*thirds))


def test_months_share_a_target_by_the_working_days_of_the_company() -> None:
    january = date(2027, 1, 1)
    months = months_between(date(2026, 11, 16), FEBRUARY, russian)
    weights = (11, 22, 15)
    assert tuple(month.weight for month in months) == weights
    parts = (
        ("2026-11", date(2026, 11, 16), DECEMBER, 229),
        ("2026-12", DECEMBER, january, 458),
        ("2027-01", january, FEBRUARY, 313),
    )
    quota.given(*team).when(assign(months=months)).then(assigned(*parts, weights=weights))


def test_a_target_cannot_be_split_by_working_days_where_there_are_none() -> None:
    holidays = months_between(date(2027, 1, 2), date(2027, 1, 4), russian)
    quota.given(*team).when(assign(months=holidays)).then_rejected(NoWorkingDays)


def test_a_second_quota_for_some_of_the_days_is_refused() -> None:
    later = date(2026, 11, 30)
    quota.given(*team, november).when(assign(start=later, end=FEBRUARY)).then_rejected(QuotaOverlaps)


def test_a_quota_may_begin_on_the_day_on_which_another_ends() -> None:
    following = quota.given(*team, november).when(assign(start=DECEMBER, end=FEBRUARY)).decision
    assert following.stream == f"quota/{quota_id(('rep', ANNA, 'revenue'), 2)}"


def test_a_quota_that_was_withdrawn_is_in_nobodys_way() -> None:
    withdrawn = QuotaWithdrawn(
        occurred_at=at(9),
        day=TODAY,
        quota=QUOTA,
        holder=ANNA,
        holder_kind="rep",
        measure="revenue",
        currency="RUB",
        periods=november.periods,
        reason="maternity leave",
    )
    assert quota.given(*team, november, withdrawn).when(assign()).decision.stream != f"quota/{QUOTA}"


def test_nobody_who_does_not_work_here_has_a_quota() -> None:
    quota.given(*team).when(assign(holder="nobody")).then_rejected(RepNotHired)


def test_a_unit_that_was_not_formed_has_no_quota() -> None:
    quota.given(*team).when(assign(holder="south", holder_kind="team")).then_rejected(UnitUnknown)


def test_a_team_has_no_quota_of_a_department() -> None:
    quota.given(*team).when(assign(holder=NORTH, holder_kind="department")).then_rejected(HolderKindMismatch)
