"""Deliveries to the feeds' own process, which dies again and again: every call is told once, as by one clean run."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import httpx
import msgspec
import pytest

from events.calls import CallEnded, CallRestated
from events.feeds import FeedBeat
from services.runtime.topics import ensure_topics, source_topics
from tests.feeds.test_service_kafka import answers, process, told
from tests.feeds.watching import Watched, watch
from tests.feeds.webhooks.given import NOON, counted, events
from tests.feeds.webhooks.test_receiving import CALL

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]
CALLS = 120
KILLS = 4


def deliveries(number: int) -> Sequence[bytes]:
    """What Aircall says of a call, the last first; the hang-up knows of no answer yet."""
    call = {**CALL, "id": number, "started_at": NOON, "answered_at": NOON + 5, "ended_at": NOON + 5 + number}
    of_hangup = {**call, "answered_at": None, "user": None}
    said = [("call.ended", call), ("call.hungup", of_hangup), ("call.answered", call), ("call.created", call)]
    if number % 2:
        said.reverse()
    return [
        msgspec.json.encode(
            {"resource": "call", "event": event, "timestamp": NOON + 400, "token": "secret", "data": data}
        )
        for event, data in said
    ]


async def send(settings: dict[str, str], bodies: Sequence[bytes]) -> None:
    """Send until each is accepted, as a sender that tries again does."""
    url = f"http://127.0.0.1:{settings['KVOTA_FEEDS_PORT']}"
    async with httpx.AsyncClient(base_url=url) as http:
        for body in bodies:
            assert (await http.post("/v1/feeds/aircall", content=body)).status_code == 202


def ended(log: Watched) -> list[CallEnded]:
    """How each call ended, as it stands now."""
    now = {fact.id: event for fact in counted(log.all) for event in events(CallEnded, [fact])}
    for restated in events(CallRestated, counted(log.all)):
        if restated.of in now:
            assert isinstance(restated.now, CallEnded)
            now[restated.of] = restated.now
    return list(now.values())


def beaten(log: Watched) -> None:
    """The source beat once in a second of each partition of the intake, however often a second was read."""
    beats = events(FeedBeat, counted(log.all))
    assert {(beat.feed, beat.paced_by) for beat in beats} == {("aircall/webhooks", "deliveries")}
    seconds = [(beat.position.partition("@")[0], int(beat.occurred_at.timestamp())) for beat in beats]
    assert len(set(seconds)) == len(seconds) > 1


def secret_in(home: Path) -> None:
    file = home / "feeds" / "secrets" / "aircall"
    file.parent.mkdir(parents=True)
    file.write_text("secret\n")
    file.chmod(0o600)


async def test_a_door_that_is_killed_again_and_again_tells_every_call_once(bootstrap: str, tmp_path: Path) -> None:
    await ensure_topics(bootstrap, source_topics())
    settings, log = told(bootstrap, tmp_path), await watch(bootstrap)
    await asyncio.to_thread(secret_in, tmp_path)
    for part in range(KILLS):
        async with process("-m", "services.feeds", **settings) as feed:
            assert await answers(settings, "/readyz")
            for number in range(part * CALLS // KILLS + 1, (part + 1) * CALLS // KILLS + 1):
                await send(settings, deliveries(number))
            feed.kill()
    async with process("-m", "services.feeds", **settings):
        assert await log.holds(lambda found: sum(each.type == "call.ended" for each in found) >= CALLS)
        assert await log.holds(lambda _found: all(call.talk_seconds for call in ended(log)))
        assert await log.holds(lambda found: max((beat.received for beat in events(FeedBeat, found)), default=0) > 1)
    beaten(log)
    calls = ended(log)
    assert {call.call: (call.talk_seconds, call.wait_seconds, call.outcome) for call in calls} == {
        str(number): (number, 5, "answered") for number in range(1, CALLS + 1)
    }
