"""An agent of whom nobody says a word, with a real Kafka: told piece by piece, and once, by whoever dies meanwhile."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest

from events.agents import AgentStateEntered, AgentStateLasted
from events.envelope import Envelope
from services.feeds import quarters
from services.feeds.appender import Appender, Record
from services.feeds.facts import SECOND, Micros
from services.feeds.webhooks import agents, ticking
from services.feeds.webhooks.assembling import FILE_NAME, Assembling
from services.feeds.webhooks.seen import Doing, written
from services.runtime.settings import KafkaSettings
from services.runtime.topics import INTAKE, ensure_topics, intake_topics, source_topics
from tests.feeds.samples import events_of
from tests.feeds.watching import Watched, watch
from tests.feeds.webhooks.given import COMPANY

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]
QUARTER = 2
"""A shorter one, in seconds: nobody waits for a real one."""


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (quarters, agents):
        monkeypatch.setattr(module, "QUARTER", QUARTER)
    monkeypatch.setattr(agents, "PATIENCE", 0)
    monkeypatch.setattr(agents, "GRACE", 0)
    monkeypatch.setattr(ticking, "_AGAIN_S", 0.5)


@asynccontextmanager
async def assembling(kafka: KafkaSettings, folder: Path) -> AsyncGenerator[None]:
    """Fold the intake, until the block is over: then at once, wherever it is."""
    async with Appender(kafka) as appender:
        task = asyncio.create_task(Assembling(kafka, COMPANY, folder, appender).run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def say(kafka: KafkaSettings, agent: str, state: str) -> Micros:
    """Have a source say that an agent does something from now on."""
    at = time.time_ns() // 1000
    seen = Doing(source="/cloud", at=at, agent=agent, state=state)  # type: ignore[arg-type]  # one of them
    async with Appender(kafka) as appender:
        await appender.append([Record(INTAKE, f"/cloud/{agent}".encode(), written(seen))])
    return at


def pieces(log: Watched, agent: str) -> list[tuple[int, int]]:
    """From which second to which an agent is told to have talked, in order."""
    lasted = [each for each in events_of(AgentStateLasted, log.counted) if (each.rep, each.state) == (agent, "talking")]
    return sorted((int(each.began_at.timestamp()), int(each.began_at.timestamp()) + each.seconds) for each in lasted)


def entered(found: list[Envelope]) -> list[AgentStateEntered]:
    return events_of(AgentStateEntered, found)


async def test_who_talks_on_is_told_without_a_word_of_anybody_and_again_by_a_process_that_remembers_nothing(
    bootstrap: str, tmp_path: Path
) -> None:
    await ensure_topics(bootstrap, [*source_topics(), *intake_topics()])
    kafka, log, agent = KafkaSettings(bootstrap_servers=bootstrap), await watch(bootstrap), f"agent {uuid4()}"
    began = await say(kafka, agent, "talking")
    for number in range(3):
        async with assembling(kafka, tmp_path):
            assert await log.holds(lambda _found, least=2 * number + 2: len(pieces(log, agent)) >= least)  # type: ignore[misc]  # bound now
        (tmp_path / FILE_NAME).unlink()
    async with assembling(kafka, tmp_path):
        ended = await say(kafka, agent, "wrap")
        assert await log.holds(lambda found: any((each.rep, each.state) == (agent, "wrap") for each in entered(found)))
    told = pieces(log, agent)
    assert told[0][0] == began // SECOND
    assert ended // SECOND <= told[-1][1] <= quarters.quarter_of(ended // SECOND) + QUARTER  # a tick may come before it
    assert all(before[1] == after[0] for before, after in pairwise(told))
    assert all(0 < end - start <= QUARTER for start, end in told)
