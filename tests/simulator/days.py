"""Small days, computed once for all tests that look at them."""

from datetime import date
from functools import cache

from hypothesis import strategies as st

from services.simulator.ami import Manager
from services.simulator.day import Day, simulate
from services.simulator.plan import Plan

TUESDAY = date(2026, 11, 24)
seeds = st.integers(0, 10_000)


def plan(seed: int = 7, reps: int = 8, hours: int = 2, day: date = TUESDAY) -> Plan:
    """Give the plan of a small day."""
    return Plan(seed, day, reps=reps, hours=hours)


@cache
def small_day(seed: int = 7) -> Day:
    """Give a small day."""
    return simulate(plan(seed))


@cache
def whole_day(seed: int = 7) -> Day:
    """Give a day of the size that a demonstration has."""
    return simulate(plan(seed, reps=40, hours=10))


def ami_bytes(day: Day, members: dict[str, str] | None = None) -> bytes:
    """Give all that a client hears of a day."""
    return b"".join(messages for _, messages in Manager(day.plan.system, members).told(day.happenings))
