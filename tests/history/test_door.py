"""The door: the same answers over HTTP as from the file, and what it refuses."""

from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from events.codec import decode, encode
from services.history.agreement import Agreement
from services.history.answers import Answers, agreement_json
from services.history.archive import Archive
from services.history.archiver import Archiver
from services.history.door import Chosen, door
from services.history.imports import read_standings, read_verdicts
from services.history.verify import Difference
from services.runtime.auth.callers import ROLES
from services.runtime.auth.guard import entrances
from services.runtime.imports import RUNS, Standing, following
from services.runtime.settings import KafkaSettings
from tests.callers import bearer, watch
from tests.events.examples.dates import TODAY, at
from tests.history.doors import at_the_door, fill, nothing_live, seeded
from tests.telling import (
    ANNA,
    CALLS,
    DECISIONS,
    answered,
    call_id,
    lying,
    raw,
)


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
