"""What differs between two answers of one report, and the events behind it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from events.calls import CallEnded
from events.codec import Decoded, decode
from events.deals import DealWon
from events.event import Event, written_instant
from events.parked import RecordParked
from services.history import causes
from services.history.answers import Answers
from services.history.archive import FILE_NAME, Archive
from services.history.errors import BadParametersError
from services.history.judging import LogRecord
from services.history.nouns_read import nouns_read
from services.history.questions import load_questions
from services.runtime.parked import PARKED
from services.runtime.shards import Positions
from tests.cli.commands import kvota
from tests.events.examples.dates import TODAY, at
from tests.history.doors import at_the_door
from tests.history.test_known_at import (
    CALLED,
    LOG,
    PARKED_AND_RETRIED,
    PROJECTIONS,
    REPORTS,
    Step,
    appended,
    opened,
    parking,
    steps,
)
from tests.telling import BORIS, CALLS, DECISIONS, answered, call_id, decided, entered, lying, raw, won

URL = "/v1/reports/rep_day"
THEN, NOW = at(10), at(13)
Place = tuple[str, int, int]


def fill(archive: Archive) -> None:
    """Archive calls and a sale; then a call of them is set aside, Boris calls, and somebody is ready."""
    archive.ingest(lying(CALLED) + lying([decided(won(500), "deal/d1", 1)], DECISIONS))
    archive.note_ends(THEN, [*archive.positions(), PARKED])
    archive.ingest(parking(1, at(11)))
    archive.ingest(lying([raw(answered(5, 7, rep=BORIS), 9), raw(answered(1, 1), 1)], start=3, since=at(12)))
    archive.ingest(lying([raw(entered("ready"))], "kvota.agents", since=at(12)))
    archive.note_ends(NOW, archive.positions())


def compared(archive: Archive, report: str = "rep_day", **given: str) -> dict[str, Any]:
    """Give what differs in a report as of one in the afternoon from ten in the morning."""
    return dict(msgspec.json.decode(Answers(archive, "RU").report(report, given, NOW, versus=THEN)))


class TestAnswers:
    def test_it_tells_both_cuts_and_the_rows_that_differ(self, archive: Archive) -> None:
        fill(archive)
        said = compared(archive)
        assert said["as_of"] == {"kvota.agents/0": 1, "kvota.calls/0": 5, "kvota.decisions/0": 1, "kvota.parked/0": 1}
        assert said["versus"] == {"kvota.calls/0": 3, "kvota.decisions/0": 1, "kvota.parked/0": 0}
        assert (said["report"], said["key"], said["parameters"]["rep"]) == ("rep_day", ["rep", "day"], None)
        anna, boris = said["rows"]
        assert (anna["change"], anna["key"]) == ("changed", {"rep": "anna", "day": "2026-11-24"})
        assert (anna["was"]["talk_seconds"], anna["now"]["talk_seconds"]) == (90, 65)
        assert anna["differ"] == ["talk_seconds", "aht"]
        assert anna["difference"] == {"talk_seconds": -25, "aht": "-12.50"}
        assert (boris["change"], boris["was"], boris["now"]["calls"]) == ("added", None, 1)

    def test_the_events_are_those_that_count_in_one_of_the_answers_only(self, archive: Archive) -> None:
        fill(archive)
        said = compared(archive)["events"]
        assert (said["count"], said["most"]) == (3, causes.MOST)
        told = [(each["position"], each["was"], each["now"], each["reason"]) for each in said["listed"]]
        assert told == [
            ("kvota.calls/0/1", "counts", "parked", "cannot take it"),
            ("kvota.calls/0/2", "repeated", "counts", None),
            ("kvota.calls/0/3", None, "counts", None),
        ]
        assert said["listed"][2] == {
            "id": str(call_id(9)),
            "type": "call.ended",
            "time": written_instant(at(9, 0, 12)),
            "position": "kvota.calls/0/3",
            "appended_at": written_instant(at(12)),
            "was": None,
            "now": "counts",
            "reason": None,
        }

    def test_events_of_nouns_that_the_report_does_not_read_are_not_behind_it(self, archive: Archive) -> None:
        fill(archive)
        assert [compared(archive, report)["events"]["count"] for report in ("sales_day", "agent_time")] == [0, 1]

    def test_no_more_are_named_than_the_most_and_all_are_counted(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(causes, "MOST", 2)
        fill(archive)
        said = compared(archive)["events"]
        assert (said["count"], [each["position"] for each in said["listed"]]) == (
            3,
            ["kvota.calls/0/1", "kvota.calls/0/2"],
        )

    def test_that_the_log_has_come_to_another_day_is_told(self, archive: Archive) -> None:
        archive.ingest(lying([raw(answered(day=TODAY), 1)]))
        archive.note_ends(THEN, [LOG, PARKED])
        archive.ingest(lying([raw(answered(day=TODAY + timedelta(days=1)), 2)], start=1, since=at(11)))
        archive.note_ends(NOW, [LOG, PARKED])
        said = compared(archive, "stalled_deals")
        assert said["last_day"] == {"was": "2026-11-24", "now": "2026-11-25"}
        assert (said["rows"], said["events"]["count"]) == ([], 0)

    def test_it_is_in_the_language_asked_for_and_in_json_only(self, archive: Archive) -> None:
        fill(archive)
        answers = Answers(archive, "RU")
        assert b"\xd1" in answers.report("rep_day", {}, NOW, language="ru", versus=THEN).partition(b"schema")[0]
        with pytest.raises(BadParametersError, match="format: what differs from another answer is given as json only"):
            answers.report("rep_day", {}, NOW, "csv", versus=THEN)

    def test_it_is_asked_with_the_parameters_of_the_report(self, archive: Archive) -> None:
        fill(archive)
        assert [row["key"]["rep"] for row in compared(archive, rep=BORIS)["rows"]] == [BORIS]
        assert compared(archive, day="2026-11-23")["rows"] == []


def test_what_reports_read_is_found_by_way_of_cells_and_views(archive: Archive) -> None:
    with archive.reading() as reading:
        read = {name: nouns_read(reading.con, each.sql) for name, each in load_questions().items()}
    assert all(read.values())
    assert read["rep_day"] == {"calls", "deals"}
    assert read["quota_attainment"] == {"deals", "goals", "people"}
    assert read["completeness"] == {"feeds"}
    assert read["lead_fairness"] == {"leads"}


def standing(log: Sequence[LogRecord], cut: Positions) -> dict[Place, Decoded]:
    """The records before a cut that count, by the law told once more: what is set aside before it never was told."""
    known = [each for each in log if each.offset < cut.get(each.source, 0)]
    decoded = {(*each.source, each.offset): decode(each.raw or b"") for each in known}
    said = [record.event for record in decoded.values() if isinstance(record.event, RecordParked)]
    aside = {(event.origin, event.position) for event in said}
    ids, came, counts = set[object](), dict[object, date](), dict[Place, Decoded]()
    for place, record in sorted(decoded.items()):
        source, day = place[:2], record.envelope.day
        if (f"{place[0]}/{place[1]}", place[2]) in aside or record.envelope.id in ids:
            continue
        if record.envelope.stream is None and came.get(source, day) - day > timedelta(days=35):
            continue
        ids.add(record.envelope.id)
        came[source] = max(came.get(source, day), day)
        counts[place] = record
    return counts


def rep_days(counts: Mapping[Place, Decoded]) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Give of each rep and day the calls, the seconds of talk and the money won."""
    days: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for record in counts.values():
        for rep, adds in _adds(record.event):
            key = rep, record.envelope.day.isoformat()
            days[key] = [held + more for held, more in zip(days[key], adds, strict=True)]
    return {key: (numbers[0], numbers[1], numbers[2]) for key, numbers in days.items()}


def _adds(event: Event | None) -> list[tuple[str, tuple[int, int, int]]]:
    match event:
        case CallEnded(rep=str(rep)):
            return [(rep, (1, event.talk_seconds or 0, 0))]
        case DealWon():
            return [(credit.rep, (0, 0, credit.amount_minor)) for credit in event.credits]
        case _:
            return []


def numbers(row: Mapping[str, Any] | None) -> tuple[int, int, int] | None:
    """Give the same of a row of an answer."""
    return None if row is None else (row["calls"], row["talk_seconds"], row["won_minor"].get("RUB", 0))


def cut_of(log: Sequence[LogRecord], part: Sequence[int]) -> Positions:
    """Give a cut that has some of each partition."""
    sources = sorted({record.source for record in log} | {PARKED})
    held = {source: sum(record.source == source for record in log) for source in sources}
    return {source: each % (held[source] + 1) for source, each in zip(sources, part, strict=False)}


parts = st.lists(st.integers(0, 20), min_size=8, max_size=8)


@settings(max_examples=10, deadline=None)
@given(steps, parts, parts, st.sampled_from(REPORTS))
@example(PARKED_AND_RETRIED, [1, 1, 0, 0, 0, 0, 0, 0], [2, 1, 1, 1, 0, 0, 0, 0], "agent_time")
@example(PARKED_AND_RETRIED, [2, 1, 0, 0, 0, 0, 0, 0], [2, 1, 1, 0, 0, 0, 0, 0], "call_centre")
def test_between_any_two_cuts(told: list[Step], one: list[int], other: list[int], report: str) -> None:
    """As they were reckoned once more in Python; the other way round the opposite; and no row where none differs."""
    log = appended(told)
    then, now = cut_of(log, one), cut_of(log, other)
    with opened() as archive:
        archive.ingest(log)
        answers = Answers(archive, "RU")
        said = msgspec.json.decode(answers.report("rep_day", {}, now, versus=then))
        there = msgspec.json.decode(answers.report(report, {}, now, versus=then))
        back = msgspec.json.decode(answers.report(report, {}, then, versus=now))
        rows = [msgspec.json.decode(answers.report(report, {}, cut))["rows"] for cut in (then, now)]
    counted = standing(log, then), standing(log, now)
    _check_rep_days(said["rows"], rep_days(counted[0]), rep_days(counted[1]))
    behind = {
        f"{place[0]}/{place[1]}/{place[2]}" for place in counted[0].keys() ^ counted[1].keys() if place[0] in _READ
    }
    assert {each["position"] for each in said["events"]["listed"]} == behind
    assert said["events"]["count"] == len(behind)
    assert [(row["was"], row["now"]) for row in there["rows"]] == [(row["now"], row["was"]) for row in back["rows"]]
    assert (there["rows"] == []) is (rows[0] == rows[1])
    assert all(row["was"] in (None, *rows[0]) and row["now"] in (None, *rows[1]) for row in there["rows"])


_READ = (CALLS, DECISIONS)


def _check_rep_days(
    rows: Sequence[Mapping[str, Any]],
    was: Mapping[tuple[str, str], tuple[int, int, int]],
    now: Mapping[tuple[str, str], tuple[int, int, int]],
) -> None:
    told = {tuple(row["key"].values()): (numbers(row["was"]), numbers(row["now"])) for row in rows}
    assert told == {
        key: (was.get(key), now.get(key)) for key in was.keys() | now.keys() if was.get(key) != now.get(key)
    }


class TestDoor:
    async def test_it_is_the_one_of_the_file_and_has_a_validator_of_its_own(self, archive: Archive) -> None:
        fill(archive)
        asked = {"known_at": NOW.isoformat(), "versus": THEN.isoformat()}
        async with at_the_door(archive) as client:
            answer = await client.get(URL, params=asked)
            alone = await client.get(URL, params={"known_at": NOW.isoformat()})
            again = await client.get(URL, params=asked, headers={"If-None-Match": answer.headers["etag"]})
            cut = alone.headers["kvota-position"]
            by_cuts = await client.get(URL, params={"cut": cut, "versus": THEN.isoformat()})
        assert answer.content == Answers(archive, "RU").report("rep_day", {}, NOW, versus=THEN)
        assert (answer.status_code, again.status_code) == (200, 304)
        assert answer.headers["etag"] != alone.headers["etag"]
        assert (by_cuts.content, by_cuts.headers["etag"]) == (answer.content, answer.headers["etag"])

    @pytest.mark.parametrize(
        ("query", "field", "said", "in_russian"),
        [
            ("versus=yesterday", "versus", "expected an instant", "нужен момент с часовым поясом"),
            ("versus=2026-11-24T10:00:00", "versus", "expected an instant", "нужен момент с часовым поясом"),
            ("versus=kvota.calls@1", "versus", "expected positions like", "нужны позиции вида"),
            ("versus=kvota.calls/0@1", "versus", "name kvota.parked/0 as well", "назовите и kvota.parked/0"),
            ("versus=2026-11-24T10:00:00Z&versus=x", "versus", "more than once", "несколько раз"),
            ("versus=2026-11-24T10:00:00Z&format=csv", "format", "given as json only", "бывает только в json"),
        ],
    )
    async def test_what_cannot_be_compared_with_is_refused(
        self, archive: Archive, query: str, field: str, said: str, in_russian: str
    ) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            answers = [await client.get(f"{URL}?{query}", headers={"Accept-Language": each}) for each in ("en", "ru")]
        assert [answer.status_code for answer in answers] == [422, 422]
        [[error], [russian]] = [answer.json()["errors"] for answer in answers]
        assert (error["field"], russian["field"]) == (field, field)
        assert (said in error["problem"], in_russian in russian["problem"]) == (True, True)

    async def test_a_moment_that_is_not_closed_is_refused(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(archive)
        monkeypatch.setattr("services.history.asking._CLOSES_S", 0.05)
        async with at_the_door(archive) as client:
            refused = await client.get(URL, params={"versus": at(14).isoformat()})
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:kvota:problem:not-closed")


class TestCommand:
    ASKED = ("report", "rep_day", "--known-at", NOW.isoformat(), "--versus", THEN.isoformat())

    def test_it_is_shown_as_a_table_and_given_as_json(self, tmp_path: Path) -> None:
        with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
            fill(archive)
            expected = Answers(archive, "RU").report("rep_day", {}, NOW, versus=THEN)
        shown = kvota(*self.ASKED, home=tmp_path)
        assert (shown.code, shown.err) == (0, "")
        lines = [[cell.strip() for cell in line.strip("│ ").split("│")] for line in shown.out.splitlines()]
        assert ["anna", "2026-11-24", "changed", "talk_seconds", "90", "65", "-25"] in lines
        assert ["boris", "2026-11-24", "added", "calls", "", "1"] in [line[:6] for line in lines]
        assert "2 rows differ; 3 events count in one of the answers only" in shown.out
        assert "versus: kvota.calls/0@3,kvota.decisions/0@1,kvota.parked/0@0" in shown.out
        assert kvota(*self.ASKED, "--json", home=tmp_path).out.encode() == expected + b"\n"

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--format", "csv"), "format: what differs from another answer is given as json only"),
            (("--cut", "kvota.parked/0@0"), "--known-at says already as of when: give it or --cut"),
        ],
    )
    def test_what_cannot_be_is_one_clear_line(self, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
        with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
            fill(archive)
        ran = kvota(*self.ASKED, *arguments, home=tmp_path)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.err
