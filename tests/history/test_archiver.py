"""The archiver against a real broker."""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer

from projections.projection import load_projections
from services.broker.broker import Broker
from services.history.archive import FILE_NAME, Archive
from services.history.archiver import Archiver
from services.history.errors import HistoryBehindError, HistoryMismatchError, UnknownNameError
from services.runtime.errors import NoBrokerError
from services.runtime.log import consumer, producer
from services.runtime.ports import free_port
from services.runtime.settings import KafkaSettings
from services.runtime.topics import APPEND_TIME, TopicSpec, ensure_topics, source_topics
from tests.broker.processes import kill, paused
from tests.recompute import recompute_logs
from tests.telling import abandoned, answered, lying, raw
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

PROJECTIONS = load_projections()
PARTITIONS = 2
LOGS = [
    [raw(answered(talk=number), number) for number in range(50)] + [b"no event"],
    [raw(abandoned(), number) for number in range(20)] * 2,
]


@pytest.fixture
def kafka(bootstrap: str) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=bootstrap, client_id="test")


@pytest.fixture
async def topic(kafka: KafkaSettings) -> str:
    """Make a topic of its own for each test: the broker is shared."""
    name = f"kvota.test-{uuid4().hex}"
    await ensure_topics(kafka.bootstrap_servers, [TopicSpec(name, PARTITIONS, APPEND_TIME)])
    return name


async def append(kafka: KafkaSettings, topic: str, logs: Sequence[Sequence[bytes]]) -> None:
    """Append to each partition of a topic."""
    async with producer(kafka) as writer:
        for partition, log in enumerate(logs):
            await asyncio.gather(*[await writer.send(topic, value, partition=partition) for value in log])


async def test_all_that_the_log_holds_is_archived_and_no_more_than_once(
    kafka: KafkaSettings, topic: str, archive: Archive
) -> None:
    archiver = Archiver(kafka, archive, [topic, "kvota.test-missing"])
    assert await archiver.catch_up() == {}
    await append(kafka, topic, LOGS)
    positions = {(topic, 0): 51, (topic, 1): 40}
    assert await archiver.catch_up() == positions
    assert await archiver.catch_up(positions) == positions
    assert archive.cells_at(positions, PROJECTIONS) == recompute_logs(LOGS)


async def test_it_goes_on_from_where_the_file_stands(kafka: KafkaSettings, topic: str, path: Path) -> None:
    for partition, log in enumerate(LOGS):
        await append(kafka, topic, [log if partition == place else [] for place in range(PARTITIONS)])
        with Archive(path, PROJECTIONS) as archive:
            await Archiver(kafka, archive, [topic]).catch_up()
    with Archive(path, PROJECTIONS) as archive:
        assert archive.cells_at(archive.positions(), PROJECTIONS) == recompute_logs(LOGS)


async def test_it_waits_for_what_is_not_there_yet(kafka: KafkaSettings, topic: str, archive: Archive) -> None:
    catching_up = asyncio.create_task(Archiver(kafka, archive, [topic]).catch_up({(topic, 1): 3}))
    await append(kafka, topic, [[], LOGS[1][:3]])
    assert (await asyncio.wait_for(catching_up, 20))[topic, 1] == 3


async def test_a_partition_that_there_is_not_is_refused(kafka: KafkaSettings, topic: str, archive: Archive) -> None:
    with pytest.raises(UnknownNameError, match=f"no partition '{topic}/9'"):
        await Archiver(kafka, archive, [topic]).catch_up({(topic, 9): 1})


async def test_another_log_than_the_one_archived_is_refused(kafka: KafkaSettings, topic: str, archive: Archive) -> None:
    archive.ingest(lying(LOGS[1], topic))
    with pytest.raises(HistoryMismatchError, match=f"{topic}/0 holds the offsets 0 to 0, .* goes on from 40"):
        await Archiver(kafka, archive, [topic]).catch_up()


async def test_a_log_that_is_another_one_while_it_follows_is_noticed(
    kafka: KafkaSettings, topic: str, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.history.archiver._LOOK_FOR_TOPICS_S", 0.1)
    running = asyncio.create_task(Archiver(kafka, archive, [topic]).run(asyncio.Event()))
    await append(kafka, topic, [[], LOGS[1][:3]])
    assert await asyncio.to_thread(eventually, lambda: archive.positions() == {(topic, 1): 3})
    archive.ingest(lying(LOGS[1], topic))
    with pytest.raises(HistoryMismatchError, match=f"{topic}/0 holds the offsets 0 to 0, .* goes on from 40"):
        await asyncio.wait_for(running, 30)


async def test_without_a_broker_it_says_so(archive: Archive) -> None:
    nowhere = KafkaSettings(bootstrap_servers="127.0.0.1:1", client_id="test")
    with pytest.raises(NoBrokerError):
        await Archiver(nowhere, archive).catch_up()


async def test_it_follows_until_told_to_stop(kafka: KafkaSettings, topic: str, archive: Archive) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(Archiver(kafka, archive, [topic]).run(stop))
    await append(kafka, topic, LOGS)
    positions = {(topic, 0): 51, (topic, 1): 40}
    assert await asyncio.to_thread(eventually, lambda: archive.positions() == positions)
    stop.set()
    await asyncio.wait_for(running, 5)
    assert archive.cells_at(archive.positions(), PROJECTIONS) == recompute_logs(LOGS)


async def test_where_its_broker_was_away_as_it_looked_for_topics_it_goes_on_when_the_broker_is_back(
    home: Path, tmp_path: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.history.archiver._LOOK_FOR_TOPICS_S", 0.1)
    stop, away = asyncio.Event(), asyncio.Event()
    broker = Broker(home=home, data_dir=tmp_path, port=free_port())
    kafka = KafkaSettings(bootstrap_servers=f"127.0.0.1:{broker.port}", client_id="test")

    def noticed(event: str, *, reason: str) -> None:
        assert event == "kafka_away"
        assert reason
        away.set()

    monkeypatch.setattr("services.history.archiver.log.warning", noticed)
    archiver = Archiver(kafka, archive, ["kvota.calls"])
    with broker.running():
        await ensure_topics(kafka.bootstrap_servers, source_topics(PARTITIONS))
        running = asyncio.create_task(archiver.run(stop))
        await append(kafka, "kvota.calls", LOGS)
        await archiver.reached({("kvota.calls", 0): 51, ("kvota.calls", 1): 40}, 30)
        kill(tmp_path)
        await asyncio.wait_for(away.wait(), 60)  # in the middle of a look it asks for 40 seconds
    with broker.running():
        await append(kafka, "kvota.calls", LOGS)
        await archiver.reached({("kvota.calls", 0): 102, ("kvota.calls", 1): 80}, 30)
        stop.set()
        await asyncio.wait_for(running, 10)


async def test_told_to_stop_while_it_waits_for_an_answer_of_kafka_it_stops(
    home: Path, tmp_path: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.history.archiver._LOOK_FOR_TOPICS_S", 0.1)
    stop, connects = asyncio.Event(), asyncio.Event()

    def noticed(kafka: KafkaSettings) -> AbstractAsyncContextManager[AIOKafkaConsumer]:
        connects.set()
        return consumer(kafka)

    monkeypatch.setattr("services.history.archiver.consumer", noticed)
    with Broker(home=home, data_dir=tmp_path).running() as address:
        await ensure_topics(address, source_topics(PARTITIONS))
        archiver = Archiver(KafkaSettings(bootstrap_servers=address, client_id="test"), archive, ["kvota.calls"])
        running = asyncio.create_task(archiver.run(stop))
        assert await asyncio.to_thread(eventually, lambda: archiver.following)
        with paused(tmp_path):
            connects.clear()
            await connects.wait()
            stop.set()
            await asyncio.wait_for(asyncio.shield(running), 10)


async def test_where_there_was_no_topic_at_all_those_made_later_are_archived(
    kafka: KafkaSettings, topic: str, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.history.archiver._LOOK_FOR_TOPICS_S", 0.1)
    later, stop = f"{topic}-later", asyncio.Event()
    archiver = Archiver(kafka, archive, [later])
    running = asyncio.create_task(archiver.run(stop))
    assert await asyncio.to_thread(eventually, lambda: archiver.following)
    await ensure_topics(kafka.bootstrap_servers, [TopicSpec(later, PARTITIONS, APPEND_TIME)])
    await append(kafka, later, LOGS)
    await archiver.reached({(later, 0): 51, (later, 1): 40}, 30)
    stop.set()
    await asyncio.wait_for(running, 10)


async def test_a_topic_made_later_is_archived_too(
    kafka: KafkaSettings, topic: str, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.history.archiver._LOOK_FOR_TOPICS_S", 0.1)
    later, stop = f"{topic}-later", asyncio.Event()
    archiver = Archiver(kafka, archive, [topic, later])
    running = asyncio.create_task(archiver.run(stop))
    await append(kafka, topic, LOGS)
    await archiver.reached({(topic, 0): 51, (topic, 1): 40}, 30)
    await ensure_topics(kafka.bootstrap_servers, [TopicSpec(later, PARTITIONS, APPEND_TIME)])
    await append(kafka, later, LOGS)
    await archiver.reached({(topic, 0): 51, (topic, 1): 40, (later, 0): 51, (later, 1): 40}, 30)
    stop.set()
    await asyncio.wait_for(running, 10)


async def test_who_waits_for_a_position_hears_of_it(kafka: KafkaSettings, topic: str, archive: Archive) -> None:
    stop = asyncio.Event()
    archiver = Archiver(kafka, archive, [topic])
    running = asyncio.create_task(archiver.run(stop))
    waiting = asyncio.create_task(archiver.reached({(topic, 0): 51, (topic, 1): 40}, 30))
    await append(kafka, topic, LOGS)
    await waiting
    assert archiver.following
    with pytest.raises(HistoryBehindError, match=f"{topic}/0 to 51 of 52"):
        await archiver.reached({(topic, 0): 52}, 0.1)
    stop.set()
    await asyncio.wait_for(running, 5)


async def test_the_service_stops_when_asked_and_leaves_a_whole_file(fresh_bootstrap: str, tmp_path: Path) -> None:
    kafka = KafkaSettings(bootstrap_servers=fresh_bootstrap, client_id="test")
    await ensure_topics(kafka.bootstrap_servers, source_topics(PARTITIONS))
    own = {"KVOTA_HOME": str(tmp_path), "KVOTA_HISTORY_PORT": "0"}
    environment = {**os.environ, **own, "KVOTA_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.history", env=environment, stderr=asyncio.subprocess.PIPE
    )
    assert service.stderr is not None
    assert b"archive_opened" in await service.stderr.readline()
    await append(kafka, "kvota.calls", LOGS)
    service.terminate()
    said = await asyncio.wait_for(service.stderr.read(), 20)
    assert b"archive_closed" in said
    assert await service.wait() == 0
    with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
        await Archiver(kafka, archive).catch_up()
        assert archive.positions()["kvota.calls", 0] >= 51
