"""Beside the restated numbers of a former period stands what was said of it when it was over."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from events.deals import Credit, DealWon
from events.people import RepAssigned
from services.history.answers import Answers
from services.history.archive import Archive
from services.history.judging import LogRecord
from services.history.questions import load_question
from services.history.report import run_report
from services.history.segments.restoring import make_anew
from services.runtime.parked import PARKED
from services.runtime.shards import Positions, Source
from tests.events.examples.dates import when
from tests.history.asking import PROJECTIONS, Row
from tests.history.organisation import NORTH, SOUTH, organisation
from tests.history.test_parking import about
from tests.telling import (
    ANNA,
    BORIS,
    CALLS,
    DECISIONS,
    amended,
    answered,
    decided,
    raw,
    refunded,
    restated,
    unfoldable,
    won,
)

REPORT = "period_comparison"
DAY = timedelta(days=1)
SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 7), date(2026, 10, 5), date(2026, 11, 20)
THEN = ("calls_before_then", "deals_won_before_then", "booked_minor_before_then")
BEFORE = ("calls_before", "deals_won_before", "booked_minor_before")
NOW = ("calls", "deals_won", "booked_minor")


def on(day: date, hour: int = 12) -> datetime:
    """When the log learns of something."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def sale(deal: str, amount: int, day: date, rep: str = ANNA) -> DealWon:
    credit = Credit(rep=rep, share_bp=10_000, amount_minor=amount)
    return won(amount, deal, day=day, credits=(credit,))


class Log:
    """A log that learns of something after the other, partition by partition."""

    def __init__(self) -> None:
        self.records: list[LogRecord] = []
        self._versions: dict[str, int] = {}

    def append(self, learnt: datetime, value: bytes, source: Source = (CALLS, 0)) -> None:
        offset = sum(record.source == source for record in self.records)
        self.records.append(LogRecord(*source, offset, int(learnt.timestamp() * 1_000), value))

    def decide(self, learnt: datetime, event: Any, stream: str) -> None:  # noqa: ANN401  # any event
        self._versions[stream] = self._versions.get(stream, 0) + 1
        self.append(learnt, decided(event, stream, self._versions[stream]), (DECISIONS, 0))


@pytest.fixture
def log() -> Log:
    """An organisation that the log knows from September on."""
    log = Log()
    for number, event in enumerate(organisation(SEPTEMBER)):
        log.decide(on(SEPTEMBER, 1), event, f"organisation/{number}")
    return log


def rows(archive: Archive, cut: Positions | None = None, /, **asked: str) -> list[Row]:
    report = run_report(archive, REPORT, {"as_of": str(NOVEMBER), **asked}, cut)
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


def row(found: Sequence[Row], level: str, name: str | None = None) -> Row:
    """The one row of somebody against the month before."""
    wanted = {"level": level, "comparison": "previous", "rep" if level == "rep" else "unit": name}
    [one] = [each for each in found if wanted.items() <= each.items()]
    return one


def numbers(row: Row, columns: Sequence[str]) -> tuple[int | None, ...]:
    return tuple(row[column] for column in columns)


def test_what_came_or_was_corrected_later_shows_in_the_difference(archive: Archive, log: Log) -> None:
    first, talk = answered(day=OCTOBER, call="1"), {"talk_seconds": 5}
    log.append(on(OCTOBER), raw(first, 1))
    log.decide(on(OCTOBER), sale("d1", 500, OCTOBER), "deal/d1")
    log.append(on(NOVEMBER, 1), raw(answered(day=OCTOBER, call="2"), 2))
    log.append(on(NOVEMBER, 2), raw(restated(first, first.model_copy(update={"rep": BORIS, **talk})), 3))
    log.decide(on(NOVEMBER), amended(sale("d1", 500, OCTOBER), sale("d1", 400, OCTOBER)), "deal/d1")
    log.decide(on(NOVEMBER), refunded(100, day=OCTOBER), "deal/d1")
    archive.ingest(log.records)
    found = rows(archive)
    assert {row["before_known_at"] for row in found if row["comparison"] == "previous"} == {on(date(2026, 10, 21), 0)}
    assert numbers(row(found, "company"), THEN) == (1, 1, 500)
    assert numbers(row(found, "company"), BEFORE) == (2, 1, 300)
    assert (numbers(row(found, "rep", ANNA), THEN), numbers(row(found, "rep", ANNA), BEFORE)) == (
        (1, 1, 500),
        (1, 1, 300),
    )
    assert (numbers(row(found, "rep", BORIS), THEN), numbers(row(found, "rep", BORIS), BEFORE)) == (
        (0, 0, 0),
        (1, 0, 0),
    )


def test_whoever_lost_all_later_still_has_what_was_said_then(archive: Archive, log: Log) -> None:
    log.decide(on(OCTOBER), sale("d1", 500, OCTOBER), "deal/d1")
    log.decide(on(NOVEMBER), amended(sale("d1", 500, OCTOBER), sale("d1", 500, OCTOBER, BORIS)), "deal/d1")
    archive.ingest(log.records)
    found = rows(archive)
    anna, boris = row(found, "rep", ANNA), row(found, "rep", BORIS)
    assert (anna["unit"], anna["currency"], numbers(anna, THEN), numbers(anna, BEFORE)) == (
        NORTH,
        "RUB",
        (0, 1, 500),
        (0, 0, 0),
    )
    assert (numbers(boris, THEN), numbers(boris, BEFORE)) == ((0, 0, 0), (0, 1, 500))
    assert {each["rep"] for each in rows(archive, rep=ANNA)} == {ANNA}


def test_a_sale_that_does_not_count_any_more_was_told_of_then(archive: Archive, log: Log) -> None:
    log.append(on(SEPTEMBER), raw(answered(day=SEPTEMBER), 1))
    log.decide(on(OCTOBER), sale("d1", 500, OCTOBER), "deal/d1")
    log.append(on(NOVEMBER), raw(about(f"{DECISIONS}/0", 7), 90), PARKED)
    archive.ingest(log.records)
    company = row(rows(archive), "company")
    assert (numbers(company, THEN), numbers(company, BEFORE), numbers(company, NOW)) == (
        (0, 1, 500),
        (0, 0, 0),
        (0, 0, 0),
    )


def test_units_then_were_those_that_were_known_then(archive: Archive, log: Log) -> None:
    log.decide(on(OCTOBER), sale("d1", 500, OCTOBER), "deal/d1")
    move = RepAssigned(**when(5, day=NOVEMBER), rep=ANNA, unit=SOUTH, post="sales", starts_on=date(2026, 10, 1))
    log.decide(on(NOVEMBER), move, "rep/anna")
    archive.ingest(log.records)
    found = rows(archive)
    assert [numbers(row(found, "team", name), THEN)[2] for name in (NORTH, SOUTH)] == [500, 0]
    assert [numbers(row(found, "team", name), BEFORE)[2] for name in (NORTH, SOUTH)] == [0, 500]
    [anna] = [each for each in rows(archive, unit=SOUTH) if each["rep"] == ANNA and each["comparison"] == "previous"]
    assert numbers(anna, THEN) == (0, 1, 500), "it is asked for by where she is, and told wherever she was"


def test_a_record_that_was_parked_later_counted_then(archive: Archive, log: Log) -> None:
    log.append(on(OCTOBER), raw(answered(day=OCTOBER, call="1"), 1))
    log.append(on(OCTOBER, 13), raw(answered(day=OCTOBER, call="2"), 2))
    log.append(on(NOVEMBER), raw(about(f"{CALLS}/0", 0), 90), PARKED)
    archive.ingest(log.records)
    company = row(rows(archive), "company")
    assert (company["calls_before_then"], company["calls_before"]) == (2, 1)


def test_what_is_all_rolled_up_was_said_then_as_well(tmp_path: Path, log: Log) -> None:
    log.append(on(OCTOBER), raw(answered(day=OCTOBER, call="1"), 1))
    log.append(on(OCTOBER, 13), raw(answered(day=OCTOBER, call="2"), 2))
    log.decide(on(OCTOBER), sale("d1", 500, OCTOBER), "deal/d1")
    log.append(on(NOVEMBER), raw(about(f"{CALLS}/0", 0), 90), PARKED)
    log.append(on(NOVEMBER, 13), raw(answered(day=OCTOBER, call="3"), 3))
    with Archive(tmp_path / "one.duckdb", PROJECTIONS, stretch=1) as archive:
        for record in log.records:
            archive.ingest([record])
        with archive.reading() as reading:
            assert reading.con.execute("SELECT current_setting('search_path')").fetchall() == [("rolled,main",)]
        company = row(rows(archive), "company")
        assert (numbers(company, BEFORE), numbers(company, THEN)) == ((2, 1, 500), (2, 1, 500))
    with Archive(tmp_path / "other.duckdb", PROJECTIONS) as archive:
        archive.ingest(log.records)
        assert row(rows(archive), "company") == company


def test_what_could_not_be_folded_before_it_was_parked_takes_nothing_from_the_report(
    archive: Archive, log: Log
) -> None:
    log.decide(on(OCTOBER), sale("d1", 500, OCTOBER), "deal/d1")
    log.append(on(date(2026, 10, 20), 23), raw(unfoldable(), 9))
    log.append(on(date(2026, 10, 21), 1), raw(about(f"{CALLS}/0", 0), 90), PARKED)
    archive.ingest(log.records)
    company = row(rows(archive), "company")
    assert numbers(company, THEN) == numbers(company, BEFORE) == (0, 1, 500)


def test_a_day_that_nobody_has_a_calendar_of_is_asked_about_no_calendar(archive: Archive, log: Log) -> None:
    log.decide(on(OCTOBER), sale("d1", 500, OCTOBER), "deal/d1")
    log.decide(on(NOVEMBER), sale("d2", 500, date(2150, 3, 5)), "deal/d2")
    archive.ingest(log.records)
    report = run_report(archive, REPORT, {})
    ends = [row[report.columns.index("through_on")] for row in report.rows]
    assert ends == [date(2150, 3, 5)] * len(ends) != []


def test_the_day_ends_by_the_clock_of_the_zone(archive: Archive, log: Log) -> None:
    log.decide(on(OCTOBER), sale("d1", 500, OCTOBER), "deal/d1")
    log.decide(on(date(2026, 10, 20), 22), sale("d2", 70, OCTOBER), "deal/d2")
    archive.ingest(log.records)
    in_utc, in_moscow = row(rows(archive), "company"), row(rows(archive, zone="Europe/Moscow"), "company")
    assert (in_utc["before_known_at"], in_utc["booked_minor_before_then"]) == (on(date(2026, 10, 21), 0), 570)
    assert (in_moscow["before_known_at"], in_moscow["booked_minor_before_then"]) == (on(date(2026, 10, 20), 21), 500)


def test_where_the_log_had_not_begun_nothing_was_known(archive: Archive) -> None:
    log = Log()
    log.decide(on(NOVEMBER), sale("d1", 500, OCTOBER), "deal/d1")
    archive.ingest(log.records)
    company = row(rows(archive), "company")
    assert (numbers(company, BEFORE), numbers(company, THEN)) == ((0, 1, 500), (None, None, None))


def test_a_cut_from_before_the_moment_holds_what_was_known(archive: Archive, log: Log) -> None:
    log.decide(on(OCTOBER), sale("d1", 500, OCTOBER), "deal/d1")
    log.decide(on(OCTOBER, 20), sale("d2", 70, OCTOBER), "deal/d2")
    log.append(on(NOVEMBER), raw(answered(day=NOVEMBER), 1))
    archive.ingest(log.records)
    cut = {(DECISIONS, 0): 8, PARKED: 0}
    company = row(rows(archive, cut), "company")
    assert numbers(company, THEN) == numbers(company, BEFORE) == (0, 1, 500)


def test_a_stretch_without_a_day_was_nothing_then_as_well(archive: Archive, log: Log) -> None:
    """November begins with a day off, and the October before it with a working day."""
    log.append(on(OCTOBER), raw(answered(day=date(2026, 9, 30)), 1))
    log.append(on(NOVEMBER), raw(answered(day=date(2026, 11, 1)), 2))
    archive.ingest(log.records)
    company = row(rows(archive, as_of="2026-11-01"), "company")
    assert (company["before_through_on"], company["before_known_at"]) == (date(2026, 9, 30), on(date(2026, 10, 1), 0))
    assert numbers(company, BEFORE) == numbers(company, THEN) == (0, 0, 0)


def test_the_same_cut_says_the_same_later_and_in_a_file_made_anew(archive: Archive, log: Log, tmp_path: Path) -> None:
    log.decide(on(OCTOBER), sale("d1", 500, OCTOBER), "deal/d1")
    log.append(on(OCTOBER), raw(answered(day=OCTOBER), 1))
    log.append(on(NOVEMBER), raw(answered(day=OCTOBER, call="2"), 2))
    archive.ingest(log.records)
    cut = {PARKED: 0} | archive.positions()
    asked = {"as_of": str(NOVEMBER)}
    first = Answers(archive, "RU").report(REPORT, asked, cut)
    log.append(on(NOVEMBER, 20), raw(about(f"{CALLS}/0", 0), 90), PARKED)
    log.decide(on(NOVEMBER, 20), amended(sale("d1", 500, OCTOBER), sale("d1", 1, OCTOBER)), "deal/d1")
    archive.ingest(log.records)
    assert Answers(archive, "RU").report(REPORT, asked, cut) == first
    by_partition = sorted(log.records, key=lambda record: record.source)
    make_anew(tmp_path / "anew.duckdb", [by_partition], PROJECTIONS)
    with Archive(tmp_path / "anew.duckdb", PROJECTIONS) as anew:
        assert Answers(anew, "RU").report(REPORT, asked, cut) == first
    [company, *_] = [each for each in msgspec.json.decode(first)["rows"] if each["level"] == "company"]
    assert (company["calls_before_then"], company["calls_before"]) == (1, 2)


@pytest.mark.parametrize("form", ["csv", "arrow", "xlsx"])
def test_it_is_told_in_every_form(archive: Archive, log: Log, form: Any) -> None:  # noqa: ANN401  # a form
    log.decide(on(OCTOBER), sale("d1", 500, OCTOBER), "deal/d1")
    archive.ingest(log.records)
    made = Answers(archive, "RU").report(REPORT, {"as_of": str(NOVEMBER)}, None, form)
    assert form != "csv" or b"2026-10-21T00:00:00Z" in made
    assert made


@pytest.mark.parametrize("line", ["-- then: SELECT 1\n-- then: SELECT 2", "-- then: known_at AS as_of"])
def test_when_a_report_is_to_be_asked_before_is_one_select(line: str) -> None:
    text = f"-- How many?\n-- ru: Сколько?\n-- key: one\n-- column: one count | One | Один\n{line}\nSELECT 1 AS one\n"
    with pytest.raises(ValueError, match=r"many\.sql: one line `-- then: SELECT known_at, … AS parameter`"):
        load_question("many", text)
