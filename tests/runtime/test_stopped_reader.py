"""A reader of the log stops when it is told to, whatever it was about to do."""

import asyncio
import logging
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from types import CoroutineType

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import UnknownError

from services.broker.broker import Broker
from services.runtime.log import consumer
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from tests.broker.processes import kill

pytestmark = pytest.mark.kafka

DECISIONS = TopicPartition("kvota.decisions", 0)


class Heard(logging.Handler):
    """Notices that a fetch has failed."""

    def __init__(self) -> None:
        super().__init__()
        self.failed = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith("Failed fetch"):
            self.failed.set()


@contextmanager
def heard() -> Generator[Heard]:
    handler, logger = Heard(), logging.getLogger("aiokafka.consumer.fetcher")
    logger.addHandler(handler)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)


async def reading(reader: AIOKafkaConsumer) -> None:
    """Read from a partition whose leader is known."""
    await reader.end_offsets([DECISIONS])
    reader.assign([DECISIONS])
    reader.seek(DECISIONS, 0)
    await reader.getmany(timeout_ms=1)


def left_of_aiokafka() -> list[asyncio.Task[object]]:
    """What aiokafka began and has not ended."""
    return [task for task in asyncio.all_tasks() if _is_of_aiokafka(task.get_coro())]


def _is_of_aiokafka(work: object) -> bool:
    return isinstance(work, CoroutineType) and "aiokafka" in work.cr_code.co_filename


async def fail(*_: object) -> None:
    raise UnknownError


async def test_while_its_broker_is_away_whoever_stops_it_goes_on(home: Path, tmp_path: Path) -> None:
    with Broker(home=home, data_dir=tmp_path).running() as address:
        await ensure_topics(address, source_topics())
        with heard() as failures:
            async with consumer(KafkaSettings(bootstrap_servers=address)) as reader:
                await reading(reader)
                kill(tmp_path)
                async with asyncio.timeout(30):
                    await failures.failed.wait()
            assert not left_of_aiokafka()


async def test_of_a_reader_that_has_failed_nothing_is_left_and_its_user_hears_why(
    bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ensure_topics(bootstrap, source_topics())
    monkeypatch.setattr(Fetcher, "_fetch_requests_routine", fail)
    async with AsyncExitStack() as connection:
        reader = await connection.enter_async_context(consumer(KafkaSettings(bootstrap_servers=bootstrap)))
        await reading(reader)
        assert left_of_aiokafka()
        with pytest.raises(UnknownError):
            await connection.aclose()
    assert not left_of_aiokafka()


@pytest.mark.parametrize("passes", range(4))
async def test_told_to_stop_just_after_it_was_told_what_to_read_it_stops(bootstrap: str, passes: int) -> None:
    await ensure_topics(bootstrap, source_topics())
    async with consumer(KafkaSettings(bootstrap_servers=bootstrap)) as reader:
        await reading(reader)
        reader.assign([DECISIONS])
        reader.seek(DECISIONS, 0)
        for _ in range(passes):
            await asyncio.sleep(0)
        stopping = asyncio.create_task(reader.stop())
        done, _ = await asyncio.wait({stopping}, timeout=10)  # a timeout's cancelling would end what hangs, unnoticed
        assert done == {stopping}


async def test_told_to_stop_before_it_reads_anything_it_stops(bootstrap: str) -> None:
    async with consumer(KafkaSettings(bootstrap_servers=bootstrap)) as reader:
        assert reader.assignment() == set()
