"""Eight clients and three desks, of which some are killed, paused, cut off or late, and a broker that comes and goes.

`KVOTA_TEST_ARENAS=200` lets it go on for a long time.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from services.desk.log import PARTITION
from services.runtime.log import consumer, read_to_end
from services.runtime.settings import KafkaSettings
from tests.callers import bearer
from tests.desk.desks import vault_running
from tests.desk.linearizability import checker
from tests.desk.linearizability.arenas import Arena, Asking, arenas
from tests.desk.linearizability.clients import Clients, Seen
from tests.desk.linearizability.cluster import Cluster, clustered
from tests.desk.linearizability.history import Operation
from tests.desk.linearizability.porcupine import broken, porcupine
from tests.desk.linearizability.told import Told, told

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(7_200)]

ARENAS, SEED = int(os.environ.get("KVOTA_TEST_ARENAS", "50")), int(os.environ.get("KVOTA_TEST_SEED", "7"))
CLIENTS, DESKS, FAULTS = 8, 3, 6
PATIENCE_S = 3


@asynccontextmanager
async def running(home: Path, tmp_path: Path) -> AsyncGenerator[Cluster]:
    """Three desks with a vault."""
    async with vault_running(tmp_path) as vault:
        environment = {
            "KVOTA_HOME": str(tmp_path),
            "KVOTA_DESK_VAULT_URL": str(vault.base_url),
            "KVOTA_DESK_PATIENCE_S": str(PATIENCE_S),
        }
        async with clustered(home, tmp_path / "broker", DESKS, environment) as cluster:
            yield cluster


async def make(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    """Ask for something while nothing is wrong."""
    answer = await client.post(path, json=body)
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    found: dict[str, Any] = answer.json()
    return found


def mixed(made: Sequence[Arena], seed: int) -> list[Asking]:
    """What is asked for in each arena, one after the other: so those who exclude each other meet."""
    chance = Random(seed)  # no secret
    return [asking for arena in made for asking in arena.askings(chance)]


async def log_of(cluster: Cluster) -> Told:
    async with consumer(KafkaSettings(bootstrap_servers=cluster.bootstrap)) as reader:
        return told([record.value or b"" async for record in read_to_end(reader, PARTITION)])


def with_novelty(seen: Seen, log: Told) -> Operation:
    """An operation; of a sale, the answer is what its event says of the customer."""
    operation = seen.operation
    if operation.kind != "sales" or operation.answer != "done":
        return operation
    return replace(operation, answer=log.events[str(next(iter(seen.events)))]["novelty"])


def final(arena: Arena, log: Told, at: int) -> Operation:
    """The last look at an arena."""
    return Operation(arena.kind, arena.name, CLIENTS, {"do": "read"}, log.left(arena), at, at + 1)


async def test_every_history_can_be_explained_and_nothing_acknowledged_is_lost_or_doubled(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roles = {role: bearer(tmp_path, role) for role in ("manager", "executive")}
    async with running(home, tmp_path) as cluster:
        async with httpx.AsyncClient(
            base_url=cluster.desks[0].url, headers=roles["manager"], trust_env=False, timeout=30
        ) as client:
            made = await arenas(partial(make, client), ARENAS)
        clients = Clients([desk.url for desk in cluster.desks], roles, PATIENCE_S + 1)
        async with asyncio.TaskGroup() as group:
            group.create_task(cluster.disturb(clients.progress, SEED))
            group.create_task(clients.run(mixed(made, SEED), CLIENTS, SEED))
        log = await log_of(cluster)

    assert {command: times for command, times in log.commands.items() if times > 1} == {}
    assert all(len(seen.events) <= 1 for seen in clients.seen), "one command has two events"
    assert {str(event) for seen in clients.seen for event in seen.events} <= log.events.keys()

    history = [with_novelty(seen, log) for seen in clients.seen]
    after = max(operation.back or operation.call for operation in history) + 1
    history += [final(arena, log, after) for arena in made]
    assert checker.broken(history) == []
    program = porcupine()
    if program is not None:
        assert broken(program, history, tmp_path / "history.json") == []
    answers = Counter(
        "nobody knows" if each.answer is None else str(each.answer) for each in history if each.client < CLIENTS
    )
    assert len(set(cluster.happened)) == FAULTS, cluster.happened
    with capsys.disabled():
        print(f"\n{sum(answers.values())} operations: {dict(answers)}; faults: {dict(Counter(cluster.happened))}")  # noqa: T201
    assert {
        "done",
        "unit-in-circle",
        "headcount-plans-overlap",
        "nobody-can-take-lead",
        "new",
        "existing",
    } <= answers.keys()
