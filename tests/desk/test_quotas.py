"""What may be asked about quotas, and what it makes true."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from events.goals import (
    QuotaAssigned,
    QuotaWithdrawn,
    RampStep,
)
from events.people import UnitFormed
from projections.calendar import calendar_version
from services.desk.people.refusals import HolderKindMismatch, RepNotHired, UnitUnknown
from services.desk.quotas.periods import shared
from services.desk.quotas.refusals import (
    NothingToSplitBy,
    OnlyOfReps,
    ParentDiffers,
    QuotaOverlaps,
    QuotaUnknown,
)
from services.desk.quotas.state import quota_id
from tests.desk.given import ANNA, NORTH, anna, anna_left, formed, team
from tests.desk.quotas_given import (
    DECEMBER,
    FEBRUARY,
    HELD,
    JANUARY,
    NOVEMBER,
    QUOTA,
    assign,
    assigned,
    november,
    quota,
)
from tests.events.examples.dates import TODAY, at
from tests.scenario import Outcome


def test_a_rep_can_be_given_a_quota_for_a_month() -> None:
    quota.given(*team).when(assign()).then(november)


def test_a_quota_relies_on_its_holder() -> None:
    quota.given(*team).when(assign()).then_relies_on(f"rep/{ANNA}")
    quota.given(*team).when(assign(holder=NORTH, holder_kind="team")).then_relies_on(f"unit/{NORTH}")


def test_months_share_a_target_evenly_and_the_last_takes_what_is_left() -> None:
    thirds = (
        ("2026-11", NOVEMBER, DECEMBER, 333),
        ("2026-12", DECEMBER, JANUARY, 333),
        ("2027-01", JANUARY, FEBRUARY, 334),
    )
    quota.given(*team).when(assign(end=FEBRUARY)).then(assigned(*thirds))


def test_months_share_a_target_by_the_working_days_of_the_company() -> None:
    middle = date(2026, 11, 16)
    parts = (
        ("2026-11", date(2026, 11, 16), DECEMBER, 229),
        ("2026-12", DECEMBER, JANUARY, 458),
        ("2027-01", JANUARY, FEBRUARY, 313),
    )
    by_days = assigned(*parts, weights=(11, 22, 15), calendar=calendar_version("RU"))
    quota.given(*team).when(assign(start=middle, end=FEBRUARY, split="working_days")).then(by_days)


def test_a_target_cannot_be_split_by_working_days_where_there_are_none() -> None:
    weekend = assign(start=date(2027, 1, 2), end=date(2027, 1, 4), split="working_days")
    quota.given(*team).when(weekend).then_rejected(NothingToSplitBy)


def test_a_second_quota_for_some_of_the_days_is_refused() -> None:
    later = date(2026, 11, 30)
    quota.given(*team, november).when(assign(start=later, end=FEBRUARY)).then_rejected(QuotaOverlaps)


def test_a_quota_may_begin_on_the_day_on_which_another_ends() -> None:
    following = quota.given(*team, november).when(assign(start=DECEMBER, end=FEBRUARY)).decision
    assert following.stream == f"quota/{quota_id(HELD, 2)}"


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


def targets(outcome: Outcome) -> list[int]:
    """What is asked for in each month."""
    event = outcome.decision.event
    assert isinstance(event, QuotaAssigned)
    assert sum(period.target for period in event.periods) == event.target
    return [period.target for period in event.periods]


def test_months_share_a_target_by_the_weights_of_a_season() -> None:
    season = assign(end=FEBRUARY, full_target=1_000, weights=(1, 3, 1))
    assert targets(quota.given(*team).when(season)) == [200, 600, 200]


def test_a_newcomer_is_asked_for_a_part_by_month_of_tenure() -> None:
    ramp = (RampStep(tenure_month=1, factor_bp=2_500), RampStep(tenure_month=2, factor_bp=5_000))
    outcome = quota.given(*team).when(assign(end=FEBRUARY, full_target=1_200, ramp=ramp))
    assert targets(outcome) == [100, 200, 400]  # hired in November: a quarter, a half, the whole of 400


def test_nothing_is_asked_for_before_the_ramp_begins() -> None:
    october: dict[str, Any] = {"start": date(2026, 10, 1), "full_target": 900}
    ramp = (RampStep(tenure_month=1, factor_bp=5_000),)
    outcome = quota.given(*team).when(assign(**october, end=JANUARY, ramp=ramp))
    assert targets(outcome) == [0, 150, 300]


def test_a_month_is_pro_rated_by_the_days_on_which_the_rep_is_there() -> None:
    by_calendar = assign(full_target=3_000, prorating="calendar_days")
    assert targets(quota.given(*team).when(by_calendar)) == [700]  # seven of thirty days, from the 24th on
    by_work = assign(full_target=2_000, prorating="working_days")
    outcome = quota.given(*team).when(by_work)
    assert targets(outcome) == [500]  # five of twenty working days
    assert isinstance(outcome.decision.event, QuotaAssigned)
    assert outcome.decision.event.calendar == calendar_version("RU")


def test_somebody_who_leaves_is_asked_for_the_days_before() -> None:
    two_days = quota.given(*team, anna_left.model_copy(update={"ends_on": date(2026, 11, 26)}))
    assert targets(two_days.when(assign(full_target=3_000, prorating="calendar_days"))) == [200]


def test_only_a_rep_grows_into_a_quota_or_is_there_for_a_part_of_it() -> None:
    unit: dict[str, Any] = {"holder": NORTH, "holder_kind": "team"}
    quota.given(*team).when(assign(**unit, prorating="calendar_days")).then_rejected(OnlyOfReps)
    ramp = (RampStep(tenure_month=1, factor_bp=2_500),)
    quota.given(*team).when(assign(**unit, ramp=ramp)).then_rejected(OnlyOfReps)


def test_a_skill_and_another_skill_are_two_quotas() -> None:
    english: dict[str, Any] = {"measure": "skill", "currency": None, "skill": "english", "full_target": 8_000}
    first = quota.given(*team).when(assign(**english)).decision
    again = quota.given(*team, first.event)
    again.when(assign(**english)).then_rejected(QuotaOverlaps)
    assert again.when(assign(**dict(english, skill="spanish"))).decision.stream != first.stream


def test_a_quota_is_a_part_of_one_above() -> None:
    above = assigned(("2026-11", NOVEMBER, DECEMBER, 5_000), quota="quota-north", holder=NORTH, holder_kind="team")
    given = quota.given(*team, above)
    given.when(assign(parent="quota-north")).then_relies_on(f"rep/{ANNA}", "quota/quota-north")
    given.when(assign(parent="quota-north", currency="USD")).then_rejected(ParentDiffers)
    given.when(assign(end=FEBRUARY, parent="quota-north")).then_rejected(ParentDiffers)
    given.when(
        assign(holder=NORTH, holder_kind="team", start=DECEMBER, end=FEBRUARY, parent="quota-north")
    ).then_rejected(ParentDiffers)
    given.when(assign(parent="nothing")).then_rejected(QuotaUnknown)


def test_a_quota_below_another_relies_on_the_units_between() -> None:
    """Anna's team becomes part of the department in the middle of the month, on the day on which she begins."""
    sales = UnitFormed(occurred_at=at(8), day=TODAY, unit="sales", kind="department", title="S", starts_on=NOVEMBER)
    west = UnitFormed(occurred_at=at(8), day=TODAY, unit="west", kind="team", title="W", starts_on=NOVEMBER)
    below = formed.model_copy(update={"parent": "west"})
    joined = west.model_copy(update={"parent": "sales", "starts_on": date(2026, 11, 26)})
    above = assigned(("2026-11", NOVEMBER, DECEMBER, 5_000), quota="above", holder="sales", holder_kind="department")
    given = quota.given(sales, west, below, anna, joined, above)
    between = (f"unit/{NORTH}", "unit/west", "quota/above")
    given.when(assign(parent="above")).then_relies_on(f"rep/{ANNA}", *between)
    own: dict[str, Any] = {"holder": NORTH, "holder_kind": "team"}
    given.when(assign(parent="above", **own)).then_relies_on(*between)
    quota.given(sales, west, below, anna, above).when(assign(parent="above")).then_rejected(ParentDiffers)


@examples(
    st.integers(0, 10**9),
    st.lists(st.integers(0, 100), min_size=1, max_size=12),
    st.lists(st.integers(0, 10_000), min_size=12, max_size=12),
)
def test_months_always_sum_to_what_the_parts_come_to(total: int, weights: list[int], factors: list[int]) -> None:
    parts = [Fraction(factor, 10_000) for factor in factors[: len(weights)]]
    exact = [weight * part for weight, part in zip(weights, parts, strict=True)]
    if not any(exact):
        with pytest.raises(ValueError, match="nothing to share"):
            shared(total, weights, parts)
        return
    months = shared(total, weights, parts)
    assert sum(months) == round(total * sum(exact) / sum(weights))
    for month, part in zip(months, exact, strict=True):
        assert abs(month - total * part / sum(weights)) <= 1
