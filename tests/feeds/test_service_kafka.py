"""The feeds' own process: it may be told to stop, or die, at any moment."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from events.feeds import FeedGapFound
from services.runtime.ports import free_port
from services.runtime.topics import ensure_topics, source_topics
from tests.callers import bearer
from tests.feeds.ami_server import SECRET, AmiServer
from tests.feeds.door_client import ENDED
from tests.feeds.samples import LOG_FILE, contents, events_of, facts
from tests.feeds.test_live_kafka import CHUNKS, FACTS, LOGGED, calls, ids, stopped, watched
from tests.feeds.watching import heard_until, soon, watch

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]


@asynccontextmanager
async def process(*command: str, **environment: str) -> AsyncGenerator[Process]:
    """Run Python with the settings given, and nothing of it afterwards."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KVOTA_")}
    running = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=kept | environment, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


def told(bootstrap: str, home: Path, server: AmiServer | None = None) -> dict[str, str]:
    """Give the settings of a feeding process."""
    secret = home / "secret"
    secret.write_text(SECRET + "\n")
    listening = {
        "KVOTA_FEEDS_AMI": server.manager.address if server is not None else "",
        "KVOTA_FEEDS_AMI_SECRET_FILE": str(secret),
        "KVOTA_FEEDS_QUEUE_LOG": str(LOG_FILE),
    }
    return {
        "KVOTA_HOME": str(home),
        "KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "KVOTA_FEEDS_PORT": str(free_port()),
        **(listening if server is not None else {}),
    }


async def answers(settings: dict[str, str], path: str, status: int = 200) -> bool:
    """Look until the process answers so; tell whether it did."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings['KVOTA_FEEDS_PORT']}") as http:
        for _ in range(600):
            try:
                if (await http.get(path)).status_code == status:
                    return True
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
    return False


async def test_a_feed_that_is_killed_again_and_again_loses_and_doubles_nothing_that_queue_log_sees(
    bootstrap: str, tmp_path: Path
) -> None:
    log, server = await watched(bootstrap), AmiServer(CHUNKS, pace_s=0.001)
    settings = told(bootstrap, tmp_path, server)
    async with server.running():
        for place in (700_000, 1_500_000, 2_600_000):
            async with process("-m", "services.feeds", **settings) as feed:
                assert await soon(lambda place=place: server.said > place)  # type: ignore[misc]  # bound now
                feed.kill()
        async with process("-m", "services.feeds", **settings):
            assert await log.holds(lambda found: calls(found).keys() >= LOGGED.keys())
    assert calls(log.counted) == LOGGED
    assert ids(log.counted) <= ids(FACTS) | {record.id for record in log.counted if record.type.startswith("agent.")}
    assert len(events_of(FeedGapFound, log.counted)) == 3


async def test_what_was_spooled_while_kafka_slept_is_told_by_the_next_process(
    fresh_bootstrap: str, tmp_path: Path
) -> None:
    log, server = await watched(fresh_bootstrap), AmiServer(CHUNKS, stops_at=[900_000])
    settings = told(fresh_bootstrap, tmp_path, server)
    async with server.running():
        async with process("-m", "services.feeds", **settings) as feed:
            assert await soon(lambda: server.said == 900_000)
            assert await log.holds(lambda found: len(facts(found)) > 50)
            with stopped(tmp_path / "broker"):
                server.go_on()
                assert await soon(lambda: server.done and heard_until(tmp_path / "feeds" / "pbx1") > 3_500_000)
                feed.kill()
                await feed.wait()
        async with process("-m", "services.feeds", **settings):
            assert await log.holds(lambda found: ids(found) >= ids(FACTS))
    known = ids(FACTS)
    assert sorted(contents([record for record in log.counted if record.id in known])) == sorted(contents(FACTS))
    assert {record.id for record in facts(log.counted) if record.type.startswith("call.")} <= known


async def test_told_to_stop_it_tells_what_it_has_heard_and_ends_well(bootstrap: str, tmp_path: Path) -> None:
    log, server = await watched(bootstrap), AmiServer(CHUNKS)
    settings = told(bootstrap, tmp_path, server)
    async with server.running(), process("-m", "services.feeds", **settings) as feed:
        assert await soon(lambda: server.done and heard_until(tmp_path / "feeds" / "pbx1") > 3_500_000)
        feed.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(feed.wait(), 20) == 0
    await log.look()
    assert ids(log.counted) == ids(FACTS)


async def test_the_door_is_open_while_nobody_lets_us_in_at_the_phone_system(bootstrap: str, tmp_path: Path) -> None:
    await ensure_topics(bootstrap, source_topics())
    log, server = await watch(bootstrap), AmiServer(CHUNKS, lets_in=False)
    settings = told(bootstrap, tmp_path, server)
    async with server.running(), process("-m", "services.feeds", **settings) as feed:
        assert await answers(settings, "/readyz")
        assert await soon(lambda: server.refusals > 1)
        async with httpx.AsyncClient() as http:
            url = f"http://127.0.0.1:{settings['KVOTA_FEEDS_PORT']}/v1/events"
            answer = await http.post(url, content=ENDED, headers=bearer(tmp_path, "feed"))
        assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
        feed.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(feed.communicate(), 20)
        assert feed.returncode == 0
    assert SECRET.encode() not in said
    await log.look()
    assert len(log.all) == 1


async def test_without_a_log_it_is_alive_and_not_ready(tmp_path: Path) -> None:
    settings = told("127.0.0.1:1", tmp_path)
    async with process("-m", "services.feeds", **settings):
        assert await answers(settings, "/healthz")
        assert await answers(settings, "/readyz", 503)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"KVOTA_FEEDS_AMI": "pbx"}, "'pbx' is no address"),
        ({"KVOTA_FEEDS_AMI_SECRET_FILE": ""}, "say the secret"),
        ({"KVOTA_FEEDS_QUEUE_LOG": "/nowhere"}, "there is no queue_log at /nowhere"),
        ({"KVOTA_COMPANY_TIME_ZONE": "Europe/Nowhere"}, "there is no time zone"),
    ],
)
async def test_settings_that_make_no_sense_end_it_with_a_clear_line(
    bootstrap: str, tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    wanted = told(bootstrap, tmp_path, AmiServer([])) | settings
    given = {name: value for name, value in wanted.items() if value}
    async with process("-m", "services.feeds", **given) as feed:
        _, errors = await asyncio.wait_for(feed.communicate(), 20)
    assert feed.returncode == 1
    assert said in errors.decode()
    assert "Traceback" not in errors.decode()


CLI = ("-c", "from services.cli.main import main; main()", "feed", "asterisk")


async def test_the_command_listens_until_it_is_interrupted(bootstrap: str, tmp_path: Path) -> None:
    log, server = await watched(bootstrap), AmiServer(CHUNKS, system=None)
    settings = told(bootstrap, tmp_path, server)
    secret = ("--secret-file", settings["KVOTA_FEEDS_AMI_SECRET_FILE"])
    command = process(
        *(*CLI, "--connect", server.manager.address, *secret, "--system", "pbx1"),
        KVOTA_HOME=str(tmp_path),
        KVOTA_KAFKA_BOOTSTRAP_SERVERS=bootstrap,
    )
    async with server.running(), command as feed:
        assert await log.holds(lambda found: ids(found) >= ids(FACTS))
        feed.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(feed.wait(), 20) == 0


async def test_the_command_says_that_it_is_not_let_in(bootstrap: str, tmp_path: Path) -> None:
    server = AmiServer(CHUNKS, lets_in=False)
    async with server.running():
        environment = {"KVOTA_HOME": str(tmp_path), "KVOTA_FEEDS_AMI_SECRET": SECRET}
        command = process(
            *CLI, "--connect", server.manager.address, KVOTA_KAFKA_BOOTSTRAP_SERVERS=bootstrap, **environment
        )
        async with command as feed:
            _, errors = await asyncio.wait_for(feed.communicate(), 20)
    assert feed.returncode == 2
    assert b"refuses the login of kvota" in errors
    assert b"Traceback" not in errors


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--file FILE, or --connect HOST:PORT"),
        (("--connect", "x:1", "--dry-run"), "takes neither --file nor --dry-run"),
        (("--connect", "x:1"), "say the secret of the manager interface by --secret-file"),
    ],
)
async def test_the_command_needs_to_know_what_to_read(options: tuple[str, ...], said: str) -> None:
    async with process(*CLI, *options) as feed:
        _, errors = await asyncio.wait_for(feed.communicate(), 20)
    assert feed.returncode == 2
    assert said in errors.decode()
