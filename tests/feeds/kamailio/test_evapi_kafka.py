"""A Kamailio listened to over evapi, with a real Kafka: killed and cut off, the same calls are told, and the gaps."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from events.envelope import Envelope
from events.feeds import FeedGapFound
from services.feeds.appender import Appender
from services.feeds.kamailio.live.evapi import BEGINS, LiveEvapi
from services.runtime.errors import ClearError
from services.runtime.ports import free_port
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from tests.feeds.kamailio.evapi_server import EvapiServer
from tests.feeds.kamailio.given import COMPANY, evapi, heard
from tests.feeds.samples import contents, events_of, facts, parked
from tests.feeds.test_service_kafka import process
from tests.feeds.watching import Watched, heard_until, soon, watch

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

SAID = evapi()
FACTS = facts(heard(SAID))


def after_record(share: float) -> int:
    """Find the end of a record after this share of all that is said."""
    return SAID.index(b"\n", int(len(SAID) * share)) + 1


@asynccontextmanager
async def feeding(server: EvapiServer, bootstrap: str, home: Path) -> AsyncGenerator[asyncio.Task[None]]:
    """Feed from a server that runs, until the block is over; then stop as one is told to."""
    live = LiveEvapi(address=server.address, company=COMPANY, home=home, system="edge")
    stop = asyncio.Event()
    async with Appender(KafkaSettings(bootstrap_servers=bootstrap), attempts=1, patience_s=10) as appender:
        task = asyncio.create_task(live.run(appender, stop))
        try:
            yield task
        finally:
            stop.set()
            await task


async def watched(bootstrap: str) -> Watched:
    await ensure_topics(bootstrap, source_topics())
    return await watch(bootstrap)


def all_told(records: list[Envelope]) -> bool:
    return {record.id for record in records} >= {record.id for record in FACTS}


async def test_what_is_said_over_tcp_is_what_the_file_says(bootstrap: str, tmp_path: Path) -> None:
    log, server = await watched(bootstrap), EvapiServer(SAID)
    async with server.running(), feeding(server, bootstrap, tmp_path):
        assert await log.holds(all_told)
    await log.look()
    assert sorted(contents(log.all)) == sorted(contents(FACTS))


async def test_cut_off_inside_a_record_that_record_is_parked_and_the_gap_is_told(
    bootstrap: str, tmp_path: Path
) -> None:
    cut = after_record(0.5) + 40
    log, server = await watched(bootstrap), EvapiServer(SAID, breaks_at=[cut])
    async with server.running(), feeding(server, bootstrap, tmp_path):
        assert await log.holds(lambda told: len(facts(told)) >= 49)
        assert await soon(lambda: server.done)
    await log.look()
    [gap] = events_of(FeedGapFound, log.counted)
    assert gap.feed == "/kamailio/edge"
    assert server.connections == 2
    assert len(parked(log.counted)) == 2  # the two halves of one record
    assert {record.id for record in facts(log.counted)} <= {record.id for record in FACTS}


def settings(bootstrap: str, home: Path, server: EvapiServer) -> dict[str, str]:
    return {
        "KVOTA_HOME": str(home),
        "KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "KVOTA_FEEDS_PORT": str(free_port()),
        "KVOTA_FEEDS_KAMAILIO_EVAPI": str(server.address),
        "KVOTA_FEEDS_KAMAILIO_SYSTEM": "edge",
    }


def has_heard(home: Path, server: EvapiServer, place: int) -> bool:
    """Whether all that it says until a place is in the spool."""
    return heard_until(home / "feeds" / "kamailio-evapi-edge") == server.connections * len(BEGINS) + place


async def test_killed_and_cut_off_in_the_middle_it_tells_the_same_calls_and_the_gaps(
    bootstrap: str, tmp_path: Path
) -> None:
    first, cut, second = (after_record(share) for share in (0.3, 0.5, 0.7))
    log, server = await watched(bootstrap), EvapiServer(SAID, breaks_at=[cut], stops_at=[first, second])
    told = settings(bootstrap, tmp_path, server)
    async with server.running():
        for place in (first, second):
            async with process("-m", "services.feeds", **told) as feed:
                assert await soon(lambda place=place: has_heard(tmp_path, server, place))  # type: ignore[misc]  # bound now
                feed.kill()
                await feed.wait()
            server.go_on()
        async with process("-m", "services.feeds", **told) as feed:
            assert await log.holds(all_told)
            feed.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(feed.wait(), 20) == 0
    await log.look()
    assert sorted(contents(facts(log.counted))) == sorted(contents(FACTS))
    assert len(events_of(FeedGapFound, log.counted)) == server.connections - 1 == 3
    assert not parked(log.counted)


async def test_the_command_listens_until_it_is_interrupted(bootstrap: str, tmp_path: Path) -> None:
    log, server = await watched(bootstrap), EvapiServer(SAID)
    command = process(
        *("-c", "from services.cli.main import main; main()", "feed", "kamailio"),
        *("--connect", str(server.address), "--system", "edge"),
        KVOTA_HOME=str(tmp_path),
        KVOTA_KAFKA_BOOTSTRAP_SERVERS=bootstrap,
    )
    async with server.running(), command as feed:
        assert await log.holds(all_told)
        feed.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(feed.wait(), 20) == 0


async def test_only_one_process_feeds_from_a_kamailio(bootstrap: str, tmp_path: Path) -> None:
    await watched(bootstrap)
    server = EvapiServer(SAID)
    async with server.running(), feeding(server, bootstrap, tmp_path):
        assert await soon(lambda: server.done)
        with pytest.raises(ClearError, match="another process feeds from the same phone system"):
            async with feeding(server, bootstrap, tmp_path) as second:
                await second
