"""Every report has a picture: its marks are the numbers of the answer, and the same answer is the same picture."""

import re
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from services.history.archive import Archive
from services.history.charts import Chart, read_chart
from services.history.columns import Column, read_columns
from services.history.errors import TooLongToPrintError
from services.history.printing.picture import MOST_BARS, MOST_ROWS, as_svg, spec
from services.history.questions import load_question, load_questions
from services.history.report import Report, answer, run_report
from tests.cli.commands import kvota
from tests.history.doors import at_the_door, fill
from tests.history.test_pdf import pages

QUESTIONS = load_questions()
COLUMNS: tuple[Column, ...] = read_columns(
    [
        "rep text | Rep | Сотрудник",
        "day day | Day | День",
        "calls count | Calls | Звонки",
        "wins count | Wins | Продажи",
        "share percent | Share | Доля",
        "currency text | Currency | Валюта",
        "won_minor minor | Won, minor units | Продано, мин. ед.",
    ]
)
KEY = ("rep", "day")
MARKS = '<b>&"Ёлка"</b> ${x}'


def drawn_from(archive: Archive, chart: str, *rows: str) -> Report:
    """Answer a report of these rows, with a chart."""
    titles = (f"-- column: {each.name} {each.kind} | {each.title.en} | {each.title.ru}\n" for each in COLUMNS)
    head = f"-- Who sold?\n-- ru: Кто продал?\n-- key: rep, day\n-- chart: {chart}\n{''.join(titles)}"
    names = ", ".join(each.name for each in COLUMNS)
    sql = f"{head}SELECT * FROM (VALUES {', '.join(rows)}) AS t({names})"
    return answer(archive, load_question("sold", sql), {})


def row(rep: str, calls: str = "1", won: str = "100::BIGINT", currency: str = "'RUB'", day: str = "2026-11-24") -> str:
    return f"('{rep}', DATE '{day}', {calls}::BIGINT, 2::BIGINT, 1.5::DECIMAL(5, 2), {currency}, {won})"


def marks(report: Report) -> list[Mapping[str, object]]:
    """Give what is drawn, as Vega-Lite is told it."""
    assert report.chart is not None
    data = spec(report, report.chart, "ru", "")["data"]
    assert isinstance(data, dict)
    values: list[Mapping[str, object]] = data["values"]
    return values


def texts(svg: bytes) -> list[str]:
    """Give what is written in a picture."""
    written = fromstring(svg).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314  # we have just drawn it
    return ["".join(each.itertext()) for each in written]


class TestDeclaring:
    def test_every_report_declares_one(self) -> None:
        assert {name for name, question in QUESTIONS.items() if question.chart is None} == set()

    def test_a_line_declares_it(self) -> None:
        assert read_chart([" bar x=rep,day y=calls "], COLUMNS, KEY) == Chart("bar", ("rep", "day"), ("calls",))
        assert read_chart(["line x=day y=calls by=rep"], COLUMNS, KEY) == Chart("line", ("day",), ("calls",), ("rep",))
        assert read_chart([], COLUMNS, KEY) is None

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("pie x=rep y=calls", "one line `-- chart: bar|stack|line"),
            ("bar x=rep", "one line `-- chart: bar|stack|line"),
            ("bar x=rep,day y=calls y=wins", "one line `-- chart: bar|stack|line"),
            ("bar x=rep,day y=calls of=wins", "one line `-- chart: bar|stack|line"),
            ("bar x=rep,day y=sold", "no column is called sold"),
            ("bar x=rep,day y=currency", "currency is not a number"),
            ("stack x=rep,day y=calls,share", "calls, share are of several kinds"),
            ("line x=rep y=calls by=day", "a line goes over one column of days or instants, not rep"),
            ("bar x=rep,day y=calls,wins", "a stack has several numbers"),
            ("stack x=rep,day y=calls", "a stack has several numbers"),
            ("bar x=rep,day y=calls between=wins", "an interval is of a bar"),
            ("bar x=rep y=calls", "rows that differ by day only would be one mark"),
        ],
    )
    def test_what_cannot_be_drawn_is_named_when_the_report_is_loaded(self, line: str, said: str) -> None:
        with pytest.raises(ValueError, match=re.escape(said)):
            read_chart([line], COLUMNS, KEY)


class TestDrawing:
    def test_bars_are_the_numbers_of_the_rows(self, archive: Archive) -> None:
        report = drawn_from(archive, "bar x=rep,day y=calls", row("anna", "7"), row("boris", "NULL"), row("vera", "0"))
        assert [(each["name"], each["number"]) for each in marks(report)] == [
            ("anna, 2026-11-24", 7),
            ("vera, 2026-11-24", 0),
        ]
        drawn = fromstring(as_svg(report, "ru"))  # noqa: S314  # we have just drawn it
        labels = [str(each.get("aria-label")) for each in drawn.iter() if each.get("aria-roledescription") == "bar"]
        assert [re.findall(r"Звонки: (\d+)", label) for label in labels] == [["7"], ["0"]]

    def test_amounts_are_in_whole_units_and_left_out_without_a_currency(self, archive: Archive) -> None:
        rows = row("anna", won="150"), row("boris", won="150", currency="'JPY'"), row("vera", currency="NULL")
        report = drawn_from(archive, "line x=day y=won_minor by=rep", *rows)
        assert [(each["series"], each["number"]) for each in marks(report)] == [("anna", 1.5), ("boris", 150)]
        assert "Продано" in texts(as_svg(report, "ru"))

    def test_a_stack_has_a_part_for_each_number(self, archive: Archive) -> None:
        report = drawn_from(archive, "stack x=rep,day y=calls,wins", row("anna", "7"))
        assert [(each["series"], each["number"]) for each in marks(report)] == [("Звонки", 7), ("Продажи", 2)]

    def test_an_interval_stands_with_its_bar(self, archive: Archive) -> None:
        report = drawn_from(archive, "bar x=rep,day y=calls between=wins,calls", row("anna", "7"))
        assert [(each["low"], each["number"], each["high"]) for each in marks(report)] == [(2, 7, 7)]
        assert b"mark-rule role-mark" in as_svg(report, "en")

    def test_of_many_rows_the_first_are_drawn_and_it_says_so(self, archive: Archive) -> None:
        rows = [row(f"rep{number:02}") for number in range(MOST_BARS + 6)]
        report = drawn_from(archive, "bar x=rep,day y=calls", *rows)
        assert len(marks(report)) == MOST_BARS
        assert f"Первые строки: {MOST_BARS} из {MOST_BARS + 6}" in texts(as_svg(report, "ru"))

    def test_a_line_goes_through_every_day(self, archive: Archive) -> None:
        days = [date(2026, 11, 1 + number).isoformat() for number in range(MOST_BARS + 1)]
        report = drawn_from(archive, "line x=day y=calls by=rep", *(row("anna", day=day) for day in days))
        assert [each["name"] for each in marks(report)] == days
        assert "2026-11-03" in texts(as_svg(report, "ru"))

    def test_text_is_text_whatever_marks_stand_in_it(self, archive: Archive) -> None:
        written = texts(as_svg(drawn_from(archive, "bar x=rep,day y=calls", row(MARKS)), "ru"))
        assert {f"{MARKS}, 2026-11-24", "Кто продал?", "Звонки"} <= set(written)

    @pytest.mark.parametrize("name", sorted(QUESTIONS))
    def test_every_report_over_nothing_says_so(self, archive: Archive, name: str) -> None:
        question = QUESTIONS[name].question.ru
        assert {question, "Рассказать не о чем."} <= set(texts(as_svg(run_report(archive, name, {}), "ru")))

    def test_too_many_rows_are_refused(self, archive: Archive) -> None:
        sql = "-- How many?\n-- ru: Сколько?\n-- key: n\n-- column: n count | Number | Число\n-- chart: bar x=n y=n\n"
        question = load_question("many", f"{sql}SELECT range AS n FROM range({MOST_ROWS + 1})")
        with pytest.raises(TooLongToPrintError):
            as_svg(answer(archive, question, {}), "en")


class TestGiving:
    def test_the_same_answer_is_the_same_picture_in_any_process(self, tmp_path: Path, archive: Archive) -> None:
        fill(archive)
        archive.close()
        home, given = archive.path.parent, list[bytes]()
        for zone in ("Asia/Tokyo", "America/Lima"):
            for form in ("svg", "pdf"):
                out = tmp_path / f"calls.{form}"
                ran = kvota(
                    "report", "rep_day", "--format", form, "--lang", "ru", "--out", str(out), home=home, TZ=zone
                )
                assert (ran.code, ran.out, ran.err) == (0, "", "")
                given.append(out.read_bytes())
        assert given[:2] == given[2:]
        assert "Звонки" in texts(given[0])

    def test_a_printed_report_has_it_above_its_table(self, archive: Archive) -> None:
        fill(archive)
        [page, *_] = pages(run_report(archive, "rep_day", {}), "ru")
        assert page.count("Звонки") == 2  # of the axis and of the table
        assert page.count("Что каждый") == 1

    async def test_the_door_gives_it(self, archive: Archive) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            given = await client.get("/v1/reports/sales_day", headers={"Accept": "image/svg+xml"})
        assert given.headers["content-type"] == "image/svg+xml"
        assert "What did the company sell on each day, and what did it pay back?" in texts(given.content)

    def test_whoever_asks_for_it_does_not_load_the_library(self, archive: Archive) -> None:
        as_svg(drawn_from(archive, "bar x=rep,day y=calls", row("anna")), "en")
        assert "vl_convert" not in sys.modules
