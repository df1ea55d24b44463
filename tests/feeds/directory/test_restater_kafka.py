"""Whoever restates, with a real broker that does not always answer: the door goes on, and nothing is left out."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaTimeoutError

from events.calls import CallEnded
from services.feeds.appender import Appender, append
from services.feeds.directory import restater
from services.feeds.directory.directory import Directory
from services.feeds.directory.following import Following, read_directory
from services.feeds.directory.restater import Restater
from services.feeds.directory.restating import is_correction
from services.feeds.facts import Company, Teller
from services.runtime.durable import write_whole
from services.runtime.log import consumer, producer
from services.runtime.settings import KafkaSettings
from services.runtime.shards import DECISIONS
from services.runtime.topics import ensure_topics, source_topics
from tests.events.examples.dates import at
from tests.feeds.directory.world import PBX, ended, mapped
from tests.feeds.samples import MOSCOW
from tests.feeds.watching import Watched, soon, watch
from tests.telling import decided

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]
CALLS = 20
"""So many that each partition has some."""


def _now(number: int) -> CallEnded:
    now = datetime.now(UTC)
    return ended(number, "Anna").model_copy(update={"occurred_at": now, "day": now.date()})


async def _floor(kafka: KafkaSettings) -> Watched:
    """A log of calls by the names of the phone system, and a decision about them."""
    await ensure_topics(kafka.bootstrap_servers, source_topics())
    log, teller = await watch(kafka.bootstrap_servers), Teller(PBX, Company(MOSCOW))
    await append(kafka, [teller.tell(_now(number), f"call/c{number}", "", 1) for number in range(CALLS)])
    event = mapped("Anna", "rep-1", datetime.now(UTC) - timedelta(hours=1))
    async with producer(kafka) as desk:
        await desk.send_and_wait(DECISIONS, decided(event, "directory/Anna", 1))
    return log


@asynccontextmanager
async def _restating(kafka: KafkaSettings, home: Path) -> AsyncGenerator[None]:
    following = Following(kafka)
    async with Appender(kafka) as appender, asyncio.TaskGroup() as group:
        tasks = [group.create_task(following.run())]
        await following.known.wait()
        tasks.append(group.create_task(Restater(kafka, following, home, appender).run()))
        yield
        for task in tasks:
            task.cancel()


@dataclass
class _Unsteady:
    """Gives a consumer that does not answer what it is asked the second time."""

    asked: str
    times: int = 0

    @asynccontextmanager
    async def consumer(self, kafka: KafkaSettings, *, wait_ms: int) -> AsyncGenerator[AIOKafkaConsumer]:
        async with consumer(kafka, wait_ms=wait_ms) as reader:
            answer = getattr(reader, self.asked)

            async def answered(*about: Any) -> Any:  # noqa: ANN401  # as the one that it stands for
                self.times += 1
                if self.times == 2:
                    raise KafkaTimeoutError
                return await answer(*about)

            setattr(reader, self.asked, answered)
            yield reader


@pytest.mark.parametrize("asked", ["end_offsets", "offsets_for_times"])
async def test_a_log_that_does_not_answer_is_asked_again_and_nothing_is_left_out(
    asked: str, fresh_bootstrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails here would end the process, with the door and all that it listens to."""
    kafka, unsteady = KafkaSettings(bootstrap_servers=fresh_bootstrap), _Unsteady(asked)
    monkeypatch.setattr(restater, "consumer", unsteady.consumer)
    log = await _floor(kafka)
    async with _restating(kafka, tmp_path):
        assert await log.holds(lambda found: sum(is_correction(each.source) for each in found) == CALLS)
        assert await soon(lambda: unsteady.times > 2)


async def test_a_long_way_is_written_down_as_it_is_gone(
    fresh_bootstrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Months of a busy floor take hours, and whoever is killed on the way begins where that was written down last."""
    kafka, written = KafkaSettings(bootstrap_servers=fresh_bootstrap), list[dict[str, int]]()

    def write(file: Path, data: bytes) -> None:
        written.append(json.loads(data)["positions"].get("kvota.calls", {}))
        write_whole(file, data)

    for name, value in {"_READ": 1, "_STRETCH": 1, "_SAVE_S": 0, "write_whole": write}.items():
        monkeypatch.setattr(restater, name, value)
    log = await _floor(kafka)
    async with _restating(kafka, tmp_path):
        assert await log.holds(lambda found: sum(is_correction(each.source) for each in found) == CALLS)
        assert await soon(lambda: len({sum(positions.values()) for positions in written}) >= CALLS)


async def test_where_nothing_can_be_decided_yet_nothing_is_and_what_is_decided_later_is_known(
    fresh_bootstrap: str,
) -> None:
    """A log that was made without the topic of decisions takes files in; whoever follows it waits for the topic."""
    kafka, directory = KafkaSettings(bootstrap_servers=fresh_bootstrap), Directory()
    topics = {spec.name: spec for spec in source_topics()}
    await ensure_topics(fresh_bootstrap, [topics["kvota.calls"]])
    await read_directory(kafka, directory)
    assert directory.position == 0
    following = Following(kafka, directory)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        at_work = group.create_task(following.run())
        await ensure_topics(fresh_bootstrap, [topics[DECISIONS]])
        await following.known.wait()
        async with producer(kafka) as desk:
            await desk.send_and_wait(DECISIONS, decided(mapped("Anna", "rep-1", at(8)), "directory/Anna", 1))
        await following.reached(1)
        at_work.cancel()
    assert directory.meaning(PBX, "agent", "Anna", at(9)) == "rep-1"
