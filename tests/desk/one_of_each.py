"""One thing of each noun at a desk, for whoever asks it at random: the part of their settings that names them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.callers import bearer

RUB = {"currency": "RUB"}
MONTH = {"starts_on": "2026-11-01", "ends_on": "2026-12-01"}
YEAR = {"starts_on": "2026-01-01", "ends_on": "2036-01-01"}
EARLY = {"at": "2026-01-01T09:00:00Z"}
BODIES = {
    **dict.fromkeys(("rep", "holder", "accountable", "signed_by", "coach", "agreed_with", "recommended_by"), "rep"),
    **dict.fromkeys(("unit", "parent"), "unit"),
    **{name: name for name in ("requisition", "candidate", "programme", "customer", "goal", "lead")},
    "plan": "headcount_plan",
    "pool": "lead_pool",
    "to": "rep",
}
"""Fields of bodies, and what they name."""
QUERIES = {"rep": "rep", "unit": "unit", "holder": "rep", "customer": "customer", "plan": "headcount_plan"}


@dataclass
class Things:
    """What was made, by noun."""

    desk: httpx.AsyncClient
    home: Path
    ids: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    async def make(self, path: str, *, named: str | None = None, **body: Any) -> str:  # noqa: ANN401  # JSON
        """Make something as a manager, and remember it by what the answer calls it first, or by `named`."""
        return await self._made(path, named, body, self.desk.headers["Authorization"])

    async def approve(self, path: str, *, named: str | None = None, **body: Any) -> str:  # noqa: ANN401  # JSON
        """The same, as somebody who approves of headcount."""
        return await self._made(path, named, body, bearer(self.home, "executive")["Authorization"])

    async def _made(self, path: str, named: str | None, body: dict[str, Any], who: str) -> str:
        answer = await self.desk.post(path, json=body, headers={"Authorization": who})
        assert answer.status_code == 201, answer.text
        told = answer.json()
        noun = named or next(iter(told))
        self.ids.setdefault(noun, []).append(told[noun])
        return str(told[noun])

    def settings(self) -> str:
        """How schemathesis is told of them."""
        lists = [f"[dictionaries.{noun}]\nvalues = {json.dumps(ids)}" for noun, ids in self.ids.items()]
        places = {f"path.{noun}": noun for noun in self.ids}
        places |= {f"body.{name}": noun for name, noun in BODIES.items()}
        places |= {f"query.{name}": noun for name, noun in QUERIES.items()}
        bound = [f'"{place}" = {{dictionary = "{noun}", probability = 0.8}}' for place, noun in places.items()]
        return "\n".join([*lists, "[parameters]", *bound])


async def one_of_each(desk: httpx.AsyncClient, home: Path) -> Things:
    """Make something of each noun; of those that are used up, more."""
    things = Things(desk, home)
    unit = await things.make("/v1/units", kind="team", title="North", **EARLY)
    rep = await things.make("/v1/reps", name="Anna", unit=unit, post="seller", **EARLY)
    await _aims(things, rep)
    await _people(things, unit, rep)
    await things.make("/v1/directory", named_by="/asterisk/pbx1", kind="agent", name="agent101", to=rep, **EARLY)
    spent: dict[str, Any] = {"tactic": "cold calls", "purpose": "a list", "amount_minor": 100}
    await things.make("/v1/tactics/costs", **spent, **MONTH, **RUB)
    await _sales(things, rep)
    return things


async def _aims(things: Things, rep: str) -> None:
    held = {"holder": rep, "holder_kind": "rep"}
    await things.make("/v1/quotas", target=100, **held, **MONTH, **RUB)
    measured: dict[str, Any] = {"metric": "calls", "metric_version": 1, "measured_in": "pieces", "target": 9}
    await things.make("/v1/goals", statement="More calls.", accountable=rep, **held, **measured, **YEAR)


async def _people(things: Things, unit: str, rep: str) -> None:
    posts = [{"post": "seller", "positions": 9, "cost_minor": 10**9}]
    plan = await things.approve("/v1/headcount/plans", named="headcount_plan", unit=unit, posts=posts, **RUB, **YEAR)
    await things.approve("/v1/positions", unit=unit, post="seller", plan=plan, cost_minor=1, **RUB)
    wanted = await things.make("/v1/requisitions", unit=unit, post="seller", openings=9)
    applying = {"requisition": wanted, "found_through": "a job board"}
    for number in range(6):
        vera = await things.make("/v1/candidates", named="candidate", name=f"Vera {number}", **applying)
        if number < 3:
            await things.make(f"/v1/candidates/{vera}/screen", outcome="advanced")
            await things.make(f"/v1/candidates/{vera}/interview", interviewers=[rep], outcome="advanced")
            days = {"starts_on": "2035-01-11", "lapses_on": "2035-01-01"}
            pay = {"salary_minor": 1, "on_target_minor": 2}
            await things.make(f"/v1/candidates/{vera}/offers", named="offer", **pay, **days, **RUB)
    modules: list[dict[str, Any]] = [{"module": "product", "pass_bp": 8_000}]
    taught: dict[str, Any] = {"title": "First", "kind": "product", "modules": modules}
    await things.make("/v1/training/programmes", named="programme", **taught)
    await things.make("/v1/training/sessions", title="Objections", attended=[rep], minutes=90, **RUB)


async def _sales(things: Things, rep: str) -> None:
    for number in range(3):
        await things.make("/v1/customers", named="customer", rep=rep, segment=f"s{number}", found_through="fair")
    for number in range(50):
        await things.make("/v1/deals", customer=f"c{number}", rep=rep, amount_minor=100, **RUB)
    pool = await things.make("/v1/lead-pools", title="Site", policy="round_robin", members=[{"rep": rep}])
    for number in range(20):
        await things.make("/v1/leads", email=f"lead-{number}@example.com", pool=pool, found_through="form")
