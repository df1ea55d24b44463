"""The vault: names in, names out, and nowhere else."""

import stat
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from services.vault.store import FILE_NAME
from tests.desk.desks import vault_running


@pytest_asyncio.fixture
async def vault(tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    async with vault_running(tmp_path) as client:
        yield client


async def names(vault: httpx.AsyncClient, *people: str) -> dict[str, str]:
    answer = (await vault.get("/v1/people", params=[("id", person) for person in people])).json()
    return {person: told["name"] for person, told in answer["people"].items()}


async def test_a_person_is_known_by_name_once_told(vault: httpx.AsyncClient) -> None:
    told = await vault.put("/v1/people/p1", json={"name": "Анна Иванова"})
    assert (told.status_code, told.json()) == (201, {"person": "p1"})
    assert await names(vault, "p1") == {"p1": "Анна Иванова"}


async def test_the_same_again_is_fine(vault: httpx.AsyncClient) -> None:
    await vault.put("/v1/people/p1", json={"name": "Анна"})
    assert (await vault.put("/v1/people/p1", json={"name": "Анна"})).status_code == 200
    careful = await vault.put("/v1/people/p1", json={"name": "Анна"}, headers={"If-None-Match": "*"})
    assert careful.status_code == 200


async def test_a_name_can_be_replaced(vault: httpx.AsyncClient) -> None:
    await vault.put("/v1/people/p1", json={"name": "Анна Иванова"})
    assert (await vault.put("/v1/people/p1", json={"name": "Анна Петрова"})).status_code == 200
    assert await names(vault) == {"p1": "Анна Петрова"}


async def test_a_name_is_not_replaced_by_mistake(vault: httpx.AsyncClient) -> None:
    await vault.put("/v1/people/p1", json={"name": "Анна"})
    answer = await vault.put("/v1/people/p1", json={"name": "Вера"}, headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.json()["type"]) == (412, "urn:kvota:problem:name-taken")
    assert await names(vault) == {"p1": "Анна"}


async def test_people_are_asked_for_by_id_or_all_at_once(vault: httpx.AsyncClient) -> None:
    for person, name in {"p1": "Анна", "p2": "Борис", "p3": "Clara"}.items():
        await vault.put(f"/v1/people/{person}", json={"name": name})
    assert await names(vault, "p3", "p1", "nobody") == {"p1": "Анна", "p3": "Clara"}
    assert await names(vault) == {"p1": "Анна", "p2": "Борис", "p3": "Clara"}


BAD = {
    "no name": (b"{}", 422),
    "an empty name": (b'{"name": "  "}', 422),
    "a name that is no text": (b'{"name": 7}', 422),
    "an unknown field": ('{"name": "Анна Секретова", "phone": "1"}'.encode(), 422),
    "a name that is too long": (b'{"name": "' + b"a" * 201 + b'"}', 422),
    "not JSON": ('{"name": "Анна Секретова"'.encode(), 400),
    "10 MB": (b"a" * 10_000_000, 413),
}


@pytest.mark.parametrize("case", BAD)
async def test_bad_input_is_refused_without_being_repeated(vault: httpx.AsyncClient, case: str) -> None:
    raw, status = BAD[case]
    answer = await vault.put("/v1/people/p1", content=raw)
    assert answer.status_code == status
    assert "Секретова" not in answer.text
    assert await names(vault) == {}


async def test_names_survive_a_restart_and_are_for_their_owners_eyes(tmp_path: Path) -> None:
    async with vault_running(tmp_path) as vault:
        await vault.put("/v1/people/p1", json={"name": "Анна"})
    async with vault_running(tmp_path) as vault:
        assert await names(vault, "p1") == {"p1": "Анна"}
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


async def test_no_name_is_logged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with vault_running(tmp_path) as vault:
        await vault.put("/v1/people/p1", json={"name": "Анна Секретова"})
        await vault.put("/v1/people/p1", json={"name": "Секретова", "x": 1})
        await names(vault)
    written = capfd.readouterr()
    assert "Секретова" not in written.out + written.err
