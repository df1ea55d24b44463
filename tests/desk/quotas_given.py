"""A quota of Anna's, and how one is asked for: what the tests of quotas are given."""

from datetime import date
from typing import Any

from events.goals import PeriodTarget, QuotaAssigned
from services.desk.quotas.decider import AssignQuota, QuotaCommand, decide
from services.desk.quotas.state import Holding, quota_id
from tests.desk.given import ANNA
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario

quota = Scenario[QuotaCommand](decide)
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
JANUARY, FEBRUARY = date(2027, 1, 1), date(2027, 2, 1)
HELD: Holding = ("rep", ANNA, "revenue", "")
QUOTA = quota_id(HELD, 1)


def assign(start: date = NOVEMBER, end: date = DECEMBER, **changes: Any) -> AssignQuota:  # noqa: ANN401  # fields
    """The command to ask Anna for 1,000."""
    usual: dict[str, Any] = {
        "holder": ANNA,
        "holder_kind": "rep",
        "currency": "RUB",
        "full_target": 1_000,
        "starts_on": start,
        "ends_on": end,
        "country": "RU",
    }
    return AssignQuota(at=at(8), day=TODAY, **usual | changes)


def assigned(
    *periods: tuple[str, date, date, int],
    weights: tuple[int, ...] = (),
    **changes: Any,  # noqa: ANN401  # fields
) -> QuotaAssigned:
    """What is asked of Anna: each period by name, days and target."""
    usual: dict[str, Any] = {
        "quota": QUOTA,
        "holder": ANNA,
        "holder_kind": "rep",
        "measure": "revenue",
        "currency": "RUB",
        "starts_on": periods[0][1],
        "ends_on": periods[-1][2],
        "target": sum(period[3] for period in periods),
        "full_target": sum(period[3] for period in periods),
        "periods": tuple(PeriodTarget(period=name, starts_on=a, ends_on=b, target=t) for name, a, b, t in periods),
        "seasonality": weights,
    }
    return QuotaAssigned(occurred_at=at(8), day=TODAY, **usual | changes)


november = assigned(("2026-11", NOVEMBER, DECEMBER, 1_000))


quarter = assigned(
    ("2026-11", NOVEMBER, DECEMBER, 300), ("2026-12", DECEMBER, JANUARY, 300), ("2027-01", JANUARY, FEBRUARY, 400)
)
