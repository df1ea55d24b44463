"""A 3CX over TCP, with a real Kafka: what it says is on the log, once, even where we are killed in between."""

import asyncio
import signal
from pathlib import Path

import pytest

from events.feeds import FeedGapFound
from services.feeds.live.address import Address
from services.feeds.three_cx.live.passive import BEGINS
from services.runtime.ports import free_port
from services.runtime.topics import ensure_topics, source_topics
from tests.feeds.kamailio.evapi_server import EvapiServer
from tests.feeds.samples import contents, events_of, facts, parked
from tests.feeds.test_service_kafka import process
from tests.feeds.three_cx.given import callid, clock, read, row
from tests.feeds.three_cx.test_live import says
from tests.feeds.watching import heard_until, soon, watch

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

ROWS = [
    row(historyid=str(number), callid=callid(number + 0.1), time_start=clock(number), time_answered="", duration="")
    for number in range(40)
]
FACTS = facts(read(*ROWS))


def settings(bootstrap: str, home: Path, **named: str) -> dict[str, str]:
    told = {f"KVOTA_FEEDS_3CX_{name.upper()}": value for name, value in named.items()}
    where = {"KVOTA_HOME": str(home), "KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap}
    return {**where, "KVOTA_FEEDS_PORT": str(free_port()), **told}


async def test_a_service_that_is_killed_between_rows_tells_each_call_once_and_the_gap(
    bootstrap: str, tmp_path: Path
) -> None:
    await ensure_topics(bootstrap, source_topics())
    log, server = await watch(bootstrap), EvapiServer(b"".join(ROWS), stops_at=[len(b"".join(ROWS[:20]))])
    told = settings(bootstrap, tmp_path, connect=str(server.address))
    async with server.running():
        async with process("-m", "services.feeds", **told) as feed:
            assert await log.holds(lambda records: len(facts(records)) >= 20)
            feed.kill()
            await feed.wait()
        server.go_on()
        async with process("-m", "services.feeds", **told) as feed:
            assert await log.holds(lambda records: len(facts(records)) >= 40)
            feed.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(feed.wait(), 20) == 0
    await log.look()
    assert {record.id: bytes(record.data) for record in facts(log.counted)} == {
        record.id: bytes(record.data) for record in FACTS
    }
    assert len(events_of(FeedGapFound, log.counted)) == 1
    assert not parked(log.counted)


async def test_the_command_lets_a_3cx_connect_until_it_is_interrupted(bootstrap: str, tmp_path: Path) -> None:
    await ensure_topics(bootstrap, source_topics())
    log, here = await watch(bootstrap), Address("127.0.0.1", free_port())
    command = ("-c", "from services.cli.main import main; main()", "feed", "3cx", "--listen", str(here))
    roster = tmp_path / "roster.json"
    roster.write_text('{"101": "anna"}')
    async with process(*command, "--roster", str(roster), **settings(bootstrap, tmp_path)) as feed:
        assert await soon(lambda: heard_until(tmp_path / "feeds" / "3cx-active") == len(BEGINS))
        _, writer = await says(here, *ROWS)
        assert await log.holds(lambda records: len(facts(records)) >= 40)
        writer.close()
        feed.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(feed.wait(), 20) == 0
    await log.look()
    assert sorted(contents(facts(log.all))) == sorted(contents(FACTS))
