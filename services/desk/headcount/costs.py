"""What the positions under a headcount plan cost, held against the plan: its days, its currency, its money. Pure.

A position costs so much a month, and a plan has so much for all the seats of a post over its interval: a position takes
its months of that, from its first day to the end of the plan or its own, and of a month that it has a part of, that
part by calendar days.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from math import ceil

from events.event import Currency
from events.ids import HeadcountPlanId, PostId
from services.desk.headcount.refusals import PlanCostsLess, PlanForOtherDays, PlanInOtherCurrency
from services.desk.headcount.state import Plan, Position
from services.desk.quotas.periods import Month, months_between


def in_its_days(name: HeadcountPlanId, plan: Plan, day: date) -> None:
    """Make sure that a plan is for a day; raises PlanForOtherDays."""
    if not plan.covers(day):
        raise PlanForOtherDays(name, plan.starts_on, plan.ends_on)


def affordable(name: HeadcountPlanId, plan: Plan, post: PostId, positions: Iterable[Position]) -> None:
    """Make sure that a plan pays for all these positions of a post; raises PlanCostsLess."""
    cost = sum((_cost(position, plan) for position in positions), Fraction())
    allowed = plan.posts[post].cost_minor
    if cost > allowed:
        raise PlanCostsLess(name, post, ceil(cost), allowed)


def in_its_currency(name: HeadcountPlanId, plan: Plan, currency: Currency) -> None:
    """Make sure that a plan is in a currency; raises PlanInOtherCurrency."""
    if plan.currency != currency:
        raise PlanInOtherCurrency(name, plan.currency)


def _cost(position: Position, plan: Plan) -> Fraction:
    start = max(position.starts_on, plan.starts_on)
    end = plan.ends_on if position.ends_on is None else min(position.ends_on, plan.ends_on)
    return position.cost_minor * sum((_part(month) for month in months_between(start, end)), Fraction())


def _part(month: Month) -> Fraction:
    """The part of a whole calendar month that it is."""
    _, days = monthrange(month.starts_on.year, month.starts_on.month)
    return Fraction((month.ends_on - month.starts_on).days, days)
