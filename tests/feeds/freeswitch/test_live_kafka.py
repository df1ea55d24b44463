"""A FreeSWITCH listened to, with a real Kafka: killed at any stage, all that its socket handed out is told, once."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from events.envelope import Envelope
from events.feeds import FeedBeat, FeedGapFound
from services.feeds.appender import Appender
from services.feeds.facts import Company
from services.feeds.freeswitch.live.connection import BEGINS
from services.feeds.freeswitch.live.feed import LiveFreeSwitch
from services.runtime.errors import ClearError
from services.runtime.ports import free_port
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from tests.feeds.freeswitch.esl_server import PASSWORD, EslServer
from tests.feeds.freeswitch.given import AUTH, Member, Switch, framed, read_on
from tests.feeds.samples import MOSCOW, contents, events_of, facts, parked
from tests.feeds.test_live_kafka import stopped
from tests.feeds.test_service_kafka import process
from tests.feeds.watching import Watched, heard_until, soon, watch

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

CALLERS = 60


def busy(step: int = 1) -> Sequence[bytes]:
    """What is said of an hour on which caller after caller is answered; with a step of 1 its numbers have no hole."""
    switch, said = Switch(step=step), list[bytes]()
    for number in range(3):
        said.append(switch.status(number, f"agent{number}", "Available"))
    for number in range(CALLERS):
        now, agent = 10 + 60 * number, f"agent{number % 3}"
        caller = Member(switch, f"c{number}", agent=agent, joined=now)
        said += [caller.starts(), caller.offered(now + 2), caller.answered(now + 2, now + 7)]
        said += [switch.hangup(now + 40, caller.leg, "recv_bye"), caller.bridge_ended(now + 2, now + 7, now + 40)]
        said += [caller.terminated(now + 2, now + 7, now + 40), switch.state(now + 40.2, agent, "Waiting")]
        said += [
            switch.hangup(now + 41, caller.call, variable_cc_side="member"),
            switch.event("HEARTBEAT", now + 50, {}),
        ]
    return said


SAID = busy()
FACTS = facts(read_on(AUTH + b"".join(SAID)))


def shared(events: Sequence[bytes], *shares: float) -> list[Sequence[bytes]]:
    """Cut what is said into these shares."""
    places = [0, *(int(len(events) * share) for share in shares), len(events)]
    return [events[start:end] for start, end in pairwise(places)]


def cut(events: Sequence[bytes], *shares: float) -> list[bytes]:
    """Say these shares of what is said to one connection after another."""
    return [b"".join(map(framed, share)) for share in shared(events, *shares)]


@asynccontextmanager
async def feeding(server: EslServer, bootstrap: str, home: Path) -> AsyncGenerator[asyncio.Task[None]]:
    """Feed from a server that runs, until the block is over; then stop as one is told to."""
    live = LiveFreeSwitch(socket=server.socket, company=Company(MOSCOW), home=home, system="sw1")
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


def settings(bootstrap: str, home: Path, server: EslServer) -> dict[str, str]:
    password = home / "password"
    password.write_text(PASSWORD + "\n")
    return {
        "KVOTA_HOME": str(home),
        "KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "KVOTA_FEEDS_PORT": str(free_port()),
        "KVOTA_FEEDS_FREESWITCH_ESL": server.socket.address,
        "KVOTA_FEEDS_FREESWITCH_PASSWORD_FILE": str(password),
        "KVOTA_FEEDS_FREESWITCH_SYSTEM": "sw1",
    }


def has_heard(home: Path, *connections: Sequence[bytes]) -> bool:
    """Whether all these events, and nothing else, are in the spool, or were."""
    events = [event for connection in connections for event in (BEGINS, *connection)]
    return heard_until(home / "feeds" / "freeswitch-sw1") == sum(map(len, events))


async def test_what_is_said_over_tcp_is_what_the_file_says(bootstrap: str, tmp_path: Path) -> None:
    log, server = await watched(bootstrap), EslServer(cut(SAID), ends=False)
    async with server.running(), feeding(server, bootstrap, tmp_path):
        assert await log.holds(all_told)
        assert await log.holds(lambda told: len(events_of(FeedBeat, told)) == CALLERS)
    assert sorted(contents(facts(log.all))) == sorted(contents(FACTS))
    assert {beat.feed for beat in events_of(FeedBeat, log.all)} == {"/freeswitch/sw1"}


async def test_killed_at_any_stage_it_tells_what_one_connection_would_have_told(bootstrap: str, tmp_path: Path) -> None:
    parts = shared(SAID, *(shares := (0, 0.03, 0.31, 0.9)))
    log, server = await watched(bootstrap), EslServer(cut(SAID, *shares), ends=False)
    told = settings(bootstrap, tmp_path, server)
    async with server.running():
        for number in range(len(parts)):
            async with process("-m", "services.feeds", **told) as feed:
                assert await soon(lambda number=number: server.logins == number + 1)  # type: ignore[misc]  # bound now
                assert await soon(lambda number=number: has_heard(tmp_path, *parts[: number + 1]))  # type: ignore[misc]  # bound now
                if number == 3:  # at once; the others also when some of it, or all, is on the log
                    assert await log.holds(lambda found: len(facts(found)) > CALLERS)
                feed.kill()
        server.connections = [*server.connections, b""]
        async with process("-m", "services.feeds", **told) as feed:
            assert await log.holds(all_told)
            feed.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(feed.wait(), 20) == 0
    await log.look()
    assert sorted(contents(facts(log.counted))) == sorted(contents(FACTS))
    assert not events_of(FeedGapFound, log.counted)
    assert not parked(log.counted)


async def test_killed_while_kafka_takes_nothing_it_tells_from_the_spool(fresh_bootstrap: str, tmp_path: Path) -> None:
    log, server = await watched(fresh_bootstrap), EslServer(cut(SAID, 0.4, 0.8), ends=False)
    told = settings(fresh_bootstrap, tmp_path, server)
    first, second, _ = shared(SAID, 0.4, 0.8)
    async with server.running():
        async with process("-m", "services.feeds", **told) as feed:
            assert await soon(lambda: has_heard(tmp_path, first))
            feed.kill()
        with stopped(tmp_path / "broker"):
            async with process("-m", "services.feeds", **told) as feed:
                assert await soon(lambda: has_heard(tmp_path, first, second))
                feed.kill()
        async with process("-m", "services.feeds", **told):
            assert await log.holds(all_told)
    assert sorted(contents(facts(log.counted))) == sorted(contents(FACTS))


async def test_what_nobody_heard_is_a_gap_of_as_many_events_as_the_numbers_say(bootstrap: str, tmp_path: Path) -> None:
    events = busy(step=7)
    before, after = cut(events[:100])[0] + framed(events[100])[:-30], cut(events[103:])[0]
    log, server = await watched(bootstrap), EslServer([before, after], ends=False)
    told = settings(bootstrap, tmp_path, server)
    async with server.running():
        async with process("-m", "services.feeds", **told) as feed:
            assert await soon(lambda: has_heard(tmp_path, events[:100]))
            feed.kill()
        async with process("-m", "services.feeds", **told):
            expected = facts(read_on(AUTH + b"".join(events[:100]) + AUTH + b"".join(events[103:])))
            assert await log.holds(lambda found: {each.id for each in found} >= {each.id for each in expected})
    assert sorted(contents(facts(log.counted))) == sorted(contents(expected))
    [gap] = events_of(FeedGapFound, log.counted)
    assert (gap.feed, gap.missing) == ("/freeswitch/sw1", 4 * 7 - 1)
    assert not parked(log.counted)


async def test_cut_off_inside_an_event_it_connects_again_and_tells_of_that_one_that_it_may_be_missing(
    bootstrap: str, tmp_path: Path
) -> None:
    before, after = cut(SAID[:100])[0] + framed(SAID[100])[:-30], cut(SAID[101:])[0]
    log, server = await watched(bootstrap), EslServer([before, after])
    expected = facts(read_on(AUTH + b"".join(SAID[:100]) + AUTH + b"".join(SAID[101:])))
    async with server.running(), feeding(server, bootstrap, tmp_path):
        assert await log.holds(lambda found: {each.id for each in found} >= {each.id for each in expected})
    await log.look()
    assert sorted(contents(facts(log.all))) == sorted(contents(expected))
    assert [gap.missing for gap in events_of(FeedGapFound, log.all)] == [1]
    assert server.logins == 2


def command(server: EslServer, bootstrap: str, home: Path, password: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Give the command that listens, and its settings."""
    file = home / "given"
    file.write_text(password + "\n")
    options = ("feed", "freeswitch", "--connect", server.socket.address, "--secret-file", str(file))
    environment = {"KVOTA_HOME": str(home), "KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap}
    return ("-c", "from services.cli.main import main; main()", *options), environment


async def test_the_command_asks_for_the_name_and_listens_until_it_is_interrupted(
    bootstrap: str, tmp_path: Path
) -> None:
    log, server = await watched(bootstrap), EslServer([b"", *cut(SAID)], ends=False)
    arguments, environment = command(server, bootstrap, tmp_path, PASSWORD)
    async with server.running(), process(*arguments, **environment) as feed:
        assert await log.holds(all_told)
        feed.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(feed.wait(), 20) == 0


async def test_a_wrong_password_is_said_in_one_clear_line_that_does_not_hold_it(tmp_path: Path) -> None:
    server = EslServer([b""], ends=False)
    arguments, environment = command(server, "localhost:1", tmp_path, "s3same")
    async with server.running(), process(*arguments, **environment) as feed:
        _, errors = await asyncio.wait_for(feed.communicate(), 30)
    assert feed.returncode == 2
    assert errors.decode().strip().splitlines()[-1].endswith(f"{server.socket.address} refuses the password")
    assert b"s3same" not in errors
    assert b"Traceback" not in errors


async def test_the_service_tries_a_refused_password_again(bootstrap: str, tmp_path: Path) -> None:
    log, server = await watched(bootstrap), EslServer(cut(SAID), lets_in=False, ends=False)
    async with server.running(), process("-m", "services.feeds", **settings(bootstrap, tmp_path, server)) as feed:
        assert await soon(lambda: server.commands.count(f"auth {PASSWORD}") >= 2)
        assert feed.returncode is None
        server.lets_in = True
        assert await log.holds(all_told)


async def test_only_one_process_feeds_from_a_phone_system(bootstrap: str, tmp_path: Path) -> None:
    await watched(bootstrap)
    server = EslServer(cut(SAID), ends=False)
    async with server.running(), feeding(server, bootstrap, tmp_path):
        assert await soon(lambda: server.logins == 1)
        with pytest.raises(ClearError, match="another process feeds from the same phone system"):
            async with feeding(server, bootstrap, tmp_path) as second:
                await second
