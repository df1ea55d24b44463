"""Where a request is let in."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from services.runtime.auth.api_keys import ApiKeys, NotPrivateError
from services.runtime.auth.callers import Role
from services.runtime.auth.guard import AnyPermit, Door, Guard, answer_callers, guard
from services.runtime.auth.permissions import BadTableError, read_permissions
from services.runtime.auth.settings import AuthSettings
from services.runtime.ports import HOST
from services.runtime.problems import answer_problems
from tests.callers import auth, bearer, watch
from tests.runtime.issuers import provider

allowed = Door(
    read_permissions("""
permission   rep   manager  feed
notes.read   self  all      all
notes.write  -     all      -
""")
)


@asynccontextmanager
async def asking(guarded: Guard) -> AsyncGenerator[httpx.AsyncClient]:
    app = FastAPI()
    answer_problems(app)
    answer_callers(app, guarded)

    @app.get("/notes", dependencies=[allowed("notes.read")])
    async def read(permit: AnyPermit) -> list[str]:
        return [permit.caller.subject, permit.scope]

    @app.post("/notes", dependencies=[allowed("notes.write")])
    async def write() -> None:
        pass

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_whoever_says_who_they_are_is_let_in_as_far_as_their_role_goes(tmp_path: Path) -> None:
    async with asking(watch(tmp_path)) as client:
        rep, manager = bearer(tmp_path, "rep", rep="anna", subject="a-1"), bearer(tmp_path, "manager")
        assert (await client.get("/notes", headers=rep)).json() == ["a-1", "self"]
        assert (await client.get("/notes", headers=manager)).json() == ["manager", "all"]
        refused = await client.post("/notes", headers=rep)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:kvota:problem:role-not-allowed")
        assert (await client.post("/notes", headers=manager)).is_success


@pytest.mark.parametrize("role", ["team_lead", "executive", "auditor", "screen"])
async def test_a_role_that_the_table_does_not_name_may_do_nothing(tmp_path: Path, role: Role) -> None:
    async with asking(watch(tmp_path)) as client:
        assert (await client.get("/notes", headers=bearer(tmp_path, role))).status_code == 403


@pytest.mark.parametrize(
    ("headers", "kind", "challenge"),
    [
        ({}, "no-credentials", 'Bearer realm="kvota"'),
        ({"Authorization": "Basic YTpi"}, "no-credentials", 'Bearer realm="kvota"'),
        ({"Authorization": "Bearer "}, "no-credentials", 'Bearer realm="kvota"'),
        ({"Authorization": "Bearer x.y.z"}, "token-refused", 'Bearer realm="kvota", error="invalid_token"'),
        ({"Authorization": "Bearer kvota_a_b"}, "key-unknown", 'Bearer realm="kvota", error="invalid_token"'),
        ({"X-API-Key": "kvota_a_b"}, "key-unknown", 'Bearer realm="kvota", error="invalid_token"'),
    ],
)
async def test_whoever_does_not_or_cannot_be_believed_is_asked_who_they_are(
    tmp_path: Path, headers: dict[str, str], kind: str, challenge: str
) -> None:
    async with asking(watch(tmp_path)) as client:
        answer = await client.get("/notes", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (401, f"urn:kvota:problem:{kind}")
    assert answer.headers["www-authenticate"] == challenge


async def test_a_key_is_taken_in_either_header(tmp_path: Path) -> None:
    kept, key = ApiKeys(auth(tmp_path).folder).add("the PBX", "feed")
    async with asking(watch(tmp_path)) as client:
        for headers in ({"Authorization": f"bearer {key}"}, {"X-API-Key": key}):
            assert (await client.get("/notes", headers=headers)).json() == [f"key/{kept.id}", "all"]


async def test_a_token_of_this_machine_is_nothing_where_another_issues_them(tmp_path: Path) -> None:
    with provider() as idp:
        guarded = guard(AuthSettings(folder=tmp_path / "auth", issuer=idp.issuer), HOST)
        async with asking(guarded) as client:
            theirs = await client.get("/notes", headers={"Authorization": f"Bearer {idp.token()}"})
            ours = await client.get("/notes", headers=bearer(tmp_path, "manager"))
    assert (theirs.json(), ours.status_code) == (["u-17", "all"], 401)


async def test_while_the_issuer_does_not_answer_nobody_is_refused_for_good(tmp_path: Path) -> None:
    with provider() as idp:
        idp.broken = True
        async with asking(guard(AuthSettings(folder=tmp_path, issuer=idp.issuer), HOST)) as client:
            answer = await client.get("/notes", headers={"Authorization": f"Bearer {idp.token()}"})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:kvota:problem:keys-unavailable")


@pytest.mark.parametrize(
    "table",
    [
        "permission rep\nnotes.read",
        "permission rep\nnotes.read all all",
        "permission rep\nnotes.read some",
        "permission boss\nnotes.read all",
        "permission rep\nnotes.read all\nnotes.read self",
    ],
)
def test_a_table_that_cannot_be_read_is_refused(table: str) -> None:
    with pytest.raises(BadTableError):
        read_permissions(table)


def test_a_permission_that_is_not_in_the_table_cannot_be_asked_for() -> None:
    with pytest.raises(KeyError):
        allowed("notes.burn")


async def test_keys_that_others_may_change_let_nobody_in(tmp_path: Path) -> None:
    told = auth(tmp_path)
    _, key = ApiKeys(told.folder).add("the PBX", "feed")
    async with asking(guard(told, HOST)) as client:
        assert (await client.get("/notes", headers={"X-API-Key": key})).status_code == 200
        (told.folder / "api-keys.json").chmod(0o666)
        answer = await client.get("/notes", headers={"X-API-Key": key})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:kvota:problem:keys-unavailable")
    with pytest.raises(NotPrivateError):
        guard(told, HOST)
