"""Kvota as it is released: its programs over one log and one home, somebody who looks, and the commands of versions."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from services.runtime.log import end_positions
from services.runtime.ports import free_port
from services.runtime.versions import Stage, Versions, read_versions, versions_log
from tests.events.examples.dates import at
from tests.projector.workers import SHARDS, append_to, following, settings_for
from tests.telling import ANNA, CALLS, answered, beat, decided, raw, won
from tests.wallboard.floor import soon

CHECKOUT = Path(__file__).resolve().parents[2]
NEW_PROJECTION = """-- How many calls of each queue came in each way on each day?
-- key: queue, direction, day
-- live: 8 days of day
SELECT queue, direction, day, 1 AS calls FROM calls WHERE type = 'call.ended'
"""


@dataclass
class Release:
    """Kvota's code of one release, over one log and one home."""

    code: Path
    environment: Mapping[str, str]

    async def start(self, *words: str, **told: str) -> asyncio.subprocess.Process:
        """Start a program of it."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, *words),
            cwd=self.code,
            env={**os.environ, "PYTHONPATH": str(self.code), **self.environment, **told},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def kvota(self, *words: str) -> asyncio.subprocess.Process:
        """Start a command of it."""
        return await self.start("-c", "from services.cli.main import main; main()", *words)

    @asynccontextmanager
    async def running(self, service: str, **told: str) -> AsyncGenerator[asyncio.subprocess.Process]:
        """Run a service for a block; what it says is thrown away."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"services.{service}"),
            cwd=self.code,
            env={**os.environ, "PYTHONPATH": str(self.code), **self.environment, **told},
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def next_release(release: Release, folder: Path) -> Release:
    """Give a release that has one projection more."""
    for name in ("events", "projections", "services"):
        shutil.copytree(CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "projections" / "queue_direction.sql").write_text(NEW_PROJECTION, encoding="utf-8")
    return Release(folder, release.environment)


async def sell(bootstrap: str, numbers: range) -> None:
    """Append calls of Anna's, a deal for each, and the beat of the feed: the board shows its day."""
    calls = [((CALLS, number % 2), raw(answered(talk=60), number)) for number in numbers]
    deals = [(("kvota.decisions", 0), decided(won(500, deal=f"d{number}"), f"deal/d{number}", 1)) for number in numbers]
    heard = (("kvota.feeds", 1), raw(beat(at(9, 30)), numbers.stop))
    await append_to(bootstrap, [*calls, *deals, heard])


@asynccontextmanager
async def working(release: Release, bootstrap: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run a projector for a block, which has folded all that there is."""
    async with release.running("projector") as process:
        async with asyncio.timeout(60), following(bootstrap) as reader:
            await reader.caught_up(await end_positions(settings_for(bootstrap), SHARDS.all_sources))
        yield process


async def worked(release: Release, bootstrap: str) -> None:
    """Run a projector until it has folded all that there is."""
    async with working(release, bootstrap) as process:
        process.terminate()
        assert await process.wait() == 0


@dataclass
class Screen:
    """Somebody who looks at a board all the time."""

    url: str
    calls: list[int] = field(default_factory=list[int])

    async def watch(self) -> None:
        """Look until cancelled; numbers never go back, and the board always answers."""
        async with httpx.AsyncClient(timeout=10) as client:
            while True:
                self.take((await client.get(self.url)).raise_for_status().json())
                await asyncio.sleep(0.1)

    def take(self, board: Mapping[str, Any]) -> None:
        """Note what a board shows."""
        self.calls.append(sum(row["calls"] for row in board["leaderboard"] if row["rep"] == ANNA))

    async def shows(self, calls: int) -> None:
        """Wait until Anna has so many calls."""
        assert await soon(lambda: self.calls[-1:] == [calls], within_s=60)


@asynccontextmanager
async def looked_at(release: Release, **told: str) -> AsyncGenerator[Screen]:
    """Run a wallboard, and look at it for a block."""
    port = free_port()
    async with release.running("wallboard", KVOTA_WALLBOARD_PORT=str(port), **told):
        screen = Screen(f"http://127.0.0.1:{port}/v1/board")
        async with httpx.AsyncClient() as client:
            assert await _until_it_answers(client, screen.url)
        watching = asyncio.create_task(screen.watch())
        try:
            yield screen
        finally:
            watching.cancel()
            with pytest.raises(asyncio.CancelledError):
                await watching


async def _until_it_answers(client: httpx.AsyncClient, url: str) -> bool:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await client.get(url)).is_success:
                    return True
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


async def told_of(bootstrap: str, version: int, stage: Stage) -> None:
    """Wait until a version has come to a stage."""

    def has_come(versions: Versions) -> bool:
        return version in versions.known and versions.known[version].standing.stage is stage

    async with asyncio.timeout(60), versions_log(settings_for(bootstrap)) as log:
        await log.until(has_come)


async def answered_by(release: Release, *words: str) -> dict[str, Any]:
    """Run a command that succeeds, and give its JSON."""
    process = await release.kvota(*words, "--json")
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, (out, err)
    said: dict[str, Any] = msgspec.json.decode(out)
    return said


async def refused_by(release: Release, *words: str) -> str:
    """Run a command that refuses, and give what it says."""
    process = await release.kvota(*words)
    _, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 2
    return err.decode()


async def rebuilt(release: Release) -> dict[str, Any]:
    """Rebuild, and give what was done."""
    return await answered_by(release, "projections", "rebuild")


async def verified(release: Release) -> dict[str, Any]:
    """Compare live with history, and give what was found."""
    return await answered_by(release, "projections", "verify")


async def kill_rebuilding(release: Release, bootstrap: str, version: int, stage: Stage) -> None:
    """Rebuild, and kill that as soon as the version has come to a stage."""
    process = await release.kvota("projections", "rebuild")
    await told_of(bootstrap, version, stage)
    process.kill()
    await process.wait()
    assert (await read_versions(settings_for(bootstrap))).serving == 1
