"""What is asked of the desk, as requests that refer to ids which only the desk will give."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from services.simulator.deals import Deal
from services.simulator.month import EarlierSale, month_of
from services.simulator.plan import MINUTE, SECOND, Micros, Plan, instant
from services.simulator.staff import Agent

Made = Literal["unit", "rep", "quota", "deal"]

_SETUP_LEAD: Micros = 60 * MINUTE
"""So long before the lines open the company is set up."""
_NOON = 12
_COMPANY, _SALES, _SUPPORT = "company", "sales", "support"
_UNITS = {
    _COMPANY: ("company", "ООО «Квота»", None),
    _SALES: ("department", "Отдел продаж", _COMPANY),
    _SUPPORT: ("department", "Customer care", _COMPANY),
}
_POSTS = {"sales": "account-manager", "support": "support-specialist"}


@dataclass(frozen=True, slots=True)
class Ref:
    """The id that the desk gave to something."""

    kind: Made
    key: str


Value = str | int | Ref | Mapping[Ref, int]


@dataclass(frozen=True, slots=True)
class Command:
    """One request: a POST to a path, whose parts and body may be refs."""

    at: Micros
    name: str
    """Unique among the commands of the day."""
    path: tuple[str | Ref, ...]
    body: Mapping[str, Value] = field(default_factory=dict)
    makes: Ref | None = None
    """What the answer names."""


def setup(plan: Plan, agents: Sequence[Agent], earlier: Iterable[EarlierSale]) -> Iterator[Command]:
    """Found the company: units from the top down, people, quotas of the month, and what has been sold in it."""
    at = plan.opens - _SETUP_LEAD
    for command in _setup(plan, agents):
        yield Command(at, command.name, command.path, command.body, command.makes)
        at += SECOND
    for sale in earlier:
        yield from _earlier(plan, sale, at)
        at += SECOND


def _earlier(plan: Plan, sale: EarlierSale, at: Micros) -> Iterator[Command]:
    """Enter a sale of an earlier day."""
    ref, then = Ref("deal", sale.key), _noon(plan, sale.day)
    opening: dict[str, Value] = {
        "customer": sale.customer,
        "rep": Ref("rep", sale.agent),
        "amount_minor": sale.amount_minor,
        "currency": plan.currency,
        "at": then,
    }
    yield Command(at, f"{sale.key}-open", ("deals",), opening, ref)
    yield Command(at, f"{sale.key}-win", ("deals", ref, "win"), {"at": then})


@dataclass(frozen=True, slots=True)
class _Draft:
    name: str
    path: tuple[str | Ref, ...]
    body: dict[str, Value]
    makes: Ref


def _setup(plan: Plan, agents: Sequence[Agent]) -> Iterator[_Draft]:
    for key, (kind, title, parent) in _UNITS.items():
        yield _unit(plan, key, kind, title, parent)
    for key, team in {agent.team.key: agent.team for agent in agents}.items():
        yield _unit(plan, key, "team", team.title, team.kind)
    for agent in agents:
        yield _rep(plan, agent)
    yield from _quotas(plan, agents)


def _unit(plan: Plan, key: str, kind: str, title: str, parent: str | None) -> _Draft:
    founded = plan.day.replace(year=plan.day.year - 5, month=1, day=1)
    body: dict[str, Value] = {
        "kind": kind,
        "title": title,
        "starts_on": founded.isoformat(),
        "at": _noon(plan, founded),
    }
    if parent is not None:
        body["parent"] = Ref("unit", parent)
    return _Draft(f"unit-{key}", ("units",), body, Ref("unit", key))


def _rep(plan: Plan, agent: Agent) -> _Draft:
    body: dict[str, Value] = {
        "name": agent.person,
        "unit": Ref("unit", agent.team.key),
        "post": _POSTS[agent.team.kind],
        "starts_on": agent.hired_on.isoformat(),
        "at": _noon(plan, agent.hired_on),
    }
    return _Draft(f"rep-{agent.name}", ("reps",), body, Ref("rep", agent.name))


def _quotas(plan: Plan, agents: Sequence[Agent]) -> Iterator[_Draft]:
    """Ask so much of each seller, and of each team what its people are asked for together."""
    teams: dict[str, int] = {}
    for agent in agents:
        if agent.quota_minor:
            teams[agent.team.key] = teams.get(agent.team.key, 0) + agent.quota_minor
            yield _quota(plan, agent.name, Ref("rep", agent.name), "rep", agent.quota_minor)
    for key, target in teams.items():
        yield _quota(plan, key, Ref("unit", key), "team", target)


def _quota(plan: Plan, key: str, holder: Ref, kind: str, target: int) -> _Draft:
    first, following = month_of(plan.day)
    body: dict[str, Value] = {
        "holder": holder,
        "holder_kind": kind,
        "measure": "revenue",
        "currency": plan.currency,
        "starts_on": first.isoformat(),
        "ends_on": following.isoformat(),
        "target": target,
        "at": _noon(plan, first),
    }
    return _Draft(f"quota-{key}", ("quotas",), body, Ref("quota", key))


def over_the_day(plan: Plan, deals: Sequence[Deal]) -> list[Command]:
    """Open, win, lose and refund, in the order of time."""
    commands = [command for deal in deals for command in _deal(plan, deal)]
    return sorted(commands, key=lambda command: (command.at, command.name))


def _deal(plan: Plan, deal: Deal) -> Iterator[Command]:
    ref = Ref("deal", deal.key)
    opening: dict[str, Value] = {
        "customer": deal.customer.id,
        "rep": Ref("rep", deal.agent),
        "amount_minor": deal.amount_minor,
        "currency": plan.currency,
        "at": _iso(deal.opened),
    }
    yield Command(deal.opened, f"{deal.key}-open", ("deals",), opening, ref)
    if deal.closing is None:
        return
    when: dict[str, Value] = {"at": _iso(deal.closing.at)}
    if deal.closing.kind == "lost":
        yield Command(
            deal.closing.at, f"{deal.key}-lose", ("deals", ref, "lose"), when | {"reason": deal.closing.reason}
        )
        return
    shares: dict[str, Value] = {}
    if len(deal.closing.shares) > 1:
        shares["shares"] = {Ref("rep", share.agent): share.bp for share in deal.closing.shares}
    yield Command(deal.closing.at, f"{deal.key}-win", ("deals", ref, "win"), when | shares)
    if deal.refund is not None:
        back: dict[str, Value] = {"amount_minor": deal.refund.amount_minor, "at": _iso(deal.refund.at)}
        yield Command(deal.refund.at, f"{deal.key}-refund", ("deals", ref, "refund"), back)


def _noon(plan: Plan, day: date) -> str:
    return _iso(plan.at(_NOON, day=day))


def _iso(at: Micros) -> str:
    return instant(at).isoformat().replace("+00:00", "Z")
