"""The live cells of a sales floor after two months, as each shard holds them: seeded, within their horizon."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from projections.cells import Boards, Key, Values, still_live
from projections.projection import load_projections
from services.runtime.ticks import HEADS

PROJECTIONS = load_projections()
TODAY = date(2026, 11, 30)
_CALLS_A_DAY = 50
_DEALS_A_DAY = 0.5
_MONTHS = ("2026-10", "2026-11")
_DAYS = [TODAY - timedelta(days=back) for back in range(8)]
_DATES = _DAYS[:2]
_STATES = (("ready", None), ("talking", "queue"), ("talking", "other queue"), ("wrap_up", "queue"), ("paused", None))
_OPENS_AT, _QUARTERS = 6, 40


@dataclass(frozen=True, slots=True)
class Size:
    """How large the floor is, and into how many partitions its calls go."""

    reps: int
    queues: int
    partitions: int

    @property
    def decisions(self) -> int:
        """The shard of decisions."""
        return self.partitions


SIZES = {"small": Size(500, 20, 4), "large": Size(10_000, 200, 12)}


def boards_of(size: Size, shard: int) -> Boards:
    """The cells of one shard; the same for the same arguments."""
    chance = random.Random(f"{size}/{shard}")
    boards: Boards = {}
    told = _decided(size, chance) if shard == size.decisions else _seen(size, shard, chance)
    for name, key, values in told:
        if (projection := PROJECTIONS.get(name)) is None or still_live(projection, {key: values}, TODAY):
            boards.setdefault(name, {})[key] = values
    return boards


Told = Iterator[tuple[str, Key, Values]]


def _seen(size: Size, shard: int, chance: random.Random) -> Told:
    for rep in range(size.reps):
        for name, when in [("rep_day", str(day)) for day in _DAYS] + [("rep_month", month) for month in _MONTHS]:
            yield name, (_rep(rep), when, None), (*(chance.randrange(1, 3_000) for _ in range(8)), *[0] * 5)
        if rep % size.partitions == shard:
            yield from _at_work(size, rep, chance)
    for number in range(size.reps * _CALLS_A_DAY * len(_DATES) // size.partitions):
        yield from _call(size, _DATES[number % len(_DATES)], chance)


def _at_work(size: Size, rep: int, chance: random.Random) -> Told:
    order = f"2026-11-30T09:00:00.000000Z 1 {UUID(int=rep)}"
    yield "agent_now", (_rep(rep),), tuple((order, said) for said in ("ready", None, None, order[:27]))
    for day in _DATES:
        for quarter in range(_QUARTERS):
            for state, queue in _STATES:
                at = f"queue-{chance.randrange(size.queues)}" if queue else None
                yield (
                    "agent_interval",
                    (_rep(rep), _interval(day, quarter), state, None, at),
                    (chance.randrange(300), 2),
                )


def _call(size: Size, day: date, chance: random.Random) -> Told:
    queue, began, wait = f"queue-{chance.randrange(size.queues)}", chance.random() * _QUARTERS, _wait(chance)
    answered = chance.random() < 0.9  # as the other benchmarks' floor
    outcome = "answered" if answered else "abandoned"
    talk = int(chance.expovariate(1 / 180)) if answered else 0
    for clock, seconds in (("enqueue", 0), ("answer", wait), ("end", wait + talk)):
        if answered or clock != "answer":
            interval = _interval(day, int(began + seconds / 900))
            yield "queue_interval", (queue, interval, clock, outcome, int(answered), _bucket(wait)), (1, wait)
    if answered:
        key = queue, _interval(day, int(began + (wait + talk) / 900)), int(talk**0.5)
        yield "queue_handle", key, (1, talk, 0, 15, talk + 15)


def _decided(size: Size, chance: random.Random) -> Told:
    for rep in range(size.reps):
        for month in _MONTHS:
            yield "quota", (_rep(rep), "revenue", None, month, f"{month}-01", f"{month}-31", "RUB"), (100_000_000, 0)
            yield "rep_month", (_rep(rep), month, "RUB"), (*[0] * 8, 10, chance.randrange(10**8), 10**6, 0, 0)
        for day in _DAYS:
            yield "rep_day", (_rep(rep), str(day), "RUB"), (*[0] * 8, 1, chance.randrange(10**7), 10**6, 0, 0)
    a_day = int(size.reps * _DEALS_A_DAY)
    for number in range(a_day * 61):
        deal = str(UUID(int=chance.getrandbits(128)))
        yield HEADS.name, ("kvota.decisions", f"deal/{deal}"), (3,)
        if number < a_day * len(_DAYS):
            yield from _deal(size, deal, _DAYS[number // a_day], chance)


def _deal(size: Size, deal: str, day: date, chance: random.Random) -> Told:
    amount = chance.randrange(10**7)
    yield "deal_day", (deal, str(day), "RUB"), (amount, 1, 0)
    yield "deal_ticker", (deal, f"{day}T09:30:00.000000Z", "RUB"), (amount, 1)
    yield "deal_credit", (deal, _rep(chance.randrange(size.reps)), str(day), "RUB"), (amount, 1, 0)


def _rep(number: int) -> str:
    return str(UUID(int=number))


def _interval(day: date, quarter: int) -> str:
    moment = datetime(day.year, day.month, day.day, _OPENS_AT, tzinfo=UTC) + timedelta(minutes=15 * quarter)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _wait(chance: random.Random) -> int:
    return min(int(chance.expovariate(1 / 20)), 600)


def _bucket(seconds: int) -> int:
    if seconds <= 60:  # as projections/queue_interval.sql says
        return seconds
    width = 5 if seconds <= 300 else 60
    return -(-seconds // width) * width
