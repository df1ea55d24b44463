"""A quota is asked for period by period, and the periods make up the whole."""

from datetime import date

import pytest
from pydantic import ValidationError

from events.goals import PeriodTarget, QuotaAmended, QuotaAssigned
from tests.events.examples import fields_of

OCTOBER, NOVEMBER, DECEMBER, JANUARY = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


def quota(**changes: object) -> QuotaAssigned:
    return QuotaAssigned(**fields_of("quota.assigned", **changes))


def period(starts_on: date, ends_on: date, target: int) -> PeriodTarget:
    return PeriodTarget(period=f"{starts_on:%Y-%m}", starts_on=starts_on, ends_on=ends_on, target=target)


def test_periods_sum_to_the_quota() -> None:
    with pytest.raises(ValidationError, match="must sum to the target"):
        quota(target=1)


def test_a_ratio_is_asked_for_anew_in_every_period() -> None:
    halves = (period(OCTOBER, NOVEMBER, 2_500), period(NOVEMBER, JANUARY, 2_500))
    assert quota(measure="conversion", currency=None, target=2_500, periods=halves)


@pytest.mark.parametrize(
    "borders",
    [
        [(OCTOBER, NOVEMBER), (DECEMBER, JANUARY)],
        [(OCTOBER, DECEMBER), (NOVEMBER, JANUARY)],
        [(NOVEMBER, JANUARY)],
        [(OCTOBER, DECEMBER)],
        [(NOVEMBER, JANUARY), (OCTOBER, NOVEMBER)],
    ],
    ids=["a gap", "an overlap", "a late start", "an early end", "another order"],
)
def test_periods_cover_the_interval(borders: list[tuple[date, date]]) -> None:
    periods = tuple(period(*border, 100) for border in borders)
    with pytest.raises(ValidationError, match="must cover the interval"):
        quota(periods=periods, target=100 * len(periods))


@pytest.mark.parametrize(("measure", "currency"), [("revenue", None), ("calls", "RUB")])
def test_revenue_has_a_currency_and_nothing_else_has(measure: str, currency: str | None) -> None:
    with pytest.raises(ValidationError, match="has a currency"):
        quota(measure=measure, currency=currency)


def test_an_interval_has_a_day_at_least() -> None:
    with pytest.raises(ValidationError, match="ends_on must be later than starts_on"):
        period(OCTOBER, OCTOBER, 1)


def test_one_quota_is_not_amended_by_the_terms_of_another() -> None:
    with pytest.raises(ValidationError, match="of the quota that is amended"):
        QuotaAmended(**fields_of("quota.amended", now=quota(quota="quota-1")))
