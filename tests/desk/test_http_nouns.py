"""Each noun of the desk over HTTP, with real Kafka behind it: made, changed, looked at, read anew elsewhere."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from tests.callers import bearer
from tests.desk.desks import desk_running, vault_running
from tests.desk.test_http import AT, RUB, end, made, post, rep

pytestmark = pytest.mark.kafka
FROM_DECEMBER = {"starts_on": "2026-12-01"}


@pytest_asyncio.fixture
async def desk(own_bootstrap: str, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    async with desk_running(own_bootstrap, tmp_path) as client:
        yield client


async def told(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    """Ask for something; what the answer says."""
    answer = await post(client, path, **body, at=AT)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert (await client.get(answer.headers["location"])).status_code == 200
    return found


async def read(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(client: httpx.AsyncClient, path: str, **body: Any) -> str:  # noqa: ANN401  # JSON
    """Ask for something that is refused; the kind of the refusal."""
    answer = await post(client, path, **body, at=AT)
    assert answer.status_code in (404, 409), answer.text
    return str(answer.json()["type"]).rpartition(":")[2]


async def test_the_org_tree(desk: httpx.AsyncClient) -> None:
    company = await made(desk, "/v1/units", kind="company", title="Всё", at=AT)
    north = await made(desk, "/v1/units", kind="department", title="Север", parent=company, at=AT)
    west = await made(desk, "/v1/units", kind="team", title="Запад", parent=north, at=AT)
    terms = {"kind": "team", "title": "Дальний Запад", "parent": company, **FROM_DECEMBER}
    await told(desk, f"/v1/units/{west}/change", **terms)
    unit = await read(desk, f"/v1/units/{west}")
    assert [(term["starts_on"], term["parent"]) for term in unit["terms"]] == [
        ("2026-11-24", north),
        ("2026-12-01", company),
    ]
    circle = {"kind": "department", "title": "Север", "parent": west}
    assert await refused(desk, f"/v1/units/{north}/change", **circle) == "unit-ranks-above"
    assert await refused(desk, "/v1/units/nothing/change", **circle) == "no-such-unit"


async def test_a_rep_from_the_first_day_to_the_last(desk: httpx.AsyncClient) -> None:
    anna = await rep(desk)
    unit = await made(desk, "/v1/units", kind="team", title="Запад", at=AT)
    await told(desk, f"/v1/reps/{anna}/assign", unit=unit, post="sales", skills=["english"], **FROM_DECEMBER)
    await told(desk, f"/v1/reps/{anna}/promote", post="senior", starts_on="2027-01-01")
    away = await told(desk, f"/v1/reps/{anna}/absences", kind="vacation", starts_on="2027-01-11", ends_on="2027-01-16")
    await told(desk, f"/v1/reps/{anna}/leave", ends_on="2027-03-01", initiative="rep")
    state = await read(desk, f"/v1/reps/{anna}")
    assert [(each["post"], each["starts_on"]) for each in state["placements"]] == [
        ("sales", "2026-11-24"),
        ("sales", "2026-12-01"),
        ("senior", "2027-01-01"),
    ]
    assert [absence["absence"] for absence in state["absences"]] == [away["absence"]]
    assert (state["ends_on"], state["version"]) == ("2027-03-01", 5)
    again = {"ends_on": "2027-04-01", "initiative": "rep"}
    assert await refused(desk, f"/v1/reps/{anna}/leave", **again) == "rep-has-left"


async def test_from_a_requisition_to_a_rep(desk: httpx.AsyncClient) -> None:
    anna = await rep(desk)
    unit = (await read(desk, f"/v1/reps/{anna}"))["unit"]
    requisition = await made(desk, "/v1/requisitions", unit=unit, post="sales", at=AT)
    vera = (await told(desk, "/v1/candidates", name="Вера", requisition=requisition, found_through="hh.ru"))[
        "candidate"
    ]
    await told(desk, f"/v1/candidates/{vera}/screen", outcome="advanced")
    ratings = [{"skill": "listening", "rating": 4}]
    await told(desk, f"/v1/candidates/{vera}/interview", interviewers=[anna], ratings=ratings, outcome="advanced")
    pay = {"salary_minor": 100, "on_target_minor": 150, **RUB}
    days = {"starts_on": "2027-01-01", "lapses_on": "2026-12-01"}
    offer = (await told(desk, f"/v1/candidates/{vera}/offers", **pay, **days))["offer"]
    await told(desk, f"/v1/offers/{offer}/accept")
    known = await read(desk, f"/v1/requisitions/{requisition}")
    assert (known["taken"], known["candidates"][vera]["stage"]) == (1, "accepted")
    hire = {"name": "Вера", "unit": unit, "post": "sales", "candidate": vera, "starts_on": "2027-01-01"}
    first = await told(desk, "/v1/reps", **hire)
    assert await refused(desk, "/v1/reps", **hire) == "rep-hired-already"
    assert (await read(desk, f"/v1/reps/{first['rep']}"))["version"] == 1


async def test_the_staffing_table(desk: httpx.AsyncClient, tmp_path: Path) -> None:
    anna = await rep(desk)
    desk.headers.update(bearer(tmp_path, "executive"))
    unit = (await read(desk, f"/v1/reps/{anna}"))["unit"]
    posts = [{"post": "sales", "positions": 1, "cost_minor": 1_200}]
    year = {"starts_on": "2026-11-24", "ends_on": "2027-11-01"}
    plan = (await told(desk, "/v1/headcount/plans", unit=unit, posts=posts, **RUB, **year))["headcount_plan"]
    overlapping = {"unit": unit, "posts": posts, **RUB, **year}
    assert await refused(desk, "/v1/headcount/plans", **overlapping) == "headcount-plans-overlap"
    seat = {"unit": unit, "post": "sales", "plan": plan, "cost_minor": 100, **RUB}
    position = (await told(desk, "/v1/positions", **seat))["position"]
    assert await refused(desk, "/v1/positions", **seat) == "headcount-plan-used-up"
    await told(desk, f"/v1/positions/{position}/fill", rep=anna)
    assert await refused(desk, f"/v1/positions/{position}/close") == "position-taken"
    await told(desk, f"/v1/positions/{position}/vacate", ends_on="2026-12-01")
    await told(desk, f"/v1/positions/{position}/close", ends_on="2026-12-01")
    known = await read(desk, f"/v1/positions/{position}")
    assert known["seats"] == [{"rep": anna, "starts_on": "2026-11-24", "ends_on": "2026-12-01"}]
    assert plan in (await read(desk, "/v1/headcount/plans"))["approved"]


async def test_the_names_of_a_phone_system(desk: httpx.AsyncClient) -> None:
    anna, boris = await rep(desk), await rep(desk)
    agent = {"named_by": "/asterisk/pbx1", "kind": "agent", "name": "Анна 101/а"}
    identity = (await told(desk, "/v1/directory", **agent, to=anna, starts_at="2026-11-24T06:00:00Z"))["directory"]
    assert await refused(desk, "/v1/directory", **agent, to="nobody") == "no-such-rep"
    again = {**agent, "to": anna, "starts_at": "2026-11-24T06:00:00Z"}
    assert await refused(desk, "/v1/directory", **again) == "name-mapped-so-already"
    await told(desk, "/v1/directory", **agent, to=boris, starts_at="2100-01-01T00:00:00Z")
    await told(desk, "/v1/directory", **agent | {"kind": "queue", "name": "sales"}, to="new customers")
    known = await read(desk, f"/v1/directory/{quote(identity, safe='')}")
    assert (known["to"], [each["to"] for each in known["mappings"]], known["version"]) == (anna, [anna, boris], 2)
    of_anna = await read(desk, f"/v1/directory?kind=agent&to={anna}")
    assert [each["name"] for each in of_anna["items"]] == ["Анна 101/а"]
    assert len((await read(desk, "/v1/directory"))["items"]) == 2


async def test_what_a_tactic_costs(desk: httpx.AsyncClient, own_bootstrap: str) -> None:
    spent: dict[str, Any] = {"tactic": "холодные звонки", "purpose": "база компаний", "amount_minor": 3_000, **RUB}
    november = {"starts_on": "2026-11-01", "ends_on": "2026-12-01"}
    cost = (await told(desk, "/v1/tactics/costs", **spent, **november))["tactic_cost"]
    await told(desk, "/v1/tactics/costs", **spent | {"tactic": "письма"}, **november)
    amend = f"/v1/tactics/costs/{cost}/amend"
    await told(desk, amend, amount_minor=2_800, reason="По счёту меньше.")
    assert await refused(desk, amend, amount_minor=2_800, reason="again") == "tactic-cost-unchanged"
    assert await refused(desk, "/v1/tactics/costs/none/amend", amount_minor=1, reason="x") == "tactic-cost-unknown"
    expected = {**spent, **november, "tactic_cost": cost, "version": 2, "amount_minor": 2_800}
    assert await read(desk, f"/v1/tactics/costs/{cost}") == expected
    assert (await read(desk, f"/v1/tactics/costs?tactic={quote('холодные звонки')}"))["items"] == [expected]
    before = await end(own_bootstrap)
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("/v1/tactics/costs", {**spent, "starts_on": "2026-12-01", "ends_on": "2026-12-01"}),
        ("/v1/tactics/costs", {**spent, **november, "amount_minor": -1}),
        (amend, {"starts_on": "2026-12-01", "reason": "later"}),
    ]
    for path, body in wrong:
        answer = await post(desk, path, **body, at=AT)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:kvota:problem:invalid-input"), answer.text
    unused = await post(desk, "/v1/tactics/costs", **spent | {"currency": "XTS"}, **november, at=AT)
    assert (unused.status_code, unused.json()["type"]) == (422, "urn:kvota:problem:currency-not-used")
    assert await end(own_bootstrap) == before


async def test_a_cost_asked_for_twice_with_one_key_is_one(desk: httpx.AsyncClient) -> None:
    spent = {"tactic": "postcards", "purpose": "postage", "amount_minor": 70, **RUB}
    days = {"starts_on": "2026-11-24", "ends_on": "2026-11-25"}
    headers = {"Idempotency-Key": "november-postage"}
    asked = [await desk.post("/v1/tactics/costs", json=spent | days, headers=headers) for _ in range(2)]
    first, again = (answer.json() for answer in asked)
    assert first == again
    listed = (await read(desk, "/v1/tactics/costs?tactic=postcards"))["items"]
    assert [each["tactic_cost"] for each in listed] == [first["tactic_cost"]]


async def test_a_goal_and_what_is_asked_for_it(desk: httpx.AsyncClient) -> None:
    anna = await rep(desk)
    quarter = {"starts_on": "2026-10-01", "ends_on": "2027-01-01"}
    goal = await made(
        desk,
        "/v1/goals",
        statement="Больше звонков.",
        metric="calls",
        metric_version=1,
        measured_in="pieces",
        target=300,
        holder=anna,
        holder_kind="rep",
        accountable=anna,
        **quarter,
        at=AT,
    )
    await told(desk, f"/v1/goals/{goal}/link", linked_to="cold-calls", linked_kind="tactic")
    await told(desk, f"/v1/goals/{goal}/sign-off", signed_by=anna, role="holder")
    known = await read(desk, f"/v1/goals/{goal}")
    assert known["signed_off"] == [{"role": "holder", "signed_by": anna}]
    held = {"holder": anna, "holder_kind": "rep", "measure": "calls", "target": 300, "goal": goal, **quarter}
    quota = (await told(desk, "/v1/quotas", **held))["quota"]
    await told(desk, f"/v1/quotas/{quota}/amend", from_on="2026-12-01", target=50, reason="holidays")
    relief = {"reliefs": [{"period": "2026-12", "relieved": 20}], "reason": "illness"}
    await told(desk, f"/v1/quotas/{quota}/relieve", **relief)
    more = {"reliefs": [{"period": "2026-12", "relieved": 31}], "reason": "illness"}
    assert await refused(desk, f"/v1/quotas/{quota}/relieve", **more) == "relief-exceeds-quota"
    periods = (await read(desk, f"/v1/quotas/{quota}"))["periods"]
    assert [(each["target"], each["left"]) for each in periods] == [(100, 100), (100, 100), (50, 30)]
    await told(desk, f"/v1/quotas/{quota}/withdraw", from_on="2026-12-01", reason="another team")
    assert len((await read(desk, f"/v1/quotas/{quota}"))["periods"]) == 2


async def test_a_customer_and_a_sale_to_the_last_payment(desk: httpx.AsyncClient) -> None:
    anna, boris = await rep(desk), await rep(desk, "Борис Петров")
    customer = await made(desk, "/v1/customers", name="ООО «Ромашка»", found_through="trade fair", at=AT)
    await told(desk, f"/v1/customers/{customer}/contact", rep=anna, channel="call")
    deal = (await told(desk, "/v1/deals", customer=customer, rep=anna, amount_minor=1_000, **RUB))["deal"]
    criteria = [{"criterion": "budget", "met": True}]
    await told(desk, f"/v1/deals/{deal}/advance", stage="offer", criteria=criteria, amount_minor=900)
    await told(desk, f"/v1/deals/{deal}/reassign", rep=boris, reason="leave")
    await told(desk, f"/v1/deals/{deal}/win")
    await told(desk, f"/v1/deals/{deal}/amend", amount_minor=1_000, reason="a mistake in the contract")
    await told(desk, f"/v1/deals/{deal}/payments", invoice="A-1", amount_minor=600)
    assert await refused(desk, f"/v1/deals/{deal}/payments", invoice="A-1", amount_minor=401) == "payment-exceeds-sale"
    state = await read(desk, f"/v1/deals/{deal}")
    assert (state["amount_minor"], state["credits"][0]["rep"], state["paid_minor"]) == (1_000, boris, 600)


async def test_nobody_is_credited_on_top_of_the_whole_unless_the_company_allows_it(
    own_bootstrap: str, tmp_path: Path
) -> None:
    async with (
        desk_running(own_bootstrap, tmp_path / "one") as strict,
        desk_running(own_bootstrap, tmp_path / "other", overlays=True) as lenient,
    ):
        anna, boris = await rep(strict), await rep(strict, "Борис Петров")
        deal = await made(strict, "/v1/deals", customer="overlaid", rep=anna, amount_minor=1_000, **RUB, at=AT)
        body: dict[str, Any] = {"shares": {anna: 10_000, boris: 2_000}, "overlays": True, "at": AT}
        answer = await post(strict, f"/v1/deals/{deal}/win", **body)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:kvota:problem:overlays-not-allowed")
        assert (await post(lenient, f"/v1/deals/{deal}/win", **body)).status_code == 201


async def test_another_desk_that_reads_the_log_says_the_same(own_bootstrap: str, tmp_path: Path) -> None:
    async with desk_running(own_bootstrap, tmp_path / "one") as first:
        anna = await rep(first)
        unit = await made(first, "/v1/units", kind="team", title="Запад", at=AT)
        await told(first, f"/v1/reps/{anna}/assign", unit=unit, post="sales", **FROM_DECEMBER)
        paths = [f"/v1/reps/{anna}", f"/v1/units/{unit}", "/v1/headcount/plans"]
        states = [await first.get(path) for path in paths]
        async with desk_running(own_bootstrap, tmp_path / "other") as second:
            assert [(await second.get(path)).json() for path in paths] == [state.json() for state in states]


async def test_what_no_event_could_hold_is_refused_and_nothing_is_appended(
    desk: httpx.AsyncClient, own_bootstrap: str
) -> None:
    anna = await rep(desk)
    unit = (await read(desk, f"/v1/reps/{anna}"))["unit"]
    before = await end(own_bootstrap)
    wrong: dict[str, dict[str, Any]] = {
        "/v1/units": {"kind": "team", "title": "A", "starts_on": "2026-12-01", "ends_on": "2026-11-01"},
        f"/v1/units/{unit}/change": {"kind": "team", "title": "A", "ends_on": "2026-11-01"},
        f"/v1/reps/{anna}/absences": {"kind": "other", "starts_on": "2026-11-24", "ends_on": "9999-12-31"},
        "/v1/quotas": {
            "holder": anna,
            "holder_kind": "rep",
            "measure": "calls",
            "target": 10**14 - 1,
            "starts_on": "2026-11-01",
            "ends_on": "2026-12-01",
            "ramp": [{"tenure_month": 1, "factor_bp": 1_000_000}],
        },
    }
    for path, body in wrong.items():
        answer = await post(desk, path, **body, at=AT)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:kvota:problem:invalid-input"), answer.text
    leaving = {"ends_on": "0001-01-01", "initiative": "rep"}
    assert await refused(desk, f"/v1/reps/{anna}/leave", **leaving) == "rep-not-hired"
    assert await end(own_bootstrap) == before


async def test_the_names_of_candidates_and_customers_are_kept_and_not_put_on_the_wall(
    own_bootstrap: str, tmp_path: Path
) -> None:
    async with (
        vault_running(tmp_path) as vault,
        desk_running(own_bootstrap, tmp_path, vault_url=str(vault.base_url)) as desk,
    ):
        anna = await rep(desk)
        unit = (await read(desk, f"/v1/reps/{anna}"))["unit"]
        requisition = await made(desk, "/v1/requisitions", unit=unit, post="sales", at=AT)
        asking = {"requisition": requisition, "found_through": "hh.ru"}
        vera = (await told(desk, "/v1/candidates", name="Вера", **asking))["candidate"]
        customer = await made(desk, "/v1/customers", name="Ромашка", found_through="trade fair", at=AT)
        assert (await vault.get("/v1/people")).json()["people"].keys() == {anna}
        manager = bearer(tmp_path, "manager")
        asked = {"people": [vera, customer]}
        known = (await vault.post("/v1/people/details", json=asked, headers=manager)).json()["people"]
    assert {identity: person["name"] for identity, person in known.items()} == {vera: "Вера", customer: "Ромашка"}


async def test_a_customer_may_have_any_id(desk: httpx.AsyncClient) -> None:
    anna = await rep(desk)
    for customer in ("ООО Ромашка / Москва", "a@3 b%20"):
        deal = await told(desk, "/v1/deals", customer=customer, rep=anna, amount_minor=1_000, **RUB)
        await told(desk, f"/v1/deals/{deal['deal']}/win")
        path = f"/v1/customers/{quote(customer, safe='')}"
        if "/" not in customer:
            contacted = await told(desk, f"{path}/contact", rep=anna, channel="call")
            assert contacted["customer"] == customer
