"""The wallboard's process over a real log: what is appended is shown, whatever is stopped in between."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.runtime.ports import free_port
from tests.callers import bearer
from tests.events.examples.dates import at
from tests.projector.workers import append_to, make_topics, working
from tests.telling import AGENTS, ANNA, CALLS, abandoned, answered, beat, decided, entered, raw
from tests.wallboard.floor import asked, offered, sold
from tests.wallboard.listening import listening

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]
DECISIONS = ("kvota.decisions", 0)


@pytest.fixture
async def bootstrap(fresh_bootstrap: str) -> str:
    """Give each test a log of its own."""
    await make_topics(fresh_bootstrap)
    return fresh_bootstrap


@asynccontextmanager
async def serving(module: str, port: int, environment: Mapping[str, str]) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run a service for a block, ready to serve; however the block ends, nothing of it stays."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, env={**os.environ, **environment})
    try:
        await _answers(f"http://127.0.0.1:{port}/readyz", lambda answer: answer.status_code == 200)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _answers(url: str, wanted: Callable[[httpx.Response], bool], within_s: float = 60) -> httpx.Response:
    """Ask until the answer is the one that is wanted; fails with the last one."""
    answer: httpx.Response | None = None
    deadline = asyncio.get_running_loop().time() + within_s
    async with httpx.AsyncClient(timeout=5) as client:
        while asyncio.get_running_loop().time() < deadline:
            try:
                answer = await client.get(url)
            except httpx.TransportError:
                answer = None
            if answer is not None and wanted(answer):
                return answer
            await asyncio.sleep(0.05)
    pytest.fail(f"{url} last answered {answer.text if answer else 'nothing'}")


def board_environment(bootstrap: str, port: int, **more: str) -> dict[str, str]:
    """Give the settings of a wallboard."""
    return {
        "KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "KVOTA_WALLBOARD_PORT": str(port),
        **{f"KVOTA_WALLBOARD_{name}": value for name, value in more.items()},
    }


async def test_what_is_appended_is_on_the_board_with_names_after_kill_and_restart(
    bootstrap: str, tmp_path: Path
) -> None:
    port, vault_port = free_port(), free_port()
    vault = {"KVOTA_HOME": str(tmp_path), "KVOTA_VAULT_PORT": str(vault_port)}
    environment = {
        **board_environment(bootstrap, port, VAULT_URL=f"http://127.0.0.1:{vault_port}"),
        "KVOTA_HOME": str(tmp_path),
    }
    board_url = f"http://127.0.0.1:{port}/v1/board"
    async with working(bootstrap, INSTANCE="one") as projector, serving("services.vault", vault_port, vault):
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{vault_port}", headers=bearer(tmp_path, "service")
        ) as client:
            (await client.put(f"/v1/people/{ANNA}", json={"name": "Анна Иванова"})).raise_for_status()
        async with serving("services.wallboard", port, environment):
            await append_to(bootstrap, _morning())
            board = (await _answers(board_url, _has(won=1_000_000))).json()
            await _answers(board_url, lambda answer: answer.json()["leaderboard"][0]["name"] == "Иванова А.")
        [line] = board["leaderboard"]
        assert (line["attainment_bp"], line["calls"], line["state"]) == (5_000, 2, "talking")
        [queue] = board["queues"]
        assert (queue["offered"], queue["answered"], queue["abandoned"], queue["waiting"]) == (3, 2, 1, 1)
        assert queue["service_level"] == 33.3
        await projector.kill()
        async with serving("services.wallboard", port, environment) as again:
            assert _numbers((await _answers(board_url, _has(won=1_000_000))).json()) == _numbers(board)
            await append_to(bootstrap, [(DECISIONS, decided(sold(5, ANNA, deal="d2"), "deal/d2", 1))])
            await _answers(board_url, lambda answer: answer.json()["tiles"]["ticker"]["age_ms"] > 2_000)
            await projector.start()
            after = (await _answers(board_url, _has(won=1_000_005))).json()
            assert after["tiles"]["ticker"]["age_ms"] < 5_000
            async with listening(f"http://127.0.0.1:{port}") as screen:
                await screen.next("board")
                again.terminate()
                assert (await screen.rest())[-1].event == "bye"
            assert await asyncio.wait_for(again.wait(), 10) == 0
        assert await projector.stop() == 0


async def test_without_the_projectors_topics_it_says_so_and_ends(bootstrap: str) -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.wallboard"),
        env={**os.environ, **board_environment(bootstrap, port, VERSION="9")},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert b"kvota.projector-9.ticks" in said
    assert b"Traceback" not in said


def _morning() -> list[tuple[tuple[str, int], bytes]]:
    calls = [answered(5), answered(30), abandoned(10), offered("c-1", at(9))]
    return [
        *(((CALLS, number % 2), raw(call, number)) for number, call in enumerate(calls, start=1)),
        ((AGENTS, 0), raw(entered("talking"), 1)),
        (("kvota.feeds", 1), raw(beat(at(9, 30)), 1)),
        (DECISIONS, decided(asked(2_000_000, ANNA), f"quota/quota-{ANNA}", 1)),
        (DECISIONS, decided(sold(1_000_000, ANNA, deal="d1"), "deal/d1", 1)),
    ]


def _has(*, won: int) -> Callable[[httpx.Response], bool]:
    """Whether a board shows this sum, and all that was told before it."""

    def holds(answer: httpx.Response) -> bool:
        if answer.status_code != 200:
            return False
        board = answer.json()
        lines, queues = board["leaderboard"], board["queues"]
        if not lines or not queues:
            return False
        sold_and_asked = lines[0]["booked_minor"] == won and lines[0]["attainment_bp"] is not None
        called = queues[0]["offered"] == 3 and lines[0]["calls"] == 2 and board["as_of"].startswith("2026-11-24T09:30")
        return sold_and_asked and called and queues[0]["waiting"] == 1 and lines[0]["state"] == "talking"

    return holds


def _numbers(board: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a board counts; waits depend on the clock."""
    lines = [{name: value for name, value in line.items() if name != "name"} for line in board["leaderboard"]]
    queues = [{**queue, "longest_wait_s": None} for queue in board["queues"]]
    deals = [{name: value for name, value in deal.items() if name != "names"} for deal in board["ticker"]]
    return {"leaderboard": lines, "queues": queues, "ticker": deals}
