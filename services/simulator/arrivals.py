"""Who calls, when, and how long they would wait; and whom the sellers call."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from services.simulator.names import person
from services.simulator.plan import HOUR, MILLISECOND, MINUTE, Micros, Plan, between, waits
from services.simulator.staff import QUEUES, Agent

_INBOUND_PER_REP_HOUR = 5.6
_OUTBOUND_PER_SELLER_HOUR = 1.2
_PATIENCE_S, _PATIENCE_SHAPE = 130.0, 1.1
_PRESSES_KEY = 0.06
_EARLY = 3 * MINUTE
"""Some call before anybody is there."""
_STEPS = 1_000
_CUSTOMERS_PER_CALL = 0.5
"""Some customers call more than once."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody outside. The id is all that the product ever hears; number and name stay in the phone system."""

    id: str
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Temper:
    """What a caller puts up with in a queue."""

    patience: Micros
    """Hangs up after so long."""
    presses_key_after: Micros | None
    """Leaves the queue with a key after so long."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call from outside."""

    at: Micros
    customer: Customer
    queue: str
    temper: Temper


@dataclass(frozen=True, slots=True)
class Errand:
    """A call that a seller means to make."""

    at: Micros
    agent: str
    customer: Customer


def curve(share: float) -> float:
    """Say how busy the lines are when this part of the day is over: quiet ends, a morning and an afternoon peak."""
    morning = math.exp(-(((share - 0.24) / 0.10) ** 2) / 2)
    afternoon = 0.85 * math.exp(-(((share - 0.64) / 0.12) ** 2) / 2)
    return 0.25 + morning + afternoon


def customers(plan: Plan) -> Sequence[Customer]:
    """Give everybody who may call or be called."""
    random = plan.chance("customers")
    count = max(20, round(_expected(plan) * _CUSTOMERS_PER_CALL))
    first = random.randrange(10_000_000 - count)
    return [
        Customer(f"customer-{plan.seed}-{number:05d}", f"+7900{first + number:07d}", person(random))
        for number in range(1, count + 1)
    ]


def arrivals(plan: Plan, known: Sequence[Customer]) -> Iterator[Arrival]:
    """Draw the calls of a day, in order: a Poisson process whose rate follows the curve, by thinning."""
    random = plan.chance("arrivals")
    mean = sum(curve(step / _STEPS) for step in range(_STEPS)) / _STEPS
    top = max(curve(step / _STEPS) for step in range(_STEPS))
    rate = _expected(plan) / plan.lasts / mean * top
    at = float(plan.opens - _EARLY)
    while (at := at + random.expovariate(rate)) < plan.closes:
        if random.random() * top <= curve((at - plan.opens) / plan.lasts):
            yield Arrival(_whole(at), random.choice(known), _queue(random), temper(random))


def errands(plan: Plan, agents: Sequence[Agent], known: Sequence[Customer]) -> Iterator[Errand]:
    """Draw the calls that sellers mean to make while they are at work."""
    random = plan.chance("errands")
    for agent in agents:
        at = float(agent.shift.starts)
        while agent.sells and (at := at + random.expovariate(_OUTBOUND_PER_SELLER_HOUR / HOUR)) < agent.shift.ends:
            yield Errand(_whole(at), agent.name, random.choice(known))


def temper(random: Random) -> Temper:
    """Draw what a caller puts up with."""
    key = between(random, 8, 45) if random.random() < _PRESSES_KEY else None
    return Temper(waits(random, _PATIENCE_S, _PATIENCE_SHAPE), key)


def _expected(plan: Plan) -> float:
    return _INBOUND_PER_REP_HOUR * plan.reps * plan.hours


def _queue(random: Random) -> str:
    return random.choices([*QUEUES], [queue.share for queue in QUEUES.values()])[0]


def _whole(at: float) -> Micros:
    return round(at) // MILLISECOND * MILLISECOND
