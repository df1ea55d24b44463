"""Auditors' own SQL: who may ask, what the log is told, and what is answered when it cannot be told."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from events.accesses import SQL_CHARACTERS, QueryAsked, QueryEnded
from events.codec import decode
from projections.projection import load_projections
from services.history.answers import Answers
from services.history.archive import Archive
from services.history.archiver import Archiver
from services.history.door import door
from services.history.mart.making import make_mart, mart_folder
from services.history.sql import queries
from services.history.sql.queries import Queries
from services.history.sql.recording import NotRecordedError, Recorder
from services.history.sql.routes import sql_routes
from services.history.sql.sandbox import Bounds, Said
from services.runtime.auth.callers import ROLES
from services.runtime.ports import free_port
from services.runtime.settings import KafkaSettings
from tests.callers import bearer, watch
from tests.cli.commands import Ran, kvota
from tests.history.doors import fill, log_of_calls_and_deals, nothing_live, ready, seeded, serving
from tests.projector.workers import make_topics, values_in
from tests.waiting import eventually

RECORDS = ("kvota.records", 0)
MOSCOW = ZoneInfo("Europe/Moscow")
TALK = "SELECT rep, talk_seconds FROM rep_day WHERE talk_seconds > 0"


def nowhere() -> KafkaSettings:
    """Give the settings of a Kafka that is not there."""
    return KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port()}")


@asynccontextmanager
async def auditor(
    archive: Archive, kafka: KafkaSettings, bounds: Bounds = Bounds(rows=3)
) -> AsyncGenerator[httpx.AsyncClient]:
    """Ask as an auditor."""
    home = archive.path.parent
    app = _app(archive, kafka, bounds)
    transport, headers = httpx.ASGITransport(app), bearer(home, "auditor", subject="olga")
    async with httpx.AsyncClient(transport=transport, base_url="http://history", headers=headers) as client:
        yield client


def _app(archive: Archive, kafka: KafkaSettings, bounds: Bounds) -> FastAPI:
    answers = Answers(archive, "RU")
    app = door(archive, Archiver(kafka, archive), answers, nothing_live, seeded, watch(archive.path.parent))
    app.include_router(sql_routes(Queries(kafka, mart_folder(archive), MOSCOW, bounds)))
    return app


async def ask(client: httpx.AsyncClient, sql: str, language: str = "en") -> httpx.Response:
    return await client.post("/v1/sql", json={"sql": sql}, headers={"Accept-Language": language})


@pytest.mark.kafka
class TestTheLog:
    async def test_it_knows_what_was_asked_and_what_came_of_it(self, archive: Archive, fresh_bootstrap: str) -> None:
        await make_topics(fresh_bootstrap)
        fill(archive)
        made = make_mart(archive, mart_folder(archive))
        kafka = KafkaSettings(bootstrap_servers=fresh_bootstrap)
        async with auditor(archive, kafka) as client:
            answer = await ask(client, TALK)
            refusals = [await ask(client, sql) for sql in ("COPY cut TO 'x'", "FROM range(4)")]
        assert answer.json() == {
            "query": answer.json()["query"],
            "mart": "mart-1",
            "as_of": made.as_of,
            "columns": [{"name": "rep", "type": "VARCHAR"}, {"name": "talk_seconds", "type": "BIGINT"}],
            "rows": [["anna", 90]],
        }
        assert [(each.status_code, each.json()["type"].rpartition(":")[2]) for each in refusals] == [
            *((422, "sql-refused"), (422, "sql-too-many-rows")),
        ]
        asked, ended = _told([decode(value).event for value in await values_in(fresh_bootstrap, RECORDS)])
        assert [(each.asked_by, each.role, each.mart, each.sql) for each in asked] == [
            *(("olga", "auditor", "mart-1", sql) for sql in (TALK, "COPY cut TO 'x'", "FROM range(4)")),
        ]
        assert [(each.outcome, each.rows, each.size_bytes) for each in ended] == [
            *(("answered", 1, len('[["anna",90]]')), ("refused", 0, 2), ("too_many_rows", 0, 2)),
        ]
        assert [each.query for each in asked] == [each.query for each in ended]
        assert asked[0].query == answer.json()["query"]
        assert {f"{part.topic}/{part.partition}": part.before for part in ended[0].as_of} == made.as_of
        assert ended[0].took_ms > 0

    async def test_the_next_mart_shows_who_asked(self, archive: Archive, fresh_bootstrap: str) -> None:
        await make_topics(fresh_bootstrap)
        kafka = KafkaSettings(bootstrap_servers=fresh_bootstrap)
        make_mart(archive, mart_folder(archive))
        async with auditor(archive, kafka) as client:
            await ask(client, TALK)
            await Archiver(kafka, archive).catch_up()
            make_mart(archive, mart_folder(archive))
            seen = await ask(client, "SELECT type, asked_by, sql, outcome FROM accesses ORDER BY time")
        assert seen.json()["rows"] == [["query.asked", "olga", TALK, None], ["query.ended", None, None, "answered"]]


class TestNoRecordNoQuery:
    async def test_without_a_log_nothing_runs(self, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        make_mart(archive, mart_folder(archive))
        ran = list[str]()

        async def run(_mart: Path, sql: str, _bounds: Bounds) -> Said:
            ran.append(sql)
            return Said("answered")

        monkeypatch.setattr(queries, "run", run)
        async with auditor(archive, nowhere()) as client:
            answer = await ask(client, TALK)
        assert (answer.status_code, ran) == (503, [])
        assert "no Kafka answers" in answer.json()["detail"]

    @pytest.mark.kafka
    async def test_an_answer_whose_end_the_log_does_not_know_is_not_given(
        self, archive: Archive, fresh_bootstrap: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await make_topics(fresh_bootstrap)
        fill(archive)
        make_mart(archive, mart_folder(archive))

        async def lost(_recorder: Recorder, _asked: object, _said: Said) -> None:
            raise NotRecordedError(reason="RequestTimedOutError")

        monkeypatch.setattr(Recorder, "ended", lost)
        async with auditor(archive, KafkaSettings(bootstrap_servers=fresh_bootstrap)) as client:
            answer = await ask(client, TALK)
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:kvota:problem:not-recorded")
        assert "anna" not in answer.text


class TestWhoMayAskWhat:
    async def test_only_auditors_may(self, archive: Archive) -> None:
        home = archive.path.parent
        async with auditor(archive, nowhere()) as client:
            codes = {
                role: (await client.post("/v1/sql", json={"sql": TALK}, headers=bearer(home, role))).status_code
                for role in ROLES
            }
        assert {role: code for role, code in codes.items() if code != 403} == {"auditor": 409}

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            (b"SELECT 1", "expected {"),
            (b'{"sql": 1}', "expected {"),
            (b'{"query": "SELECT 1"}', "expected {"),
            (b'{"sql": "SELECT 1", "seconds": 900}', "expected {"),
            (b'{"sql": "  "}', "write 1 to 20000 characters"),
            (msgspec.json.encode({"sql": "SELECT " + "1" * SQL_CHARACTERS}), "write 1 to 20000 characters"),
            (b'{"sql": "SELECT 1 \\u0000"}', "NUL"),
            (b'{"sql": "SELECT \xff"}', "expected {"),
            (b'{"sql": "SELECT \\ud800"}', "expected {"),
        ],
    )
    async def test_what_is_no_query_is_refused_by_name(self, archive: Archive, body: bytes, says: str) -> None:
        make_mart(archive, mart_folder(archive))
        async with auditor(archive, nowhere()) as client:
            answer = await client.post("/v1/sql", content=body)
        assert answer.status_code == 422
        [wrong] = answer.json()["errors"]
        assert wrong["field"] == "sql"
        assert says in wrong["problem"]

    async def test_a_body_that_is_too_long_is_not_read(self, archive: Archive) -> None:
        async with auditor(archive, nowhere()) as client:
            answer = await client.post("/v1/sql", content=b" " * 300_000)
        assert answer.status_code == 413

    async def test_where_there_is_no_mart_it_says_what_to_do(self, archive: Archive) -> None:
        async with auditor(archive, nowhere()) as client:
            english, russian = await ask(client, TALK), await ask(client, TALK, "ru")
        assert (english.status_code, russian.status_code) == (409, 409)
        assert "make one with `kvota mart`" in english.json()["detail"]
        assert "создайте её командой `kvota mart`" in russian.json()["detail"]


@pytest.mark.kafka
@pytest.mark.timeout(240)
async def test_the_commands_make_a_mart_and_ask_it(fresh_bootstrap: str, tmp_path: Path) -> None:
    await log_of_calls_and_deals(fresh_bootstrap)
    port = free_port()
    about: dict[str, Any] = {"KVOTA_KAFKA_BOOTSTRAP_SERVERS": fresh_bootstrap, "KVOTA_HISTORY_PORT": str(port)}

    async def run(*arguments: str) -> Ran:
        return await asyncio.to_thread(lambda: kvota(*arguments, home=tmp_path, **about))

    async with serving(tmp_path, about):
        assert await asyncio.to_thread(eventually, lambda: ready(port), 60)
        archived = {"after": "kvota.decisions/0@2,kvota.calls/0@2"}
        url = f"http://127.0.0.1:{port}/v1/reports/rep_day"
        await asyncio.to_thread(httpx.get, url, headers=bearer(tmp_path, "auditor"), params=archived, timeout=30)
        early = await run("sql", TALK)
        made = await run("mart", "--out", str(tmp_path / "bi"), "--json")
        asked, table = await run("sql", TALK, "--json"), await run("sql", TALK)
        refused = await run("sql", "DROP TABLE cut")
        empty = await run("sql", "SELECT 1 AS twice, 2 AS twice WHERE false")
    away = await run("sql", TALK)
    assert (early.code, "there is no mart to ask yet" in early.err) == (2, True)
    assert made.json["folder"] == str(tmp_path / "bi" / "mart-1")
    assert made.json["as_of"]["kvota.calls/0"] == 2
    assert asked.json["rows"] == [["anna", 90]]
    assert {"anna", "90"} <= set(table.out.split())
    assert empty.out.count("twice") == 2
    assert (refused.code, refused.out) == (2, "")
    assert "write one SELECT, and nothing else; there is: DROP" in refused.err
    assert (away.code, "no history service answers" in away.err) == (2, True)


def _told(events: list[object]) -> tuple[list[QueryAsked], list[QueryEnded]]:
    """What was asked and what ended, each in its order; every other event is an end."""
    asked, ended = events[::2], events[1::2]
    assert all(isinstance(each, QueryAsked) for each in asked)
    assert all(isinstance(each, QueryEnded) for each in ended)
    return [each for each in asked if isinstance(each, QueryAsked)], [
        each for each in ended if isinstance(each, QueryEnded)
    ]


def test_the_projections_know_nothing_of_queries() -> None:
    assert not any("accesses" in each.relations for each in load_projections().values())
