"""The vault: names in, names out, and nowhere else."""

import asyncio
import sqlite3
import stat
import threading
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from services.runtime.auth.api_keys import ApiKeys
from services.runtime.auth.callers import ROLES, Role
from services.runtime.auth.credentials import ServiceCredentials
from services.runtime.auth.guard import entrances, guard
from services.runtime.auth.settings import AuthSettings
from services.runtime.ports import HOST
from services.vault import bodies, sqlite
from services.vault.app import vault_app
from services.vault.contacts import e164
from services.vault.master import FILE_NAME, KeyFile
from services.vault.permissions import PERMISSIONS
from services.vault.rotation import rewrap
from services.vault.settings import VaultSettings
from services.vault.store import StoreUnavailableError
from services.vault.vault import open_people, open_vault
from tests.callers import auth, bearer, watch
from tests.desk.desks import vault_running
from tests.runtime.issuers import provider
from tests.vault.postgres import Postgres
from tests.vault.told import EMAIL, NAME, NUMBER, holding


@pytest_asyncio.fixture
async def vault(tmp_path: Path, settings: VaultSettings) -> AsyncGenerator[httpx.AsyncClient]:
    async with vault_running(tmp_path, settings) as client:
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
    "a kind that nobody is": (b'{"name": "a", "kind": "boss"}', 422),
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
    assert stat.S_IMODE((tmp_path / "vault.sqlite").stat().st_mode) == 0o600


async def test_no_name_is_logged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with vault_running(tmp_path) as vault:
        await vault.put("/v1/people/p1", json={"name": "Анна Секретова"})
        await vault.put("/v1/people/p1", json={"name": "Секретова", "x": 1})
        await names(vault)
    written = capfd.readouterr()
    assert "Секретова" not in written.out + written.err


async def look_up(vault: httpx.AsyncClient, *told: dict[str, str]) -> list[dict[str, object]]:
    answer = await vault.post("/v1/people/look-ups", json={"people": told})
    assert answer.status_code == 200, answer.text
    people: list[dict[str, object]] = answer.json()["people"]
    return people


async def test_many_are_looked_up_at_once_and_read_by_whoever_may(vault: httpx.AsyncClient, tmp_path: Path) -> None:
    anna = {"kind": "lead", "number": "8 (916) 123-45-67", "email": EMAIL.upper(), "name": NAME}
    first, same, other = await look_up(
        vault, anna, {"kind": "caller", "number": NUMBER}, {"kind": "caller", "ref": "call/1"}
    )
    assert first == {"person": first["person"], "new": True, "erased": False}
    assert same == {**first, "new": False}
    assert other["person"] != first["person"]
    asked = {"people": [first["person"], other["person"], "nobody"]}
    assert (await vault.post("/v1/people/details", json=asked, headers=bearer(tmp_path, "manager"))).json() == {
        "people": {first["person"]: {"kind": "lead", "number": NUMBER, "email": EMAIL, "name": NAME}}
    }
    assert await names(vault, str(first["person"])) == {} == await names(vault)


BAD_CONTACTS: dict[str, tuple[dict[str, object], str]] = {
    "an extension": ({"kind": "lead", "number": "101"}, "not-a-contact"),
    "no address": ({"email": "anna"}, "not-a-contact"),
    "a name alone": ({"name": NAME}, "invalid-input"),
    "nothing": ({}, "invalid-input"),
    "a kind that has its own way in": ({"kind": "rep", "number": NUMBER}, "invalid-input"),
    "a ref that says nothing of its noun": ({"ref": "17"}, "invalid-input"),
    "an unknown field": ({"number": NUMBER, "phone": NUMBER}, "invalid-input"),
    "a number that is no text": ({"number": 79161234567}, "invalid-input"),
}


@pytest.mark.parametrize("case", BAD_CONTACTS)
async def test_a_bad_contact_is_refused_with_its_place_and_nobody_is_met(vault: httpx.AsyncClient, case: str) -> None:
    change, kind = BAD_CONTACTS[case]
    good = {"kind": "caller", "number": "+74951234567"}
    answer = await vault.post("/v1/people/look-ups", json={"people": [good, {"kind": "caller", **change}]})
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:kvota:problem:{kind}")
    assert "people.1" in answer.json()["detail"]
    assert not [told for told in (NUMBER, NAME) if told in answer.text]
    assert [found["new"] for found in await look_up(vault, good)] == [True]


async def test_a_caller_by_whose_number_nobody_is_reached_is_nobody(vault: httpx.AsyncClient) -> None:
    known = {"kind": "caller", "number": NUMBER, "ref": "call/2"}
    told = [{"kind": "caller", "number": "101", "ref": "call/1"}, known, {"kind": "caller", "number": "+7999"}]
    answer = (await vault.post("/v1/people/look-ups", json={"people": told})).json()["people"]
    assert [found if found is None else found["new"] for found in answer] == [None, True, None]
    assert [found["new"] for found in await look_up(vault, known)] == [False]


async def test_others_are_answered_while_numbers_are_read(
    vault: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers, others_answered = set[int](), threading.Event()

    def held(number: str, region: str) -> str:
        readers.add(threading.get_ident())
        assert others_answered.wait(10)
        return e164(number, region)

    monkeypatch.setattr(bodies, "e164", held)
    looking = asyncio.create_task(look_up(vault, {"kind": "caller", "number": NUMBER}))
    while not readers:
        await vault.get("/healthz")
    assert await names(vault) == {}
    others_answered.set()
    assert len(await looking) == 1
    assert threading.get_ident() not in readers


async def test_a_request_has_a_thousand_people_at_the_most(vault: httpx.AsyncClient) -> None:
    told = [{"kind": "caller", "number": f"+7916{1_000_000 + index}"} for index in range(1_001)]
    assert len({found["person"] for found in await look_up(vault, *told[:1_000])}) == 1_000
    assert (await vault.post("/v1/people/look-ups", json={"people": told})).status_code == 422


async def test_texts_are_sealed_and_opened(vault: httpx.AsyncClient, tmp_path: Path) -> None:
    [anna] = await look_up(vault, {"kind": "lead", "number": NUMBER})
    told = [{"person": anna["person"], "text": "Просит звонить утром."}]
    [sealed] = (await vault.post("/v1/texts/seal", json={"texts": told})).json()["texts"]
    asked = [{"person": anna["person"], "text": sealed}, {"person": "nobody", "text": sealed}]
    opened = await vault.post("/v1/texts/open", json={"texts": asked}, headers=bearer(tmp_path, "manager"))
    assert opened.json() == {"texts": [told[0]["text"], None]}
    answer = await vault.post("/v1/texts/seal", json={"texts": [{"person": "nobody", "text": "…"}]})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:kvota:problem:person-unknown")


async def test_every_route_says_what_it_asks_of_its_caller(tmp_path: Path) -> None:
    async with open_vault(VaultSettings(), tmp_path) as vault:
        found = {f"{each.method} {each.path}": each.permission for each in entrances(vault_app(vault, watch(tmp_path)))}
    asked = {path: permission for path, permission in found.items() if permission is not None}
    assert asked == {
        "PUT /v1/people/{person}": "people.name",
        "DELETE /v1/people/{person}": "people.name",
        "GET /v1/people": "people.names",
        "POST /v1/people/look-ups": "people.look_up",
        "POST /v1/people/details": "people.read",
        "POST /v1/texts/seal": "people.seal",
        "POST /v1/texts/open": "people.read",
        "GET /v1/parking-keys": "parked.seal",
        "POST /v1/parked/open": "parked.read",
    }
    assert {*asked.values()} == PERMISSIONS.keys()
    assert not any("/v1/" in path for path in found.keys() - asked.keys())


READS: dict[str, set[Role]] = {
    "/v1/people/look-ups": {"service"},
    "/v1/people/details": {"manager", "executive"},
    "/v1/texts/seal": {"service"},
    "/v1/texts/open": {"manager", "executive"},
    "/v1/parked/open": {"manager", "executive"},
}


@pytest.mark.parametrize("path", READS)
async def test_nobody_is_answered_but_whose_role_may(tmp_path: Path, path: str) -> None:
    async with vault_running(tmp_path) as vault:
        del vault.headers["Authorization"]
        assert (await vault.post(path, json={})).status_code == 401
        statuses = {
            role: (await vault.post(path, json={}, headers=bearer(tmp_path, role))).status_code for role in ROLES
        }
    assert statuses == {role: 422 if role in READS[path] else 403 for role in ROLES}


async def test_a_program_that_shares_the_own_key_needs_no_other_credentials(tmp_path: Path) -> None:
    async with vault_running(tmp_path) as vault:
        del vault.headers["Authorization"]
        vault.auth = ServiceCredentials("desk", auth(tmp_path))
        assert (await vault.put("/v1/people/p1", json={"name": "Анна"})).status_code == 201
        vault.auth = ServiceCredentials("desk", auth(tmp_path / "elsewhere"))
        assert (await vault.put("/v1/people/p1", json={"name": "Анна"})).status_code == 401


async def test_where_people_log_in_a_program_is_known_by_its_key(tmp_path: Path) -> None:
    with provider() as idp:
        told = AuthSettings(folder=tmp_path / "auth", issuer=idp.issuer)
        _, key = ApiKeys(told.folder).add("the desk", "service")
        async with open_vault(VaultSettings(), tmp_path) as vault:
            transport = httpx.ASGITransport(vault_app(vault, guard(told, HOST)))
            statuses = list[int]()
            for settings in (told, told.model_copy(update={"service_key": SecretStr(key)})):
                async with httpx.AsyncClient(transport=transport, base_url="http://vault") as client:
                    client.auth = ServiceCredentials("desk", settings)
                    statuses.append((await client.get("/v1/people")).status_code)
    assert statuses == [401, 200]


async def test_names_that_an_earlier_release_kept_in_plain_are_sealed(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "vault.sqlite") as plain:
        plain.execute("PRAGMA journal_mode = WAL")
        plain.execute("CREATE TABLE people (person TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID")
        plain.executemany("INSERT INTO people VALUES (?, ?)", [("p1", NAME), ("p2", "Борис")])
    plain.close()
    assert NAME.encode() in (tmp_path / "vault.sqlite").read_bytes()
    async with vault_running(tmp_path) as vault:
        assert await names(vault) == {"p1": NAME, "p2": "Борис"}
        assert not holding(tmp_path, [NAME.encode()])
    async with vault_running(tmp_path) as vault:
        assert await names(vault) == {"p1": NAME, "p2": "Борис"}


def test_a_migration_that_is_interrupted_leaves_no_plain_name_once_it_was_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(tmp_path / "vault.sqlite") as plain:
        plain.execute("PRAGMA secure_delete = OFF")
        plain.execute("CREATE TABLE people (person TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID")
        plain.executemany("INSERT INTO people VALUES (?, ?)", [(f"p{index}", NAME) for index in range(5_000)])
        plain.commit()
        plain.execute("DELETE FROM people WHERE person <> 'p1'")
    plain.close()

    def interrupted(_store: sqlite.SqliteStore) -> None:
        raise StoreUnavailableError

    with monkeypatch.context() as patched:
        patched.setattr(sqlite.SqliteStore, "write_anew", interrupted)
        with pytest.raises(StoreUnavailableError):
            open_people(VaultSettings(), tmp_path)
    assert holding(tmp_path, [NAME.encode()])
    people = open_people(VaultSettings(), tmp_path)
    with closing(people.store):
        assert people.names([]) == {"p1": NAME}
        assert not holding(tmp_path, [NAME.encode()])


async def test_a_store_that_another_keeps_is_waited_for_and_then_said_to_be_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WAIT_S", 0.1)
    async with vault_running(tmp_path) as vault:
        keeping = sqlite3.connect(tmp_path / "vault.sqlite", isolation_level=None)
        keeping.execute("BEGIN IMMEDIATE")
        answer = await vault.put("/v1/people/p1", json={"name": "Анна"})
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:kvota:problem:store-unavailable")
        keeping.execute("ROLLBACK")
        keeping.close()
        assert (await vault.put("/v1/people/p1", json={"name": "Анна"})).status_code == 201


async def test_a_vault_whose_copy_of_the_keys_lacks_the_newest_says_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    copied = tmp_path / "copied"
    async with vault_running(tmp_path) as vault:
        assert (await vault.put("/v1/people/p1", json={"name": "Анна"})).status_code == 201
    copied.write_bytes((tmp_path / FILE_NAME).read_bytes())
    copied.chmod(0o600)
    async with vault_running(tmp_path, VaultSettings(master_key_file=copied)) as other:
        KeyFile(tmp_path / FILE_NAME, may_be_made=False).add()
        with closing(open_people(VaultSettings(), tmp_path).store) as store:
            assert rewrap(store, VaultSettings().masters(tmp_path)) == 2
        answer = await other.get("/v1/people")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:kvota:problem:master-key-missing")
        assert "master key 2 is missing here: copy its line" in capfd.readouterr().out
        copied.write_bytes((tmp_path / FILE_NAME).read_bytes())
        assert await names(other) == {"p1": "Анна"}


async def test_a_vault_goes_on_once_its_database_has_cut_it_off(tmp_path: Path, postgres: Postgres) -> None:
    settings = VaultSettings(store=SecretStr(postgres.new_database()))
    async with vault_running(tmp_path, settings) as vault:
        assert (await vault.put("/v1/people/p1", json={"name": "Анна"})).status_code == 201
        postgres.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert (await vault.get("/v1/people")).status_code == 503
        assert await names(vault) == {"p1": "Анна"}
