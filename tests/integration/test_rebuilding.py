"""The next version is built, caught up and promoted while the one before serves, whatever is killed meanwhile."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from services.runtime.topics import ensure_topics, partition_counts, projector_topics
from services.runtime.versions import Stage, versions_log
from tests.integration.releases import (
    Release,
    answered_by,
    kill_rebuilding,
    looked_at,
    next_release,
    rebuilt,
    refused_by,
    sell,
    told_of,
    verified,
    working,
)
from tests.projector.agreement import caught_up
from tests.projector.workers import settings_for

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


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


async def test_a_rebuild_that_may_not_make_topics_says_so_and_tries_no_other_number(
    release: Release, fresh_bootstrap: str
) -> None:
    ticks, _ = projector_topics(2)
    await ensure_topics(fresh_bootstrap, [replace(ticks, name=ticks.name.replace(".", "_"))])  # Kafka allows no second
    assert f"Topic {ticks.name} could not be made: " in await refused_by(release, "projections", "rebuild")
    async with versions_log(settings_for(fresh_bootstrap)) as log:
        assert {version: known.standing.stage for version, known in log.versions.known.items()} == {2: Stage.BUILDING}


async def test_what_cannot_serve_is_named(release: Release) -> None:
    assert "version 1 serves already" in await refused_by(release, "projections", "promote", "1")
    said = await refused_by(release, "projections", "promote", "7")
    assert "version 7 cannot serve: it is not there (there are: 1)" in said
