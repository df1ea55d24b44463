"""The name of somebody who did not become known after all is in no vault, and whoever did is there by name."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from services.desk.asking import Desk
from services.desk.names import Names
from services.desk.naming import Naming, naming
from services.vault.app import vault_app
from services.vault.settings import VaultSettings
from services.vault.vault import open_people, open_vault
from tests.callers import bearer, watch
from tests.desk.desks import desk_app_of
from tests.desk.fake_log import LaggingLog, log_of
from tests.desk.given import ANNA, NORTH, anna, formed
from tests.desk.hiring_given import WANTED, accepted, applied, offered, wanted
from tests.telling import decided

ROAD = (wanted, applied, offered)
NAME = "Анна Незабудкина"


@dataclass(frozen=True)
class Place:
    """A desk on a log that it need not have read, and its vault."""

    log: LaggingLog
    desk: Desk
    client: httpx.AsyncClient

    def naming_anna(self) -> Naming:
        return naming(self.desk, ANNA, NAME, "rep", lambda company: ANNA in company.people.reps)


def kept(home: Path) -> list[str]:
    """Everybody whom the vault knows."""
    people = open_people(VaultSettings(), home)
    with closing(people.store), people.store.reading() as rows:
        return [person for (person,) in rows.ask("SELECT person FROM person_keys")]


@asynccontextmanager
async def place(home: Path) -> AsyncGenerator[Place]:
    """A desk that could know of one unit, and of an offer for the only opening there."""
    requisition = [decided(event, f"requisition/{WANTED}", version) for version, event in enumerate(ROAD, start=1)]
    log = LaggingLog([*log_of((formed, f"unit/{NORTH}")), *requisition])
    async with (
        open_vault(VaultSettings(), home) as vault,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(vault_app(vault, watch(home))), base_url="http://vault"
        ) as client,
    ):
        client.headers.update(bearer(home, "service"))
        app = desk_app_of(home, log, Names(client))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as desk:
            desk.headers.update(bearer(home, "manager"))
            yield Place(log, app.state.desk, desk)


async def test_a_name_does_not_stay_when_a_lost_race_ends_in_a_refusal(tmp_path: Path) -> None:
    """While somebody applies, another candidate takes the only opening."""
    async with place(tmp_path) as here:

        async def taken() -> None:
            assert len(kept(tmp_path)) == 1, "the name is there before the event"
            here.log.records.append(decided(accepted, f"requisition/{WANTED}", 4))

        here.log.meanwhile.append(taken)
        told = {"name": NAME, "requisition": WANTED, "found_through": "hh.ru", "at": "2026-11-24T12:00:00Z"}
        refused = await here.client.post("/v1/candidates", json=told)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:kvota:problem:requisition-full")
        assert kept(tmp_path) == []


@pytest.mark.parametrize("read", [True, False], ids=["before", "meanwhile"])
async def test_a_name_stays_when_somebody_else_made_the_person_known(tmp_path: Path, read: bool) -> None:  # noqa: FBT001
    async with place(tmp_path) as here:
        told = here.naming_anna()
        await told["beforehand"]()
        here.log.records.append(decided(anna, f"rep/{ANNA}", 1))
        if read:
            await here.log.catch_up()
        await told["take_back"]()
        assert kept(tmp_path) == [ANNA]


async def test_a_name_is_gone_when_nobody_made_the_person_known(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        told = here.naming_anna()
        await told["beforehand"]()
        await told["take_back"]()
        assert kept(tmp_path) == []


async def test_without_a_vault_a_refusal_is_still_one(tmp_path: Path) -> None:
    async with place(tmp_path) as here, httpx.AsyncClient(base_url="http://127.0.0.1:9") as nowhere:
        await here.naming_anna()["beforehand"]()
        gone = replace(here, desk=replace(here.desk, names=Names(nowhere)))
        await gone.naming_anna()["take_back"]()
        assert kept(tmp_path) == [ANNA]
