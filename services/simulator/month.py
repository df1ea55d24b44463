"""What the month had brought before the day: a sale for each seller in each of its weeks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from projections.calendar import working_dates
from services.simulator.plan import Plan
from services.simulator.staff import Agent

_ROUND = 10_000
"""Amounts are round: so many minor units."""
_LUCK = 0.3
"""How much a seller's week differs from what was asked for (log-normal)."""


@dataclass(frozen=True, slots=True)
class EarlierSale:
    """A deal that was opened and won on an earlier day of the month."""

    key: str
    agent: str
    customer: str
    day: date
    amount_minor: int


def earlier_sales(plan: Plan, agents: Sequence[Agent]) -> tuple[EarlierSale, ...]:
    """Draw the sales of the weeks before the day, each on the last working day of its week."""
    return tuple(sorted(_sales(plan, agents), key=lambda sale: (sale.day, sale.key)))


def _sales(plan: Plan, agents: Sequence[Agent]) -> Iterator[EarlierSale]:
    random = plan.chance("earlier")
    first, following = month_of(plan.day)
    days = working_dates(plan.country, first, following)
    before = [day for day in days if day < plan.day]
    for week, dates in groupby(before, key=lambda day: day.isocalendar().week):
        worked = list(dates)
        for agent in agents:
            share = agent.quota_minor * len(worked) / len(days) * random.lognormvariate(0, _LUCK)
            amount = round(share / _ROUND) * _ROUND
            if amount:
                customer = f"customer-{plan.seed}-{agent.number}-week{week}"
                yield EarlierSale(f"earlier-{agent.number}-{week}", agent.name, customer, worked[-1], amount)


def month_of(day: date) -> tuple[date, date]:
    """Give the first day of the month, and of the next."""
    first = day.replace(day=1)
    return first, first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
