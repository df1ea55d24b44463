"""A desk that is killed without warning: what it has answered stays true, and asking again makes nothing twice."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from events.codec import decode
from events.law import Ledger, Verdict
from services.desk.log import PARTITION
from services.runtime.log import consumer, read_to_end
from services.runtime.ports import free_port
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from tests.callers import bearer
from tests.desk.desks import vault_running

pytestmark = pytest.mark.kafka
AT = "2026-11-24T09:00:00Z"
COMMANDS = 60


@asynccontextmanager
async def process(bootstrap: str, home: Path, port: int, vault_url: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """One `python -m services.desk`, ready; however the block ends, it is dead afterwards."""
    own = {
        "KVOTA_HOME": str(home),
        "KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "KVOTA_DESK_PORT": str(port),
        "KVOTA_DESK_VAULT_URL": vault_url,
    }
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.desk", env={**os.environ, **own})
    try:
        async with asyncio.timeout(30), httpx.AsyncClient(trust_env=False) as client:
            while not await _ready(client, port):
                assert child.returncode is None, "the desk ended by itself"
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def _ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/readyz")).is_success
    except httpx.TransportError:
        return False


async def test_a_killed_desk_forgets_nothing_and_a_retry_is_no_second_deal(own_bootstrap: str, tmp_path: Path) -> None:
    await ensure_topics(own_bootstrap, source_topics(1))
    port = free_port()
    async with vault_running(tmp_path) as vault, httpx.AsyncClient(trust_env=False, timeout=30) as client:
        client.base_url = httpx.URL(f"http://127.0.0.1:{port}")
        client.headers.update(bearer(tmp_path, "manager"))
        async with process(own_bootstrap, tmp_path, port, str(vault.base_url)) as child:
            anna = await _rep(client)
            tasks = [asyncio.create_task(_open(client, anna, number)) for number in range(COMMANDS)]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            child.kill()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        answered = {number: deal for number, deal in enumerate(outcomes) if isinstance(deal, str)}
        assert len(answered) < COMMANDS, "it was killed too late to tell anything"
        async with process(own_bootstrap, tmp_path, port, str(vault.base_url)) as child:
            deals = await asyncio.gather(*(_open(client, anna, number) for number in range(COMMANDS)))
            child.terminate()
            assert await asyncio.wait_for(child.wait(), 15) == 0
    assert len(set(deals)) == COMMANDS
    assert {number: deals[number] for number in answered} == answered
    assert await _deals(own_bootstrap) == Counter(deals)


async def _rep(client: httpx.AsyncClient) -> str:
    unit = (await client.post("/v1/units", json={"kind": "team", "title": "Север", "at": AT})).json()["unit"]
    body = {"name": "Анна", "unit": unit, "post": "sales", "at": AT}
    return str((await client.post("/v1/reps", json=body)).json()["rep"])


async def _open(client: httpx.AsyncClient, anna: str, number: int) -> str:
    body = {"customer": f"c{number % 7}", "rep": anna, "amount_minor": number, "currency": "RUB", "at": AT}
    answer = await client.post("/v1/deals", json=body, headers={"Idempotency-Key": f"deal-{number}"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["deal"])


async def _deals(bootstrap: str) -> Counter[str]:
    """How often each deal was opened, by the records that count."""
    ledger, opened = Ledger(), Counter[str]()
    async with consumer(KafkaSettings(bootstrap_servers=bootstrap)) as reader:
        async for record in read_to_end(reader, PARTITION):
            envelope = decode(record.value or b"").envelope
            if ledger.judge(envelope) is Verdict.COUNTS and envelope.type == "deal.opened":
                opened[(envelope.stream or "").removeprefix("deal/")] += 1
    return opened
