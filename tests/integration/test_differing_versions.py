"""A version that lost its ticks, or says other than history, is found out, and replaced by one that agrees."""

import asyncio
import re
from pathlib import Path

import duckdb
import pytest

from projections.cells import Boards
from services.runtime.shards import ticks_topic
from services.runtime.ticks import Tick, encode_tick, wire
from services.runtime.topics import delete_topics, partition_counts, projector_topics
from services.runtime.versions import Stage, read_versions
from tests.events.examples.dates import TODAY
from tests.integration.releases import (
    Release,
    kill_rebuilding,
    rebuilt,
    refused_by,
    sell,
    told_of,
    verified,
    worked,
    working,
)
from tests.projector.workers import PROJECTIONS, append_to, following, make_topics, settings_for
from tests.telling import ANNA, CALLS, answered, raw

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]
ALTER = 'UPDATE records SET raw = $raw WHERE topic = $topic AND "partition" = 0 AND "offset" = 0'
WRONG: Boards = {"rep_day": {(ANNA, str(TODAY), None): (7, *(0,) * (len(PROJECTIONS["rep_day"].measures) - 1))}}
"""What a worker of before may have counted once too often."""


async def test_a_version_that_lost_its_ticks_is_replaced(release: Release, fresh_bootstrap: str) -> None:
    await sell(fresh_bootstrap, range(10))
    await worked(release, fresh_bootstrap)
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
    await worked(release, fresh_bootstrap)
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


async def test_a_log_that_was_made_anew_is_said_and_not_waited_for(release: Release, fresh_bootstrap: str) -> None:
    await sell(fresh_bootstrap, range(10))
    await worked(release, fresh_bootstrap)
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
