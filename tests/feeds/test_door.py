"""The door for CloudEvents: what is let in is on the log when the answer comes; what is not is refused whole."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date
from pathlib import Path

import httpx
import pytest

from events.codec import decode
from services.feeds.appender import Appender
from services.feeds.cloud_events import BATCH, LINES, ONE
from services.feeds.directory.directory import Directory
from services.feeds.door import door
from services.feeds.facts import Company
from services.feeds.receiving import LIMIT
from services.runtime.auth.callers import ROLES
from services.runtime.auth.guard import entrances
from tests.callers import bearer, watch
from tests.events.examples.dates import at
from tests.feeds.directory.world import mapped
from tests.feeds.door_client import ENDED, NOWHERE, Taken, changed, client, problem, webhooks
from tests.telling import decided


async def post(body: bytes, content_type: str | None = ONE) -> httpx.Response:
    """Send to a door without a log: it must not come so far."""
    async with client() as http:
        headers = {"content-type": content_type} if content_type is not None else {}
        return await http.post("/v1/events", content=body, headers=headers)


def with_data(**fields: object) -> bytes:
    record = json.loads(ENDED)
    record["data"] = {key: value for key, value in (record["data"] | fields).items() if value is not None}
    return json.dumps(record).encode()


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (changed(id=None), "id"),
        (changed(id="17"), "id"),
        (changed(specversion="0.3"), "specversion"),
        (changed(time="yesterday"), "time"),
        (changed(time="2026-11-24T09:00:00"), "time"),
        (changed(day=None), "day"),
        (changed(source=""), "source"),
        (changed(subject=None), "subject"),
        (changed(subject="call/"), "subject"),
        (changed(dataschema="urn:kvota:call.ended:x"), "dataschema"),
        (changed(dataschema="urn:kvota:call.ended:99"), "dataschema"),
        (changed(type="call.invented"), "type"),
        (changed("deal.won"), "type"),
        (changed("record.parked"), "type"),
        (changed(stream="call/1", streamversion=1), "stream"),
        (changed(expects="deal/1@1"), "expects"),
        (changed(data=[]), "data"),
        (with_data(wait_seconds=-1), "data.wait_seconds"),
        (with_data(wait_seconds="14"), "data.wait_seconds"),
        (with_data(outcome="vanished"), "data.outcome"),
        (with_data(call=None), "data.call"),
        (b'"a text"', ""),
        (b'{"id": 1, "id": 2}', ""),
    ],
)
async def test_an_item_that_not_every_reader_could_read_is_refused_with_its_place_and_field(
    item: bytes, field: str
) -> None:
    body = b"[" + ENDED + b"," + item + b"]"
    refused = problem(await post(body, BATCH), 422)
    assert (refused["type"], refused["index"], refused["field"]) == ("urn:kvota:problem:invalid-input", 1, field)
    assert refused["detail"].startswith(f"item 1, {field}: " if field else "item 1: ")
    assert problem(await post(item), 422)["index"] == 0


@pytest.mark.parametrize(
    ("body", "content_type", "index"),
    [
        (b"", ONE, None),
        (b"hello", ONE, None),
        (b"{", ONE, None),
        (b'{"id": "\xff"}', ONE, None),
        (ENDED[:-1], None, None),
        (b"[" + ENDED, BATCH, None),
        (b"", BATCH, None),
        (ENDED + b"\nhello\n", LINES, 1),
        (ENDED + b"\r\n" + ENDED + b"x", LINES, 1),
        (b"[" * 100_000, ONE, None),
        (b'{"id":' * 100_000, BATCH, None),
        (b"[" + b"[" * 100_000, BATCH, None),
        (ENDED + b"\n" + b'{"id":' * 100_000, LINES, 1),
    ],
)
async def test_what_is_not_json_is_refused(body: bytes, content_type: str | None, index: int | None) -> None:
    refused = problem(await post(body, content_type), 400)
    assert (refused["type"], refused.get("index")) == ("urn:kvota:problem:not-json", index)


async def test_a_batch_is_an_array() -> None:
    assert "is a JSON array" in problem(await post(ENDED, BATCH), 422)["detail"]


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
async def test_another_content_type_is_refused_with_those_that_are_known(content_type: str) -> None:
    detail = problem(await post(ENDED, content_type), 415)["detail"]
    assert all(known in detail for known in (ONE, BATCH, LINES))


async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not() -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 1_000_000

    problem(await post(b" " * (LIMIT + 1)), 413)
    async with client() as http:
        problem(await http.post("/v1/events", content=drip(), headers={"content-type": ONE}), 413)


async def test_nothing_of_what_is_refused_is_quoted() -> None:
    secret = "+79161112233"  # noqa: S105  # somebody's number
    for body in (with_data(outcome=secret), with_data(rep=[secret]), changed(time=secret), changed(id=secret)):
        assert secret not in (await post(body)).text


async def test_without_a_log_the_door_is_alive_but_not_ready_and_says_that_sending_again_is_safe() -> None:
    async with client() as http:
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 503
        refused = problem(await http.post("/v1/events", content=ENDED, headers={"content-type": ONE}), 503)
        assert "Send the request again" in refused["detail"]


async def test_only_a_feed_tells_facts(tmp_path: Path) -> None:
    async with Appender(NOWHERE, attempts=1, patience_s=10) as appender:
        app = door(appender, lambda: True, watch(tmp_path), webhooks(appender))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as http:
            others = [bearer(tmp_path, role) for role in ROLES if role != "feed"]
            answers = [(await http.post("/v1/events", content=ENDED, headers=who)).status_code for who in others]
            unknown = (await http.post("/v1/events", content=ENDED)).status_code
    assert {each.path: each.permission for each in entrances(app)} == {
        "/v1/events": "facts.tell",
        "/metrics": "metrics.read",
        **dict.fromkeys(("/healthz", "/readyz")),
        # who calls there proves it by the scheme of its source:
        **dict.fromkeys(("/v1/feeds/{source}", "/v1/feeds/{source}/{_rest:path}")),
    }
    assert ({*answers}, unknown) == ({403}, 401)


async def test_what_a_source_tells_by_names_of_its_own_is_told_by_those_of_the_company(tmp_path: Path) -> None:
    """Told otherwise each would be restated, and to restate it a day of the log be read again."""
    own, taken = with_data(rep="Anna", queue="sales", later="kept"), Taken()
    source, told = json.loads(own)["source"], json.loads(own)
    directory = Directory()
    directory.take(0, decided(mapped("Anna", "rep-1", at(0, day=date(2020, 1, 1)), by=source), "directory/Anna", 1), 1)
    company = Company(UTC, directory=directory)
    app = door(taken, lambda: True, watch(tmp_path), replace(webhooks(taken), company=company))
    transport, headers = httpx.ASGITransport(app), {**bearer(tmp_path, "feed"), "content-type": LINES}
    items = [json.dumps(told | attributes).encode() for attributes in ({"traceparent": "00-1"}, {"source": "/other"})]
    async with httpx.AsyncClient(transport=transport, base_url="http://door", headers=headers) as http:
        assert (await http.post("/v1/events", content=b"\n".join(items))).status_code == 202
    named, other = (record.value for record in taken.records)
    assert other == items[1]
    data = told["data"] | {"rep": "rep-1", "source_agent": "Anna"}
    assert json.loads(named) == told | {"traceparent": "00-1", "data": data}
    decode(named)
