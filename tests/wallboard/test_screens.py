"""Who may look at the board."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.runtime.auth.api_keys import ApiKeys
from services.runtime.auth.guard import entrances
from services.runtime.auth.settings import AuthSettings
from services.runtime.ports import HOST
from services.wallboard.screens import COOKIE, screen_guard
from tests.callers import bearer
from tests.runtime.issuers import provider
from tests.wallboard.floor import Floor, showing


def guarded(home: Path, issuer: str) -> AuthSettings:
    return AuthSettings(folder=home / "auth", issuer=issuer)


async def test_on_one_machine_the_board_is_for_whoever_reaches_it() -> None:
    async with (
        showing(Floor(), watch=screen_guard(AuthSettings(), HOST)) as shown,
        httpx.AsyncClient(base_url=shown.url) as client,
    ):
        assert (await client.get("/v1/board")).status_code == 200


async def test_where_people_log_in_a_screen_needs_a_key(tmp_path: Path) -> None:
    with provider() as idp:
        settings = guarded(tmp_path, idp.issuer)
        _, key = ApiKeys(settings.folder).add("the hall", "screen")
        _, feed = ApiKeys(settings.folder).add("the PBX", "feed")
        async with (
            showing(Floor(), watch=screen_guard(settings, HOST)) as shown,
            httpx.AsyncClient(base_url=shown.url) as client,
        ):
            told = [
                {},
                bearer(tmp_path, "screen"),
                {"X-API-Key": feed},
                {"X-API-Key": key},
                {"Authorization": f"Bearer {idp.token(role='rep')}"},
            ]
            answers = [(await client.get("/v1/board", headers=headers)).status_code for headers in told]
            stream = (await client.get("/v1/board/stream")).status_code
            page = (await client.get("/")).status_code
    assert answers == [401, 401, 403, 200, 200]
    assert (stream, page) == (401, 200)


async def test_a_key_in_the_address_is_left_with_the_browser_and_gone_from_the_address(tmp_path: Path) -> None:
    with provider() as idp:
        settings = guarded(tmp_path, idp.issuer)
        _, key = ApiKeys(settings.folder).add("the hall", "screen")
        async with (
            showing(Floor(), watch=screen_guard(settings, HOST)) as shown,
            httpx.AsyncClient(base_url=shown.url) as client,
        ):
            assert (await client.get("/", params={"key": "kvota_a_b"})).status_code == 401
            _, of_feed = ApiKeys(settings.folder).add("the phones", "feed")
            refused = await client.get("/", params={"key": of_feed})
            assert (refused.status_code, refused.headers.get("set-cookie")) == (403, None)
            entered = await client.get("/", params={"key": key, "lang": "ru"})
            assert (entered.status_code, entered.headers["location"]) == (303, "/?lang=ru")
            cookie = entered.headers["set-cookie"].lower()
            assert cookie.startswith(f"{COOKIE}=")
            assert {"httponly", "samesite=strict", "path=/v1/board"} <= {part.strip() for part in cookie.split(";")}
            assert (await client.get("/v1/board")).status_code == 200


@pytest.mark.parametrize("lang", ["//evil.example", "de"])
async def test_nobody_is_sent_elsewhere(lang: str) -> None:
    async with showing(Floor()) as shown, httpx.AsyncClient(base_url=shown.url) as client:
        entered = await client.get("/", params={"key": "любой", "lang": lang})
    assert entered.headers.get("set-cookie") is None
    assert (entered.status_code, entered.headers["location"]) == (303, "/")


async def test_every_route_with_numbers_asks_who_looks() -> None:
    async with showing(Floor()) as shown:
        asked = {each.path: each.permission for each in entrances(shown.app)}
    assert asked == {
        "/v1/board": "board.see",
        "/v1/board/stream": "board.see",
        **dict.fromkeys(("/", "/static", "/healthz", "/readyz", "/openapi.json")),
    }


async def test_the_open_stream_of_a_key_that_is_revoked_ends_within_seconds(tmp_path: Path) -> None:
    with provider() as idp:
        settings = guarded(tmp_path, idp.issuer)
        keys = ApiKeys(settings.folder)
        (revoked, key), (_, other) = keys.add("the hall", "screen"), keys.add("the kitchen", "screen")
        async with (
            showing(Floor(), watch=screen_guard(settings, HOST)) as shown,
            httpx.AsyncClient(base_url=shown.url) as client,
            client.stream("GET", "/v1/board/stream", headers={"X-API-Key": key}) as stream,
            client.stream("GET", "/v1/board/stream", headers={"X-API-Key": other}) as goes_on,
        ):
            assert (stream.status_code, goes_on.status_code) == (200, 200)
            keys.revoke(revoked.id)
            async with asyncio.timeout(10):
                assert b"event: hello" in b"".join([part async for part in stream.aiter_raw()])
                assert [part async for part in _first(goes_on.aiter_raw())]
            assert len(shown.hub.viewers) == 1


async def _first(parts: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    async for part in parts:
        yield part
        return
