"""Somebody at the door of history, what lies in the archive behind it, and the service in a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI

from services.history.agreement import Agreement
from services.history.answers import Answers
from services.history.archive import Archive
from services.history.archiver import Archiver
from services.history.door import Chosen, Verify, door
from services.history.errors import NothingLiveError
from services.runtime.settings import KafkaSettings
from tests.callers import bearer, watch
from tests.projector.workers import append_to, make_topics
from tests.telling import (
    CALLS,
    DECISIONS,
    answered,
    assigned,
    decided,
    lying,
    period,
    raw,
    won,
)

CALL_LOG = [raw(answered(10, 60), 1), raw(answered(5, 30), 2)]
DEAL_LOG = [decided(assigned(period(1_000)), "quota/a", 1), decided(won(500), "deal/d1", 1)]


def fill(archive: Archive) -> None:
    archive.ingest([*lying(CALL_LOG), *lying(DEAL_LOG, DECISIONS)])


async def nothing_live(_version: int | None, _chosen: Chosen) -> Agreement:
    raise NothingLiveError


async def seeded(version: int) -> Mapping[str, str]:
    return {"rep_day": f"digest of version {version}"}


@asynccontextmanager
async def at_the_door(
    archive: Archive, verify: Verify = nothing_live, answers: Answers | None = None, at_once: int = 4
) -> AsyncGenerator[httpx.AsyncClient]:
    """Ask a door whose archiver does not run."""
    async with asking(door_of(archive, verify, answers, at_once), archive.path.parent) as client:
        yield client


def door_of(
    archive: Archive, verify: Verify = nothing_live, answers: Answers | None = None, at_once: int = 4
) -> FastAPI:
    """Make a door whose archiver does not run."""
    answers, known = answers or Answers(archive, "RU"), watch(archive.path.parent)
    return door(archive, Archiver(KafkaSettings(), archive), answers, verify, seeded, known, at_once)


@asynccontextmanager
async def asking(app: FastAPI, home: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """Ask a door as a manager."""
    transport, headers = httpx.ASGITransport(app), bearer(home, "manager")
    async with httpx.AsyncClient(transport=transport, base_url="http://history", headers=headers) as client:
        yield client


@asynccontextmanager
async def serving(home: Path, about: Mapping[str, str]) -> AsyncGenerator[None]:
    """Run the service for a block."""
    environment = {**os.environ, "KVOTA_HOME": str(home), **about}
    service = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.history", env=environment)
    try:
        yield
    finally:
        service.terminate()
        assert await asyncio.wait_for(service.wait(), 20) == 0


async def log_of_calls_and_deals(bootstrap: str) -> None:
    """Make the topics, and append the calls and the deals."""
    await make_topics(bootstrap)
    await append_to(bootstrap, [((CALLS, 0), value) for value in CALL_LOG])
    await append_to(bootstrap, [((DECISIONS, 0), value) for value in DEAL_LOG])


def ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.TransportError:
        return False
