"""What the desk is asked for: the company is set up, and deals follow the calls of the day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from events.money import share_out
from services.simulator.arrivals import Customer
from services.simulator.plan import MINUTE, Micros, Plan, around, between
from services.simulator.records import Outbound, Stay
from services.simulator.staff import SOLD_IN, Agent

_OPENS_AFTER = {"inbound": 0.20, "outbound": 0.22}
"""How many of the talks that might lead to a deal do."""
_WON, _LOST = 0.44, 0.30
"""The others stay open over the day."""
_AT_ONCE = 0.35
_SPLIT = 0.18
_REFUNDED = 0.08
_SHARES = ((7_000, 3_000), (6_000, 4_000), (5_000, 5_000), (3_333, 6_667))
_WHOLE = 10_000
"""All of a deal, in basis points."""
_REASONS = ("price", "competitor", "no budget", "no answer", "not now")
_PIPELINE = 2
"""Each seller begins the day with up to so many deals that are open."""
_ODD = 0.3
"""How many amounts have kopecks in them."""


@dataclass(frozen=True, slots=True)
class Share:
    """A rep's part in a won deal, in basis points and in minor units."""

    agent: str
    bp: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Closing:
    """How a deal ended."""

    at: Micros
    kind: Literal["won", "lost"]
    shares: tuple[Share, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that went back."""

    at: Micros
    amount_minor: int
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal, from the talk to the last refund, as far as the day went."""

    key: str
    customer: Customer
    agent: str
    opened: Micros
    amount_minor: int
    closing: Closing | None = None
    refund: Refund | None = None

    @property
    def won(self) -> Closing | None:
        """The closing of a deal that was won."""
        return self.closing if self.closing is not None and self.closing.kind == "won" else None


@dataclass(frozen=True, slots=True)
class _Talk:
    at: Micros
    agent: Agent
    customer: Customer


def deals(plan: Plan, agents: Sequence[Agent], stays: Iterable[Stay], made: Iterable[Outbound]) -> tuple[Deal, ...]:
    """Draw the deals that came of the day's talks, and of talks on earlier days."""
    random = plan.chance("deals")
    sellers = {agent.name: agent for agent in agents if agent.sells}
    talks = [*_earlier(plan, random, tuple(sellers.values())), *_talks(random, sellers, stays, made)]
    talks.sort(key=lambda talk: talk.at)
    return tuple(
        _deal(plan, random, f"deal-{number:04d}", talk, tuple(sellers.values()))
        for number, talk in enumerate(talks, start=1)
    )


def _earlier(plan: Plan, random: Random, sellers: Sequence[Agent]) -> Iterator[_Talk]:
    for agent in sellers:
        for number in range(random.randrange(_PIPELINE + 1)):
            customer = Customer(f"customer-{plan.seed}-{agent.number}-{number}", "", "")
            yield _Talk(plan.opens - 20 * MINUTE + between(random, 0, 600), agent, customer)


def _talks(
    random: Random, sellers: Mapping[str, Agent], stays: Iterable[Stay], made: Iterable[Outbound]
) -> Iterator[_Talk]:
    for stay in stays:
        seller = sellers.get(stay.agent or "")
        sold = stay.outcome == "answered" and stay.queue in SOLD_IN
        if seller and sold and random.random() < _OPENS_AFTER["inbound"]:
            yield _Talk(stay.ended + between(random, 5, 40), seller, stay.customer)
    for call in made:
        if call.outcome == "answered" and random.random() < _OPENS_AFTER["outbound"]:
            yield _Talk(call.ended + between(random, 5, 40), sellers[call.agent], call.customer)


def _deal(plan: Plan, random: Random, key: str, talk: _Talk, sellers: Sequence[Agent]) -> Deal:
    amount = _amount(random)
    fate = random.random()
    later = _later(plan, random, talk.at)
    closing, refund = None, None
    if later < plan.closes and fate < _WON:
        closing = Closing(later, "won", _shares(random, talk.agent, sellers, amount))
        refund = _refund(plan, random, closing, amount) if random.random() < _REFUNDED else None
    elif later < plan.closes and fate < _WON + _LOST:
        closing = Closing(later, "lost", reason=random.choice(_REASONS))
    return Deal(key, talk.customer, talk.agent.name, talk.at, amount, closing, refund)


def _later(plan: Plan, random: Random, at: Micros) -> Micros:
    """Some sign at once, others need hours."""
    if random.random() < _AT_ONCE:
        return max(at, plan.opens) + between(random, 20, 300)
    return max(at, plan.opens) + around(random, 60 * plan.hours * 6, 0.9)


def _amount(random: Random) -> int:
    """Draw an amount: hundreds of roubles as a rule, sometimes to the kopeck."""
    hundreds = min(200_000, max(100, round(random.lognormvariate(7.0, 0.8))))
    return hundreds * _WHOLE + (2 * random.randrange(_WHOLE // 2) if random.random() < _ODD else 0)


def _shares(random: Random, agent: Agent, sellers: Sequence[Agent], amount: int) -> tuple[Share, ...]:
    others = [other for other in sellers if other is not agent]
    parts = {agent.name: _WHOLE}
    if others and random.random() < _SPLIT:
        parts = dict(zip((agent.name, random.choice(others).name), random.choice(_SHARES), strict=True))
    return split(amount, parts)


def split(amount: int, parts: Mapping[str, int]) -> tuple[Share, ...]:
    """Share an amount out, to the last minor unit; `parts` are basis points that sum to the whole."""
    amounts = share_out(amount, parts)
    return tuple(Share(agent, bp, amounts[agent]) for agent, bp in parts.items())


def _refund(plan: Plan, random: Random, won: Closing, amount: int) -> Refund | None:
    """Give back all, or (where every part of it stays a whole number) a half."""
    at = won.at + between(random, 300, 3_600)
    if at >= plan.closes:
        return None
    half = amount % (2 * _WHOLE) == 0 and random.random() < 0.5  # noqa: PLR2004  # one of two
    back = amount // 2 if half else amount
    return Refund(at, back, split(back, {share.agent: share.bp for share in won.shares}))
