"""The topic of a Kamailio's kafka module, read from a real broker by a process that may be killed at any moment."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.structs import TopicPartition

from events.envelope import Envelope
from events.feeds import FeedGapFound
from services.feeds.appender import Appender
from services.feeds.kamailio.live.topic import LiveTopic, NoTopicError
from services.runtime.ports import free_port
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from tests.feeds.kamailio.given import COMPANY, evapi, heard, topic_records
from tests.feeds.samples import contents, events_of, facts, parked
from tests.feeds.test_service_kafka import process
from tests.feeds.watching import Watched, watch

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

RECORDS = sorted(topic_records(), key=lambda record: record["ts"])
FACTS = facts(heard(evapi()))
PARTITIONS = 3


async def made(bootstrap: str) -> str:
    """Make a topic as a Kamailio would find it."""
    name = f"kamailio-acc-{uuid4().hex[:8]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    await admin.close()
    return name


async def written(bootstrap: str, topic: str, records: Sequence[dict[str, Any]]) -> None:
    """Write records to the partitions, and with the timestamps, that they had."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for record in records:
            await producer.send_and_wait(
                topic,
                record["value"].encode(),
                key=record["key"].encode(),
                partition=record["partition"],
                timestamp_ms=record["ts"],
            )


async def watched(bootstrap: str) -> Watched:
    await ensure_topics(bootstrap, source_topics())
    return await watch(bootstrap)


def all_told(records: list[Envelope]) -> bool:
    return {record.id for record in records} >= {record.id for record in FACTS}


@asynccontextmanager
async def feeding(bootstrap: str, topic: str, home: Path) -> AsyncGenerator[asyncio.Task[None]]:
    """Feed from a topic until the block is over; then stop as one is told to."""
    kafka = KafkaSettings(bootstrap_servers=bootstrap)
    live = LiveTopic(kafka=kafka, topic=topic, company=COMPANY, home=home, system="edge")
    stop = asyncio.Event()
    async with Appender(kafka, attempts=1, patience_s=10) as appender:
        task = asyncio.create_task(live.run(appender, stop))
        try:
            yield task
        finally:
            stop.set()
            await task


def settings(bootstrap: str, home: Path, topic: str) -> dict[str, str]:
    return {
        "KVOTA_HOME": str(home),
        "KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "KVOTA_FEEDS_PORT": str(free_port()),
        "KVOTA_FEEDS_KAMAILIO_TOPIC": topic,
        "KVOTA_FEEDS_KAMAILIO_SYSTEM": "edge",
    }


async def test_what_lies_in_the_partitions_is_told_once_as_evapi_tells_it(bootstrap: str, tmp_path: Path) -> None:
    log, topic = await watched(bootstrap), await made(bootstrap)
    await written(bootstrap, topic, RECORDS)
    async with feeding(bootstrap, topic, tmp_path):
        assert await log.holds(all_told)
    await log.look()
    assert sorted(contents(log.all)) == sorted(contents(FACTS))


async def test_of_a_topic_of_which_nothing_can_be_read_that_is_told(bootstrap: str, tmp_path: Path) -> None:
    log, topic = await watched(bootstrap), await made(bootstrap)
    await written(bootstrap, topic, [{**RECORDS[0], "value": "junk"}])
    async with feeding(bootstrap, topic, tmp_path):
        assert await log.holds(lambda found: len(parked(found)) == 1)


async def test_killed_and_started_again_the_events_are_those_of_one_clean_run(bootstrap: str, tmp_path: Path) -> None:
    log, topic = await watched(bootstrap), await made(bootstrap)
    told = settings(bootstrap, tmp_path, topic)
    places = (0, 40, 41, 90, len(RECORDS))
    for start, end in pairwise(places):
        before = len(facts(log.counted))
        async with process("-m", "services.feeds", **told) as feed:
            await written(bootstrap, topic, RECORDS[start:end])
            if end == len(RECORDS):
                assert await log.holds(all_told)
            elif end - start > 1:
                assert await log.holds(lambda found, before=before: len(facts(found)) > before)  # type: ignore[misc]  # bound now
            feed.kill()
            assert await feed.wait() == -signal.SIGKILL
    await log.look()
    assert sorted(contents(facts(log.counted))) == sorted(contents(FACTS))
    assert {record.id for record in facts(log.all)} == {record.id for record in FACTS}
    assert not events_of(FeedGapFound, log.all)


async def test_a_restart_goes_on_where_the_checkpoint_is_and_says_nothing_twice(bootstrap: str, tmp_path: Path) -> None:
    log, topic = await watched(bootstrap), await made(bootstrap)
    checkpoint = tmp_path / "feeds" / "kamailio-topic-edge" / "checkpoint"
    await written(bootstrap, topic, RECORDS[:75])
    async with feeding(bootstrap, topic, tmp_path):
        while not checkpoint.exists():
            await log.look()
    await log.look()
    before = len(log.all)
    await written(bootstrap, topic, RECORDS[75:])
    async with feeding(bootstrap, topic, tmp_path):
        assert await log.holds(all_told)
    await log.look()
    assert before > 10
    assert sorted(contents(log.all)) == sorted(contents(FACTS))


async def test_what_expired_before_it_was_read_is_a_gap(bootstrap: str, tmp_path: Path) -> None:
    log, topic = await watched(bootstrap), await made(bootstrap)
    checkpoint = tmp_path / "feeds" / "kamailio-topic-edge" / "checkpoint"
    await written(bootstrap, topic, RECORDS[:50])
    async with feeding(bootstrap, topic, tmp_path):
        while not checkpoint.exists():
            await log.look()
    await written(bootstrap, topic, RECORDS[50:100])
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.delete_records({TopicPartition(topic, number): RecordsToDelete(-1) for number in range(PARTITIONS)})
    await admin.close()
    await written(bootstrap, topic, RECORDS[100:])
    async with feeding(bootstrap, topic, tmp_path):
        assert await log.holds(lambda told: bool(events_of(FeedGapFound, told)) and len(facts(told)) > 25)
    [gap] = events_of(FeedGapFound, log.counted)
    assert gap.feed == "/kamailio/edge"
    assert {record.id for record in facts(log.counted)} < {record.id for record in FACTS}


async def test_what_cannot_be_read_is_parked_with_its_place_in_the_topic(bootstrap: str, tmp_path: Path) -> None:
    log, topic = await watched(bootstrap), await made(bootstrap)
    value = '{"call_id": 7, "src_user": "+79161234567"'
    junk = {**RECORDS[9], "value": value, "partition": 1}
    await written(bootstrap, topic, [*RECORDS[:9], junk, *RECORDS[9:]])
    async with feeding(bootstrap, topic, tmp_path):
        assert await log.holds(all_told)
    await log.look()
    [refused] = parked(log.counted)
    first = sum(record["partition"] == 1 for record in RECORDS[:9])
    assert (refused.origin, refused.position, refused.length) == (f"{topic}/1", first, len(value))
    assert b"+7916" not in b"".join(contents(log.counted))


async def test_a_topic_that_is_not_there_is_said_to_be_missing(bootstrap: str, tmp_path: Path) -> None:
    with pytest.raises(NoTopicError, match="there is no topic nowhere"):
        async with feeding(bootstrap, "nowhere", tmp_path) as task:
            await task


async def test_the_command_reads_a_topic_until_it_is_interrupted(bootstrap: str, tmp_path: Path) -> None:
    log, topic = await watched(bootstrap), await made(bootstrap)
    await written(bootstrap, topic, RECORDS)
    command = process(
        *("-c", "from services.cli.main import main; main()", "feed", "kamailio"),
        *("--topic", topic, "--brokers", bootstrap, "--system", "edge"),
        KVOTA_HOME=str(tmp_path),
        KVOTA_KAFKA_BOOTSTRAP_SERVERS=bootstrap,
    )
    async with command as feed:
        assert await log.holds(all_told)
        feed.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(feed.wait(), 20) == 0
