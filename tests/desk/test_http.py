"""The desk over HTTP, with real Kafka behind it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.runtime.log import end_positions
from services.runtime.ports import free_port
from services.runtime.settings import KafkaSettings
from services.runtime.shards import DECISIONS
from services.vault.settings import VaultSettings
from services.vault.vault import open_people
from tests.desk.desks import desk_running, vault_running

pytestmark = pytest.mark.kafka
RUB = {"currency": "RUB"}
AT = "2026-11-24T09:00:00Z"


@pytest_asyncio.fixture
async def desk(own_bootstrap: str, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    async with desk_running(own_bootstrap, tmp_path) as client:
        yield client


@asynccontextmanager
async def two(bootstrap: str, home: Path) -> AsyncGenerator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Two desks that share a vault."""
    async with vault_running(home) as vault:
        url = str(vault.base_url)
        async with (
            desk_running(bootstrap, home, vault_url=url) as one,
            desk_running(bootstrap, home, vault_url=url) as other,
        ):
            yield one, other


async def end(bootstrap: str) -> int:
    source = (DECISIONS, 0)
    return (await end_positions(KafkaSettings(bootstrap_servers=bootstrap), [source]))[source]


async def post(client: httpx.AsyncClient, path: str, key: str | None = None, **body: Any) -> httpx.Response:  # noqa: ANN401  # JSON
    return await client.post(path, json=body, headers={} if key is None else {"Idempotency-Key": key})


async def made(client: httpx.AsyncClient, path: str, **body: Any) -> str:  # noqa: ANN401  # JSON
    """Make something; its id."""
    answer = await post(client, path, **body)
    assert answer.status_code == 201, answer.text
    return str(next(iter(answer.json().values())))


async def rep(client: httpx.AsyncClient, name: str = "Анна Иванова") -> str:
    unit = await made(client, "/v1/units", kind="team", title="Север", at=AT)
    return await made(client, "/v1/reps", name=name, unit=unit, post="sales", at=AT)


async def deal(client: httpx.AsyncClient, anna: str, customer: str = "acme", amount: int = 1_000) -> str:
    return await made(client, "/v1/deals", customer=customer, rep=anna, amount_minor=amount, **RUB, at=AT)


async def test_a_sale_from_the_team_to_the_refund(desk: httpx.AsyncClient) -> None:
    unit = await made(desk, "/v1/units", kind="team", title="Север")
    anna = await made(desk, "/v1/reps", name="Анна Иванова", unit=unit, post="sales")
    boris = await made(desk, "/v1/reps", name="Boris O'Neil", unit=unit, post="sales")
    sale = await made(desk, "/v1/deals", customer="sale-1", rep=anna, amount_minor=1_001, **RUB)
    won = await post(desk, f"/v1/deals/{sale}/win", shares={anna: 5_000, boris: 5_000})
    assert won.status_code == 201
    assert won.headers["location"] == f"/v1/deals/{sale}"
    assert won.headers["etag"] == '"2"'
    assert won.headers["kvota-position"].startswith("kvota.decisions/0@")
    assert (await post(desk, f"/v1/deals/{sale}/refund", amount_minor=1)).status_code == 201
    state = (await desk.get(f"/v1/deals/{sale}")).json()
    assert (state["state"], state["version"], state["novelty"], state["refunded_minor"]) == ("won", 3, "new", 1)
    assert sum(part["amount_minor"] for part in state["credits"]) == 1_000


async def test_the_name_of_a_rep_is_in_the_vault_and_not_in_the_log(own_bootstrap: str, tmp_path: Path) -> None:
    async with (
        vault_running(tmp_path) as vault,
        desk_running(own_bootstrap, tmp_path, vault_url=str(vault.base_url)) as desk,
    ):
        anna = await rep(desk, "Анна Ивановна Незабудкина")
        assert (await vault.get("/v1/people", params={"id": anna})).json() == {
            "people": {anna: {"name": "Анна Ивановна Незабудкина"}}
        }
        assert "Незабудкина" not in (await desk.get(f"/v1/reps/{anna}")).text
    log = b"".join(path.read_bytes() for path in tmp_path.parent.glob("broker*/**/kvota.decisions-0/*.log"))
    assert anna.encode() in log
    assert "Незабудкина".encode() not in log


async def test_who_was_hired_is_hired_though_the_vault_is_away_or_has_forgotten_the_name(
    own_bootstrap: str, tmp_path: Path
) -> None:
    port, settings = free_port(), VaultSettings()
    async with desk_running(own_bootstrap, tmp_path, vault_url=f"http://127.0.0.1:{port}") as desk:
        unit = await made(desk, "/v1/units", kind="team", title="Север", at=AT)
        body = {"name": "Анна Иванова", "unit": unit, "post": "sales", "at": AT}
        async with vault_running(tmp_path, settings, port=port):
            first = await post(desk, "/v1/reps", key="hire", **body)
            assert first.status_code == 201, first.text
            other = await post(desk, "/v1/reps", key="hire", **body | {"name": "Анна Петрова"})
            assert other.json()["type"] == "urn:kvota:problem:idempotency-key-reused"
        assert (await post(desk, "/v1/reps", key="hire", **body)).json() == first.json()
        people = open_people(settings, tmp_path)
        people.erase(first.json()["rep"], datetime.now(UTC))
        people.store.close()
        async with vault_running(tmp_path, settings, port=port):
            assert (await post(desk, "/v1/reps", key="hire", **body)).json() == first.json()


async def test_without_a_vault_nobody_is_hired(own_bootstrap: str, tmp_path: Path) -> None:
    async with desk_running(own_bootstrap, tmp_path, vault_url="http://127.0.0.1:9") as desk:
        unit = await made(desk, "/v1/units", kind="team", title="Север")
        before = await end(own_bootstrap)
        answer = await post(desk, "/v1/reps", name="Анна", unit=unit, post="sales")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:kvota:problem:vault-unavailable")
        assert await end(own_bootstrap) == before


BAD_BODIES: dict[str, tuple[dict[str, object], int, str]] = {
    "unknown field": ({"colour": "red"}, 422, "colour"),
    "negative amount": ({"amount_minor": -1}, 422, "amount_minor"),
    "amount as text": ({"amount_minor": "1"}, 422, "amount_minor"),
    "amount with a fraction": ({"amount_minor": 1.5}, 422, "amount_minor"),
    "amount that no JSON reader holds": ({"amount_minor": 2**53}, 422, "amount_minor"),
    "no such currency": ({"currency": "roubles"}, 422, "currency"),
    "currency that the company does not sell in": ({"currency": "XTS"}, 422, "currency"),
    "moment without a zone": ({"at": "2026-11-24T09:00:00"}, 422, "at"),
    "moment out of reason": ({"at": "9999-12-31T23:59:59Z"}, 422, "at"),
    "clock that was never set": ({"at": "1970-01-01T00:00:03Z"}, 422, "at"),
    "somebody who was not hired": ({"rep": "nobody"}, 409, "nobody"),
    "customer without a name": ({"customer": ""}, 422, "customer"),
}


@pytest.mark.parametrize("case", BAD_BODIES)
async def test_a_bad_deal_is_refused_clearly_and_nothing_is_appended(
    desk: httpx.AsyncClient, own_bootstrap: str, case: str
) -> None:
    change, status, said = BAD_BODIES[case]
    good: dict[str, object] = {"customer": "acme", "rep": await rep(desk), "amount_minor": 1_000, **RUB, "at": AT}
    before = await end(own_bootstrap)
    answer = await desk.post("/v1/deals", json=good | change)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    assert await end(own_bootstrap) == before


RAW_BODIES: dict[str, tuple[bytes, int, str]] = {
    "not JSON": (b"{customer: acme}", 400, "not-json"),
    "not UTF-8": (b'{"customer": "\xff"}', 400, "not-json"),
    "a name twice": (b'{"customer": "a", "customer": "b"}', 400, "not-json"),
    "a list": (b"[]", 422, "invalid-input"),
    "10 MB": (b'{"customer": "' + b"a" * 10_000_000 + b'"}', 413, "too-large"),
    "nested beyond sense": (b'{"customer": ' + b"[" * 60_000, 400, "not-json"),
}


@pytest.mark.parametrize("case", RAW_BODIES)
async def test_a_body_that_is_no_command_is_refused_clearly_and_nothing_is_appended(
    desk: httpx.AsyncClient, own_bootstrap: str, case: str
) -> None:
    raw, status, kind = RAW_BODIES[case]
    before = await end(own_bootstrap)
    answer = await desk.post("/v1/deals", content=raw, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:kvota:problem:{kind}")
    assert await end(own_bootstrap) == before
    assert (await desk.get("/readyz")).is_success


async def test_shares_that_are_not_the_whole_are_refused(desk: httpx.AsyncClient, own_bootstrap: str) -> None:
    anna = await rep(desk)
    sale = await deal(desk, anna)
    before = await end(own_bootstrap)
    assert (await post(desk, f"/v1/deals/{sale}/win", shares={anna: 9_999})).status_code == 422
    assert (await post(desk, f"/v1/deals/{sale}/win", shares={anna: 10_001})).status_code == 422
    assert (await post(desk, f"/v1/deals/{sale}/win", shares={})).status_code == 422
    assert await end(own_bootstrap) == before


async def test_a_second_win_of_a_deal_is_refused(desk: httpx.AsyncClient, own_bootstrap: str) -> None:
    sale = await deal(desk, await rep(desk))
    assert (await post(desk, f"/v1/deals/{sale}/win")).status_code == 201
    before = await end(own_bootstrap)
    again = await post(desk, f"/v1/deals/{sale}/win")
    assert (again.status_code, again.json()["type"]) == (409, "urn:kvota:problem:deal-not-open")
    assert await end(own_bootstrap) == before


async def test_a_refund_of_more_than_was_won_or_in_another_currency_is_refused(
    desk: httpx.AsyncClient, own_bootstrap: str
) -> None:
    sale = await deal(desk, await rep(desk))
    assert (await post(desk, f"/v1/deals/{sale}/win")).status_code == 201
    before = await end(own_bootstrap)
    refused = [
        await post(desk, f"/v1/deals/{sale}/refund", amount_minor=1_001),
        await post(desk, f"/v1/deals/{sale}/refund", amount_minor=1, currency="USD"),
        await post(desk, f"/v1/deals/{sale}/refund", amount_minor=0),
    ]
    assert [answer.status_code for answer in refused] == [409, 409, 422]
    assert await end(own_bootstrap) == before


async def test_what_is_not_there_is_not_found(desk: httpx.AsyncClient) -> None:
    answers = [
        await post(desk, "/v1/deals/none/win"),
        await desk.get("/v1/deals/none"),
        await desk.get("/v1/units/none"),
        await desk.get("/v1/reps/none"),
        await desk.get("/v1/quotas/none"),
        await desk.get("/v1/nothing"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


async def test_a_quota_is_assigned_by_months_and_not_twice(desk: httpx.AsyncClient, own_bootstrap: str) -> None:
    anna = await rep(desk)
    days = {"starts_on": "2026-11-16", "ends_on": "2027-02-01"}
    body: dict[str, Any] = {
        "holder": anna,
        "holder_kind": "rep",
        "measure": "revenue",
        **RUB,
        **days,
        "target": 1_000,
    }
    quota = await made(desk, "/v1/quotas", **body, split="working_days")
    periods = (await desk.get(f"/v1/quotas/{quota}")).json()["periods"]
    assert [(period["period"], period["target"]) for period in periods] == [
        ("2026-11", 229),
        ("2026-12", 458),
        ("2027-01", 313),
    ]
    before = await end(own_bootstrap)
    assert (await post(desk, "/v1/quotas", **body)).status_code == 409
    assert (await post(desk, "/v1/quotas", **body | {"ends_on": "2026-11-16"})).status_code == 422
    assert (await post(desk, "/v1/quotas", **body | {"ends_on": "9999-12-31"})).status_code == 422
    assert (await post(desk, "/v1/quotas", **body | {"measure": "smiles"})).status_code == 422
    assert await end(own_bootstrap) == before


async def test_a_key_makes_one_deal_of_many_askings_and_is_for_no_other(
    desk: httpx.AsyncClient, own_bootstrap: str
) -> None:
    body = {"customer": "keyed", "rep": await rep(desk), "amount_minor": 5, **RUB, "at": AT}
    first = await post(desk, "/v1/deals", "key-1", **body)
    before = await end(own_bootstrap)
    again = await post(desk, "/v1/deals", "key-1", **body)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["kvota-position"] == first.headers["kvota-position"]
    other = await post(desk, "/v1/deals", "key-1", **body | {"amount_minor": 6})
    elsewhere = await post(desk, f"/v1/deals/{first.json()['deal']}/win", "key-1")
    reused = (422, "urn:kvota:problem:idempotency-key-reused")
    assert (other.status_code, other.json()["type"]) == reused
    assert (elsewhere.status_code, elsewhere.json()["type"]) == reused
    assert await end(own_bootstrap) == before


async def test_a_rep_hired_again_under_one_key_is_one_person_and_another_name_is_refused(
    desk: httpx.AsyncClient, own_bootstrap: str
) -> None:
    unit = await made(desk, "/v1/units", kind="team", title="Север", at=AT)
    body = {"unit": unit, "post": "sales", "at": AT}
    first = await post(desk, "/v1/reps", "hire-1", name="Анна", **body)
    before = await end(own_bootstrap)
    assert (await post(desk, "/v1/reps", "hire-1", name="Анна", **body)).json() == first.json()
    assert (await post(desk, "/v1/reps", "hire-1", name="Вера", **body)).status_code == 422
    assert await end(own_bootstrap) == before


async def test_a_refusal_is_forgotten_and_its_key_can_be_used_again(desk: httpx.AsyncClient) -> None:
    anna = await rep(desk)
    sale = await deal(desk, anna, customer="forgotten")
    assert (await post(desk, f"/v1/deals/{sale}/refund", "refund-1", amount_minor=1)).status_code == 409
    assert (await post(desk, f"/v1/deals/{sale}/win")).status_code == 201
    assert (await post(desk, f"/v1/deals/{sale}/refund", "refund-1", amount_minor=1)).status_code == 201


async def test_a_caller_who_has_seen_an_older_version_is_stopped(desk: httpx.AsyncClient, own_bootstrap: str) -> None:
    sale = await deal(desk, await rep(desk), customer="versions")
    assert (await desk.get(f"/v1/deals/{sale}")).headers["etag"] == '"1"'
    assert (await desk.post(f"/v1/deals/{sale}/win", headers={"If-Match": '"1"'})).status_code == 201
    before = await end(own_bootstrap)
    stale = await desk.post(f"/v1/deals/{sale}/refund", json={"amount_minor": 1}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    assert await end(own_bootstrap) == before
    fresh = await desk.post(f"/v1/deals/{sale}/refund", json={"amount_minor": 1}, headers={"If-Match": '"2"'})
    assert fresh.status_code == 201


async def test_a_key_that_is_too_long_is_refused(desk: httpx.AsyncClient) -> None:
    assert (await post(desk, "/v1/units", "k" * 256, kind="team", title="Север")).status_code == 422


async def test_without_a_key_each_asking_is_another_and_the_answer_names_the_key(desk: httpx.AsyncClient) -> None:
    body = {"kind": "team", "title": "Север", "at": AT}
    first, second = [await post(desk, "/v1/units", **body) for _ in range(2)]
    assert first.json()["unit"] != second.json()["unit"]
    again = await post(desk, "/v1/units", first.headers["idempotency-key"], **body)
    assert again.json() == first.json()


async def test_a_position_that_does_not_come_is_said_so_in_time(own_bootstrap: str, tmp_path: Path) -> None:
    async with desk_running(own_bootstrap, tmp_path, patience_s=0.2) as desk:
        late = await desk.get("/v1/deals/x", params={"after": "kvota.decisions/0@999999"})
        assert (late.status_code, late.json()["type"]) == (503, "urn:kvota:problem:not-there-yet")
        assert (await desk.get("/v1/deals/x", params={"after": "yesterday"})).status_code == 422
        elsewhere = await desk.get("/v1/deals/x", params={"after": "kvota.calls/3@999999"})
        assert elsewhere.status_code == 404


async def test_whoever_writes_at_one_desk_reads_it_at_another(own_bootstrap: str, tmp_path: Path) -> None:
    async with two(own_bootstrap, tmp_path) as (one, other):
        anna = await rep(one)
        for number in range(20):
            opened = await post(one, "/v1/deals", customer=f"reads-{number}", rep=anna, amount_minor=1, **RUB)
            place, position = opened.headers["location"], opened.headers["kvota-position"]
            by_query = await other.get(place, params={"after": position})
            by_header = await other.get(place, headers={"Kvota-After": position})
            assert (by_query.status_code, by_header.status_code) == (200, 200)


async def test_of_two_desks_that_win_a_deal_at_once_one_wins_it(own_bootstrap: str, tmp_path: Path) -> None:
    async with two(own_bootstrap, tmp_path) as desks:
        anna = await rep(desks[0])
        deals = [await deal(desks[0], anna, customer=f"race-{number}") for number in range(20)]
        for sale in deals:
            before = await end(own_bootstrap)
            answers = await asyncio.gather(*(post(desk, f"/v1/deals/{sale}/win") for desk in desks * 2))
            assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
            state = (await desks[0].get(f"/v1/deals/{sale}")).json()
            assert (state["state"], state["version"]) == ("won", 2)
            assert await end(own_bootstrap) - before <= len(desks), "a refusal was appended"


async def test_one_key_at_two_desks_at_once_is_one_deal(own_bootstrap: str, tmp_path: Path) -> None:
    async with two(own_bootstrap, tmp_path) as desks:
        anna = await rep(desks[0])
        for number in range(20):
            body = {"customer": "same", "rep": anna, "amount_minor": number, **RUB, "at": AT}
            answers = await asyncio.gather(*(post(desk, "/v1/deals", f"one-{number}", **body) for desk in desks * 2))
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.content for answer in answers}) == 1


async def test_of_many_first_sales_to_a_customer_at_two_desks_one_is_to_a_new_customer(
    own_bootstrap: str, tmp_path: Path
) -> None:
    async with two(own_bootstrap, tmp_path) as desks:
        anna = await rep(desks[0])
        for number in range(10):
            sales = await asyncio.gather(*(_sell(desk, anna, f"novel-{number}") for desk in desks * 3))
            states = [(await desks[0].get(f"/v1/deals/{sale}", params={"after": at})).json() for sale, at in sales]
            assert sorted(state["novelty"] for state in states) == ["existing"] * 5 + ["new"]


async def _sell(desk: httpx.AsyncClient, anna: str, customer: str) -> tuple[str, str]:
    """Open a deal and win it; where it stands in the log."""
    sale = await deal(desk, anna, customer)
    won = await post(desk, f"/v1/deals/{sale}/win", at=AT)
    assert won.status_code == 201, won.text
    return sale, won.headers["kvota-position"]


async def test_of_many_quotas_for_one_rep_and_month_at_two_desks_one_is_assigned(
    own_bootstrap: str, tmp_path: Path
) -> None:
    async with two(own_bootstrap, tmp_path) as desks:
        for _ in range(10):
            body: dict[str, Any] = {"holder": await rep(desks[0]), "holder_kind": "rep", **RUB, "target": 1}
            days = {"starts_on": "2026-11-01", "ends_on": "2026-12-01"}
            answers = await asyncio.gather(*(post(desk, "/v1/quotas", **body, **days) for desk in desks * 2))
            assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
