"""An answer is known by its validator before the question is run."""

from typing import NoReturn

import pytest

from services.history.answers import Answers
from services.history.archive import Archive
from services.history.etags import etag, names_it
from tests.events.examples.dates import at
from tests.history.doors import at_the_door, fill
from tests.telling import CALLS, answered, lying, raw

URL = "/v1/reports/rep_day"


def never_run(_cut: object = None) -> NoReturn:
    pytest.fail("the question was run")


class TestDoor:
    async def test_whoever_has_an_answer_gets_it_no_more_and_nothing_is_run(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            first = await client.get(URL, params={"format": "csv"})
            monkeypatch.setattr(archive, "reading", never_run)
            again = await client.get(URL, params={"format": "csv"}, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        for header in ("etag", "cache-control", "vary", "content-language"):
            assert again.headers[header] == first.headers[header]

    async def test_new_records_make_another_answer(self, archive: Archive) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            first = await client.get(URL)
            archive.ingest(lying([raw(answered(), 99)], start=2))
            again = await client.get(URL, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content == first.content) == (200, False)

    async def test_what_was_known_at_a_moment_keeps_its_validator(self, archive: Archive) -> None:
        fill(archive)
        archive.note_ends(at(23), archive.positions())
        asked = {"known_at": at(23).isoformat()}
        async with at_the_door(archive) as client:
            first = await client.get(URL, params=asked)
            archive.ingest(lying([raw(answered(), 99)], start=2, since=at(23, 30)))
            again = await client.get(URL, params=asked, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304

    async def test_a_refused_question_has_none(self, archive: Archive) -> None:
        async with at_the_door(archive) as client:
            answer = await client.get(URL, params={"day": "x"}, headers={"If-None-Match": "*"})
        assert (answer.status_code, "etag" in answer.headers) == (422, False)


def test_whatever_may_change_the_bytes_changes_the_validator(archive: Archive) -> None:
    fill(archive)
    answers = Answers(archive, "RU")
    tags = [
        answers.asked("rep_day", {}, None, "json", "en").etag,
        answers.asked("rep_day", {}, None, "json", "ru").etag,
        answers.asked("rep_day", {}, None, "csv", "en").etag,
        answers.asked("rep_day", {"rep": "anna"}, None, "json", "en").etag,
        answers.asked("sales_day", {}, None, "json", "en").etag,
        answers.asked("rep_day", {}, at(9), "json", "en").etag,
        answers.asked("quota_attainment", {}, None, "json", "en").etag,
        answers.asked("quota_attainment", {"country": "KZ"}, None, "json", "en").etag,
    ]
    assert len(set(tags)) == len(tags)
    assert tags[0] == Answers(archive, "KZ").asked("rep_day", {"rep": "null"}, None, "json", "en").etag


@pytest.mark.parametrize(
    ("sql", "digests"), [("SELECT 2", ["a", "b"]), ("SELECT 1", ["a", "c"])], ids=["the report", "a projection"]
)
def test_another_statement_makes_another_validator(sql: str, digests: list[str]) -> None:
    assert etag("SELECT 1", {}, {(CALLS, 0): 1}, ["a", "b"], "json") != etag(sql, {}, {(CALLS, 0): 1}, digests, "json")


@pytest.mark.parametrize(
    ("header", "named"),
    [(None, False), ('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("a", False)],
)
def test_a_header_names_an_answer(header: str | None, *, named: bool) -> None:
    assert names_it(header, '"a"') is named
