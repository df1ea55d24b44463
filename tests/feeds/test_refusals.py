"""Whatever is refused, at either door: said as a problem in both languages, counted, and nothing of it appended."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest
from starlette.types import Message

from services.feeds import receiving
from services.feeds.appender import Appender
from services.feeds.cloud_events import LINES, ONE
from services.feeds.door import door
from services.feeds.quotas import Quota
from services.feeds.receiving import COPIES, LIMIT
from services.runtime.auth.callers import ROLES, Role
from tests.callers import bearer, watch
from tests.feeds.door_client import ENDED, NOWHERE, PLENTY, Taken, changed, counters, problem, webhooks
from tests.feeds.webhooks.test_receiving import CALL, delivery

TOO_LARGE = b" " * (LIMIT + 1)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A request, and what it is answered."""

    path: str = "/v1/events"
    body: bytes | AsyncIterator[bytes] = ENDED
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": ONE})
    caller: Role | None = "feed"
    memory: int = 1_000_000_000
    in_hand: int = 0
    """How much of it others have."""
    quota: Quota = PLENTY
    before: int = 0
    """How often it is accepted before."""
    status: int
    kind: str
    source: str = "cloudevents"


def at_source(status: int, kind: str, body: bytes = delivery(), path: str = "aircall", **more: object) -> Refusal:
    known = {"source": "aircall"} | more
    return Refusal(status=status, kind=kind, body=body, path=f"/v1/feeds/{path}", headers={}, caller=None, **known)  # type: ignore[arg-type]  # by its fields


TWO = Quota(events=2, seconds=10)
REFUSALS = [
    Refusal(status=400, kind="not-json", body=b"{"),
    Refusal(status=401, kind="no-credentials", caller=None),
    Refusal(status=403, kind="role-not-allowed", caller="manager"),
    Refusal(status=413, kind="too-large", body=TOO_LARGE),
    Refusal(
        status=413, kind="too-many-events", body=b"\n".join([ENDED] * 3), headers={"content-type": LINES}, quota=TWO
    ),
    Refusal(status=415, kind="unsupported-media-type", headers={"content-type": "text/plain"}),
    Refusal(status=422, kind="invalid-input", body=changed(id=None)),
    Refusal(status=413, kind="too-large", memory=100),
    Refusal(status=429, kind="too-much-at-once", in_hand=999_999_900),
    Refusal(status=429, kind="quota-exceeded", quota=TWO, before=2),
    at_source(400, "not-readable", delivery(data={**CALL, "id": "x"})),
    at_source(401, "token-wrong", delivery("another")),
    at_source(404, "source-unknown", path="nobody", source="unknown"),
    at_source(413, "too-large", TOO_LARGE),
    at_source(413, "too-large", memory=100),
    at_source(429, "too-much-at-once", in_hand=999_999_900),
    at_source(429, "quota-exceeded", quota=TWO, before=2),
]


@asynccontextmanager
async def knocking(home: Path, appender: Appender, refusal: Refusal) -> AsyncGenerator[httpx.AsyncClient]:
    deliveries = webhooks(appender, refusal.memory, quota=refusal.quota)
    app = door(appender, lambda: True, watch(home), deliveries)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as http:
        with deliveries.budget.part() as others:
            others.take(refusal.in_hand)
            yield http


async def send(http: httpx.AsyncClient, refusal: Refusal, home: Path, language: str = "en") -> httpx.Response:
    credentials = bearer(home, refusal.caller) if refusal.caller is not None else {}
    headers = {**refusal.headers, **credentials, "accept-language": language}
    return await http.post(refusal.path, content=refusal.body, headers=headers)


async def counted(http: httpx.AsyncClient, home: Path) -> set[str]:
    http.headers.update(bearer(home, "monitor"))
    return {line for line in await counters(http) if line.startswith("kvota_feeds_refused")}


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: f"{each.source}-{each.status}-{each.kind}")
async def test_it_is_said_in_both_languages_counted_and_not_appended(tmp_path: Path, refusal: Refusal) -> None:
    taken = Taken()
    async with knocking(tmp_path, taken, refusal) as http:
        for _ in range(refusal.before):
            assert (await send(http, refusal, tmp_path)).status_code == 202
        english, russian = [
            problem(await send(http, refusal, tmp_path, language), refusal.status) for language in ("en", "ru")
        ]
        assert english["type"] == russian["type"] == f"urn:kvota:problem:{refusal.kind}"
        assert english["detail"] != russian["detail"]
        labels = f'kind="{refusal.kind}",source="{refusal.source}"'
        assert await counted(http, tmp_path) == {f"kvota_feeds_refused_total{{{labels}}} 2.0"}
    assert len(taken.records) == refusal.before


async def never_whole() -> AsyncIterator[bytes]:
    """Begin, and wait."""
    yield b" " * 3_000
    await asyncio.Event().wait()


@pytest.mark.parametrize("slow", [Refusal(status=408, kind="too-slow"), at_source(408, "too-slow")])
async def test_whoever_never_comes_to_an_end_is_refused_and_takes_no_memory_from_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: Refusal
) -> None:
    monkeypatch.setattr(receiving, "PATIENCE_S", 0.02)
    unending, taken = replace(slow, body=never_whole()), Taken()
    async with knocking(tmp_path, taken, replace(slow, memory=COPIES * 3_000 + 2_000)) as http:
        told = problem(await send(http, unending, tmp_path, "ru"), 408)
        assert (told["type"], told["title"]) == ("urn:kvota:problem:too-slow", "Запрос не пришёл вовремя")
        assert "целиком" in told["detail"]
        assert (await send(http, slow, tmp_path)).status_code == 202
        labels = f'kind="too-slow",source="{slow.source}"'
        assert await counted(http, tmp_path) == {f"kvota_feeds_refused_total{{{labels}}} 1.0"}
    assert len(taken.records) == 1


async def test_whoever_goes_away_in_the_middle_is_no_fault_of_ours(tmp_path: Path) -> None:
    heard: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]
    statuses = list[int]()

    async def receive() -> Message:
        return heard.pop(0)

    async def answer(message: Message) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    app = door(Taken(), lambda: True, watch(tmp_path), webhooks(Taken()))
    delivered = {"type": "http", "method": "POST", "path": "/v1/feeds/aircall", "query_string": b"", "headers": []}
    await app({**delivered, "server": ("door", 80), "scheme": "http", "root_path": ""}, receive, answer)
    assert statuses == [400]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as http:
        assert await counted(http, tmp_path) == {'kvota_feeds_refused_total{kind="not-whole",source="aircall"} 1.0'}


@pytest.mark.parametrize("away", [Refusal(status=503, kind="log-unavailable"), at_source(503, "log-unavailable")])
async def test_while_kafka_is_away_it_is_said_to_send_again(tmp_path: Path, away: Refusal) -> None:
    async with Appender(NOWHERE, attempts=1, patience_s=10) as appender, knocking(tmp_path, appender, away) as http:
        refused = problem(await send(http, away, tmp_path), 503)
        assert refused["type"] == "urn:kvota:problem:log-unavailable"
        assert "again" in refused["detail"]
        labels = f'kind="log-unavailable",source="{away.source}"'
        assert await counted(http, tmp_path) == {f"kvota_feeds_refused_total{{{labels}}} 1.0"}


@pytest.mark.parametrize("over", [each for each in REFUSALS if each.kind == "quota-exceeded"])
async def test_each_answer_tells_what_is_left(tmp_path: Path, over: Refusal) -> None:
    async with knocking(tmp_path, Taken(), over) as http:
        answers = [(await send(http, over, tmp_path)).headers for _ in range(3)]
    assert [each["ratelimit"] for each in answers] == ['"events";r=1;t=10', '"events";r=0;t=10', '"events";r=0;t=10']
    assert {each["ratelimit-policy"] for each in answers} == {'"events";q=2;w=10'}
    assert [each.get("retry-after") for each in answers] == [None, None, "10"]


async def test_whoever_is_not_proven_uses_up_nothing_of_a_source(tmp_path: Path) -> None:
    proven = at_source(202, "", quota=TWO)
    async with knocking(tmp_path, Taken(), proven) as http:
        for _ in range(3):
            assert (await send(http, at_source(401, "token-wrong", delivery("another")), tmp_path)).status_code == 401
        assert (await send(http, proven, tmp_path)).headers["ratelimit"] == '"events";r=1;t=10'


async def test_the_keys_of_two_feeds_are_limited_apart(tmp_path: Path) -> None:
    async with knocking(tmp_path, Taken(), Refusal(status=429, kind="quota-exceeded", quota=TWO)) as http:
        statuses = list[Sequence[int]]()
        for subject in ("key/1", "key/2"):
            headers = {**bearer(tmp_path, "feed", subject=subject), "content-type": ONE}
            answers = [await http.post("/v1/events", content=ENDED, headers=headers) for _ in range(3)]
            statuses.append([answer.status_code for answer in answers])
    assert statuses == [[202, 202, 429]] * 2


async def test_who_may_read_what_was_counted(tmp_path: Path) -> None:
    async with knocking(tmp_path, Taken(), REFUSALS[0]) as http:
        asked = {role: await http.get("/metrics", headers=bearer(tmp_path, role)) for role in ROLES}
        assert {role for role, answer in asked.items() if answer.is_success} == {"auditor", "monitor"}
        problem(await http.get("/metrics"), 401)
        assert await counted(http, tmp_path) == set()
