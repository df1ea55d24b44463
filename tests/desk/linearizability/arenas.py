"""What clients fight over: arenas that are made before it begins, and what is asked for in them: it excludes itself."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.desk.linearizability.history import Kind, Value

AT = "2026-11-24T09:00:00Z"
DAY = date(2026, 11, 24)
Make = Callable[..., Awaitable[dict[str, Any]]]
"""Asks for something at a path until it is made; the answer."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One thing to be asked for: as a model sees it, and over HTTP."""

    arena: "Arena"
    asked: dict[str, Value]
    path: str
    body: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def role(self) -> str:
        """Who may ask for it."""
        return "executive" if self.arena.kind == "plans" else "manager"


@dataclass(frozen=True, slots=True)
class Arena:
    """Some things that have nothing to do with those of other arenas."""

    kind: Kind
    name: str
    things: Mapping[str, str]
    """The ids of its things, by how the model calls them."""

    def named(self, identity: str | None) -> str | None:
        """How the model calls the thing of this id."""
        return next((name for name, each in self.things.items() if each == identity), None)

    def askings(self, chance: Random) -> Iterator[Asking]:
        """What clients ask for, in the order in which they begin."""
        make: Mapping[Kind, Callable[[Random], Iterator[Asking]]] = {
            "units": self._moves,
            "plans": self._approvals,
            "sales": self._wins,
            "leads": self._givings,
        }
        return make[self.kind](chance)

    def _moves(self, chance: Random) -> Iterator[Asking]:
        for _ in range(8):
            unit, other = chance.sample(("A", "B", "C"), 2)
            under = chance.choice((other, other, other, None))
            parent = None if under is None else self.things[under]
            body = {"kind": "department", "title": unit, "parent": parent, "starts_on": str(DAY), "at": AT}
            path = f"/v1/units/{self.things[unit]}/change"
            yield Asking(self, {"do": "move", "unit": unit, "under": under}, path, body)

    def _approvals(self, chance: Random) -> Iterator[Asking]:
        for _ in range(5):
            start = DAY + timedelta(days=chance.randrange(60))
            end = start + timedelta(days=chance.randrange(1, 40))
            posts = [{"post": "sales", "positions": 1, "cost_minor": 1}]
            days = {"starts_on": str(start), "ends_on": str(end)}
            body = {"unit": self.things["unit"], "posts": posts, "currency": "RUB", **days, "at": AT}
            yield Asking(self, {"do": "approve", "start": str(start), "end": str(end)}, "/v1/headcount/plans", body)

    def _wins(self, chance: Random) -> Iterator[Asking]:
        for deal in chance.sample(("a", "b", "a", "b", "c"), 5):
            yield Asking(self, {"do": "win", "deal": deal}, f"/v1/deals/{self.things[deal]}/win", {"at": AT})

    def _givings(self, chance: Random) -> Iterator[Asking]:
        for lead in chance.sample(("a", "b", "a", "b", "c"), 5):
            yield Asking(self, {"do": "assign", "lead": lead}, f"/v1/leads/{self.things[lead]}/assign", {"at": AT})


async def arenas(make: Make, number: int) -> list[Arena]:
    """So many arenas of each kind."""
    unit = (await make("/v1/units", kind="team", title="Sellers", at=AT))["unit"]
    rep = (await make("/v1/reps", name="Anna", unit=unit, post="sales", at=AT))["rep"]
    found = list[Arena]()
    for each in range(number):
        found.append(Arena("units", f"units {each}", await _units(make)))
        plan = {"unit": (await make("/v1/units", kind="team", title="Planned", at=AT))["unit"]}
        found.append(Arena("plans", f"plans {each}", plan))
        found.append(Arena("sales", f"sales {each}", await _deals(make, f"customer {each}", rep)))
        found.append(Arena("leads", f"leads {each}", await _leads(make, str(each), rep)))
    return found


async def _units(make: Make) -> dict[str, str]:
    terms = {"kind": "department", "starts_on": str(DAY), "at": AT}
    return {name: (await make("/v1/units", title=name, **terms))["unit"] for name in ("A", "B", "C")}


async def _deals(make: Make, customer: str, rep: str) -> dict[str, str]:
    sale = {"customer": customer, "rep": rep, "amount_minor": 100, "currency": "RUB", "at": AT}
    return {name: (await make("/v1/deals", **sale))["deal"] for name in ("a", "b", "c")}


async def _leads(make: Make, each: str, rep: str) -> dict[str, str]:
    """Three leads that wait in a pool whose one member is let in last, and can take one of them."""
    terms = {"title": "Site", "policy": "round_robin", "at": AT}
    pool = (await make("/v1/lead-pools", **terms))["lead_pool"]
    form = {"pool": pool, "found_through": "form", "at": AT}
    leads = {
        name: (await make("/v1/leads", email=f"{name}-{each}@example.com", **form))["lead"] for name in ("a", "b", "c")
    }
    await make(f"/v1/lead-pools/{pool}/change", members=[{"rep": rep}], per_day=1, **terms)
    return {**leads, "pool": pool}
