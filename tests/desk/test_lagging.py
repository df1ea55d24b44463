"""A desk that has not read the whole log yet holds a caller to the same as any other."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from events.people import UnitFormed
from tests.callers import bearer
from tests.desk.desks import desk_app_of
from tests.desk.fake_log import LaggingLog, Records, log_of
from tests.desk.given import NORTH, formed
from tests.desk.hiring_given import NOW, VERA, WANTED, applied, offered, wanted
from tests.events.examples.dates import TODAY
from tests.telling import decided

SOUTH = "south"
south = UnitFormed(**NOW, unit=SOUTH, kind="team", title="Юг", starts_on=TODAY)


def one_candidate() -> Records:
    return [
        *log_of((formed, f"unit/{NORTH}"), (south, f"unit/{SOUTH}"), (wanted, f"requisition/{WANTED}")),
        decided(applied, f"requisition/{WANTED}", 2),
    ]


@asynccontextmanager
async def lagging(home: Path, records: Records) -> AsyncGenerator[httpx.AsyncClient]:
    """A desk that has read nothing yet."""
    transport = httpx.ASGITransport(desk_app_of(home, LaggingLog(records)))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        yield client


async def screened(home: Path, headers: Mapping[str, str]) -> httpx.Response:
    records = one_candidate()
    async with lagging(home, records) as desk:
        answer = await desk.post(f"/v1/candidates/{VERA}/screen", json={"outcome": "advanced"}, headers=headers)
    assert len(records) == len(one_candidate()) + answer.is_success
    return answer


@pytest.mark.parametrize(("unit", "status"), [(NORTH, 201), (SOUTH, 403)])
async def test_candidates_of_another_unit_are_out_of_reach(tmp_path: Path, unit: str, status: int) -> None:
    assert (await screened(tmp_path, bearer(tmp_path, "team_lead", unit=unit))).status_code == status


@pytest.mark.parametrize(("seen", "status"), [('"2"', 201), ('"1"', 412)])
async def test_who_has_seen_an_older_version_of_the_requisition_is_stopped(
    tmp_path: Path, seen: str, status: int
) -> None:
    manager = {**bearer(tmp_path, "manager"), "If-Match": seen}
    assert (await screened(tmp_path, manager)).status_code == status


@pytest.mark.parametrize(("seen", "status"), [('"3"', 201), ('"2"', 412)])
async def test_so_is_who_answers_an_offer(tmp_path: Path, seen: str, status: int) -> None:
    manager = {**bearer(tmp_path, "manager"), "If-Match": seen}
    records = [*one_candidate(), decided(offered, f"requisition/{WANTED}", 3)]
    async with lagging(tmp_path, records) as desk:
        answer = await desk.post("/v1/offers/offer-1/decline", json={"reason": "the pay"}, headers=manager)
    assert answer.status_code == status
