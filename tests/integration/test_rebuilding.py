"""The next version is built, caught up and promoted while the one before serves, whatever is killed meanwhile."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import httpx
import msgspec
import pytest

from projections.cells import Boards
from services.runtime.log import end_positions
from services.runtime.ports import free_port
from services.runtime.shards import ticks_topic
from services.runtime.ticks import Tick, encode_tick, wire
from services.runtime.topics import delete_topics, ensure_topics, partition_counts, projector_topics
from services.runtime.versions import Stage, Versions, read_versions, versions_log
from tests.events.examples.dates import TODAY, at
from tests.projector.agreement import caught_up
from tests.projector.workers import PROJECTIONS, SHARDS, append_to, following, make_topics, settings_for
from tests.telling import ANNA, CALLS, answered, decided, raw, won
from tests.wallboard.floor import beat, soon

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]
CHECKOUT = Path(__file__).resolve().parents[2]
NEW_PROJECTION = """-- How many calls of each queue came in each way on each day?
-- key: queue, direction, day
-- live: 8 days of day
SELECT queue, direction, day, 1 AS calls FROM calls WHERE type = 'call.ended'
"""

ALTER = 'UPDATE records SET raw = $raw WHERE topic = $topic AND "partition" = 0 AND "offset" = 0'
WRONG: Boards = {"rep_day": {(ANNA, str(TODAY), None): (7, *(0,) * (len(PROJECTIONS["rep_day"].measures) - 1))}}
"""What a worker of before may have counted once too often."""


@dataclass
class Release:
    """Kvota's code of one release, over one log and one home."""

    code: Path
    environment: Mapping[str, str]

    async def start(self, *words: str, **told: str) -> asyncio.subprocess.Process:
        """Start a program of it."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, *words),
            cwd=self.code,
            env={**os.environ, "PYTHONPATH": str(self.code), **self.environment, **told},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def kvota(self, *words: str) -> asyncio.subprocess.Process:
        """Start a command of it."""
        return await self.start("-c", "from services.cli.main import main; main()", *words)

    @asynccontextmanager
    async def running(self, service: str, **told: str) -> AsyncGenerator[asyncio.subprocess.Process]:
        """Run a service for a block; what it says is thrown away."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"services.{service}"),
            cwd=self.code,
            env={**os.environ, "PYTHONPATH": str(self.code), **self.environment, **told},
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


@pytest.fixture
async def release(fresh_bootstrap: str, tmp_path: Path) -> Release:
    """Give this checkout's code over a log of its own, and a home of its own."""
    await make_topics(fresh_bootstrap)
    home = tmp_path / "home"
    home.mkdir()
    told = {"KVOTA_HOME": str(home), "KVOTA_KAFKA_BOOTSTRAP_SERVERS": fresh_bootstrap, "KVOTA_PROJECTOR_PORT": "0"}
    return Release(CHECKOUT, told)


def next_release(release: Release, folder: Path) -> Release:
    """Give a release that has one projection more."""
    for name in ("events", "projections", "services"):
        shutil.copytree(CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "projections" / "queue_direction.sql").write_text(NEW_PROJECTION, encoding="utf-8")
    return Release(folder, release.environment)


async def sell(bootstrap: str, numbers: range) -> None:
    """Append calls of Anna's, a deal for each, and the beat of the feed: the board shows its day."""
    calls = [((CALLS, number % 2), raw(answered(talk=60), number)) for number in numbers]
    deals = [(("kvota.decisions", 0), decided(won(500, deal=f"d{number}"), f"deal/d{number}", 1)) for number in numbers]
    heard = (("kvota.feeds", 1), raw(beat(at(9, 30)), numbers.stop))
    await append_to(bootstrap, [*calls, *deals, heard])


@asynccontextmanager
async def working(release: Release, bootstrap: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run a projector for a block, which has folded all that there is."""
    async with release.running("projector") as process:
        async with asyncio.timeout(60), following(bootstrap) as reader:
            await reader.caught_up(await end_positions(settings_for(bootstrap), SHARDS.all_sources))
        yield process


@dataclass
class Screen:
    """Somebody who looks at a board all the time."""

    url: str
    calls: list[int] = field(default_factory=list[int])

    async def watch(self) -> None:
        """Look until cancelled; numbers never go back, and the board always answers."""
        async with httpx.AsyncClient(timeout=10) as client:
            while True:
                self.take((await client.get(self.url)).raise_for_status().json())
                await asyncio.sleep(0.1)

    def take(self, board: Mapping[str, Any]) -> None:
        """Note what a board shows."""
        self.calls.append(sum(row["calls"] for row in board["leaderboard"] if row["rep"] == ANNA))

    async def shows(self, calls: int) -> None:
        """Wait until Anna has so many calls."""
        assert await soon(lambda: self.calls[-1:] == [calls], within_s=60)


@asynccontextmanager
async def looked_at(release: Release, **told: str) -> AsyncGenerator[Screen]:
    """Run a wallboard, and look at it for a block."""
    port = free_port()
    async with release.running("wallboard", KVOTA_WALLBOARD_PORT=str(port), **told):
        screen = Screen(f"http://127.0.0.1:{port}/v1/board")
        async with httpx.AsyncClient() as client:
            assert await _until_it_answers(client, screen.url)
        watching = asyncio.create_task(screen.watch())
        try:
            yield screen
        finally:
            watching.cancel()
            with pytest.raises(asyncio.CancelledError):
                await watching


async def _until_it_answers(client: httpx.AsyncClient, url: str) -> bool:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await client.get(url)).is_success:
                    return True
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


async def told_of(bootstrap: str, version: int, stage: Stage) -> None:
    """Wait until a version has come to a stage."""

    def has_come(versions: Versions) -> bool:
        return version in versions.known and versions.known[version].standing.stage is stage

    async with asyncio.timeout(60), versions_log(settings_for(bootstrap)) as log:
        await log.until(has_come)


async def answered_by(release: Release, *words: str) -> dict[str, Any]:
    """Run a command that succeeds, and give its JSON."""
    process = await release.kvota(*words, "--json")
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, (out, err)
    said: dict[str, Any] = msgspec.json.decode(out)
    return said


async def refused_by(release: Release, *words: str) -> str:
    """Run a command that refuses, and give what it says."""
    process = await release.kvota(*words)
    _, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 2
    return err.decode()


async def rebuilt(release: Release) -> dict[str, Any]:
    """Rebuild, and give what was done."""
    return await answered_by(release, "projections", "rebuild")


async def verified(release: Release) -> dict[str, Any]:
    """Compare live with history, and give what was found."""
    return await answered_by(release, "projections", "verify")


async def kill_rebuilding(release: Release, bootstrap: str, version: int, stage: Stage) -> None:
    """Rebuild, and kill that as soon as the version has come to a stage."""
    process = await release.kvota("projections", "rebuild")
    await told_of(bootstrap, version, stage)
    process.kill()
    await process.wait()
    assert (await read_versions(settings_for(bootstrap))).serving == 1


async def test_a_rebuilt_version_serves_without_a_gap_and_one_can_go_back(
    release: Release, fresh_bootstrap: str
) -> None:
    await sell(fresh_bootstrap, range(40))
    async with (
        working(release, fresh_bootstrap),
        looked_at(release, KVOTA_COMPANY_TIME_ZONE="UTC") as screen,
    ):
        await screen.shows(40)
        done = await rebuilt(release)
        assert (done["version"], done["before"], done["handed_over"], done["dropped"]) == (2, 1, True, [])
        await sell(fresh_bootstrap, range(40, 50))
        await screen.shows(50)
        found = await verified(release)
        assert (found["agree"], found["version"]) == (True, 2)
        assert found["cells"] > 50
        done = await answered_by(release, "projections", "promote", "1", "--keep-hours", "0")
        assert (done["version"], done["before"], done["handed_over"], done["dropped"]) == (1, 2, True, [2])
        await sell(fresh_bootstrap, range(50, 60))
        await screen.shows(60)
        assert (await verified(release))["version"] == 1
        told = await answered_by(release, "projections", "versions")
        assert [(row["version"], row["stage"]) for row in told["versions"]] == [(1, "serving"), (2, "dropped")]
    assert screen.calls == sorted(screen.calls)
    names = [spec.name for spec in (*projector_topics(1), *projector_topics(2))]
    assert list(await partition_counts(fresh_bootstrap, names)) == names[:2]


async def test_killed_at_any_stage_it_leaves_the_version_before_and_the_next_run_gets_there(
    release: Release, fresh_bootstrap: str
) -> None:
    await sell(fresh_bootstrap, range(10))
    async with working(release, fresh_bootstrap):
        await kill_rebuilding(release, fresh_bootstrap, 2, Stage.BUILDING)
        assert (await verified(release))["version"] == 1
        await kill_rebuilding(release, fresh_bootstrap, 3, Stage.SEEDED)
        await sell(fresh_bootstrap, range(10, 20))
        await caught_up(fresh_bootstrap)
        assert (await verified(release))["version"] == 1
        done = await rebuilt(release)
        assert (done["version"], done["before"]) == (3, 1)
        assert (await verified(release))["version"] == 3


async def test_a_version_that_lost_its_ticks_is_replaced(release: Release, fresh_bootstrap: str) -> None:
    await sell(fresh_bootstrap, range(10))
    async with working(release, fresh_bootstrap) as worker:
        worker.terminate()
        assert await worker.wait() == 0
    await lose_ticks(fresh_bootstrap)
    async with release.running("projector") as worker:
        assert await worker.wait() == 1
    rebuilding = asyncio.create_task(rebuilt(release))
    await told_of(fresh_bootstrap, 2, Stage.SEEDED)
    async with release.running("projector"):
        done = await rebuilding
    assert (done["version"], done["before"], done["handed_over"]) == (2, 1, True)
    assert (await verified(release))["version"] == 2


async def lose_ticks(bootstrap: str) -> None:
    """Make the ticks of the first version anew, empty."""
    await make_anew(bootstrap, ticks_topic(1))


async def make_anew(bootstrap: str, topic: str) -> None:
    """Delete a topic, and make it again."""
    await delete_topics(bootstrap, [topic])
    async with asyncio.timeout(30):
        while await partition_counts(bootstrap, [topic]):  # noqa: ASYNC110  # Kafka does not tell when a topic is gone
            await asyncio.sleep(0.05)
    await make_topics(bootstrap)


async def test_a_new_projection_comes_with_the_next_release_while_the_board_goes_on(
    release: Release, fresh_bootstrap: str, tmp_path: Path
) -> None:
    newer = next_release(release, tmp_path / "next")
    await sell(fresh_bootstrap, range(20))
    async with (
        working(release, fresh_bootstrap) as older,
        looked_at(release, KVOTA_COMPANY_TIME_ZONE="UTC") as screen,
    ):
        await screen.shows(20)
        rebuilding = asyncio.create_task(rebuilt(newer))
        await told_of(fresh_bootstrap, 2, Stage.SEEDED)
        async with newer.running("projector"):
            assert (await rebuilding)["handed_over"] is True
            await sell(fresh_bootstrap, range(20, 30))
            await screen.shows(30)
            found = await answered_by(newer, "projections", "verify", "queue_direction")
            assert (found["agree"], found["version"], found["cells"]) == (True, 2, 1)
            assert older.returncode is None
            assert (await verified(release))["version"] == 2
    assert screen.calls == sorted(screen.calls)


async def test_a_version_that_differs_from_history_is_dropped_and_the_next_run_makes_another(
    release: Release, fresh_bootstrap: str
) -> None:
    await sell(fresh_bootstrap, range(10))
    async with working(release, fresh_bootstrap):
        await kill_rebuilding(release, fresh_bootstrap, 2, Stage.SEEDED)
    alter_history(release, talk=61)
    refused = "version 2 differs from history in [0-9]+ cells, such as [a-z_]+ .*: it was dropped"
    assert re.search(refused, await refused_by(release, "projections", "rebuild"))
    versions = await read_versions(settings_for(fresh_bootstrap))
    assert (versions.serving, versions.dropped) == (1, [2])
    assert not await partition_counts(fresh_bootstrap, [spec.name for spec in projector_topics(2)])
    alter_history(release, talk=60)
    async with working(release, fresh_bootstrap):
        done = await rebuilt(release)
    assert (done["version"], done["before"], done["differed"]) == (3, 1, [])


async def test_a_version_that_served_and_differs_from_history_is_not_promoted_and_stays(
    release: Release, fresh_bootstrap: str
) -> None:
    await sell(fresh_bootstrap, range(10))
    async with working(release, fresh_bootstrap):
        assert (await rebuilt(release))["version"] == 2
    alter_history(release, talk=61)
    said = await refused_by(release, "projections", "promote", "1")
    assert re.search("version 1 differs from history in [0-9]+ cells, such as [a-z_]+ .*: nothing was promoted", said)
    assert (await read_versions(settings_for(fresh_bootstrap))).promoted == [1, 2]


def alter_history(release: Release, *, talk: int) -> None:
    """Have history say something else of how long the first call took."""
    with duckdb.connect(Path(release.environment["KVOTA_HOME"]) / "history.duckdb") as con:
        con.execute(ALTER, {"raw": raw(answered(talk=talk), 0), "topic": CALLS})


async def test_a_version_that_is_wrong_is_replaced_by_one_that_agrees(release: Release, fresh_bootstrap: str) -> None:
    await sell(fresh_bootstrap, range(10))
    async with working(release, fresh_bootstrap) as worker:
        worker.terminate()
        assert await worker.wait() == 0
    await miscount(fresh_bootstrap)
    async with working(release, fresh_bootstrap):
        assert await differs(release)
        done = await rebuilt(release)
        assert (done["version"], done["before"], done["handed_over"]) == (2, 1, True)
        assert [line.partition(":")[0] for line in done["differed"]] == [f"rep_day rep={ANNA} day={TODAY} currency="]
        assert (await verified(release))["version"] == 2


async def miscount(bootstrap: str) -> None:
    """Append a tick that adds what no record says."""
    async with following(bootstrap) as reader:
        last = reader.shards[0].last
    await append_to(bootstrap, [((ticks_topic(1), 0), encode_tick(Tick(prev=last, cells=wire(WRONG))))])


async def differs(release: Release) -> bool:
    """Tell whether live and history differ."""
    process = await release.kvota("projections", "verify")
    await asyncio.wait_for(process.communicate(), 120)
    return process.returncode == 1


async def test_a_rebuild_that_may_not_make_topics_says_so_and_tries_no_other_number(
    release: Release, fresh_bootstrap: str
) -> None:
    ticks, _ = projector_topics(2)
    await ensure_topics(fresh_bootstrap, [replace(ticks, name=ticks.name.replace(".", "_"))])  # Kafka allows no second
    assert f"Topic {ticks.name} could not be made: " in await refused_by(release, "projections", "rebuild")
    async with versions_log(settings_for(fresh_bootstrap)) as log:
        assert {version: known.standing.stage for version, known in log.versions.known.items()} == {2: Stage.BUILDING}


async def test_a_log_that_was_made_anew_is_said_and_not_waited_for(release: Release, fresh_bootstrap: str) -> None:
    await sell(fresh_bootstrap, range(10))
    async with working(release, fresh_bootstrap) as worker:
        worker.terminate()
        assert await worker.wait() == 0
    await make_anew(fresh_bootstrap, CALLS)
    await sell(fresh_bootstrap, range(4))
    said = await refused_by(release, "projections", "verify")
    assert "the log ends before what version 1 of the live cells was made of" in said
    assert "(kvota.calls/0 at 2 and not 5, kvota.calls/1 at 2 and not 5): is it another log?" in said
    rebuilding = asyncio.create_task(rebuilt(release))
    await told_of(fresh_bootstrap, 2, Stage.SERVING)
    async with release.running("projector"):
        done = await rebuilding
    assert (done["version"], done["before"], done["handed_over"]) == (2, 1, True)
    assert "the log ends before" in done["differed"][0]
    assert (await verified(release))["version"] == 2


async def test_what_cannot_serve_is_named(release: Release) -> None:
    assert "version 1 serves already" in await refused_by(release, "projections", "promote", "1")
    said = await refused_by(release, "projections", "promote", "7")
    assert "version 7 cannot serve: it is not there (there are: 1)" in said
