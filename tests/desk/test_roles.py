"""Who may do what at the desk: every route asks for a permission, and each role reaches as far as the table says."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from events.codec import decode
from services.desk.log import PARTITION
from services.desk.permissions import PERMISSIONS
from services.runtime.auth.callers import Role
from services.runtime.auth.guard import entrances
from services.runtime.auth.permissions import read_permissions
from services.runtime.log import consumer, read_to_end
from services.runtime.settings import KafkaSettings
from services.vault.permissions import PERMISSIONS as VAULT
from tests.callers import bearer
from tests.desk.desks import desk_app_of, desk_running

CHECKOUT = Path(__file__).resolve().parents[2]
ROUTES = {
    "POST /v1/units": "units.form",
    "POST /v1/units/{unit}/change": "units.form",
    "GET /v1/units": "units.read",
    "GET /v1/units/{unit}": "units.read",
    "POST /v1/reps": "reps.hire",
    "POST /v1/reps/{rep}/assign": "reps.place",
    "POST /v1/reps/{rep}/promote": "reps.place",
    "POST /v1/reps/{rep}/leave": "reps.hire",
    "POST /v1/reps/{rep}/absences": "reps.absent",
    "GET /v1/reps": "reps.read",
    "GET /v1/reps/{rep}": "reps.read",
    "POST /v1/requisitions": "hiring.ask",
    "GET /v1/requisitions": "hiring.read",
    "GET /v1/requisitions/{requisition}": "hiring.read",
    "POST /v1/candidates": "hiring.meet",
    "POST /v1/candidates/{candidate}/screen": "hiring.meet",
    "POST /v1/candidates/{candidate}/interview": "hiring.meet",
    "POST /v1/candidates/{candidate}/offers": "hiring.offer",
    "POST /v1/offers/{offer}/accept": "hiring.offer",
    "POST /v1/offers/{offer}/decline": "hiring.offer",
    "POST /v1/headcount/plans": "headcount.approve",
    "GET /v1/headcount/plans": "headcount.read",
    "POST /v1/positions": "headcount.approve",
    "GET /v1/positions": "headcount.read",
    "GET /v1/positions/{position}": "headcount.read",
    "POST /v1/positions/{position}/fill": "headcount.fill",
    "POST /v1/positions/{position}/vacate": "headcount.fill",
    "POST /v1/positions/{position}/close": "headcount.approve",
    "POST /v1/training/programmes": "training.publish",
    "POST /v1/training/programmes/{programme}/publish": "training.publish",
    "GET /v1/training/programmes": "training.read",
    "POST /v1/training/sessions": "training.hold",
    "GET /v1/training/sessions": "training.read",
    "GET /v1/training/sessions/{session}": "training.read",
    "POST /v1/trainees/{rep}/courses": "trainees.teach",
    "POST /v1/trainees/{rep}/tests": "trainees.teach",
    "POST /v1/trainees/{rep}/certifications": "trainees.certify",
    "POST /v1/trainees/{rep}/skills": "trainees.teach",
    "POST /v1/trainees/{rep}/plan": "trainees.teach",
    "POST /v1/trainees/{rep}/coaching": "trainees.teach",
    "GET /v1/trainees": "trainees.read",
    "GET /v1/trainees/{rep}": "trainees.read",
    "POST /v1/goals": "goals.set",
    "POST /v1/goals/{goal}/link": "goals.set",
    "POST /v1/goals/{goal}/sign-off": "goals.sign_off",
    "GET /v1/goals": "goals.read",
    "GET /v1/goals/{goal}": "goals.read",
    "POST /v1/tactics/costs": "tactic_costs.record",
    "POST /v1/tactics/costs/{tactic_cost}/amend": "tactic_costs.record",
    "GET /v1/tactics/costs": "tactic_costs.read",
    "GET /v1/tactics/costs/{tactic_cost}": "tactic_costs.read",
    "POST /v1/directory": "directory.map",
    "GET /v1/directory": "directory.read",
    "GET /v1/directory/{directory}": "directory.read",
    "POST /v1/quotas": "quotas.assign",
    "POST /v1/quotas/{quota}/amend": "quotas.amend",
    "POST /v1/quotas/{quota}/relieve": "quotas.amend",
    "POST /v1/quotas/{quota}/withdraw": "quotas.amend",
    "GET /v1/quotas": "quotas.read",
    "GET /v1/quotas/{quota}": "quotas.read",
    "POST /v1/lead-pools": "pools.define",
    "POST /v1/lead-pools/{lead_pool}/change": "pools.define",
    "GET /v1/lead-pools": "pools.read",
    "GET /v1/lead-pools/{lead_pool}": "pools.read",
    "POST /v1/leads": "leads.receive",
    "GET /v1/leads": "leads.read",
    "GET /v1/leads/{lead}": "leads.read",
    "POST /v1/leads/{lead}/assign": "leads.share_out",
    "POST /v1/leads/{lead}/reassign": "leads.share_out",
    "POST /v1/leads/{lead}/accept": "leads.work",
    "POST /v1/leads/{lead}/return": "leads.work",
    "POST /v1/leads/{lead}/qualify": "leads.work",
    "POST /v1/leads/{lead}/disqualify": "leads.work",
    "POST /v1/customers": "customers.register",
    "POST /v1/customers/{customer}/contact": "customers.contact",
    "GET /v1/customers": "customers.read",
    "GET /v1/customers/{customer}": "customers.read",
    "POST /v1/deals": "deals.open",
    "POST /v1/deals/{deal}/advance": "deals.advance",
    "POST /v1/deals/{deal}/reassign": "deals.reassign",
    "POST /v1/deals/{deal}/win": "deals.close",
    "POST /v1/deals/{deal}/lose": "deals.close",
    "POST /v1/deals/{deal}/refund": "deals.refund",
    "GET /v1/deals": "deals.read",
    "GET /v1/deals/{deal}": "deals.read",
    "POST /v1/deals/{deal}/amend": "deals.amend",
    "POST /v1/deals/{deal}/payments": "deals.pay",
}
"""What each route asks for. One that is not here must not be."""
OPEN = {
    *("GET /healthz", "GET /readyz"),
    *("GET /openapi.json", "HEAD /openapi.json", "GET /docs", "GET /docs/{name}"),
}
"""What everybody may ask: it tells nothing of the company."""


def test_every_route_asks_for_its_permission(tmp_path: Path) -> None:
    asked = {f"{each.method} {each.path}": each.permission for each in entrances(desk_app_of(tmp_path))}
    assert asked == ROUTES | dict.fromkeys(OPEN)


def test_every_permission_of_the_table_is_asked_for_somewhere() -> None:
    assert {*PERMISSIONS} == {*ROUTES.values()}


@pytest.mark.parametrize(("role", "may"), [("feed", {"leads.receive"}), ("screen", set[str]())])
def test_machines_bring_leads_and_decide_nothing(role: Role, may: set[str]) -> None:
    assert {name for name, row in PERMISSIONS.items() if role in row} == may


def test_whoever_only_watches_decides_nothing() -> None:
    assert {name for name, row in PERMISSIONS.items() if "auditor" in row} == {
        name for name in PERMISSIONS if name.endswith(".read")
    }


def test_the_handbook_shows_the_tables_as_they_are() -> None:
    handbook = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    shown = re.findall(r"```text\n(permission .*?)```", handbook, flags=re.DOTALL)
    assert [read_permissions(table) for table in shown] == [PERMISSIONS, VAULT]


@dataclass(frozen=True)
class Floor:
    """Two teams of one department, and another department, with a seller each."""

    desk: httpx.AsyncClient
    home: Path
    bootstrap: str
    units: dict[str, str]
    reps: dict[str, str]

    async def post(self, who: dict[str, str], path: str, **body: object) -> httpx.Response:
        return await self.desk.post(path, json=body, headers=who)

    async def open(self, who: dict[str, str], seller: str, customer: str = "acme") -> httpx.Response:
        sale = {"customer": customer, "rep": self.reps[seller], "amount_minor": 100, "currency": "RUB"}
        return await self.post(who, "/v1/deals", **sale)

    def as_rep(self, name: str) -> dict[str, str]:
        return {**bearer(self.home, "rep", rep=self.reps[name], subject=f"rep-{name}")}

    def as_lead(self, unit: str) -> dict[str, str]:
        return {**bearer(self.home, "team_lead", unit=self.units[unit], subject=f"lead-{unit}")}

    def as_other(self, role: Role) -> dict[str, str]:
        return {**bearer(self.home, role)}


@pytest_asyncio.fixture
async def floor(own_bootstrap: str, tmp_path: Path) -> AsyncGenerator[Floor]:
    async with desk_running(own_bootstrap, tmp_path) as desk:
        units, reps = dict[str, str](), dict[str, str]()
        for name, kind, above in (
            ("sales", "department", None),
            ("north", "team", "sales"),
            ("south", "team", "sales"),
            ("care", "department", None),
        ):
            parent = {} if above is None else {"parent": units[above]}
            answer = await desk.post("/v1/units", json={"kind": kind, "title": name, **parent})
            units[name] = answer.json()["unit"]
        for name, unit in (("anna", "north"), ("boris", "south"), ("vera", "care")):
            answer = await desk.post("/v1/reps", json={"name": name, "unit": units[unit], "post": "seller"})
            reps[name] = answer.json()["rep"]
        yield Floor(desk, tmp_path, own_bootstrap, units, reps)


async def _end(floor: Floor) -> list[Any]:
    async with consumer(KafkaSettings(bootstrap_servers=floor.bootstrap)) as reader:
        return [decode(record.value or b"").envelope async for record in read_to_end(reader, PARTITION)]


@pytest.mark.kafka
class TestReach:
    async def test_a_rep_sells_for_nobody_else(self, floor: Floor) -> None:
        anna, boris = floor.as_rep("anna"), floor.as_rep("boris")
        own = await floor.open(anna, "anna")
        assert own.status_code == 201
        deal = f"/v1/deals/{own.json()['deal']}"
        before = len(await _end(floor))
        refused = [
            await floor.open(anna, "boris"),
            await floor.post(boris, f"{deal}/win"),
            await floor.post(boris, f"{deal}/lose", reason="price"),
            await floor.desk.get(deal, headers=boris),
            await floor.post(anna, f"{deal}/refund", amount_minor=1),
        ]
        assert [(answer.status_code, answer.json()["type"].rpartition(":")[2]) for answer in refused] == [
            *[(403, "out-of-reach")] * 4,
            (403, "role-not-allowed"),
        ]
        assert len(await _end(floor)) == before
        assert (await floor.post(anna, f"{deal}/win")).status_code == 201
        assert (await floor.desk.get(deal, headers=anna)).json()["state"] == "won"

    async def test_a_team_lead_reaches_their_unit_and_all_below_it(self, floor: Floor) -> None:
        deals = {name: (await floor.open(floor.as_other("manager"), name)).json()["deal"] for name in floor.reps}
        reached = {
            lead: {
                name
                for name, deal in deals.items()
                if (await floor.desk.get(f"/v1/deals/{deal}", headers=floor.as_lead(lead))).is_success
            }
            for lead in floor.units
        }
        assert reached == {"sales": {"anna", "boris"}, "north": {"anna"}, "south": {"boris"}, "care": {"vera"}}

    async def test_a_team_lead_asks_only_their_own_for_quotas(self, floor: Floor) -> None:
        days = {"currency": "RUB", "target": 9, "starts_on": "2026-11-01", "ends_on": "2026-12-01"}
        north = floor.as_lead("north")
        holders = [("rep", floor.reps["anna"]), ("rep", floor.reps["boris"]), ("team", floor.units["north"])]
        holders += [("department", floor.units["sales"])]
        answers = [
            await floor.post(north, "/v1/quotas", holder=holder, holder_kind=kind, **days) for kind, holder in holders
        ]
        assert [answer.status_code for answer in answers] == [201, 403, 201, 403]
        quota = f"/v1/quotas/{answers[0].json()['quota']}"
        readers = [floor.as_rep("anna"), floor.as_rep("boris"), floor.as_lead("south"), floor.as_other("auditor")]
        assert [(await floor.desk.get(quota, headers=who)).status_code for who in readers] == [200, 403, 403, 200]

    async def test_whose_token_names_no_rep_or_unit_reaches_nothing(self, floor: Floor) -> None:
        deal = (await floor.open(floor.as_other("manager"), "anna")).json()["deal"]
        for role in ("rep", "team_lead"):
            answer = await floor.desk.get(f"/v1/deals/{deal}", headers=floor.as_other(role))
            assert (answer.status_code, answer.json()["type"]) == (403, "urn:kvota:problem:out-of-reach")

    async def test_a_deal_that_is_lost_is_still_its_reps(self, floor: Floor) -> None:
        anna = floor.as_rep("anna")
        deal = (await floor.open(anna, "anna")).json()["deal"]
        assert (await floor.post(anna, f"/v1/deals/{deal}/lose", reason="price")).status_code == 201
        assert (await floor.desk.get(f"/v1/deals/{deal}", headers=anna)).status_code == 200
        assert (await floor.desk.get(f"/v1/deals/{deal}", headers=floor.as_rep("boris"))).status_code == 403

    async def test_the_log_says_who_decided_and_a_key_is_its_callers_own(self, floor: Floor) -> None:
        body = {"customer": "keyed", "amount_minor": 1, "currency": "RUB"}
        made = list[str]()
        for name in ("anna", "boris"):
            who = {**floor.as_rep(name), "Idempotency-Key": "one"}
            made.append((await floor.post(who, "/v1/deals", rep=floor.reps[name], **body)).json()["deal"])
        assert made[0] != made[1]
        decided = {record.subject: record.authid for record in await _end(floor)}
        assert [decided[f"deal/{deal}"] for deal in made] == ["rep-anna", "rep-boris"]

    async def test_a_refusal_is_told_in_russian_to_whoever_asks_for_it(self, floor: Floor) -> None:
        answer = await floor.open({**floor.as_rep("anna"), "Accept-Language": "ru"}, "boris")
        assert (answer.status_code, answer.json()["title"]) == (403, "Доступ запрещён")
        assert answer.json()["detail"] == "deals.open: эта роль распространяется только на своё"

    async def test_whoever_does_not_say_who_they_are_decides_nothing(self, floor: Floor) -> None:
        before = len(await _end(floor))
        answer = await floor.post({"Authorization": ""}, "/v1/units", kind="team", title="North")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="kvota"')
        assert len(await _end(floor)) == before
