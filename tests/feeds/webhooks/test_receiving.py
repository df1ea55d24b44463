"""The door for those who call us: proven, read and appended, or refused, counted and nothing appended."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest

from services.feeds.callers.heard import mention
from services.feeds.door import door
from services.feeds.receiving import LIMIT
from services.feeds.secrets import Secrets
from services.feeds.webhooks.seen import Ended, decode_seen
from services.runtime.topics import INTAKE
from tests.callers import bearer, watch
from tests.feeds.callers.asking import Asked
from tests.feeds.door_client import Taken, counters, problem, webhooks

NEW = "new"
CALL = {
    "id": 812,
    "direction": "inbound",
    "started_at": 1_795_597_200,
    "answered_at": 1_795_597_212,
    "ended_at": 1_795_597_272,
    "user": {"id": 7, "name": "Anna"},
    "number": {"id": 33, "digits": "+7 495 000-00-00"},
    "raw_digits": "+7 916 000-00-00",
}
TOMORROW = 1_795_597_200 + 24 * 3600
"""A day after the door's own time, as an epoch second."""


@asynccontextmanager
async def calling(tmp_path: Path, memory: int = 100_000_000) -> AsyncGenerator[tuple[httpx.AsyncClient, Taken]]:
    taken = Taken()
    app = door(taken, lambda: True, watch(tmp_path), webhooks(taken, memory))
    transport, headers = httpx.ASGITransport(app), bearer(tmp_path, "monitor")
    async with httpx.AsyncClient(transport=transport, base_url="http://door", headers=headers) as http:
        yield http, taken


def delivery(token: str = NEW, **changes: object) -> bytes:
    told: Mapping[str, object] = {"resource": "call", "event": "call.ended", "timestamp": 1_795_597_300, "token": token}
    return msgspec.json.encode({**told, "data": CALL, **changes})


@pytest.mark.parametrize("secret", ["new", "old"])
async def test_what_was_seen_is_appended_before_it_is_accepted(tmp_path: Path, secret: str) -> None:
    async with calling(tmp_path) as (http, taken):
        answer = await http.post("/v1/feeds/aircall", content=delivery(secret))
        assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
        assert await counters(http) == {'kvota_feeds_accepted_total{source="aircall"} 1.0'}
    [record] = taken.records
    assert (record.topic, record.key) == (INTAKE, b"/aircall/812")
    seen = decode_seen(record.value)
    assert isinstance(seen, Ended)
    assert (seen.queue, seen.agent, seen.outcome) == ("33", "7", "answered")
    assert b"916" not in record.value
    assert b"Anna" not in record.value


async def test_how_far_the_clock_of_a_source_is_ahead_of_ours_is_measured(tmp_path: Path) -> None:
    async with calling(tmp_path) as (http, _taken):
        for ended, ahead in ((1_795_597_240, 40.0), (1_795_597_195, -5.0)):
            body = delivery(timestamp=ended, data={**CALL, "ended_at": ended})
            assert (await http.post("/v1/feeds/aircall", content=body)).status_code == 202
            told = (await http.get("/metrics")).text.splitlines()
            assert f'kvota_feeds_clock_ahead_seconds{{feed="aircall/webhooks"}} {ahead}' in told


async def test_a_caller_is_looked_up_and_only_the_person_is_written_down(tmp_path: Path) -> None:
    taken, asked = Taken(), Asked()
    app = door(taken, lambda: True, watch(tmp_path), replace(webhooks(taken), look_up=asked.look_up))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as http:
        assert (await http.post("/v1/feeds/aircall", content=delivery())).status_code == 202
        asked.is_away = True
        assert (await http.post("/v1/feeds/aircall", content=delivery())).status_code == 202
    [known, unknown] = [decode_seen(record.value) for record in taken.records]
    assert asked.numbers == {mention("/aircall", "812"): "+7 916 000-00-00"}
    assert (known, unknown) == (msgspec.structs.replace(unknown, caller=asked.person("+7 916 000-00-00")), unknown)
    assert not any(b"916" in record.value for record in taken.records)


@pytest.mark.parametrize(
    ("path", "body", "status", "kind", "source"),
    [
        ("aircall", delivery("another"), 401, "token-wrong", "aircall"),
        ("aircall", delivery("ne\u0432"), 401, "token-wrong", "aircall"),
        ("aircall", b"{", 401, "token-wrong", "aircall"),
        ("nobody", delivery(), 404, "source-unknown", "unknown"),
        ("aircall", b" " * (LIMIT + 1), 413, "too-large", "aircall"),
        ("aircall", delivery(data={**CALL, "id": "x"}), 400, "not-readable", "aircall"),
        ("aircall", delivery(timestamp=None), 400, "not-readable", "aircall"),
        ("aircall", delivery(timestamp=0), 400, "not-readable", "aircall"),
        ("aircall", delivery(data={**CALL, "ended_at": TOMORROW + 1}), 400, "not-readable", "aircall"),
    ],
)
async def test_what_is_refused_says_why_is_counted_and_not_appended(  # noqa: PLR0913, PLR0917  # a case each
    tmp_path: Path, path: str, body: bytes, status: int, kind: str, source: str
) -> None:
    async with calling(tmp_path) as (http, taken):
        refused = problem(await http.post(f"/v1/feeds/{path}", content=body), status)
        assert refused["type"] == f"urn:kvota:problem:{kind}"
        assert await counters(http) == {f'kvota_feeds_refused_total{{kind="{kind}",source="{source}"}} 1.0'}
    assert not taken.records


async def test_where_something_is_wrong_is_said_in_both_languages_and_nothing_is_quoted(tmp_path: Path) -> None:
    body = delivery(data={**CALL, "started_at": "+79160000000"})
    async with calling(tmp_path) as (http, _taken):
        english = problem(await http.post("/v1/feeds/aircall", content=body), 400)
        in_russian = {"Accept-Language": "ru"}
        russian = problem(await http.post("/v1/feeds/aircall", content=body, headers=in_russian), 400)
    assert english["detail"] == "Expected `int`, got `str` - at `$.data.started_at`"
    assert russian["detail"] == f"доставка не читается: {english['detail']}"


async def test_more_than_fits_into_memory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    async with calling(tmp_path, memory=4_000) as (http, taken):
        answer = await http.post("/v1/feeds/aircall", content=delivery(filler="x" * 1_000))
        assert problem(answer, 413)["type"] == "urn:kvota:problem:too-large"
        assert "retry-after" not in answer.headers
        assert (await http.post("/v1/feeds/aircall", content=delivery())).status_code == 202
    assert len(taken.records) == 1


async def test_what_is_a_day_ahead_is_taken_as_it_is_told(tmp_path: Path) -> None:
    async with calling(tmp_path) as (http, taken):
        body = delivery(data={**CALL, "ended_at": TOMORROW})
        assert (await http.post("/v1/feeds/aircall", content=body)).status_code == 202
    assert len(taken.records) == 1


async def test_a_source_without_a_secret_is_as_unknown_as_any_other(tmp_path: Path) -> None:
    taken = Taken()
    without = replace(webhooks(taken), secrets_of=Secrets(tmp_path / "none").of)
    app = door(taken, lambda: True, watch(tmp_path), without)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as http:
        assert problem(await http.post("/v1/feeds/aircall", content=delivery()), 404)
