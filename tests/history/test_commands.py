"""`kvota` asks the service while that runs, and the file afterwards."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.history.agreement import Agreement
from services.history.answers import Answers
from services.history.archive import FILE_NAME, Archive
from services.history.archiver import Archiver
from services.history.door import Chosen, Verify, door
from services.runtime.ports import free_port
from services.runtime.serving import Address, serve
from services.runtime.settings import KafkaSettings
from tests.callers import bearer, watch
from tests.cli.commands import Ran, kvota
from tests.events.examples.dates import at
from tests.history.doors import fill, log_of_calls_and_deals, ready, seeded, serving
from tests.projector.workers import append_to, working
from tests.telling import (
    ANNA,
    CALLS,
    DECISIONS,
    decided,
    refunded,
)
from tests.waiting import eventually

HURRIED = "import services.cli.history as asking; asking._WITHIN_S = {}; from services.cli.main import main; main()"
HURRIED_S = 0.2


async def test_verifying_may_take_longer_than_any_other_question(archive: Archive, path: Path) -> None:
    fill(archive)
    asked, answered_at_last = asyncio.Event(), asyncio.Event()

    async def verify(_version: int | None, _chosen: Chosen) -> Agreement:
        asked.set()
        await answered_at_last.wait()
        return Agreement(1, {(CALLS, 0): 2}, 7, [])

    async with served(archive, verify) as port:
        told = {"KVOTA_HOME": str(path.parent), "KVOTA_HISTORY_PORT": str(port)}
        words = (sys.executable, "-c", HURRIED.format(HURRIED_S), "projections", "verify")
        verifying = await asyncio.create_subprocess_exec(*words, env={**os.environ, **told}, stdout=subprocess.PIPE)
        await asyncio.wait_for(asked.wait(), 60)
        headers = bearer(path.parent, "auditor")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
            with pytest.raises(httpx.ReadTimeout):  # by now whoever asked before and waits no longer has given up
                await client.get("/v1/reports/rep_day", params={"after": f"{DECISIONS}/0@99"}, timeout=HURRIED_S)
        answered_at_last.set()
        out, _ = await asyncio.wait_for(verifying.communicate(), 60)
    assert (verifying.returncode, out) == (0, b"7 cells compared, 0 differ\n")


@asynccontextmanager
async def served(archive: Archive, verify: Verify) -> AsyncGenerator[int]:
    """Have a door on a port for a block."""
    guarded = watch(archive.path.parent)
    app = door(archive, Archiver(KafkaSettings(), archive), Answers(archive, "RU"), verify, seeded, guarded)
    address, stop = Address(port=free_port()), asyncio.Event()
    serving_it = asyncio.create_task(serve(app, address, stop))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{address.port}") as client:
        while not await _answers(client):  # noqa: ASYNC110  # it does not tell
            await asyncio.sleep(0.01)
    yield address.port
    stop.set()
    await serving_it


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/healthz")).is_success
    except httpx.TransportError:
        return False


@pytest.mark.kafka
@pytest.mark.timeout(240)
async def test_commands_work_alike_while_the_service_runs_and_afterwards(fresh_bootstrap: str, tmp_path: Path) -> None:
    await log_of_calls_and_deals(fresh_bootstrap)
    port = free_port()
    about: dict[str, Any] = {"KVOTA_KAFKA_BOOTSTRAP_SERVERS": fresh_bootstrap, "KVOTA_HISTORY_PORT": str(port)}

    async def run(*arguments: str) -> Ran:
        return await asyncio.to_thread(lambda: kvota(*arguments, home=tmp_path, **about))

    async with working(fresh_bootstrap), serving(tmp_path, about):
        assert await asyncio.to_thread(eventually, lambda: ready(port), 60)
        url = f"http://127.0.0.1:{port}/v1/reports/rep_day"
        headers = bearer(tmp_path, "auditor")
        await asyncio.to_thread(
            httpx.get, url, headers=headers, params={"after": "kvota.decisions/0@2,kvota.calls/0@2"}
        )
        report = await run("report", "quota_attainment", f"rep={ANNA}", "--json")
        table = await run("report", "rep_day", "--format", "csv")
        explained = await run("explain", "rep_day", f"rep={ANNA}", "currency=RUB", "--measure", "won_minor", "--json")
        verified = await run("projections", "verify", "--json")
        refused = await run("report", "nothing")
        await append_to(fresh_bootstrap, [((DECISIONS, 0), decided(refunded(100), "deal/d1", 2))])
        later = await asyncio.to_thread(httpx.get, url, headers=headers, params={"after": "kvota.decisions/0@3"})
    assert (report.code, report.err) == (0, "")
    assert report.json["rows"][0]["booked_minor"] == 500
    assert table.out.splitlines()[1].startswith("anna,2026-11-24,2,2")
    assert explained.json["sum"] == {"won_minor": 500}
    assert (verified.code, verified.json["agree"], verified.json["differences"]) == (0, True, [])
    assert verified.json["cells"] > 5
    assert (refused.code, refused.out) == (2, "")
    assert "no report 'nothing'; there are: agent_time, call_centre" in refused.err
    assert later.json()["rows"][0]["refunded_minor"] == {"RUB": 100}
    with Archive(tmp_path / FILE_NAME, {}) as archive:
        assert archive.positions()["kvota.decisions", 0] == 3
    known_at = ("--known-at", at(9).isoformat())
    assert (await run("report", "rep_day", "--json")).json["rows"] == later.json()["rows"]
    assert (await run("report", "rep_day", "--json", *known_at)).json["rows"] == []


def test_a_file_that_somebody_else_has_without_answering_is_one_clear_line(tmp_path: Path) -> None:
    with holding(tmp_path):
        ran = kvota("report", "rep_day", home=tmp_path, KVOTA_HISTORY_PORT=str(free_port()))
    assert (ran.code, ran.out) == (2, "")
    assert "is open in another process" in ran.err
    assert "no history service answers" in ran.err
    assert "Traceback" not in ran.err


@contextmanager
def holding(home: Path) -> Generator[None]:
    """Let another process have the file for a block."""
    program = (
        "import sys, pathlib\nfrom services.history.archive import Archive\n"
        "with Archive(pathlib.Path(sys.argv[1]), {}):\n    print('open', flush=True)\n    sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(home / FILE_NAME)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        yield
        other.communicate()
