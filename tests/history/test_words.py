"""A column that has only a few words says them in Russian to whoever asks in Russian, and to programs always alike."""

import csv
import io
import json
import re
from itertools import product

import pytest
from pyarrow import parquet

from services.history.archive import Archive
from services.history.columns import Told, read_columns
from services.history.forms import rendered
from services.history.printing.table import columns as printed
from services.history.questions import load_question, load_questions
from services.history.report import Report, answer
from services.runtime.languages import Language
from tests.history.sheets import read_sheet

QUESTIONS = load_questions()
WORDED = {(name, column.name): column for name, each in QUESTIONS.items() for column in each.columns if column.words}
VERDICTS = """-- Which is better?
-- ru: Что лучше?
-- key: n
-- chart: bar x=n,verdict y=n
-- column: n count | Number | Число
-- column: verdict text | Verdict | Вывод
-- words: verdict | too early to tell = слишком рано судить | better = лучше
SELECT range AS n, ['too early to tell', 'better', 'other', NULL][range + 1] AS verdict FROM range(4)"""
HELD, RUSSIAN = ["too early to tell", "better", "other", None], ["слишком рано судить", "лучше", "other"]


@pytest.fixture
def report(archive: Archive) -> Report:
    return answer(archive, load_question("verdicts", VERDICTS), {})


def second(sheet: bytes) -> list[str]:
    return [row[1] for row in csv.reader(io.StringIO(sheet.decode(), newline=""))]


def test_sheets_and_pages_have_them_in_the_language_that_is_asked_for(report: Report) -> None:
    assert second(rendered(report, "csv", "ru")) == ["Вывод", *RUSSIAN, ""]
    assert second(rendered(report, "csv", "en")) == ["Verdict", *HELD[:3], ""]
    assert [row[1] for row in read_sheet(rendered(report, "xlsx", "ru"))[1:]] == [*RUSSIAN, None]
    assert list(printed(report, "ru")[1].cells[:3]) == RUSSIAN
    assert "слишком рано судить" in rendered(report, "html", "ru").decode()
    assert "too early to tell" not in rendered(report, "svg", "ru").decode()


def test_programs_get_the_word_and_what_it_means(report: Report) -> None:
    asked: list[tuple[Language, list[str | None]]] = [("ru", [*RUSSIAN]), ("en", HELD)]
    for language, words in asked:
        read = json.loads(rendered(report, "json", language))
        assert [row["verdict"] for row in read["rows"]] == HELD
        assert read["schema"][1]["words"] == dict(zip(HELD[:2], words, strict=False))
        assert "words" not in read["schema"][0]
    stored = parquet.read_table(io.BytesIO(rendered(report, "parquet", "ru")))
    assert stored["verdict"].to_pylist() == HELD


@pytest.mark.parametrize("words", [" a | x", " n | x = y", " a | x = y | x = z", " a", " a | = y", " b | x = y"])
def test_what_is_no_word_of_a_column_of_text_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="words"):
        read_columns(["n count | Number | Число", "a text | A | А"], [words])


def test_each_report_says_its_words_in_russian() -> None:
    for column in WORDED.values():
        assert all(re.search("[а-яё]", word.ru) and not re.search("[a-z]", word.ru) for word in column.words)
    assert Told("too early to tell", "слишком рано судить") in WORDED["tactic_effectiveness", "verdict"].words


def test_every_verdict_of_a_comparison_has_its_words(archive: Archive) -> None:
    bounds = list(product([-1, 1], [-1, 1], [0, 9]))
    with archive.cursor() as con:
        found = {con.execute("SELECT comparison_v1(?, ?, ?, 9, 5)", each).fetchall()[0][0] for each in bounds}
    assert found == {word.en for word in WORDED["tactic_effectiveness", "verdict"].words}
