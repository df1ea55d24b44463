"""Every row of a report explains itself, down to the events, and says what does not count."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from events.ids import restatement_id
from services.history import facts_behind
from services.history.answers import Answers
from services.history.archive import FILE_NAME, Archive
from services.history.errors import BadParametersError, NoSuchRowError
from services.history.limits import Limits
from services.history.questions import load_question, load_questions
from services.history.row_explained import explain_row, read_row
from tests.cli.commands import kvota
from tests.events.examples.dates import at
from tests.history.asking import PROJECTIONS
from tests.history.doors import at_the_door, nothing_live
from tests.history.test_commands import served
from tests.history.test_excluded import fill as fill_with_excluded
from tests.telling import (
    ANNA,
    BORIS,
    CALLS,
    DECISIONS,
    SALES,
    answered,
    call_id,
    decided,
    lying,
    raw,
    refunded,
    restated,
    won,
)

REPORT = "rep_performance"
URL = f"/v1/reports/{REPORT}/explain"
NOVEMBER = {"rep": ANNA, "starts_on": "2026-11-01", "currency": "RUB"}
ASKED = {f"row.{name}": value for name, value in NOVEMBER.items()}
HEAD = "-- How many?\n-- ru: Сколько?\n-- param: least whole 0\n-- key: rep\n"
COLUMNS = "-- column: rep text | Rep | Сотрудник\n-- column: calls count | Calls | Звонки\n"
SELECT = "SELECT rep, count(*) AS calls FROM calls WHERE talk_seconds >= $least GROUP BY rep"


def fill(archive: Archive) -> None:
    """Archive two calls, of which one is restated, and a sale in each of two currencies, of which one is refunded."""
    first, second = answered(talk=60), answered(talk=90)
    archive.ingest(lying([raw(first, 1), raw(restated(first, second), 2), raw(answered(talk=5, rep=BORIS), 3)]))
    deals = [won(500), refunded(20), won(7, "d2", currency="EUR")]
    archive.ingest(lying([decided(deal, f"deal/{place}", 1) for place, deal in enumerate(deals)], DECISIONS))
    archive.note_ends(at(12), archive.positions())


def explained(archive: Archive, column: str | None = None, /, **key: str) -> dict[str, Any]:
    """Explain Anna's November in roubles, unless it is said otherwise."""
    return dict(msgspec.json.decode(Answers(archive, "RU").explain_row(REPORT, {}, NOVEMBER | key, column)))


def places(said: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Give of each fact that is listed the relation, the position and the weight."""
    return [(part["relation"], fact["position"], fact["weight"]) for part in said["behind"] for fact in part["listed"]]


class TestAnswers:
    def test_a_row_is_told_with_the_facts_behind_it(self, archive: Archive) -> None:
        fill(archive)
        said = explained(archive)
        assert (said["row"]["calls"], said["row"]["talk_seconds"], said["row"]["booked_minor"]) == (1, 90, 480)
        assert places(said) == [
            ("calls", f"{CALLS}/0/0", 1),
            ("calls", f"{CALLS}/0/1", -1),
            ("calls", f"{CALLS}/0/1", 1),
            ("rep_day", f"{DECISIONS}/0/0", 1),
            ("rep_day", f"{DECISIONS}/0/1", 1),
        ]
        assert (said["key"], said["column"], said["last_day"]) == (["rep", "starts_on", "currency"], None, "2026-11-24")
        assert "attainment" in {policy["id"] for policy in said["policies"]}

    def test_a_fact_names_its_event_and_says_what_it_says(self, archive: Archive) -> None:
        fill(archive)
        calls = explained(archive)["behind"][0]
        assert (calls["role"], calls["count"], calls["most"], calls["columns"][0]) == ("behind", 3, 1_000, "calls")
        first, _, now = calls["listed"]
        assert (first["id"], first["type"], first["time"]) == (str(call_id(1)), "call.ended", "2026-11-24T09:01:10Z")
        assert (first["says"]["talk_seconds"], first["says"]["answered_at"]) == (60, "2026-11-24T09:00:10Z")
        assert {"tactic", "fact", "time"}.isdisjoint(first["says"]), "nothing is said of what has no value"
        assert (now["id"], now["type"]) == (str(restatement_id(call_id(1), 1)), "call.restated")
        assert now["says"]["talk_seconds"] == 90

    def test_a_column_has_only_what_makes_it(self, archive: Archive) -> None:
        fill(archive)
        assert places(explained(archive, "refunded_minor")) == [("rep_day", f"{DECISIONS}/0/1", 1)]
        assert {place[0] for place in places(explained(archive, "aht"))} == {"calls"}
        assert places(explained(archive, "ends_on")) == []

    def test_a_part_of_the_key_may_be_left_out_where_one_row_is_meant(self, archive: Archive) -> None:
        fill(archive)
        answers = Answers(archive, "RU")
        assert b'"currency":null' in answers.explain_row(REPORT, {}, {"rep": BORIS})
        with pytest.raises(
            BadParametersError, match=r"row\.starts_on: several .*; row\.currency: several rows are meant"
        ):
            answers.explain_row(REPORT, {}, {"rep": ANNA})
        assert places(explained(archive, currency="EUR"))[-1] == ("rep_day", f"{DECISIONS}/0/2", 1)

    def test_a_row_without_a_value_is_named_by_an_empty_text(self, archive: Archive) -> None:
        fill(archive)
        assert explained(archive, rep=BORIS, currency="")["row"]["talk_seconds"] == 5
        with pytest.raises(
            NoSuchRowError, match="rep_performance has no row with rep=anna, starts_on=2026-11-01, curr"
        ):
            explained(archive, currency="")

    def test_an_instant_of_the_key_is_named_as_the_report_writes_it(self, archive: Archive) -> None:
        fill(archive)
        answers, key = Answers(archive, "RU"), {"queue": SALES, "interval": "2026-11-24T12:00:00+03:00"}
        said = msgspec.json.decode(answers.explain_row("call_centre", {}, key, "aht"))
        assert (said["row"]["interval"], len(places(said))) == ("2026-11-24T09:00:00Z", 4)
        with pytest.raises(BadParametersError, match=r"row\.interval: 'now' is not an instant with its zone"):
            answers.explain_row("call_centre", {}, key | {"interval": "now"})

    def test_a_word_of_the_key_may_be_said_as_a_russian_sheet_has_it(self, archive: Archive) -> None:
        fill(archive)
        answers = Answers(archive, "RU")
        key = {"level": "rep", "rep": ANNA, "comparison": "previous", "currency": "RUB"}
        russian = key | {"level": "сотрудник", "comparison": "прошлый период"}
        assert answers.explain_row("period_comparison", {}, russian) == answers.explain_row(
            "period_comparison", {}, key
        )

    def test_so_may_each_word_of_each_key(self) -> None:
        keys = [(each, column) for each in load_questions().values() for column in each.columns]
        worded = [(each, column) for each, column in keys if column.words and column.name in each.key]
        for each, column in worded:
            for word in column.words:
                for said in word:
                    assert read_row(each, {column.name: said}, None) == {column.name: word.en}
        assert {column.name for _, column in worded} == {"level", "comparison", "denominator", "kind"}

    def test_what_is_unknown_is_refused_with_what_there_is(self, archive: Archive) -> None:
        with pytest.raises(BadParametersError) as refused:
            explained(archive, "wno_minor", rpe=ANNA)
        assert [each.field for each in refused.value.wrong] == ["row.rpe", "column"]
        assert "there are: rep, starts_on, currency" in str(refused.value)
        assert "column: the report has no such column; there are: rep, starts_on" in str(refused.value)

    def test_what_does_not_count_has_its_reason(self, archive: Archive) -> None:
        fill_with_excluded(archive)
        said = explained(archive)["excluded"]
        told = [(each["position"], each["verdict"], each["reason"]) for each in said["listed"]]
        assert (said["count"], told[0], told[2]) == (
            4,
            (f"{CALLS}/0/1", "repeated", None),
            (f"{CALLS}/0/6", "parked", "cannot take it"),
        )
        assert [told[1][1], told[3][:2]] == ["unreadable", (f"{DECISIONS}/0/1", "overtaken")]
        assert [each["verdict"] for each in explained(archive, "won_minor")["excluded"]["listed"]] == [
            "unreadable",
            "overtaken",
        ]

    def test_as_known_at_a_moment_only_what_was_appended_is_behind_it(self, archive: Archive) -> None:
        fill(archive)
        said = msgspec.json.decode(Answers(archive, "RU").explain_row(REPORT, {}, {"rep": ANNA}, "calls", at(9)))
        assert (said["row"]["talk_seconds"], places(said)) == (60, [("calls", f"{CALLS}/0/0", 1)])
        cut = Answers(archive, "RU").explain_row(REPORT, {}, NOVEMBER, None, archive.known_at(at(9)))
        assert cut == Answers(archive, "RU").explain_row(REPORT, {}, NOVEMBER, None, at(9))

    def test_no_more_are_named_than_the_most_and_all_are_counted(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(facts_behind, "MOST", 1)
        fill_with_excluded(archive)
        said = explained(archive)
        assert (said["behind"][0]["count"], len(said["behind"][0]["listed"])) == (1, 1)
        assert (said["excluded"]["count"], len(said["excluded"]["listed"])) == (4, 1)

    def test_it_is_in_the_language_asked_for(self, archive: Archive) -> None:
        fill(archive)
        said = msgspec.json.decode(Answers(archive, "RU").explain_row(REPORT, {}, NOVEMBER, language="ru"))
        assert said["question"].startswith("Что сделал каждый продавец")
        assert said["schema"][4]["title"] == "Звонки"


class TestDoor:
    async def test_a_row_is_explained_as_from_the_file(self, archive: Archive) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            answer = await client.get(URL, params={**ASKED, "by": "month", "column": "won_minor"})
        assert answer.content == Answers(archive, "RU").explain_row(REPORT, {}, NOVEMBER, "won_minor")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")

    async def test_whoever_has_it_gets_it_no_more(self, archive: Archive) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            first = await client.get(URL, params=ASKED)
            again = await client.get(URL, params=ASKED, headers={"If-None-Match": first.headers["etag"]})
            other = await client.get(URL, params={**ASKED, "column": "calls"})
            cut = await client.get(URL, params={**ASKED, "cut": first.headers["kvota-position"]})
        assert (again.status_code, again.content) == (304, b"")
        assert len({first.headers["etag"], other.headers["etag"]}) == 2
        assert cut.content == first.content

    @pytest.mark.parametrize(
        ("changes", "status", "said"),
        [
            ({"row.rep": "nobody"}, 404, "no-such-row"),
            ({"column": "x"}, 422, "column"),
            ({"row.x": "1"}, 422, "row.x"),
            ({"row.starts_on": "soon"}, 422, "row.starts_on"),
            ({"day": "2026-11-24"}, 422, "day"),
            ({"format": "csv"}, 422, "format"),
            ({"known_at": "yesterday"}, 422, "known_at"),
        ],
    )
    async def test_what_cannot_be_explained_is_refused(
        self, archive: Archive, changes: dict[str, str], status: int, said: str
    ) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            answer = await client.get(URL, params=ASKED | changes, headers={"Accept-Language": "ru"})
        assert answer.status_code == status
        assert said in str(answer.json())
        assert any("а" <= letter <= "я" for letter in answer.json()["detail"] + str(answer.json().get("errors")))

    async def test_an_unknown_report_is_not_there(self, archive: Archive) -> None:
        async with at_the_door(archive) as client:
            answer = await client.get("/v1/reports/nothing/explain")
        assert answer.status_code == 404

    async def test_it_takes_no_longer_than_an_answer_may(self, archive: Archive) -> None:
        fill(archive)
        answers = Answers(archive, "RU", Limits(seconds=0.0))
        async with at_the_door(archive, answers=answers) as client:
            answer = await client.get(URL, params=ASKED)
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:kvota:problem:took-too-long")


class TestCommand:
    def test_a_command_prints_the_same(self, tmp_path: Path) -> None:
        with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
            fill(archive)
            line = Answers(archive, "RU").explain_row(REPORT, {}, NOVEMBER, "won_minor")
        words = ("report", REPORT, *(f"{name}={value}" for name, value in ASKED.items()), "--explain")
        assert kvota(*words, "--column", "won_minor", "--json", home=tmp_path).json == msgspec.json.decode(line)
        shown = kvota(*words, "--lang", "ru", home=tmp_path).out
        for part in ("Продано", f"{DECISIONS}/0/0", "deal.won", "attainment v1", "cut: ", "last day: 2026-11-24"):
            assert part in shown
        refused = kvota(*words, "--format", "csv", home=tmp_path)
        assert (refused.code, "--explain prints a table" in refused.err) == (2, True)

    async def test_a_command_asks_the_service_while_that_has_the_file(self, archive: Archive, path: Path) -> None:
        fill(archive)
        words = ("report", REPORT, *(f"{name}={value}" for name, value in ASKED.items()), "--explain", "--json")
        async with served(archive, nothing_live) as port:
            about: dict[str, Any] = {"KVOTA_HISTORY_PORT": str(port)}
            ran = await asyncio.to_thread(lambda: kvota(*words, "--lang", "ru", home=path.parent, **about))
        assert ran.json == msgspec.json.decode(Answers(archive, "RU").explain_row(REPORT, {}, NOVEMBER, language="ru"))


class TestDeclaring:
    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("calls", "`-- behind: relation of column, first..last where CONDITION`, not 'calls'"),
            ("calls of cals where rep = $row_rep", "no column is called 'cals'; there are: rep, calls"),
            ("calls of calls..x where true", "no column is called 'x'"),
            ("calls where rep = $rep", r"calls asks for \$rep; there are: \$least, \$row_calls, \$row_rep"),
        ],
    )
    def test_what_is_not_well_formed_does_not_load(self, line: str, said: str) -> None:
        with pytest.raises(ValueError, match=rf"reports/one\.sql: .*{said}"):
            load_question("one", f"{HEAD}-- behind: {line}\n{COLUMNS}{SELECT}")

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("calls where rpe = $row_rep", 'calls: Binder Error: Referenced column "rpe" not found'),
            ("cals where rep = $row_rep", "cals: no projection 'cals'; there are: agent_interval"),
        ],
    )
    def test_what_cannot_be_asked_names_the_report(self, archive: Archive, line: str, said: str) -> None:
        fill(archive)
        question = load_question("one", f"{HEAD}-- behind: {line}\n{COLUMNS}{SELECT}")
        with pytest.raises(ValueError, match=rf"reports/one\.sql: behind {said}"):
            explain_row(archive, question, question.bind({}), {"rep": ANNA})

    def test_a_declaration_may_take_several_lines_and_read_what_is_declared_beside_it(self, archive: Archive) -> None:
        fill(archive)
        beside = "-- with: spoken AS (SELECT rep FROM calls\n--    WHERE talk_seconds > $least)\n"
        behind = f"{beside}-- behind: calls of calls where\n--    rep = $row_rep\n--    AND rep IN (FROM spoken)\n"
        question = load_question("one", f"{HEAD}{behind}{COLUMNS}{SELECT}")
        counts = [
            explain_row(archive, question, question.bind({"least": least}), {"rep": BORIS}).parts[0].count
            for least in ("0", "5")
        ]
        assert counts == [1, 0]
