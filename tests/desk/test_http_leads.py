"""Training and leads over HTTP, with a real vault and real Kafka behind the desk."""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from events.codec import decode
from events.leads import LeadAssigned, LeadCandidate
from services.desk.log import PARTITION
from services.runtime.log import consumer, producer, read_to_end
from services.runtime.settings import KafkaSettings
from tests.callers import bearer
from tests.cli.commands import kvota
from tests.desk.desks import desk_running
from tests.desk.test_http import AT, RUB, made, post, rep
from tests.desk.test_http_nouns import read, refused, told
from tests.events.examples.dates import when
from tests.telling import decided

pytestmark = pytest.mark.kafka
NUMBER, NAME, EMAIL = "+7 495 123-45-67", "Вера Холодная", "vera@example.com"


@pytest_asyncio.fixture
async def desk(own_bootstrap: str, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    async with desk_running(own_bootstrap, tmp_path) as client:
        yield client


async def pool_of(desk: httpx.AsyncClient, *reps: str, **terms: Any) -> str:  # noqa: ANN401  # JSON
    """A pool of these reps, who take turns."""
    members = [{"rep": each} for each in reps]
    return await made(desk, "/v1/lead-pools", title="Site", policy="round_robin", members=members, at=AT, **terms)


async def came_in(desk: httpx.AsyncClient, pool: str, **person: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    """A lead of a pool; what the answer says."""
    return await told(desk, "/v1/leads", pool=pool, found_through="form", **person)


def out_of_turn(version: int, pool: str, rep: str) -> bytes:
    """The record of somebody who writes past the desk: it counts by the law, and gives a lead to whom it likes."""
    candidates = (LeadCandidate(rep=rep, weight=1, load=0, balance=0),)
    event = LeadAssigned(
        **when(12),
        lead="none",
        pool=pool,
        rep=rep,
        given=1,
        policy="round_robin",
        candidates=candidates,
        waited_seconds=0,
    )
    return decided(event, f"lead_pool/{pool}", version + 1)


async def put_in(bootstrap: str, record: bytes) -> None:
    async with producer(KafkaSettings(bootstrap_servers=bootstrap)) as writer:
        await writer.send_and_wait(PARTITION.topic, record, partition=PARTITION.partition)


async def test_leads_go_round_and_the_same_person_is_the_same_lead(desk: httpx.AsyncClient) -> None:
    anna, boris = await rep(desk), await rep(desk, "Борис Петров")
    pool = await pool_of(desk, anna, boris)
    first = await came_in(desk, pool, number=NUMBER, name=NAME)
    second = await came_in(desk, pool, email=EMAIL)
    again = await came_in(desk, pool, number="8 (495) 1234567")
    assert (first["rep"], second["rep"]) == (anna, boris)
    assert (again["lead"], again["rep"], again["version"]) == (first["lead"], anna, 2)
    known = await read(desk, f"/v1/lead-pools/{pool}")
    assert (known["waiting"], known["in_hand"]) == (0, {anna: 1, boris: 1})


async def test_a_lead_from_hand_to_hand(desk: httpx.AsyncClient) -> None:
    anna, boris = await rep(desk), await rep(desk, "Борис Петров")
    pool = await pool_of(desk, anna)
    lead = (await came_in(desk, pool, number=NUMBER))["lead"]
    path = f"/v1/leads/{lead}"
    await told(desk, f"{path}/accept")
    await told(desk, f"{path}/return", reason="busy")
    assert await refused(desk, f"{path}/assign") == "nobody-can-take-lead"
    await told(desk, f"{path}/reassign", rep=boris)
    assert (await read(desk, path))["stage"] == "assigned"
    await told(desk, f"{path}/qualify")
    assert await refused(desk, f"{path}/disqualify", reason="price") == "lead-done"
    assert (await read(desk, f"/v1/leads?lead_pool={pool}&stage=qualified"))["items"][0]["rep"] == boris
    terms = {"title": "Site", "policy": "least_loaded", "members": [{"rep": boris, "weight": 2}]}
    await told(desk, f"/v1/lead-pools/{pool}/change", **terms)
    assert await refused(desk, "/v1/leads/none/accept") == "lead-unknown"
    assert await refused(desk, "/v1/lead-pools/none/change", **terms) == "lead-pool-unknown"


async def test_who_has_seen_a_lead_can_say_so(desk: httpx.AsyncClient) -> None:
    pool = await pool_of(desk, await rep(desk), await rep(desk, "Борис Петров"))
    path = f"/v1/leads/{(await came_in(desk, pool, number=NUMBER))['lead']}"
    seen = {"If-Match": (await desk.get(path)).headers["ETag"]}
    assert (await desk.post(f"{path}/accept", headers=seen)).status_code == 201
    assert (await desk.post(f"{path}/qualify", headers=seen)).status_code == 412


async def test_a_lead_that_nobody_can_take_waits(desk: httpx.AsyncClient) -> None:
    pool = await pool_of(desk, await rep(desk))
    answer = await came_in(desk, pool, number=NUMBER, skills=["Greek"])
    assert "rep" not in answer
    assert (await read(desk, f"/v1/leads/{answer['lead']}"))["stage"] == "waiting"
    assert (await read(desk, f"/v1/lead-pools/{pool}"))["waiting"] == 1


async def test_the_same_lead_sent_again_is_answered_the_same(desk: httpx.AsyncClient) -> None:
    pool = await pool_of(desk, await rep(desk))
    body = {"pool": pool, "found_through": "form", "number": NUMBER}
    answers = [await post(desk, "/v1/leads", key="one", **body) for _ in range(2)]
    assert answers[0].status_code == 201, answers[0].text
    assert answers[0].json() == answers[1].json()
    assert answers[1].json()["version"] == 1


async def test_a_lead_is_worked_with_at_the_version_that_its_coming_in_was_answered_with(
    desk: httpx.AsyncClient,
) -> None:
    pool = await pool_of(desk, await rep(desk))
    answer = await post(desk, "/v1/leads", pool=pool, found_through="form", number=NUMBER)
    lead, seen = answer.json()["lead"], {"If-Match": answer.headers["etag"]}
    assert (await desk.post(f"/v1/leads/{lead}/accept", json={}, headers=seen)).status_code == 201
    assert (await desk.post(f"/v1/leads/{lead}/qualify", json={}, headers=seen)).status_code == 412


async def test_a_key_that_was_used_for_something_else_asks_the_vault_nothing(desk: httpx.AsyncClient) -> None:
    pool = await pool_of(desk, await rep(desk))
    assert (await post(desk, "/v1/units", key="used", kind="team", title="Юг")).status_code == 201
    answer = await post(desk, "/v1/leads", key="used", pool=pool, found_through="form", number="100")
    assert answer.json()["type"] == "urn:kvota:problem:idempotency-key-reused", "and not that it is no number"


async def test_nobody_is_looked_up_for_a_pool_that_there_is_not(desk: httpx.AsyncClient) -> None:
    body = {"pool": "none", "found_through": "form", "number": NUMBER}
    answer = await post(desk, "/v1/leads", **body)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:kvota:problem:lead-pool-unknown")


@pytest.mark.parametrize("contact", [{"number": "100"}, {"email": "nobody"}])
async def test_who_cannot_be_reached_is_no_lead(desk: httpx.AsyncClient, contact: dict[str, str]) -> None:
    pool = await pool_of(desk, await rep(desk))
    answer = await post(desk, "/v1/leads", pool=pool, found_through="form", **contact)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:kvota:problem:not-a-contact")
    assert not any(value in answer.text for value in contact.values())


async def test_no_event_says_who_it_was(desk: httpx.AsyncClient, own_bootstrap: str) -> None:
    pool = await pool_of(desk, await rep(desk))
    await came_in(desk, pool, number=NUMBER, name=NAME, email=EMAIL)
    async with consumer(KafkaSettings(bootstrap_servers=own_bootstrap)) as tail:
        records = [record.value or b"" async for record in read_to_end(tail, PARTITION)]
    assert [decode(record).envelope.type for record in records][-2:] == ["lead.received", "lead.assigned"]
    text = b"".join(records).decode()
    assert not any(told in text for told in ("1234567", "123-45-67", "Холодная", "vera@"))


async def test_the_distributor_is_asked_again_by_whoever_checks(
    desk: httpx.AsyncClient, own_bootstrap: str, tmp_path: Path
) -> None:
    anna, boris = await rep(desk), await rep(desk, "Борис Петров")
    pool = await pool_of(desk, anna, boris)
    for number in range(3):
        await came_in(desk, pool, email=f"audited-{number}@example.com")

    ask = partial(kvota, "audit", "leads", home=tmp_path, KVOTA_KAFKA_BOOTSTRAP_SERVERS=own_bootstrap)
    ran = await asyncio.to_thread(ask, "--json")
    assert (ran.code, ran.json["disagreements"]) == (0, []), ran.err
    assert (given := ran.json["assignments"]) >= 3
    assert (await asyncio.to_thread(ask)).out == f"{given} assignments, 0 out of turn\n"

    await put_in(own_bootstrap, out_of_turn((await read(desk, f"/v1/lead-pools/{pool}"))["version"], pool, anna))
    ran = await asyncio.to_thread(ask)
    assert (ran.code, "1 out of turn" in ran.out) == (1, True), ran.out


async def test_a_form_brings_leads_and_does_nothing_else(desk: httpx.AsyncClient, tmp_path: Path) -> None:
    pool = await pool_of(desk, await rep(desk))
    desk.headers.update(bearer(tmp_path, "feed"))
    body = {"pool": pool, "found_through": "form", "number": NUMBER}
    answer = await post(desk, "/v1/leads", **body)
    assert (answer.status_code, "rep" in answer.json()) == (201, True)
    assert (await post(desk, f"/v1/leads/{answer.json()['lead']}/accept")).status_code == 403


async def test_a_rep_works_with_leads_of_their_own(desk: httpx.AsyncClient, tmp_path: Path) -> None:
    anna, boris = await rep(desk), await rep(desk, "Борис Петров")
    lead = (await came_in(desk, await pool_of(desk, anna), number=NUMBER))["lead"]
    desk.headers.update(bearer(tmp_path, "rep", rep=boris))
    assert (await post(desk, f"/v1/leads/{lead}/accept")).status_code == 403
    desk.headers.update(bearer(tmp_path, "rep", rep=anna))
    assert (await post(desk, f"/v1/leads/{lead}/accept")).status_code == 201


async def test_who_is_not_certified_is_given_no_leads(desk: httpx.AsyncClient) -> None:
    anna, boris = await rep(desk), await rep(desk, "Борис Петров")
    modules = [{"module": "product", "pass_bp": 8_000}]
    terms = {"title": "First steps", "kind": "onboarding", "modules": modules, "required_of": "everyone"}
    programme = (await told(desk, "/v1/training/programmes", **terms))["programme"]
    pool = await pool_of(desk, anna, boris)
    lead = (await came_in(desk, pool, number=NUMBER))["lead"]
    assert (await read(desk, f"/v1/trainees/{anna}"))["lacking"] == [programme]
    assert await refused(desk, f"/v1/leads/{lead}/reassign", rep=anna) == "cannot-take-lead"
    path = f"/v1/trainees/{boris}"
    await told(desk, f"{path}/courses", programme=programme)
    await told(desk, f"{path}/tests", programme=programme, module="product", score_bp=7_000)
    assert await refused(desk, f"{path}/certifications", programme=programme) == "modules-missing"
    await told(desk, f"{path}/tests", programme=programme, module="product", score_bp=8_000)
    await told(desk, f"{path}/certifications", programme=programme)
    assert (await read(desk, path))["lacking"] == []
    assert (await told(desk, f"/v1/leads/{lead}/assign"))["lead"] == lead
    assert (await read(desk, f"/v1/leads/{lead}"))["rep"] == boris
    await told(desk, f"/v1/training/programmes/{programme}/publish", **terms)
    versions = (await read(desk, "/v1/training/programmes"))["published"][programme]
    assert [version["programme_version"] for version in versions] == [1, 2]


async def test_how_a_rep_goes_on_learning(desk: httpx.AsyncClient) -> None:
    anna, boris = await rep(desk), await rep(desk, "Борис Петров")
    path = f"/v1/trainees/{anna}"
    await told(desk, f"{path}/skills", skill="English", level_bp=6_000, assessed_by=boris)
    steps = [{"skill": "English", "level_bp": 8_000, "due_on": "2027-03-01"}]
    await told(desk, f"{path}/plan", agreed_with=boris, steps=steps, review_on="2027-02-01")
    await told(desk, f"{path}/coaching", coach=boris, topic="objections", minutes=45)
    known = await read(desk, path)
    assert (known["skills"], known["plan"]["steps"], known["coached"]) == ({"English": 6_000}, steps, 1)
    assert [each["trainee"] for each in (await read(desk, "/v1/trainees"))["items"]][-1] == anna
    session = {"title": "Calls", "trainer": boris, "attended": [anna], "minutes": 90, "cost_minor": 100, **RUB}
    held = (await told(desk, "/v1/training/sessions", **session))["session"]
    assert (await read(desk, f"/v1/training/sessions?trainer={boris}"))["items"][0]["session"] == held
