"""An answer tells its cut in every form, and whoever gives it back gets the same bytes, whatever has come since."""

import asyncio
import io
import json
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from services.history.answers import Answers
from services.history.archive import FILE_NAME, Archive
from services.history.cuts import read_cut, written_cut
from services.history.errors import BadParametersError, HistoryBehindError
from services.history.forms import FORMS, Form
from services.history.rendering import written_positions
from services.history.terminal import remarks, shown
from services.runtime.languages import Language
from services.runtime.parked import PARKED
from tests.cli.commands import kvota
from tests.events.examples.dates import TODAY, at
from tests.history.doors import at_the_door, fill, nothing_live
from tests.history.sheets import read_sheet
from tests.history.test_commands import served
from tests.history.test_known_at import parking
from tests.telling import CALLS, DECISIONS, answered, decided, lying, raw, refunded

URL = "/v1/reports/rep_day"
CUT = {(CALLS, 0): 2, (DECISIONS, 0): 2, PARKED: 0}
WRITTEN = "kvota.calls/0@2,kvota.decisions/0@2,kvota.parked/0@0"


def go_on(archive: Archive) -> None:
    """Append more: a call, one that comes late, one that was told before, a refund; and set the first call aside."""
    late = raw(answered(day=TODAY - timedelta(days=20)), 8)
    archive.ingest(lying([raw(answered(1, 1), 7), late, raw(answered(5, 30), 2)], start=2, since=at(11)))
    archive.ingest(lying([decided(refunded(100), "deal/d1", 2)], DECISIONS, start=2, since=at(11)))
    archive.ingest(parking(0, at(12)))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("report", ["rep_day", "quota_attainment", "sales_day"])
def test_a_cut_that_is_given_back_gives_the_same_bytes(archive: Archive, report: str, form: Form) -> None:
    fill(archive)
    answers = Answers(archive, "RU")
    newest = answers.report(report, {}, None, form)
    cut = json.loads(answers.report(report, {}))["as_of"]
    go_on(archive)
    assert answers.report(report, {}, None, form) != newest
    assert answers.report(report, {}, read_cut(written_cut(cut), "cut"), form) == newest


def test_every_form_that_can_tells_its_cut(archive: Archive) -> None:
    fill(archive)
    answers = Answers(archive, "RU")

    def given(form: Form, language: Language = "en") -> bytes:
        return answers.report("rep_day", {}, None, form, language)

    as_of = written_positions(CUT)
    assert json.loads(given("json"))["as_of"] == as_of
    assert _as_of(parquet.read_schema(io.BytesIO(given("parquet")))) == as_of
    assert _as_of(ipc.open_stream(given("arrow")).schema) == as_of
    lines = [json.loads(str(value)) for name, value in read_sheet(given("xlsx", "ru"), 2) if name == "as_of"]
    assert {place: before for line in lines for place, before in line.items()} == as_of
    assert remarks(shown(given("json"))).splitlines()[-1] == f"cut: {WRITTEN}"


def _as_of(schema: pa.Schema) -> object:
    return json.loads((schema.metadata or {})[b"kvota"])["as_of"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kvota.calls/0", "cut: expected positions like"),
        ("", "cut: expected positions like"),
        (f"{WRITTEN},kvota.calls/0@1", "cut: it names a partition more than once"),
        ("kvota.calls/0@2", "cut: it has to say of how much of kvota.parked it knows: name kvota.parked/0 as well"),
    ],
)
def test_what_is_no_cut_of_an_answer_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadParametersError) as refused:
        read_cut(text, "cut")
    assert str(refused.value).startswith(said)


def test_a_cut_is_read_as_it_was_written() -> None:
    assert written_cut(written_positions(CUT)) == WRITTEN
    assert read_cut(WRITTEN, "cut") == CUT
    assert read_cut(", ".join(reversed(WRITTEN.split(","))), "cut") == CUT


def test_what_is_not_archived_cannot_be_asked_for(archive: Archive) -> None:
    fill(archive)
    with pytest.raises(HistoryBehindError, match=r"not archived far enough: kvota\.calls/0 to 2 of 3"):
        Answers(archive, "RU").report("rep_day", {}, CUT | {(CALLS, 0): 3})


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no more than a moment."""
    monkeypatch.setattr("services.history.asking.WAIT_S", 0.05)


@pytest.mark.usefixtures("hurried")
class TestDoor:
    async def test_the_cut_of_an_answer_is_in_its_header_and_asks_for_it_again(self, archive: Archive) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            first = await client.get(URL, params={"format": "csv"})
            go_on(archive)
            cut = first.headers["kvota-position"]
            again = await client.get(URL, params={"format": "csv", "cut": cut})
            known = {"If-None-Match": first.headers["etag"]}
            unchanged = await client.get(URL, params={"format": "csv", "cut": cut}, headers=known)
            newest = await client.get(URL, params={"format": "csv"}, headers=known)
        assert cut == WRITTEN
        assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
        assert (unchanged.status_code, unchanged.headers["kvota-position"]) == (304, cut)
        assert newest.content != first.content

    @pytest.mark.parametrize(
        ("query", "status", "said"),
        [
            ("cut=17", 422, ("cut: expected positions like", "поле cut: нужны позиции вида")),
            ("cut=kvota.calls/0@2", 422, ("cut: it has to say", "поле cut: нужно указать")),
            (f"cut={WRITTEN}&known_at=2026-11-24T09:00:00Z", 422, ("cut: known_at says", "поле cut: known_at уже")),
            ("cut=kvota.calls/0@9,kvota.parked/0@0", 503, ("kvota.calls/0 to 2 of 9", "в архиве этого ещё нет")),
            ("cut=kvota.calls/0@2,kvota.parked/0@4", 503, ("kvota.parked/0 to 0 of 4", "в архиве этого ещё нет")),
        ],
    )
    async def test_what_cannot_be_is_refused_in_either_language(
        self, archive: Archive, query: str, status: int, said: tuple[str, str]
    ) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            answers = [await client.get(f"{URL}?{query}", headers={"Accept-Language": each}) for each in ("en", "ru")]
        assert [answer.status_code for answer in answers] == [status, status]
        assert [text in answer.json()["detail"] for text, answer in zip(said, answers, strict=True)] == [True, True]


class TestCommand:
    def test_a_file_is_asked_as_of_a_cut(self, tmp_path: Path) -> None:
        with Archive(tmp_path / FILE_NAME, {}) as archive:
            fill(archive)
        table = kvota("report", "sales_day", home=tmp_path)
        [cut] = [line.removeprefix("cut: ") for line in table.out.splitlines() if line.startswith("cut: ")]
        first = kvota("report", "sales_day", "--json", home=tmp_path)
        with Archive(tmp_path / FILE_NAME, {}) as archive:
            go_on(archive)
        assert kvota("report", "sales_day", "--json", home=tmp_path).out != first.out
        assert kvota("report", "sales_day", "--json", "--cut", cut, home=tmp_path).out == first.out
        beyond = kvota("report", "sales_day", "--cut", "kvota.calls/0@99,kvota.parked/0@0", home=tmp_path)
        assert (beyond.code, beyond.out) == (2, "")
        assert "not archived far enough: kvota.calls/0 to 5 of 99" in beyond.err

    async def test_the_service_is_asked_alike(self, archive: Archive, path: Path) -> None:
        fill(archive)
        answers, since = Answers(archive, "RU"), {**CUT, (DECISIONS, 0): 1}
        newest = answers.report("rep_day", {})
        compared = answers.report("rep_day", {}, CUT, versus=since)
        go_on(archive)

        async with served(archive, nothing_live) as port:

            async def run(*arguments: str) -> bytes:
                words, home = ("report", "rep_day", "--json", *arguments), path.parent
                ran = await asyncio.to_thread(kvota, *words, home=home, KVOTA_HISTORY_PORT=str(port))
                return (ran.out or ran.err).strip().encode()

            assert await run("--cut", WRITTEN) == newest
            versus = written_cut(written_positions(since))
            assert await run("--cut", WRITTEN, "--versus", versus) == compared
            assert b"--versus: expected positions like" in await run("--versus", "kvota.calls@1")
