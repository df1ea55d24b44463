"""The door: the same answers over HTTP as from the file, and `kvota` finds it while the service runs."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from events.codec import decode, encode
from services.history.agreement import Agreement
from services.history.answers import Answers, agreement_json
from services.history.archive import FILE_NAME, Archive
from services.history.archiver import Archiver
from services.history.door import Chosen, Verify, door
from services.history.errors import NothingLiveError
from services.history.imports import read_standings, read_verdicts
from services.history.verify import Difference
from services.runtime.auth.callers import ROLES
from services.runtime.auth.guard import entrances
from services.runtime.imports import RUNS, Standing, following
from services.runtime.ports import free_port
from services.runtime.serving import Address, serve
from services.runtime.settings import KafkaSettings
from tests.callers import bearer, watch
from tests.cli.commands import Ran, kvota
from tests.events.examples.dates import TODAY, at
from tests.projector.workers import append_to, make_topics, working
from tests.telling import (
    ANNA,
    CALLS,
    DECISIONS,
    answered,
    assigned,
    call_id,
    decided,
    lying,
    period,
    raw,
    refunded,
    won,
)
from tests.waiting import eventually

CALL_LOG = [raw(answered(10, 60), 1), raw(answered(5, 30), 2)]
DEAL_LOG = [decided(assigned(period(1_000)), "quota/a", 1), decided(won(500), "deal/d1", 1)]


def fill(archive: Archive) -> None:
    archive.ingest([*lying(CALL_LOG), *lying(DEAL_LOG, DECISIONS)])


async def nothing_live(_version: int | None, _chosen: Chosen) -> Agreement:
    raise NothingLiveError


async def seeded(version: int) -> Mapping[str, str]:
    return {"rep_day": f"digest of version {version}"}


@asynccontextmanager
async def at_the_door(
    archive: Archive, verify: Verify = nothing_live, answers: Answers | None = None, at_once: int = 4
) -> AsyncGenerator[httpx.AsyncClient]:
    """Ask a door whose archiver does not run."""
    home, answers = archive.path.parent, answers or Answers(archive, "RU")
    app = door(archive, Archiver(KafkaSettings(), archive), answers, verify, seeded, watch(home), at_once)
    transport, headers = httpx.ASGITransport(app), bearer(home, "manager")
    async with httpx.AsyncClient(transport=transport, base_url="http://history", headers=headers) as client:
        yield client


class TestAnswers:
    async def test_history_is_for_those_whose_scope_is_the_company(self, archive: Archive) -> None:
        home = archive.path.parent
        app = door(
            archive, Archiver(KafkaSettings(), archive), Answers(archive, "RU"), nothing_live, seeded, watch(home)
        )
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://history") as client:
            let_in = {role: (await client.get("/v1/archive", headers=bearer(home, role))).status_code for role in ROLES}
            seeding = (await client.post("/v1/seeds/3", headers=bearer(home, "auditor"))).status_code
            unknown = (await client.get("/v1/archive")).status_code
        assert {role for role, status in let_in.items() if status == 200} == {"manager", "executive", "auditor"}
        assert (seeding, unknown) == (403, 401)
        assert {each.path for each in entrances(app) if each.permission is None} == {"/healthz", "/readyz"}

    async def test_a_report_is_the_one_of_the_file(self, archive: Archive) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            answer = await client.get("/v1/reports/quota_attainment", params={"rep": ANNA})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.content == Answers(archive, "RU").report("quota_attainment", {"rep": ANNA})
        [row] = answer.json()["rows"]
        assert (row["attainment"], row["booked_minor"], row["as_of"]) == ("50.00", 500, "2026-11-24")

    async def test_what_reports_there_are_is_told_in_the_language_asked_for(self, archive: Archive) -> None:
        async with at_the_door(archive) as client:
            usual = await client.get("/v1/reports")
            russian = await client.get("/v1/reports", headers={"Accept-Language": "ru"})
        assert (usual.content, usual.headers["content-language"]) == (Answers(archive, "RU").catalogue(), "en")
        assert (russian.content, russian.headers["content-language"]) == (Answers(archive, "RU").catalogue("ru"), "ru")

    async def test_a_report_can_be_had_as_known_at_a_moment(self, archive: Archive) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            answer = await client.get("/v1/reports/rep_day", params={"known_at": "2026-11-24T12:00:00+03:00"})
        assert answer.json()["as_of"] == {"kvota.calls/0": 1, "kvota.decisions/0": 1, "kvota.parked/0": 0}

    async def test_an_explanation_is_the_one_of_the_file(self, archive: Archive) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            answer = await client.get("/v1/explain/rep_day", params={"rep": ANNA, "only": "talk_seconds"})
        assert answer.content == Answers(archive, "RU").explain("rep_day", {"rep": ANNA}, "talk_seconds")
        assert answer.json()["sum"] == {"talk_seconds": 90}

    async def test_a_key_named_measure_is_a_key(self, archive: Archive) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            answer = await client.get("/v1/explain/quota", params={"measure": "revenue", "only": "assigned"})
        assert answer.json()["sum"] == {"assigned": 1_000}

    async def test_it_says_which_file_it_has_and_how_far(self, archive: Archive, path: Path) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            told = (await client.get("/v1/archive")).json()
        assert told == {"path": str(path), "positions": {"kvota.calls/0": 2, "kvota.decisions/0": 2}}

    async def test_it_is_alive_before_it_is_ready(self, archive: Archive) -> None:
        async with at_the_door(archive) as client:
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/readyz")).status_code == 503

    async def test_a_version_is_seeded(self, archive: Archive) -> None:
        async with at_the_door(archive) as client:
            answer = await client.post("/v1/seeds/3")
            refused = await client.post("/v1/seeds/0")
        assert answer.json() == {"rep_day": "digest of version 3"}
        assert refused.status_code == 422

    async def test_what_differs_is_named(self, archive: Archive) -> None:
        projection = archive.projection("rep_day")
        differs = Difference(projection, (ANNA, "2026-11-24", None), None, None)
        found = Agreement(2, {(CALLS, 0): 2}, 7, [differs])

        async def verify(version: int | None, chosen: Chosen) -> Agreement:
            assert (version, chosen) == (2, {"rep_day": projection})
            return found

        async with at_the_door(archive, verify) as client:
            answer = await client.get("/v1/verify", params={"projection": "rep_day", "version": 2})
        assert answer.content == agreement_json(found)
        assert answer.json() == {
            "agree": False,
            "version": 2,
            "cells": 7,
            "as_of": {"kvota.calls/0": 2},
            "differences": [str(differs)],
        }


class TestRefusals:
    @pytest.mark.parametrize(
        ("question", "status", "said"),
        [
            ("reports/nothing", 404, "no report 'nothing'; there are: agent_time, call_centre"),
            ("explain/nothing", 404, "no projection 'nothing'"),
            ("verify?projection=nothing", 404, "no projection 'nothing'"),
            ("reports/rep_day?colour=red", 422, "colour: rep_day has no such parameter; there are: day, from"),
            ("reports/rep_day?day=yesterday", 422, "day: 'yesterday' is not a day"),
            ("reports/quota_attainment?country=Mars", 422, "country: there is no calendar of 'Mars'"),
            ("reports/rep_day?known_at=yesterday", 422, "known_at: expected an instant"),
            ("reports/rep_day?known_at=2026-11-24T10:00:00", 422, "known_at: expected an instant"),
            ("reports/rep_day?known_at=9999-12-31T23:59:59-03:00", 422, "known_at: expected an instant"),
            ("explain/rep_day?known_at=0001-01-01T00:00:00%2B03:00", 422, "known_at: expected an instant"),
            ("replay?known_at=2026-11-32T10:00:00Z", 422, "known_at: expected an instant"),
            ("reports/call_centre?from=0001-01-01T00:00:00%2B03:00", 422, "from: "),
            ("reports/quota_attainment?country=null", 422, "country: there is no calendar of 'null'"),
            ("reports/rep_day?after=kvota.decisions", 422, "after: expected positions"),
            ("reports/rep_day?rep=anna&rep=anna", 422, "rep: it is given more than once"),
            ("explain/rep_day?colour=red", 422, "no key 'colour'"),
            ("explain/rep_day?only=clals", 422, "no measure 'clals'"),
            ("verify?version=first", 422, "version"),
        ],
    )
    async def test_a_question_that_cannot_be_answered_says_why(
        self, archive: Archive, question: str, status: int, said: str
    ) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            answer = await client.get(f"/v1/{question}")
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert said in answer.json()["detail"]

    @pytest.mark.parametrize(
        ("question", "field", "said"),
        [
            ("reports/rep_day?colour=red", "colour", "у отчёта rep_day нет такого параметра; есть: day, from, rep, to"),
            ("reports/rep_day?day=yesterday", "day", "'yesterday' не подходит, нужно: день, например 2026-11-24"),
            ("reports/call_centre?threshold=null", "threshold", "'null' не подходит, нужно: целое число меньше 2^63"),
            ("reports/call_centre?threshold=62", "threshold", "ожидание хранится по секундам до 60"),
            ("reports/quota_attainment?country=Mars", "country", "календаря нет: 'Mars'"),
            ("reports/rep_day?known_at=yesterday", "known_at", "нужен момент с часовым поясом"),
            ("reports/rep_day?after=17", "after", "нужны позиции вида kvota.decisions/0@17"),
            ("verdicts?at=17", "at", "нужны позиции вида kvota.decisions/0@17"),
            ("reports/rep_day?rep=anna&rep=boris", "rep", "значение указано несколько раз"),
            ("reports/rep_day?format=csv&format=json", "format", "значение указано несколько раз"),
            ("explain/rep_day?rep=anna&rep=boris", "rep", "значение указано несколько раз"),
            ("replay?known_at=yesterday&known_at=today", "known_at", "значение указано несколько раз"),
            ("explain/rep_day?colour=red", "colour", "нет ключа 'colour'; есть: currency, day, rep"),
            ("explain/rep_day?only=clals", "only", "нет показателя 'clals'"),
        ],
    )
    async def test_a_parameter_that_cannot_be_is_named_and_explained_in_russian_too(
        self, archive: Archive, question: str, field: str, said: str
    ) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            answer = await client.get(f"/v1/{question}", headers={"Accept-Language": "ru"})
        [error] = answer.json()["errors"]
        assert (answer.status_code, answer.headers["content-language"], error["field"]) == (422, "ru", field)
        assert said in error["problem"]
        assert answer.json()["detail"] == f"поле {field}: {error['problem']}"

    async def test_what_is_not_archived_yet_is_waited_for_and_then_refused(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(archive)
        monkeypatch.setattr("services.history.asking.WAIT_S", 0.05)
        async with at_the_door(archive) as client:
            there = await client.get("/v1/reports/rep_day", params={"after": "kvota.decisions/0@2,kvota.calls/0@1"})
            missing = await client.get("/v1/reports/rep_day", params={"after": "kvota.decisions/0@3"})
        assert there.status_code == 200
        assert missing.status_code == 503
        assert missing.json()["type"] == "urn:kvota:problem:not-archived-yet"
        assert "kvota.decisions/0 to 2 of 3" in missing.json()["detail"]

    async def test_a_moment_that_is_not_closed_is_waited_for_and_then_refused_in_either_language(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(archive)
        monkeypatch.setattr("services.history.asking._CLOSES_S", 0.05)
        asked = {"known_at": "2026-11-24T10:00:00Z"}
        async with at_the_door(archive) as client:
            refused = await client.get("/v1/reports/rep_day", params=asked)
            in_russian = await client.get("/v1/explain/rep_day", params=asked, headers={"Accept-Language": "ru"})
            archive.note_ends(at(10), archive.positions())
            there = await client.get("/v1/reports/rep_day", params=asked)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:kvota:problem:not-closed")
        assert "the latest that can be asked for now is 2026-11-24T09:00:00.999000Z" in refused.json()["detail"]
        assert (in_russian.status_code, in_russian.headers["content-language"]) == (409, "ru")
        assert "самый поздний возможный сейчас: 2026-11-24T09:00:00.999000Z" in in_russian.json()["detail"]
        assert (there.status_code, there.json()["as_of"]["kvota.calls/0"]) == (200, 2)

    async def test_whoever_imports_hears_how_partitions_stand_and_what_was_told(self, archive: Archive) -> None:
        log = [raw(answered(), 1), raw(answered(), 1), begun(2, 1), followed(3, 1), followed(4, 2)]
        archive.ingest(lying(log))
        fill(archive)
        known, unknown = call_id(1), call_id(5)
        async with at_the_door(archive) as client:
            stands = await client.get("/v1/imports", params={"after": "kvota.calls/0@5"})
            told_ones = await client.post("/v1/told", json=[str(known), str(unknown), str(call_id(4))])
            said = await client.get("/v1/verdicts", params={"at": "kvota.calls/0@1,kvota.decisions/0@1"})
        assert read_standings(stands.content) == {(CALLS, 0): Standing(TODAY, 1, 2)}
        assert sorted(told_ones.json()) == sorted([str(known), str(call_id(4))])
        assert read_verdicts(said.content) == {(CALLS, 0): "repeated", (DECISIONS, 0): "counts"}

    async def test_what_is_no_list_of_ids_is_refused(self, archive: Archive) -> None:
        async with at_the_door(archive) as client:
            answers = [await client.post("/v1/told", content=body) for body in (b"", b"{}", b'["17"]')]
        assert {answer.status_code for answer in answers} == {422}

    async def test_where_nothing_is_live_there_is_nothing_to_compare(self, archive: Archive) -> None:
        async with at_the_door(archive) as client:
            answer = await client.get("/v1/verify")
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:kvota:problem:nothing-live")


def begun(number: int, run: int) -> bytes:
    """Give the first fact of a run of an import."""
    return encode(replace(decode(raw(answered(), number)).envelope, stream=RUNS, streamversion=run))


def followed(number: int, version: int) -> bytes:
    """Give another fact of the first run."""
    [*_, record] = following([decode(raw(answered(), number)).envelope] * version, 1)
    return encode(record)


HURRIED = "import services.cli.history as asking; asking._WITHIN_S = {}; from services.cli.main import main; main()"
HURRIED_S = 0.2


async def test_verifying_may_take_longer_than_any_other_question(archive: Archive, path: Path) -> None:
    fill(archive)
    asked, answered_at_last = asyncio.Event(), asyncio.Event()

    async def verify(_version: int | None, _chosen: Chosen) -> Agreement:
        asked.set()
        await answered_at_last.wait()
        return Agreement(1, {(CALLS, 0): 2}, 7, [])

    async with served(archive, verify) as port:
        told = {"KVOTA_HOME": str(path.parent), "KVOTA_HISTORY_PORT": str(port)}
        words = (sys.executable, "-c", HURRIED.format(HURRIED_S), "projections", "verify")
        verifying = await asyncio.create_subprocess_exec(*words, env={**os.environ, **told}, stdout=subprocess.PIPE)
        await asyncio.wait_for(asked.wait(), 60)
        headers = bearer(path.parent, "auditor")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
            with pytest.raises(httpx.ReadTimeout):  # by now whoever asked before and waits no longer has given up
                await client.get("/v1/reports/rep_day", params={"after": f"{DECISIONS}/0@99"}, timeout=HURRIED_S)
        answered_at_last.set()
        out, _ = await asyncio.wait_for(verifying.communicate(), 60)
    assert (verifying.returncode, out) == (0, b"7 cells compared, 0 differ\n")


@asynccontextmanager
async def served(archive: Archive, verify: Verify) -> AsyncGenerator[int]:
    """Have a door on a port for a block."""
    guarded = watch(archive.path.parent)
    app = door(archive, Archiver(KafkaSettings(), archive), Answers(archive, "RU"), verify, seeded, guarded)
    address, stop = Address(port=free_port()), asyncio.Event()
    serving_it = asyncio.create_task(serve(app, address, stop))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{address.port}") as client:
        while not await _answers(client):  # noqa: ASYNC110  # it does not tell
            await asyncio.sleep(0.01)
    yield address.port
    stop.set()
    await serving_it


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/healthz")).is_success
    except httpx.TransportError:
        return False


@pytest.mark.kafka
@pytest.mark.timeout(240)
async def test_commands_work_alike_while_the_service_runs_and_afterwards(fresh_bootstrap: str, tmp_path: Path) -> None:
    await make_topics(fresh_bootstrap)
    await append_to(fresh_bootstrap, [((CALLS, 0), value) for value in CALL_LOG])
    await append_to(fresh_bootstrap, [((DECISIONS, 0), value) for value in DEAL_LOG])
    port = free_port()
    about: dict[str, Any] = {"KVOTA_KAFKA_BOOTSTRAP_SERVERS": fresh_bootstrap, "KVOTA_HISTORY_PORT": str(port)}

    async def run(*arguments: str) -> Ran:
        return await asyncio.to_thread(lambda: kvota(*arguments, home=tmp_path, **about))

    async with working(fresh_bootstrap), serving(tmp_path, about):
        assert await asyncio.to_thread(eventually, lambda: ready(port), 60)
        url = f"http://127.0.0.1:{port}/v1/reports/rep_day"
        headers = bearer(tmp_path, "auditor")
        await asyncio.to_thread(
            httpx.get, url, headers=headers, params={"after": "kvota.decisions/0@2,kvota.calls/0@2"}
        )
        report = await run("report", "quota_attainment", f"rep={ANNA}", "--json")
        table = await run("report", "rep_day", "--format", "csv")
        explained = await run("explain", "rep_day", f"rep={ANNA}", "currency=RUB", "--measure", "won_minor", "--json")
        verified = await run("projections", "verify", "--json")
        refused = await run("report", "nothing")
        await append_to(fresh_bootstrap, [((DECISIONS, 0), decided(refunded(100), "deal/d1", 2))])
        later = await asyncio.to_thread(httpx.get, url, headers=headers, params={"after": "kvota.decisions/0@3"})
    assert (report.code, report.err) == (0, "")
    assert report.json["rows"][0]["booked_minor"] == 500
    assert table.out.splitlines()[1].startswith("anna,2026-11-24,2,2")
    assert explained.json["sum"] == {"won_minor": 500}
    assert (verified.code, verified.json["agree"], verified.json["differences"]) == (0, True, [])
    assert verified.json["cells"] > 5
    assert (refused.code, refused.out) == (2, "")
    assert "no report 'nothing'; there are: agent_time, call_centre" in refused.err
    assert later.json()["rows"][0]["refunded_minor"] == {"RUB": 100}
    with Archive(tmp_path / FILE_NAME, {}) as archive:
        assert archive.positions()["kvota.decisions", 0] == 3
    known_at = ("--known-at", at(9).isoformat())
    assert (await run("report", "rep_day", "--json")).json["rows"] == later.json()["rows"]
    assert (await run("report", "rep_day", "--json", *known_at)).json["rows"] == []


def test_a_file_that_somebody_else_has_without_answering_is_one_clear_line(tmp_path: Path) -> None:
    with holding(tmp_path):
        ran = kvota("report", "rep_day", home=tmp_path, KVOTA_HISTORY_PORT=str(free_port()))
    assert (ran.code, ran.out) == (2, "")
    assert "is open in another process" in ran.err
    assert "no history service answers" in ran.err
    assert "Traceback" not in ran.err


@asynccontextmanager
async def serving(home: Path, about: Mapping[str, str]) -> AsyncGenerator[None]:
    """Run the service for a block."""
    environment = {**os.environ, "KVOTA_HOME": str(home), **about}
    service = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.history", env=environment)
    try:
        yield
    finally:
        service.terminate()
        assert await asyncio.wait_for(service.wait(), 20) == 0


@contextmanager
def holding(home: Path) -> Generator[None]:
    """Let another process have the file for a block."""
    program = (
        "import sys, pathlib\nfrom services.history.archive import Archive\n"
        "with Archive(pathlib.Path(sys.argv[1]), {}):\n    print('open', flush=True)\n    sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(home / FILE_NAME)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        yield
        other.communicate()


def ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.TransportError:
        return False
