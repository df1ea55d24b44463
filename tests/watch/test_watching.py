"""Two watches, and one that reads the whole log anew, over real Kafka and a real archive: each thing is said once."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import httpx
import pytest
from aiokafka import TopicPartition

from events.codec import decode
from events.law import Ledger, Verdict
from projections.projection import load_projections
from services.history.answers import Answers
from services.history.archive import FILE_NAME, Archive
from services.history.archiver import Archiver
from services.history.door import door
from services.runtime.auth.credentials import ServiceCredentials
from services.runtime.decision_writer import Writer
from services.runtime.log import consumer, producer, read_to_end
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from services.watch.__main__ import rules
from services.watch.history import History, HistoryAwayError
from services.watch.noticing import Moment
from services.watch.settings import WatchSettings
from services.watch.watching import Watch
from tests.callers import auth, watch
from tests.desk.given import opened
from tests.desk.test_training import published
from tests.events.examples.dates import TODAY, at
from tests.history.doors import nothing_live, seeded
from tests.history.test_watching import granted, hired
from tests.telling import ANNA, BORIS, CALLS, DECISIONS, answered, assigned, decided, raw, won

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

DECIDED = (
    (hired(ANNA), f"rep/{ANNA}"),
    (hired(BORIS), f"rep/{BORIS}"),
    (assigned(), "quota/anna"),
    (assigned(holder=BORIS), "quota/boris"),
    (published(), "training/programmes"),
    (granted(ANNA, expires_on=date(2026, 11, 25)), f"trainee/{ANNA}"),
    (opened("still"), "deal/still"),
    (won(950), "deal/d1"),
)
"""Anna is nearly there, and her certification ends; Boris has sold nothing, and calls though nobody let him."""
EXPECTED = {
    "milestone.reached": 2,
    "pace_alert.raised": 1,
    "certification.expired": 1,
    "onboarding.breached": 1,
    "deal.stalled": 1,
}


@asynccontextmanager
async def history(bootstrap: str, home: Path) -> AsyncGenerator[History]:
    """History that follows the log, as the watch asks it."""
    kafka, stop = KafkaSettings(bootstrap_servers=bootstrap), asyncio.Event()
    with Archive(home / FILE_NAME, load_projections()) as archive:
        archiver = Archiver(kafka, archive)
        app = door(archive, archiver, Answers(archive, "RU"), nothing_live, seeded, watch(home))
        archiving = asyncio.create_task(archiver.run(stop))
        transport, asking = httpx.ASGITransport(app), ServiceCredentials("watch", auth(home))
        async with httpx.AsyncClient(transport=transport, base_url="http://history", auth=asking, timeout=60) as client:
            yield History(client)
        stop.set()
        await archiving


@asynccontextmanager
async def watching(bootstrap: str, asked: History, day: date) -> AsyncGenerator[Watch]:
    """A watch that knows nothing yet."""
    kafka = KafkaSettings(bootstrap_servers=bootstrap)
    moment = Moment(at(9, day=day), day)
    async with Writer(kafka) as writer, consumer(kafka) as reader:
        yield Watch(reader, writer, asked, rules(WatchSettings(stalled_days=3)), lambda: moment, 1)


async def happened(bootstrap: str) -> None:
    await ensure_topics(bootstrap, source_topics(1))
    async with producer(KafkaSettings(bootstrap_servers=bootstrap)) as writer:
        for event, stream in DECIDED:
            await writer.send_and_wait(DECISIONS, decided(event, stream, 1), partition=0)
        await writer.send_and_wait(CALLS, raw(answered(rep=BORIS), 1), partition=0)


async def noticed(bootstrap: str) -> Counter[str]:
    """What watches said that counts, by type."""
    ledger, found = Ledger(), Counter[str]()
    async with consumer(KafkaSettings(bootstrap_servers=bootstrap)) as reader:
        async for record in read_to_end(reader, TopicPartition(DECISIONS, 0)):
            envelope = decode(record.value or b"").envelope
            if ledger.judge(envelope) is Verdict.COUNTS and envelope.source == "/watch":
                found[envelope.type] += 1
    return found


async def test_two_watches_and_a_replay_of_everything_say_each_thing_once(fresh_bootstrap: str, tmp_path: Path) -> None:
    await happened(fresh_bootstrap)
    day = date(2026, 11, 27)
    async with history(fresh_bootstrap, tmp_path) as asked:
        async with (
            watching(fresh_bootstrap, asked, day) as one,
            watching(fresh_bootstrap, asked, day) as other,
        ):
            together = await asyncio.gather(one.look(), other.look())
            assert max(together) > 0
            assert await noticed(fresh_bootstrap) == EXPECTED
            assert one.looks
            assert sum(await asyncio.gather(one.look(), other.look())) == 0
        async with watching(fresh_bootstrap, asked, day) as anew:
            assert await anew.look() == 0
        assert await noticed(fresh_bootstrap) == EXPECTED


@pytest.mark.parametrize(("status", "text"), [(503, "starting"), (200, "<html>"), (200, "{}")])
async def test_a_watch_says_when_history_does_not_answer(fresh_bootstrap: str, status: int, text: str) -> None:
    await happened(fresh_bootstrap)
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, text=text))
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://history") as client,
        watching(fresh_bootstrap, History(client), TODAY) as one,
    ):
        with pytest.raises(HistoryAwayError):
            await one.look()
        assert not one.looks
