"""The live feed with a real Kafka: what was said at the socket is on the log once, whatever breaks in between."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest

from events.calls import CallEnded, CallOffered
from events.envelope import Envelope
from events.feeds import FeedBeat, FeedCaughtUp, FeedGapClosed, FeedGapFound
from services.feeds.appender import Appender
from services.feeds.asterisk.live.feed import LiveAsterisk, run
from services.feeds.callers.heard import Callers
from services.feeds.facts import Company, Micros, instant
from services.runtime.errors import ClearError
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from tests.feeds.ami_server import AmiServer, Hole, capture_chunks
from tests.feeds.callers.asking import Asked
from tests.feeds.samples import LOG_FILE, MOSCOW, contents, events_of, facts, log_capture, read_ami, read_log
from tests.feeds.test_asterisk_gaps import figures
from tests.feeds.watching import Watched, soon, watch

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

CHUNKS = capture_chunks()
SAID = b"".join(CHUNKS)
FACTS = facts(read_ami(SAID))
LOGGED = figures(read_log(log_capture()))


@asynccontextmanager
async def feeding(server: AmiServer, bootstrap: str, home: Path, **changes: Any) -> AsyncGenerator[asyncio.Task[None]]:  # noqa: ANN401  # fields
    """Feed from a server that runs, until the block is over; then stop as one is told to."""
    live = LiveAsterisk(manager=server.manager, company=Company(MOSCOW), home=home)
    stop = asyncio.Event()
    async with Appender(KafkaSettings(bootstrap_servers=bootstrap), attempts=1, patience_s=10) as appender:
        task = asyncio.create_task(run(replace(live, **changes), appender, stop))
        try:
            yield task
        finally:
            stop.set()
            await task


async def watched(bootstrap: str) -> Watched:
    await ensure_topics(bootstrap, source_topics())
    return await watch(bootstrap)


def calls(records: list[Envelope]) -> Mapping[object, dict[str, Any]]:
    """Give the figures of the calls that queue_log sees."""
    return {identity: fields for identity, fields in figures(records).items() if identity in LOGGED}


def ids(records: list[Envelope]) -> set[UUID]:
    return {record.id for record in facts(records)}


async def test_what_is_said_over_tcp_is_what_the_file_says(bootstrap: str, tmp_path: Path) -> None:
    log, server = await watched(bootstrap), AmiServer(CHUNKS)
    async with server.running(), feeding(server, bootstrap, tmp_path):
        assert await log.holds(lambda told: ids(told) >= ids(FACTS))
    await log.look()
    assert sorted(contents(facts(log.counted))) == sorted(contents(FACTS))
    assert len(facts(log.all)) == len(FACTS)
    assert not events_of(FeedGapFound, log.counted)


async def test_the_phone_systems_clock_beats(bootstrap: str, tmp_path: Path) -> None:
    log, server = await watched(bootstrap), AmiServer(CHUNKS, pace_s=0.001)
    async with server.running(), feeding(server, bootstrap, tmp_path, system="pbx1"):
        assert await log.holds(lambda told: len(events_of(FeedBeat, told)) >= 3)
    beats = sorted(events_of(FeedBeat, log.counted), key=lambda beat: beat.occurred_at)
    assert {beat.feed for beat in beats} == {"/asterisk/pbx1"}
    assert all(1_795_533_128 <= beat.occurred_at.timestamp() <= 1_795_533_213 for beat in beats)
    assert [beat.received for beat in beats] == sorted(beat.received for beat in beats)


async def test_the_beats_say_what_could_not_be_read_and_the_clock_is_compared_with_ours(
    bootstrap: str, tmp_path: Path
) -> None:
    told_times = list[tuple[str, datetime]]()

    def told_time(feed: str, moment: Micros) -> None:
        told_times.append((feed, instant(moment)))

    place = SAID.index(b"\r\n\r\n", 1_200_000) + 4
    said = SAID[:place] + b"Event: AgentConnect\r\nTimestamp: noon\r\n\r\n" + SAID[place:]
    server = AmiServer([said[start : start + 1_000] for start in range(0, len(said), 1_000)], pace_s=0.0005)
    log = await watched(bootstrap)
    async with (
        server.running(),
        feeding(
            server,
            bootstrap,
            tmp_path,
            system="pbx1",
            told_time=told_time,
        ),
    ):
        assert await log.holds(lambda told: sum(beat.parked or 0 for beat in events_of(FeedBeat, told)) == 1)
    beats = events_of(FeedBeat, log.counted)
    assert {(beat.feed, beat.occurred_at) for beat in beats} <= set(told_times)
    assert sum(beat.parked or 0 for beat in beats) == 1


HOLES = [Hole(1_000_123, 1_500_000), Hole(2_300_007, 2_700_000)]


def after_events(holes: list[Hole]) -> list[Hole]:
    """Let what is heard next begin with an event, as a phone system would."""
    return [Hole(hole.at, SAID.index(b"\r\n\r\n", hole.until) + 4) for hole in holes]


async def test_what_was_not_heard_is_read_from_the_queue_log(bootstrap: str, tmp_path: Path) -> None:
    log, server = await watched(bootstrap), AmiServer(CHUNKS, after_events(HOLES))
    async with server.running(), feeding(server, bootstrap, tmp_path, queue_log=LOG_FILE):
        assert await log.holds(lambda told: calls(told).keys() >= LOGGED.keys())
    assert server.logins == 4  # one more to ask for the name
    assert calls(log.counted) == LOGGED
    gaps, filled = events_of(FeedGapFound, log.counted), events_of(FeedCaughtUp, log.counted)
    assert [gap.feed for gap in gaps] == [again.feed for again in filled] == ["/asterisk/pbx1"] * 2
    assert {(gap.after, gap.before) for gap in gaps} == {
        (again.starts_at.isoformat(), again.ends_at.isoformat()) for again in filled
    }
    assert all(again.appended > 0 and again.parked == 0 for again in filled)
    assert {gap.id for gap in log.counted if gap.type == "feed.gap_found"} == {
        closed.gap for closed in events_of(FeedGapClosed, log.counted)
    }


async def test_without_the_queue_log_the_gaps_are_told_and_no_call_is_told_wrongly(
    bootstrap: str, tmp_path: Path
) -> None:
    log, server = await watched(bootstrap), AmiServer(CHUNKS, after_events(HOLES))
    async with server.running(), feeding(server, bootstrap, tmp_path):
        assert await soon(lambda: server.done)
        assert await log.holds(lambda told: len(events_of(FeedGapFound, told)) == 2)
    await log.look()
    real = {call.call: call for call in events_of(CallEnded, FACTS)}
    for call in events_of(CallEnded, log.counted):
        assert (call.wait_seconds, call.talk_seconds) == (real[call.call].wait_seconds, real[call.call].talk_seconds)


def shifted(number: int) -> bytes:
    """Give the capture as if it were made so many thousand seconds later: other calls."""
    return re.sub(rb"17955(\d{5})", lambda found: b"17955%05d" % (int(found[1]) + 1000 * number), SAID)


@contextmanager
def stopped(folder: Path) -> Generator[None]:
    """Let the broker whose data are in this folder do nothing for the life of the block."""
    brokers = [
        process
        for process in psutil.Process().children(recursive=True)
        if "java" in process.name() and str(folder) in " ".join(process.cmdline())
    ]
    assert len(brokers) == 1
    os.kill(brokers[0].pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(brokers[0].pid, signal.SIGCONT)


async def test_while_kafka_does_not_answer_the_socket_is_drained_and_nothing_is_lost(
    fresh_bootstrap: str, tmp_path: Path
) -> None:
    flood = [chunk for number in range(8) for chunk in cut(shifted(number))]
    expected = ids(read_ami(b"".join(flood)))
    log, server = await watched(fresh_bootstrap), AmiServer(flood)
    async with server.running(), feeding(server, fresh_bootstrap, tmp_path):
        assert await soon(lambda: server.said > 1_000_000)
        with stopped(tmp_path / "broker"):
            assert await soon(lambda: server.done)
        assert server.slowest_write_s < 1
        assert await log.holds(lambda told: ids(told) >= expected, within_s=90)
    assert ids(log.counted) == expected
    assert server.logins == 2


def cut(said: bytes) -> list[bytes]:
    """Cut into pieces that end anywhere."""
    return [said[start : start + 30_011] for start in range(0, len(said), 30_011)]


async def test_a_restart_says_the_rest_and_nothing_twice(bootstrap: str, tmp_path: Path) -> None:
    log, server = await watched(bootstrap), AmiServer(CHUNKS, stops_at=[1_200_000, 2_400_000])
    async with server.running():
        for place in (1_200_000, 2_400_000, len(SAID)):
            server.go_on()
            async with feeding(server, bootstrap, tmp_path, queue_log=LOG_FILE):
                assert await soon(lambda place=place: server.said == place)  # type: ignore[misc]  # bound now
        await log.look()
    assert calls(log.counted) == LOGGED
    assert len(events_of(FeedGapFound, log.counted)) == 2


async def test_who_called_before_a_restart_is_who_ended_the_call_after_it(bootstrap: str, tmp_path: Path) -> None:
    log, server = await watched(bootstrap), AmiServer(CHUNKS, stops_at=[1_200_000, 2_400_000])
    asked = Asked()
    async with server.running():
        for place in (1_200_000, 2_400_000, len(SAID)):
            server.go_on()
            company = Company(MOSCOW, callers=Callers(asked.look_up))
            async with feeding(server, bootstrap, tmp_path, queue_log=LOG_FILE, company=company):
                assert await soon(lambda place=place: server.said == place)  # type: ignore[misc]  # bound now
        await log.look()
    offered = {event.call: event.person for event in events_of(CallOffered, log.counted)}
    ended = {event.call: event.person for event in events_of(CallEnded, log.counted)}
    assert len(offered) > 40
    assert None not in offered.values()
    assert {call: ended[call] for call in offered} == offered


async def test_only_one_process_feeds_from_a_phone_system(bootstrap: str, tmp_path: Path) -> None:
    await watched(bootstrap)
    server = AmiServer(CHUNKS)
    async with server.running(), feeding(server, bootstrap, tmp_path):
        assert await soon(lambda: server.done)
        with pytest.raises(ClearError, match="another process feeds from the same phone system"):
            async with feeding(server, bootstrap, tmp_path) as second:
                await second
