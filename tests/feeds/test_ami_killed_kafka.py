"""A live feed that is killed while its phone system goes on talking: what queue_log has of it is told all the same."""

import os
import random
from pathlib import Path

import pytest

from events.agents import AgentStateLasted
from events.envelope import Envelope
from events.feeds import FeedGapFound
from tests.feeds.ami_server import END, AmiServer
from tests.feeds.samples import events_of, log_capture, read_log
from tests.feeds.test_live_kafka import CHUNKS, LOGGED, SAID, calls, watched
from tests.feeds.test_service_kafka import process, told
from tests.feeds.watching import soon

KILLS = int(os.environ.get("KVOTA_TEST_KILLS", "4"))

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180 + 60 * KILLS)]

Lasted = set[tuple[str, str, str | None, str | None, str, int]]


def lasted(records: list[Envelope]) -> Lasted:
    """How long each rep talked and paused, to the second: what a queue_log tells of agents whatever else is heard."""
    return {
        (each.rep, each.state, each.reason, each.queue, f"{each.began_at:%H:%M:%S}", each.seconds)
        for each in events_of(AgentStateLasted, records)
        if each.state in {"talking", "paused"}
    }


def stretches(chance: random.Random) -> list[int]:
    """Where it is killed, one place a stretch of what is said, and none so late that nothing comes after it."""
    length = len(SAID) * 9 // 10 // KILLS
    return [chance.randrange(kill * length, (kill + 1) * length) for kill in range(KILLS)]


def unheard(server: AmiServer, chance: random.Random) -> int:
    """How far the phone system goes on in the meantime: to the end of an event, perhaps of the one it is in."""
    ahead = chance.choice([0, 2_000, len(SAID) // 10 // KILLS])
    return SAID.index(END, min(server.said + chance.randint(0, ahead), len(SAID) - len(END))) + len(END)


async def test_killed_again_and_again_it_has_told_in_the_end_all_that_the_queue_log_tells(
    bootstrap: str, tmp_path: Path
) -> None:
    chance, kills = random.Random(KILLS), 0
    log, server = await watched(bootstrap), AmiServer(CHUNKS, pace_s=0.001)
    settings = told(bootstrap, tmp_path, server)
    async with server.running():
        for place in stretches(chance):
            async with process("-m", "services.feeds", **settings) as feed:
                assert await soon(lambda place=place: server.said > place, 120)  # type: ignore[misc]  # bound now
                feed.kill()
                kills += await feed.wait() == -9
            assert await soon(lambda: not server.connected)
            server.goes_on_unheard(unheard(server, chance))
        async with process("-m", "services.feeds", **settings):
            assert await log.holds(lambda found: calls(found).keys() >= LOGGED.keys() and server.done)
    assert kills == KILLS
    assert calls(log.counted) == LOGGED
    assert lasted(log.counted) >= lasted(read_log(log_capture()))
    assert len(events_of(FeedGapFound, log.counted)) == KILLS
