"""A report on paper: all that it tells is there, as text, and the same answer is the same file."""

import io
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from subprocess import run

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, PdfObject

from services.history.archive import Archive
from services.history.errors import TooLongToPrintError
from services.history.printing.cells import DASH, printed, printed_amount
from services.history.printing.pdf import as_pdf
from services.history.printing.picture import MOST_ROWS
from services.history.printing.table import LYING, Printed, columns, parts
from services.history.questions import load_question, load_questions
from services.history.report import Report, answer, run_report
from tests.cli.commands import kvota
from tests.history.doors import at_the_door, fill

MARKS = (
    '#import "x"',
    "*x*",
    "_x_",
    "$x^2$",
    "= Title",
    "@anna",
    "<anna>",
    "\\u{41}",
    "// gone",
    "`raw`",
    "- x",
    "[x]",
)
WIDE = 40


def told(archive: Archive, columns: str, sql: str) -> Report:
    """Answer a report of these columns."""
    head = "-- Who sold?\n-- ru: Кто продал?\n-- needs: a plan | план\n-- param: rep text Ёлкина\n-- key: who\n"
    declared = "".join(f"-- column: {column}\n" for column in columns.splitlines())
    return answer(archive, load_question("sold", f"{head}{declared}SELECT * FROM ({sql}) WHERE $rep <> ''"), {})


def of_texts(archive: Archive, *texts: str) -> Report:
    rows = ", ".join("('" + text.replace("'", "''") + "')" for text in texts)
    return told(archive, "who text | Who | Кто", f"SELECT * FROM (VALUES {rows}) AS t(who)")


def of_numbers(archive: Archive, count: int) -> Report:
    return told(archive, "who count | Who | Кто", f"SELECT range AS who FROM range({count})")


def column(text: str) -> Printed:
    """Make a column of one cell."""
    return Printed("Title", right=False, cells=[text], key=False)


def held(part: PdfObject) -> DictionaryObject:
    """Give a part of a document that is a dictionary."""
    there = part.get_object()
    assert isinstance(there, DictionaryObject)
    return there


def pages(report: Report, language: str = "en") -> list[str]:
    """Read what stands on each page."""
    document = as_pdf(report, "ru" if language == "ru" else "en")
    return [page.extract_text() for page in PdfReader(io.BytesIO(document)).pages]


class TestWhatIsTold:
    def test_all_of_an_answer_is_there(self, archive: Archive) -> None:
        fill(archive)
        report = run_report(archive, "quota_attainment", {})
        [first, *_] = text = pages(report, "ru")
        assert report.question.ru in first
        assert "Параметры: as_of = –; period = –" in first
        whole = " ".join(" ".join(text).split())
        assert all(f"{policy.id} v{policy.version}" in whole for policy in report.policies)
        assert len(report.policies) > 0
        assert all(f"{topic}/{partition}@{before}" in whole for (topic, partition), before in report.as_of.items())
        assert "500,00" not in whole  # 500 kopecks
        assert "5,00" in whole

    def test_it_is_in_the_language_asked_for(self, archive: Archive) -> None:
        report = of_texts(archive, "Ёлка")
        [english], [russian] = pages(report), pages(report, "ru")
        assert all(told in english for told in ("Who sold?", "Not told yet, it needs: a plan", "rep = Ёлкина", "Ёлка"))
        assert all(told in russian for told in ("Кто продал?", "Пока не сказано, нужно: план", "Кто\n", "Ёлка"))

    def test_text_is_text_whatever_marks_stand_in_it(self, archive: Archive) -> None:
        [page] = pages(of_texts(archive, *MARKS))
        assert [line for line in page.splitlines() if line in MARKS] == list(MARKS)

    @pytest.mark.parametrize("name", sorted(load_questions()))
    def test_every_report_can_be_printed(self, archive: Archive, name: str) -> None:
        report = run_report(archive, name, {})
        [first, *_] = pages(report, "ru")
        assert report.question.ru in " ".join(first.split())
        assert "Рассказать не о чем." in first

    def test_titles_stand_on_every_page_and_pages_are_numbered(self, archive: Archive) -> None:
        text = pages(of_numbers(archive, 200))
        assert len(text) > 2
        for number, page in enumerate(text, start=1):
            assert "Who" in page.splitlines()
            assert f"{number} / {len(text)}" in page
        lines = [line for page in text for line in page.splitlines()]
        assert [line for line in lines if line.isdecimal()] == list(map(str, range(200)))


class TestValues:
    @pytest.mark.parametrize(
        ("minor", "currency", "en", "ru"),
        [
            (123_456_789, "RUB", "1,234,567.89", "1 234 567,89"),
            (-5, "RUB", "−0.05", "−0,05"),
            (1_500, "JPY", "1,500", "1 500"),
            (1_500, "KWD", "1.500", "1,500"),
            (1_500, None, "1,500 minor units", "1 500 мин. ед."),
            (None, "RUB", DASH, DASH),
        ],
    )
    def test_amounts_are_in_whole_units(self, minor: int | None, currency: str | None, en: str, ru: str) -> None:
        assert printed_amount(minor, currency, "en") == en
        assert printed_amount(minor, currency, "ru").replace("\N{NO-BREAK SPACE}", " ") == ru

    @given(st.integers(-(2**127), 2**127), st.sampled_from([("RUB", 100), ("JPY", 1), ("KWD", 1000)]))
    def test_no_part_of_an_amount_is_lost(self, minor: int, currency: tuple[str, int]) -> None:
        name, units = currency
        whole, _, part = printed_amount(minor, name, "en").replace(",", "").replace("−", "-").partition(".")
        assert int(whole + part) == minor
        assert 10 ** len(part) == units

    def test_others_are_written_as_their_language_does(self) -> None:
        assert (printed("ratio", Decimal("0.8125"), "ru"), printed("percent", Decimal("80.5"), "en")) == (
            "81,2500 %",
            "80.5",
        )
        assert [printed("flag", yes, "ru") for yes in (True, False)] == ["да", "нет"]
        assert (printed("text", None, "ru"), printed("text", "", "ru"), printed("text", [], "ru")) == (DASH,) * 3

    def test_the_title_of_amounts_says_no_more_minor_units(self, archive: Archive) -> None:
        report = told(
            archive,
            "who text | Who | Кто\ncurrency text | Currency | Валюта\n"
            "won_minor minor | Won, minor units | Продано, мин. ед.\n"
            "lost_minor map | Lost, minor units | Потеряно, мин. ед.",
            "SELECT 'anna' AS who, 'RUB' AS currency, 150 AS won_minor, MAP {'JPY': 150::BIGINT} AS lost_minor",
        )
        _, _, won, lost = columns(report, "ru")
        assert (won.title, won.cells, won.right) == ("Продано", ["1,50"], True)
        assert (lost.title, lost.cells, lost.right) == ("Потеряно: JPY", ["150"], True)


class TestRoom:
    @given(st.lists(st.text(max_size=WIDE).map(column)), st.integers(0, 3))
    def test_every_column_stands_on_a_page_and_the_key_beside_each(self, others: list[Printed], keys: int) -> None:
        key = [Printed(f"K{place}", right=False, cells=["anna"], key=True) for place in range(keys)]
        tables = list(parts([*key, *others]))
        assert all(list(table[:keys]) == key for table in tables)
        assert [column for table in tables for column in table[keys:]] == others
        assert all(sum(column.width for column in table) <= LYING for table in tables)

    def test_a_wide_table_lies_and_a_narrow_one_stands(self, archive: Archive) -> None:
        def shape(report: Report) -> Sequence[float]:
            page = PdfReader(io.BytesIO(as_pdf(report, "en"))).pages[0].mediabox
            return round(page.width), round(page.height)

        assert shape(of_texts(archive, "anna")) == (595, 842)
        assert shape(run_report(archive, "rep_performance", {})) == (842, 595)


class TestTheFile:
    def test_the_same_answer_is_the_same_file_in_any_process(self, tmp_path: Path) -> None:
        with Archive(tmp_path / "history.duckdb", {}):
            pass
        first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
        for out, zone in ((first, "Asia/Tokyo"), (second, "America/Lima")):
            ran = kvota(
                "report", "sales_day", "--format", "pdf", "--lang", "ru", "--out", str(out), home=tmp_path, TZ=zone
            )
            assert (ran.code, ran.out) == (0, "")
        assert first.read_bytes() == second.read_bytes()
        assert PdfReader(first).pages[0].extract_text().startswith("Что компания продала")

    def test_it_tells_no_time_of_its_making_and_has_its_title(self, archive: Archive) -> None:
        document = PdfReader(io.BytesIO(as_pdf(of_texts(archive, "anna"), "ru")))
        assert document.metadata is not None
        assert (document.metadata.title, document.metadata.creation_date) == ("Кто продал?", None)
        assert document.metadata.modification_date is None

    def test_fonts_are_in_it_and_not_the_machines(self, archive: Archive) -> None:
        page = PdfReader(io.BytesIO(as_pdf(of_texts(archive, "Ёлка"), "ru"))).pages[0]
        fonts = held(held(page["/Resources"])["/Font"]).values()
        names = {str(held(font)["/BaseFont"]).partition("+")[2] for font in fonts}
        assert names == {"LibertinusSerif-Regular-Identity-H", "LibertinusSerif-Bold-Identity-H"}

    def test_nobody_loads_typst_who_does_not_print(self) -> None:
        asked = "import sys, services.history.door; print('typst' in sys.modules)"
        assert run([sys.executable, "-c", asked], check=True, capture_output=True, text=True).stdout == "False\n"


class TestLimits:
    def test_what_is_too_long_is_refused_and_told_what_to_do(self, archive: Archive) -> None:
        with pytest.raises(TooLongToPrintError, match=f"more than {MOST_ROWS} rows .*: ask for xlsx or csv") as refused:
            as_pdf(of_numbers(archive, MOST_ROWS + 1), "en")
        assert "возьмите xlsx или csv" in str(refused.value.ru)

    async def test_the_door_says_so(self, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        fill(archive)
        monkeypatch.setattr("services.history.printing.told.MOST_ROWS", 0)
        async with at_the_door(archive) as client:
            refused = await client.get("/v1/reports/rep_day", headers={"Accept": "application/pdf"})
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:kvota:problem:too-long-to-print")
