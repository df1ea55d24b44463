"""A report says the same in every form."""

import csv
import io
import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from services.history.answers import Answers
from services.history.archive import Archive
from services.history.comma_separated import as_csv
from services.history.errors import CellTooLongError, TooManyRowsError
from services.history.forms import FORMS, MEDIA_TYPES, form_wanted, rendered
from services.history.questions import load_question
from services.history.report import Report, answer, run_report
from services.history.spreadsheet import as_xlsx
from services.history.typed import arrow_table
from services.runtime.problems import Problem
from tests.cli.commands import kvota
from tests.history.doors import at_the_door, fill
from tests.history.sheets import Cell, formulas_and_links, read_sheet
from tests.telling import answered, lying, raw, won

EVERY_KIND = """-- What is there?
-- ru: Что есть?
-- key: word
-- chart: bar x=word y=n
-- column: word text | Word | Слово
-- column: words text | Words | Слова
-- column: on_day day | Day | День
-- column: moment instant | Moment | Момент
-- column: zoned instant | Moment with its zone | Момент с поясом
-- column: yes flag | Yes | Да
-- column: n count | Number | Число
-- column: s seconds | Seconds | Секунды
-- column: sum_minor minor | Sum | Сумма
-- column: share ratio | Share | Доля
-- column: part percent | Part | Часть
-- column: score number | Score | Оценка
-- column: by_currency map | By currency | По валютам
SELECT * FROM (VALUES
    ('Ёлка', ['a', 'b'], DATE '2026-11-24', TIMESTAMP '2026-11-24 09:00:00.25',
     TIMESTAMPTZ '2026-11-24 12:00:00+03', true, 7, 10.60::DECIMAL(38, 2), 12345678901::BIGINT, 0.8::DECIMAL(5, 4),
     80.00::DECIMAL(5, 2), 0.1::DOUBLE, MAP {'RUB': 500::BIGINT, 'USD': -70}),
    ('-1+1', []::VARCHAR[], NULL, NULL, NULL, false, -3, NULL, -5, NULL, NULL, NULL,
     MAP {'RUB': 0::BIGINT}),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
) AS t(word, words, on_day, moment, zoned, yes, n, s, sum_minor, share, part, score, by_currency)
"""
NINE, QUARTER_SECOND = datetime(2026, 11, 24, 9, tzinfo=UTC), timedelta(milliseconds=250)
DAY = date(2026, 11, 24)
TYPED: list[dict[str, object]] = [
    {
        "word": "Ёлка",
        "words": ["a", "b"],
        "on_day": DAY,
        "moment": NINE + QUARTER_SECOND,
        "zoned": NINE,
        "yes": True,
        "n": 7,
        "s": Decimal("10.60"),
        "sum_minor": 12345678901,
        "share": Decimal("0.8000"),
        "part": Decimal("80.00"),
        "score": 0.1,
        "by_currency": {"RUB": 500, "USD": -70},
    },
    {
        **dict.fromkeys(["on_day", "moment", "zoned", "s", "share", "part", "score"]),
        "word": "-1+1",
        "words": [],
        "yes": False,
        "n": -3,
        "sum_minor": -5,
        "by_currency": {"RUB": 0},
    },
]


@pytest.fixture
def report(archive: Archive) -> Report:
    return answer(archive, load_question("every_kind", EVERY_KIND), {})


def of_arrow(table: pa.Table) -> list[dict[str, object]]:
    """Give rows with maps as dicts."""
    rows: list[dict[str, object]] = table.to_pylist(maps_as_pydicts="strict")
    return rows


def flattened(row: dict[str, object]) -> list[object]:
    """Give a row as a sheet has it: a column for each currency."""
    amounts = row["by_currency"]
    assert isinstance(amounts, dict)
    return [*list(row.values())[:-1], amounts.get("RUB"), amounts.get("USD")]


class TestValues:
    def test_parquet_and_arrow_have_them_typed(self, report: Report) -> None:
        nothing = dict.fromkeys(report.columns)
        expected = [{name: row[name] for name in report.columns} for row in [*TYPED, nothing]]
        stored = parquet.read_table(io.BytesIO(rendered(report, "parquet", "ru")))
        streamed = ipc.open_stream(rendered(report, "arrow", "ru")).read_all()
        assert of_arrow(stored) == of_arrow(streamed) == expected
        assert stored.schema.metadata == streamed.schema.metadata
        for *types, last in (stored.schema.types, streamed.schema.types):
            assert [str(each) for each in types] == [
                *("string", "list<element: string>", "date32[day]"),
                *("timestamp[us, tz=UTC]",) * 2,
                *("bool", "int64", "decimal128(38, 2)", "int64", "decimal128(5, 4)", "decimal128(5, 2)", "double"),
            ]
            assert pa.types.is_map(last)

    def test_json_has_decimals_days_and_instants_as_text(self, report: Report) -> None:
        first, second, third = json.loads(rendered(report, "json", "en"))["rows"]
        assert {name: as_said(value) for name, value in first.items()} == {
            name: as_said(value) for name, value in TYPED[0].items()
        }
        assert (second["word"], second["sum_minor"], second["share"]) == ("-1+1", -5, None)
        assert set(third.values()) == {None}

    def test_csv_has_a_column_for_each_currency(self, report: Report) -> None:
        titles, first, second, third = csv.reader(io.StringIO(as_csv(report), newline=""))
        assert titles[:3] == ["Word", "Words", "Day"]
        assert titles[-3:] == ["Score", "By currency: RUB", "By currency: USD"]
        said = ["true" if value is True else as_said(value) for value in flattened(TYPED[0])]
        assert first == [str(value) for value in said]
        assert (second[0], second[6], second[-2:]) == ("'-1+1", "-3", ["0", ""])
        assert set(third) == {""}

    def test_xlsx_has_numbers_days_and_instants_as_excel_does(self, report: Report) -> None:
        titles, first, second, *rest = read_sheet(as_xlsx(report, "ru"))
        assert titles[:4] == ["Слово", "Слова", "День", "Момент, UTC"]
        assert titles[-2:] == ["По валютам: RUB", "По валютам: USD"]
        assert first == [in_excel(value) for value in flattened(TYPED[0])]
        assert (second[0], second[5], second[6], second[8]) == ("-1+1", False, -3.0, -5.0)
        assert rest == []

    def test_instants_are_the_same_in_whatever_zone_the_machine_is(
        self, report: Report, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usual = [rendered(report, form, "en") for form in FORMS]
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("TZ", "Asia/Tokyo")
            time.tzset()
            there = [rendered(report, form, "en") for form in FORMS]
        time.tzset()
        assert there == usual

    def test_the_same_report_gives_the_same_bytes(self, report: Report) -> None:
        for form in FORMS:
            assert rendered(report, form, "ru") == rendered(report, form, "ru")

    def test_a_file_says_how_to_ask_again(self, report: Report) -> None:
        schema = parquet.read_schema(io.BytesIO(rendered(report, "parquet", "en")))
        assert json.loads((schema.metadata or {})[b"kvota"])["question"] == "What is there?"
        assert (schema.field("sum_minor").metadata or {})[b"title.ru"] == "Сумма".encode()
        told = {str(name): value for name, value in read_sheet(as_xlsx(report, "ru"), 2)}
        assert (told["report"], told["question"], told["as_of"]) == ("every_kind", "Что есть?", "{}")


def as_said(value: object) -> object:
    """Give a value as JSON and CSV have it."""
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date() | Decimal():
            return str(value)
        case list():
            return ", ".join(value)
        case _:
            return value


def in_excel(value: object) -> Cell:
    """Give a value as Excel has it: days since 1899-12-30."""
    match value:
        case datetime():
            return (value - datetime(1899, 12, 30, tzinfo=UTC)) / timedelta(days=1)
        case date():
            return float((value - date(1899, 12, 30)).days)
        case bool() | str() | None:
            return value
        case list():
            return ", ".join(value)
        case int() | float() | Decimal():
            return float(value)
        case _:
            raise TypeError(value)


class TestSpreadsheets:
    MISTAKEN = ("=1+1", "+7", "-7", "@SUM(A1)", "\t=1", "\r=1", "'=1", "{=1}", "https://kvota.example", "mailto:x")

    def of(self, archive: Archive, *texts: str) -> Report:
        rows = ", ".join("('" + text.replace("'", "''") + "')" for text in texts)
        sql = "-- What?\n-- ru: Что?\n-- key: word\n-- column: word text | Word | Слово\n"
        return answer(archive, load_question("one", f"{sql}SELECT * FROM (VALUES {rows}) AS t(word)"), {})

    def test_text_is_never_a_formula_or_a_link(self, archive: Archive) -> None:
        workbook = as_xlsx(self.of(archive, *self.MISTAKEN), "en")
        assert formulas_and_links(workbook) == []
        assert [row[0] for row in read_sheet(workbook)[1:]] == [
            *self.MISTAKEN[:4],
            "\t=1",
            "_x000D_=1",
            *self.MISTAKEN[6:],
        ]

    def test_text_of_csv_is_marked_and_can_be_had_back(self, archive: Archive) -> None:
        text = as_csv(self.of(archive, *self.MISTAKEN))
        cells = [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
        assert [cell.removeprefix("'") for cell in cells] == list(self.MISTAKEN)

    def test_a_number_of_more_digits_than_excel_has_is_text(self, archive: Archive) -> None:
        head = "-- What?\n-- ru: Что?\n-- key: n\n-- column: n count | Number | Число\n"
        sql = f"{head}SELECT unnest([999999999999999, 9007199254740993]) AS n"
        sheet = read_sheet(as_xlsx(answer(archive, load_question("one", sql), {}), "en"))
        assert sheet[1:] == [[999999999999999.0], ["9007199254740993"]]

    @pytest.mark.parametrize("held", ["a" * 32_767, "💰" * 16_383 + "a"])
    def test_a_text_that_a_cell_does_not_hold_is_refused_and_never_cut(self, archive: Archive, held: str) -> None:
        assert read_sheet(as_xlsx(self.of(archive, held), "en"))[1:] == [[held]]
        with pytest.raises(CellTooLongError, match="row 3, column 1 has 32768 characters: ask for csv") as refused:
            as_xlsx(self.of(archive, "short", held + "a"), "en")
        assert "в строке 3, столбце 1 их 32768" in (refused.value.ru or "")

    def test_a_cut_of_very_many_partitions_has_a_line_for_each_topic(self, archive: Archive) -> None:
        topics = [f"kvota.topic{number:02}" for number in range(34)]
        cut = {(topic, number): 12_345_678 for topic in topics for number in range(48)}
        sheet = read_sheet(as_xlsx(replace(self.of(archive, "a"), as_of=cut), "en"), 2)
        lines = [json.loads(str(value)) for name, value in sheet if name == "as_of"]
        assert len(lines) == len(topics)
        assert {place: before for line in lines for place, before in line.items()} == {
            f"{topic}/{number}": before for (topic, number), before in cut.items()
        }

    def test_more_rows_than_a_sheet_has_are_refused(self, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("services.history.spreadsheet._MOST_ROWS", 2)
        assert len(read_sheet(as_xlsx(self.of(archive, "a", "b"), "en"))) == 3
        with pytest.raises(TooManyRowsError, match="more than 2 rows"):
            as_xlsx(self.of(archive, "a", "b", "c"), "en")

    def test_a_day_before_excels_time_is_text(self, archive: Archive) -> None:
        sql = "-- What?\n-- ru: Что?\n-- key: d\n-- column: d day | Day | День\nSELECT DATE '1899-01-01' AS d"
        assert read_sheet(as_xlsx(answer(archive, load_question("one", sql), {}), "en"))[1:] == [["1899-01-01"]]


def test_every_form_of_nothing_has_its_columns(archive: Archive) -> None:
    report = run_report(archive, "rep_day", {})
    assert arrow_table(report).schema.names == list(report.columns)
    assert str(arrow_table(report).schema.field("won_minor").type) == "map<string, int64>"
    titles = [column.title.ru for column in report.schema]
    assert list(csv.reader(io.StringIO(as_csv(report, "ru"), newline=""))) == [titles]
    assert read_sheet(as_xlsx(report, "ru")) == [titles]


class TestAsking:
    @pytest.mark.parametrize(
        ("named", "accept", "form"),
        [
            (None, None, "json"),
            ("csv", "application/json", "csv"),
            (None, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
            (None, "application/vnd.apache.parquet", "parquet"),
            (None, "application/json;q=0.5, text/csv;charset=utf-8;q=0.9", "csv"),
            (None, "text/csv;q=0, application/vnd.apache.arrow.stream;q=0.1", "arrow"),
            (None, MEDIA_TYPES["xlsx"].upper(), "xlsx"),
            (None, "text/csv ; Q = 0.2 , application/vnd.apache.parquet;v=1;q=0.30", "parquet"),
            (None, "text/csv;q=much,application/json;q=0.9", "csv"),
            (None, "application/json;q=0.1," + "image/png," * 98 + "text/csv", "csv"),
            (None, "application/json;q=0.1," + "image/png," * 99 + "text/csv", "json"),
        ],
    )
    def test_a_form_is_asked_for_by_name_or_by_media_type(
        self, named: str | None, accept: str | None, form: str
    ) -> None:
        assert form_wanted(named, accept) == form

    @pytest.mark.parametrize(
        ("named", "accept", "status"),
        [("docx", None, 422), ("", None, 422), (None, "image/png", 406), (None, "*/*;q=0", 406)],
    )
    def test_a_form_that_there_is_not_is_refused(self, named: str | None, accept: str | None, status: int) -> None:
        with pytest.raises(Problem) as refused:
            form_wanted(named, accept)
        assert (refused.value.status, refused.value.language("ru")) == (status, "ru")

    @pytest.mark.parametrize("unit", ["a", " ", "/", "; ", ";q=1", ","])
    def test_a_long_header_is_soon_read(self, unit: str) -> None:
        begun = time.process_time()
        with pytest.raises(Problem):
            form_wanted(None, (unit * 60_000)[:60_000] + "a")
        assert time.process_time() - begun < 0.5

    async def test_the_door_gives_every_form(self, archive: Archive) -> None:
        fill(archive)
        answers = Answers(archive, "RU")
        async with at_the_door(archive) as client:
            for form in FORMS:
                named = await client.get(
                    "/v1/reports/rep_day", params={"format": form}, headers={"Accept-Language": "ru"}
                )
                accepted = await client.get(
                    "/v1/reports/rep_day", headers={"Accept-Language": "ru", "Accept": MEDIA_TYPES[form]}
                )
                assert named.content == accepted.content == answers.report("rep_day", {}, None, form, "ru")
                assert named.headers["content-type"] == MEDIA_TYPES[form]
                assert named.headers["content-language"] == "ru"
                assert ("content-disposition" in named.headers) is (form not in {"json", "html"})

    def test_a_command_gives_every_form(self, tmp_path: Path) -> None:
        with Archive(tmp_path / "history.duckdb", {}) as archive:
            archive.ingest(lying([raw(answered(10, 60), 1), raw(won(500), 2)]))
        out = tmp_path / "sales.xlsx"
        ran = kvota("report", "stalled_deals", "--format", "xlsx", "--lang", "ru", "--out", str(out), home=tmp_path)
        assert (ran.code, ran.out) == (0, "")
        assert read_sheet(out.read_bytes())[0][:2] == ["Сделка", "Клиент"]
        shown = kvota("report", "stalled_deals", "--format", "csv", home=tmp_path).out
        assert shown.splitlines()[0].startswith("Deal,Customer,Rep")
        refused = kvota("report", "stalled_deals", "--out", str(out), home=tmp_path)
        assert (refused.code, "a table is for a terminal" in refused.err) == (2, True)
