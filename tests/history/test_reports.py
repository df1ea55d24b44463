"""Reports equal what a person reckons by hand from the same calls."""

import json
import re
from decimal import Decimal

import pytest
from rich.console import Console

from events.deals import Credit
from services.history.archive import Archive
from services.history.errors import BadParametersError, HistoryBehindError, UnknownNameError
from services.history.questions import load_question, load_questions
from services.history.rendering import as_json
from services.history.report import Report, answer, run_report
from services.history.terminal import as_tables, remarks, table
from services.history.terminal import shown as read_shown
from tests.events.examples.dates import TODAY, at
from tests.telling import (
    ANNA,
    BORIS,
    CALLS,
    DECISIONS,
    SALES,
    SUPPORT,
    abandoned,
    answered,
    decided,
    lying,
    raw,
    refunded,
    restated,
    won,
)

MORNING, QUARTER_LATER = at(9).replace(tzinfo=None), at(9, 15).replace(tzinfo=None)
MORNING_TOLD, QUARTER_LATER_TOLD = "2026-11-24T09:00:00Z", "2026-11-24T09:15:00Z"

# The published hour: eight calls, five answered, three abandoned; then one more quarter and one more queue.
CALL_EVENTS = (
    answered(20, 60),
    answered(5, 60, wrap_seconds=15),
    answered(3, 60),
    answered(10, 60, outcome="transferred_blind"),
    answered(15, 60),
    abandoned(2),
    abandoned(14),
    abandoned(30),
    abandoned(90, at(9, 14), outcome="timed_out"),
    abandoned(1, at(9, 20), outcome="key_exit"),
    abandoned(1, at(9, 20), outcome="leave_empty"),
    answered(7, 3, at(9, 14, 55), queue=SUPPORT, rep=BORIS),
)


HEAD, COUNT = "-- How many?\n-- ru: Сколько?\n", "-- key: n\n-- column: n count | Number | Число\n"


def fill(archive: Archive) -> None:
    archive.ingest(lying([raw(event, number) for number, event in enumerate(CALL_EVENTS, start=1)]))


def rows(report: Report) -> list[dict[str, object]]:
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


def centre(archive: Archive, **given: str) -> list[dict[str, object]]:
    return rows(run_report(archive, "call_centre", given))


def shown(report: Report, width: int) -> str:
    """Print a report on a terminal of this width."""
    console = Console(width=width)
    with console.capture() as capture:
        console.print(*as_tables(read_shown(as_json(report)), width))
    return capture.get()


def numbers(text: str) -> list[str]:
    """Find the numbers with two decimals."""
    return re.findall(r"\d+\.\d\d\b", text)


class TestCallCentre:
    def test_a_quarter_and_the_total_of_its_queue(self, archive: Archive) -> None:
        fill(archive)
        first, second, total = centre(archive, queue=SALES, threshold="10")
        assert first == {
            "queue": SALES,
            "interval": MORNING,
            "offered": 9,
            "answered": 5,
            "abandoned": 3,
            "timed_out": 1,
            "key_exit": 0,
            "other": 0,
            "transferred": 1,
            "service_level_answered_only": Decimal("60.00"),
            "service_level_offered": Decimal("33.33"),
            "service_level_removed": Decimal("44.44"),
            "service_level_ignore_abandon_within_threshold": Decimal("37.50"),
            "service_level_exclude_short": Decimal("37.50"),
            "service_level_abandon_after_threshold": Decimal("42.86"),
            "target_met": False,
            "asa": Decimal("10.60"),
            "aht": Decimal("63.00"),
            "abandon_rate": Decimal("33.33"),
        }
        assert (second["interval"], second["offered"], second["key_exit"], second["other"]) == (QUARTER_LATER, 2, 1, 1)
        assert (second["service_level_answered_only"], second["asa"], second["aht"]) == (None, None, None)
        assert (second["service_level_offered"], second["abandon_rate"]) == (Decimal("0.00"), Decimal("0.00"))
        assert (total["interval"], total["offered"], total["answered"], total["other"]) == (None, 11, 5, 1)
        assert (total["service_level_offered"], total["abandon_rate"]) == (Decimal("27.27"), Decimal("27.27"))

    def test_every_queue_has_its_total(self, archive: Archive) -> None:
        fill(archive)
        found = [(row["queue"], row["interval"]) for row in centre(archive)]
        assert found == [
            (SALES, MORNING),
            (SALES, QUARTER_LATER),
            (SALES, None),
            (SUPPORT, MORNING),
            (SUPPORT, QUARTER_LATER),
            (SUPPORT, None),
        ]

    def test_the_clock_says_to_which_quarter_a_call_belongs(self, archive: Archive) -> None:
        fill(archive)
        joined, ended, _ = centre(archive, queue=SUPPORT)
        assert (joined["offered"], joined["aht"], ended["offered"], ended["aht"]) == (1, None, 0, Decimal("3.00"))
        [by_answer, _] = centre(archive, queue=SUPPORT, clock="answer")
        assert (by_answer["interval"], by_answer["offered"], by_answer["aht"]) == (QUARTER_LATER, 1, Decimal("3.00"))

    def test_a_day_is_a_day_of_its_zone(self, archive: Archive) -> None:
        late = answered(joined=at(21, 30))
        archive.ingest(lying([raw(late)]))
        assert [row["offered"] for row in centre(archive, day=str(TODAY))] == [1, 1]
        assert centre(archive, day=str(TODAY), zone="Europe/Moscow") == []
        assert len(centre(archive, day="2026-11-25", zone="Europe/Moscow")) == 2

    def test_an_interval_is_half_open(self, archive: Archive) -> None:
        fill(archive)
        quarter = {"from": MORNING_TOLD, "to": QUARTER_LATER_TOLD, "queue": SALES}
        assert [row["interval"] for row in centre(archive, **quarter)] == [MORNING, None]

    def test_the_target_is_met_or_not_under_a_named_policy(self, archive: Archive) -> None:
        archive.ingest(lying([raw(answered(10), 1), raw(abandoned(2), 2)]))
        assert [row["target_met"] for row in centre(archive)] == [False, False]
        assert [row["target_met"] for row in centre(archive, policy="answered_only")] == [True, True]
        assert [row["target_met"] for row in centre(archive, target="50")] == [True, True]

    def test_a_threshold_within_a_bucket_is_refused(self, archive: Archive) -> None:
        fill(archive)
        assert centre(archive, threshold="120")
        for name in ("threshold", "short"):
            with pytest.raises(BadParametersError, match=f"{name}: waits are kept by the second to 60"):
                centre(archive, **{name: "62"})

    def test_a_restated_call_is_reported_as_it_is_now(self, archive: Archive) -> None:
        first, second = answered(10), abandoned(2, queue=SUPPORT)
        archive.ingest(lying([raw(first, 1), raw(restated(first, second), 2)]))
        assert [(row["queue"], row["offered"], row["abandoned"]) for row in centre(archive)] == [(SUPPORT, 1, 1)] * 2

    def test_an_empty_archive_has_no_rows(self, archive: Archive) -> None:
        assert centre(archive) == []


class TestRepDay:
    def test_calls_and_wins_stand_in_one_row(self, archive: Archive) -> None:
        halves = tuple(Credit(rep=rep, share_bp=5_000, amount_minor=50) for rep in (ANNA, BORIS))
        archive.ingest(lying([raw(answered(10, 60), 1), raw(answered(1, 31, wrap_seconds=10), 2), raw(abandoned(), 3)]))
        archive.ingest(
            lying(
                [
                    decided(won(500), "deal/d1", 1),
                    decided(won(100, deal="d2", credits=halves), "deal/d2", 1),
                    decided(won(70, deal="d3", currency="USD"), "deal/d3", 1),
                    decided(refunded(20), "deal/d1", 2),
                ],
                DECISIONS,
            )
        )
        anna, boris = rows(run_report(archive, "rep_day", {}))
        assert anna == {
            "rep": ANNA,
            "day": TODAY,
            "calls": 2,
            "answered": 2,
            "outbound": 0,
            "transferred": 0,
            "talk_seconds": 91,
            "hold_seconds": 0,
            "wrap_seconds": 10,
            "aht": Decimal("50.50"),
            "wins": 3,
            "won_minor": {"RUB": 550, "USD": 70},
            "won_new_minor": {"RUB": 550, "USD": 70},
            "refunds": 1,
            "refunded_minor": {"RUB": 20, "USD": 0},
        }
        assert (boris["rep"], boris["calls"], boris["aht"], boris["won_minor"]) == (BORIS, 0, None, {"RUB": 50})

    def test_days_and_reps_can_be_chosen(self, archive: Archive) -> None:
        events = [answered(rep=rep, day=TODAY.replace(day=day)) for rep in (ANNA, BORIS) for day in (1, 2, 3)]
        archive.ingest(lying([raw(event, number) for number, event in enumerate(events)]))

        def days(**given: str) -> list[tuple[object, object]]:
            return [(row["rep"], row["day"]) for row in rows(run_report(archive, "rep_day", given))]

        assert days(day="2026-11-02") == [(ANNA, TODAY.replace(day=2)), (BORIS, TODAY.replace(day=2))]
        assert days(**{"from": "2026-11-02", "rep": ANNA}) == [
            (ANNA, TODAY.replace(day=2)),
            (ANNA, TODAY.replace(day=3)),
        ]
        assert days(to="2026-11-02", rep=ANNA) == [(ANNA, TODAY.replace(day=1))]


class TestAsking:
    def test_an_unknown_report_is_refused_with_those_there_are(self, archive: Archive) -> None:
        there = ", ".join(load_questions())
        with pytest.raises(UnknownNameError, match=f"no report 'call_center'; there are: {there}"):
            run_report(archive, "call_center", {})

    def test_an_unknown_parameter_is_refused_with_those_there_are(self, archive: Archive) -> None:
        with pytest.raises(
            BadParametersError, match="days: rep_day has no such parameter; there are: day, from, rep, to"
        ):
            run_report(archive, "rep_day", {"days": "x"})

    def test_where_there_is_none_to_name_that_is_said_in_russian_too(self) -> None:
        with pytest.raises(BadParametersError) as refused:
            load_question("one", f"{HEAD}{COUNT}SELECT 1 AS n").bind({"days": "x"})
        assert refused.value.ru == "days: у отчёта one нет такого параметра; параметров у него нет"
        assert UnknownNameError("one", kind="report", known=()).ru == "нет отчёта 'one'; других тоже нет"

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"day": "24.11.2026"}, "day: '24.11.2026' is not a day, such as 2026-11-24"),
            ({"threshold": "fast"}, "threshold: 'fast' is not a whole number"),
            ({"from": "2026-11-24T09:00:00"}, "from: '2026-11-24T09:00:00' is not an instant with its zone"),
            ({"clock": "noon"}, "clock: 'noon' is not one of enqueue, answer, end"),
            ({"zone": "Moscow", "day": "2026-11-24"}, "zone: 'Moscow' is not a time zone, such as Europe/Moscow"),
            ({"zone": "../etc/passwd"}, "is not a time zone"),
            ({"threshold": "9" * 30}, "is not a whole number below 2^63"),
            ({"zone": "Z" * 300}, "is not a time zone"),
            ({"from": "0001-01-01T00:00:00+03:00"}, "is not an instant with its zone"),
            ({"to": "9999-12-31T23:59:59-03:00"}, "is not an instant with its zone"),
            ({"threshold": "null"}, "threshold: 'null' is not a whole number"),
            ({"zone": "null"}, "zone: 'null' is not a time zone"),
            ({"clock": "null"}, "clock: 'null' is not one of enqueue, answer, end"),
        ],
    )
    def test_a_value_that_cannot_be_is_refused(self, archive: Archive, given: dict[str, str], said: str) -> None:
        fill(archive)
        with pytest.raises(BadParametersError) as refused:
            run_report(archive, "call_centre", given)
        assert said in str(refused.value)

    def test_all_that_is_wrong_is_said_at_once(self, archive: Archive) -> None:
        with pytest.raises(BadParametersError) as refused:
            run_report(archive, "call_centre", {"day": "today", "clock": "noon", "colour": "red"})
        assert [each.field for each in refused.value.wrong] == ["colour", "day", "clock"]

    def test_a_parameter_without_default_must_be_given(self, archive: Archive) -> None:
        question = load_question(
            "one",
            f"{HEAD}-- param: least whole\n-- key: least\n-- column: least count | Least | Не меньше\n"
            "SELECT $least AS least",
        )
        with pytest.raises(BadParametersError, match="least: it must be given: a whole number"):
            answer(archive, question, {})
        with pytest.raises(BadParametersError, match="least: 'null' is not a whole number"):
            answer(archive, question, {"least": "null"})
        assert answer(archive, question, {"least": "3"}).rows == ((3,),)

    def test_what_may_be_left_out_may_be_given_as_nothing(self, archive: Archive) -> None:
        fill(archive)
        assert centre(archive, queue="null", **{"from": "null"}) == centre(archive)

    @pytest.mark.parametrize(
        "text",
        [
            "SELECT 1",
            f"-- Numbers.\n{COUNT}SELECT 1",
            f"-- How many?\n{COUNT}SELECT 1 AS n",
            f"{HEAD}-- param: x\n{COUNT}SELECT 1",
            f"{HEAD}-- param: x y z w\n{COUNT}",
            f"{HEAD}-- param: format text null\n{COUNT}SELECT 1 AS n",
            f"{HEAD}SELECT 1",
            f"{HEAD}-- column: n\nSELECT 1 AS n",
            f"{HEAD}-- column: n money | N | Н\nSELECT 1 AS n",
            f"{HEAD}-- column: n count | N\nSELECT 1 AS n",
            f"{HEAD}{COUNT}{COUNT}SELECT 1 AS n",
            f"{HEAD}-- column: n count | N | Н\nSELECT 1 AS n",
            f"{HEAD}{COUNT}-- key: n\nSELECT 1 AS n",
            f"{HEAD}-- key: m\n-- column: n count | N | Н\nSELECT 1 AS n",
            f"{HEAD}-- key: n, n\n-- column: n count | N | Н\nSELECT 1 AS n",
            f"{HEAD}-- param: versus text null\n{COUNT}SELECT 1 AS n",
        ],
    )
    def test_a_report_that_is_not_well_formed_does_not_load(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"reports/one\.sql: "):
            load_question("one", text)

    def test_a_report_cannot_write(self, archive: Archive) -> None:
        question = load_question("one", f"{HEAD}{COUNT}DELETE FROM records")
        with pytest.raises(Exception, match="read-only"):
            answer(archive, question, {})


class TestAsOf:
    def test_a_report_says_what_it_is_made_of_and_can_be_had_again(self, archive: Archive) -> None:
        fill(archive)
        first = run_report(archive, "call_centre", {})
        assert first.as_of == {(CALLS, 0): 12}
        archive.ingest(lying([raw(answered(), 99)], start=12))
        assert run_report(archive, "call_centre", {}).rows != first.rows
        assert run_report(archive, "call_centre", {}, first.as_of) == first

    def test_a_report_as_known_at_a_moment(self, archive: Archive) -> None:
        fill(archive)
        report = run_report(archive, "call_centre", {}, archive.known_at(at(9, 0, 1)))
        assert [(row["queue"], row["offered"]) for row in rows(report)] == [(SALES, 2), (SALES, 2)]

    def test_a_cut_that_is_not_archived_is_refused(self, archive: Archive) -> None:
        with pytest.raises(HistoryBehindError):
            run_report(archive, "rep_day", {}, {(CALLS, 0): 1})


class TestRendering:
    def test_json_is_one_object_with_all_that_is_needed_to_ask_again(self, archive: Archive) -> None:
        fill(archive)
        shown = json.loads(as_json(run_report(archive, "call_centre", {"from": MORNING_TOLD, "queue": SALES})))
        assert shown["report"] == "call_centre"
        assert shown["parameters"]["threshold"] == 20
        assert (shown["parameters"]["from"], shown["parameters"]["day"]) == (MORNING_TOLD, None)
        assert shown["as_of"] == {"kvota.calls/0": 12}
        assert shown["rows"][0]["service_level_answered_only"] == "100.00"
        formula = "seconds waited by those who were answered / answered"
        assert {"id": "asa", "version": 1, "formula": formula} in shown["policies"]
        assert len(shown["policies"]) == 9

    def test_a_terminal_shows_a_table_and_its_formulas(self, archive: Archive) -> None:
        fill(archive)
        report = run_report(archive, "call_centre", {"queue": SALES})
        text = shown(report, width=400)
        assert "How did each queue serve its callers" in text
        assert "55.56" in text
        assert "asa v1: seconds waited by those who were answered / answered" in remarks(read_shown(as_json(report)))

    def test_a_narrow_terminal_shows_every_number_whole(self, archive: Archive) -> None:
        fill(archive)
        report = run_report(archive, "call_centre", {})
        narrow = shown(report, width=80)
        assert max(map(len, narrow.splitlines())) <= 80
        assert all(column in narrow for column in report.columns[1:])
        assert sorted(numbers(narrow)) == sorted(numbers(shown(report, width=400)))

    def test_what_is_too_wide_for_a_terminal_goes_on_in_the_next_line(self) -> None:
        console = Console(width=40)
        with console.capture() as printed:
            console.print(table(["id", "place"], [["7" * 50, "9" * 70]], None))
        said = printed.get()
        assert (said.count("7"), said.count("9"), "…" in said) == (50, 70, False)

    def test_a_table_of_nothing_has_its_columns(self, archive: Archive) -> None:
        [table] = as_tables(read_shown(as_json(run_report(archive, "rep_day", {}))), width=400)
        assert table.row_count == 0

    def test_a_narrow_terminal_shows_the_question_and_columns_of_nothing(self, archive: Archive) -> None:
        report = run_report(archive, "call_centre", {})
        narrow = shown(report, width=80)
        assert "How did each queue serve its callers" in narrow
        assert all(column in narrow for column in report.columns)

    @pytest.mark.parametrize("width", [20, 80])
    def test_an_id_with_brackets_is_shown_as_it_is(self, archive: Archive, width: int) -> None:
        columns = "-- column: who text | Who | Кто\n-- column: m count | M | М\n-- column: k count | K | К\n"
        sql = f"-- [/q]?\n-- ru: Кто?\n{columns}{COUNT}SELECT '[/x]' AS who, 17 AS m, 18 AS k, 19 AS n"
        text = shown(answer(archive, load_question("one", sql), {}), width)
        assert [said for said in ("[/q]", "[/x]", "who", "17", "19") if said not in text] == []
