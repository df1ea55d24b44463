"""Every report says what it can be asked with and what its columns are, and it is so."""

import json
from pathlib import Path

import pytest

from services.history.archive import Archive
from services.history.catalogue import catalogue
from services.history.columns import Column, Told, disagreement, read_columns
from services.history.questions import load_question, load_questions
from services.history.rendering import as_json
from services.history.report import answer, run_report
from services.history.terminal import remarks, shown
from tests.cli.commands import kvota
from tests.history.logs import LOGS

QUESTIONS = load_questions()
NUMBER = Column("n", "count", Told("Number", "Число"))


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_a_report_over_nothing_is_an_empty_table_of_the_declared_columns(archive: Archive, name: str) -> None:
    report = run_report(archive, name, {})
    assert report.rows == ()
    assert len(report.types) == len(report.schema) > 0
    assert disagreement(QUESTIONS[name].columns, list(zip(report.columns, report.types, strict=True))) is None


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_a_report_declares_what_is_behind_its_rows_and_is_held_to_it(name: str) -> None:
    """`test_behind.py` takes the logs of `logs.py`, one for each report."""
    assert any(each.role == "behind" for each in QUESTIONS[name].behind), "declare it: `-- behind: relation where ...`"
    assert LOGS[name].asked


def test_titles_are_in_two_languages() -> None:
    russian = set("абвгдеёжзийклмнопрстуфхцчшщъыьэюя")
    for question in QUESTIONS.values():
        told = [question.question, *(column.title for column in question.columns)]
        assert all(russian.isdisjoint(text.en.lower()) and not russian.isdisjoint(text.ru.lower()) for text in told)


def test_a_line_declares_a_column() -> None:
    assert read_columns([" n   count |  Number | Число "]) == (NUMBER,)


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ([("n", "VARCHAR")], "n count is a VARCHAR"),
        ([("n", "DECIMAL(38,2)")], "n count is a DECIMAL"),
        ([("m", "BIGINT")], "declared are n; the SELECT gives m"),
        ([("n", "BIGINT"), ("m", "BIGINT")], "declared are n; the SELECT gives n, m"),
    ],
)
def test_what_is_declared_otherwise_than_it_is_is_named(described: list[tuple[str, str]], said: str) -> None:
    assert said in str(disagreement([NUMBER], described))
    assert disagreement([NUMBER], [("n", "BIGINT")]) is None


def test_a_report_that_declares_other_columns_gives_no_answer(archive: Archive) -> None:
    head = "-- How many?\n-- ru: Сколько?\n-- key: n\n-- column: n count | Number | Число\n"
    question = load_question("one", head + "SELECT 'one' AS n")
    with pytest.raises(ValueError, match=r"reports/one\.sql: n count is a VARCHAR"):
        answer(archive, question, {})


def test_the_list_says_what_a_report_can_be_asked_with() -> None:
    listed = {each["name"]: each for each in json.loads(catalogue(QUESTIONS.values(), "KZ", "en"))["reports"]}
    assert listed.keys() == QUESTIONS.keys()
    asked_with = {each["name"]: each for each in listed["call_centre"]["parameters"]}
    assert asked_with["day"] == {"name": "day", "type": "day", "default": None, "required": False}
    assert asked_with["threshold"] == {"name": "threshold", "type": "whole", "default": "20", "required": False}
    assert asked_with["clock"] == {
        "name": "clock",
        "type": "word",
        "one_of": ["enqueue", "answer", "end"],
        "default": "enqueue",
        "required": False,
    }
    [country] = [each for each in listed["quota_attainment"]["parameters"] if each["name"] == "country"]
    assert country["default"] == "KZ"
    assert listed["call_centre"]["key"] == ["queue", "interval"]
    assert listed["training_return"]["chart"] == {
        "mark": "bar",
        "x": ["programme", "title"],
        "y": ["booked_gain_minor"],
        "by": ["currency"],
        "between": [],
    }
    for each in listed.values():
        columns = {column["name"] for column in each["columns"]}
        assert columns.issuperset(name for names in ("x", "y", "by", "between") for name in each["chart"][names])
    assert listed["sales_day"]["columns"][2] == {"name": "wins", "kind": "count", "title": "Wins"}


def test_the_list_is_in_russian_for_whoever_asks_so() -> None:
    listed = json.loads(catalogue(QUESTIONS.values(), "RU", "ru"))["reports"]
    [sales] = [each for each in listed if each["name"] == "sales_day"]
    assert sales["question"] == "Что компания продала в каждый день и что вернула?"
    assert sales["columns"][2] == {"name": "wins", "kind": "count", "title": "Продажи"}


def test_what_a_report_cannot_tell_yet_is_said_with_it(archive: Archive) -> None:
    listed = {each["name"]: each["needs"] for each in json.loads(catalogue(QUESTIONS.values(), "RU", "ru"))["reports"]}
    unready = {"agent_time", "outbound", "tactic_effectiveness"}
    assert {name for name, needs in listed.items() if needs} == unready
    assert str(listed["agent_time"]).startswith("соблюдение графика: ")
    answered = as_json(run_report(archive, "agent_time", {}))
    assert json.loads(answered)["needs"].startswith("adherence: ")
    assert remarks(shown(answered)).startswith("needs: adherence: ")


def test_what_is_needed_is_said_in_both_languages() -> None:
    head = "-- How many?\n-- ru: Сколько?\n-- needs: a feed\n-- key: n\n-- column: n count | Number | Число\n"
    with pytest.raises(ValueError, match=r"reports/one\.sql: one line `-- needs: English | Русский`"):
        load_question("one", head)


def test_a_parameter_without_default_is_required() -> None:
    head = "-- How many?\n-- ru: Сколько?\n-- param: least whole\n-- key: n\n-- column: n count | Number | Число\n"
    [listed] = json.loads(catalogue([load_question("one", head)], "RU", "en"))["reports"]
    assert listed["parameters"] == [{"name": "least", "type": "whole", "default": None, "required": True}]


def test_a_command_lists_them(tmp_path: Path) -> None:
    listed = kvota("report", "--list", "--lang", "ru", "--json", home=tmp_path).json["reports"]
    assert [each["name"] for each in listed] == sorted(QUESTIONS)
    shown = kvota("report", "--list", home=tmp_path).out
    assert all(name in shown for name in QUESTIONS)
    assert "name a report; `kvota report --list` names them" in kvota("report", home=tmp_path).err
