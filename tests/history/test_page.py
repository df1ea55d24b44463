"""A report as a page for a browser: all of it is there as text, and nothing runs or is loaded."""

import re
from html.parser import HTMLParser

import pytest

from services.history.archive import Archive
from services.history.errors import TooLongToPrintError
from services.history.printing.page import as_html
from services.history.printing.picture import MOST_ROWS
from services.history.questions import load_question
from services.history.report import Report, answer, run_report
from tests.history.doors import at_the_door, fill

MARKS = "<script>alert(1)</script>", "</style><b>", '"><img src=x onerror=y>', "&amp;", "Ёлка"


class Reader(HTMLParser):
    """Reads a page as a browser does: its tags, and the text of its cells."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.cells, self.attributes = list[str](), list[str](), list[tuple[str, str | None]]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag in {"td", "th"}:
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] in {"td", "th"}:
            self.cells[-1] += data.removesuffix("\n")


def read(page: bytes) -> Reader:
    reader = Reader()
    reader.feed(page.decode())
    return reader


def named(archive: Archive, *names: str) -> Report:
    """Answer a report of these names, with a picture."""
    rows = ", ".join("('" + name.replace("'", "''") + "', 1::BIGINT)" for name in names)
    head = "-- Who <is> there?\n-- ru: Кто <здесь>?\n-- key: who\n-- chart: bar x=who y=n\n"
    columns = "-- column: who text | Who | Кто\n-- column: n count | Number & sum | Число и сумма\n"
    sql = f"{head}{columns}SELECT * FROM (VALUES {rows}) AS t(who, n)"
    return answer(archive, load_question("named", sql), {})


def test_text_is_text_whatever_marks_stand_in_it(archive: Archive) -> None:
    page = read(as_html(named(archive, *MARKS), "en"))
    assert page.cells == ["Who", "Number & sum", *(cell for name in MARKS for cell in (name, "1"))]
    assert page.tags.count("b") == 1  # the title of the cut


def test_nothing_runs_and_nothing_is_loaded(archive: Archive) -> None:
    page = read(as_html(named(archive, *MARKS), "ru"))
    assert {"script", "link", "img", "iframe", "object", "embed", "a", "foreignobject"}.isdisjoint(page.tags)
    names = {name for name, _ in page.attributes}
    assert not [name for name in names if name.startswith("on") or name in {"src", "href", "xlink:href", "action"}]


def test_it_has_the_picture_the_numbers_and_how_to_ask_again(archive: Archive) -> None:
    fill(archive)
    report = run_report(archive, "sales_day", {})
    text = as_html(report, "ru").decode()
    assert text.count("<svg") == 1
    assert "5,00" in read(text.encode()).cells
    assert re.search(r"Составлено по всем записям до:</b> .*kvota\.calls/0@\d+", text)
    assert "@media print" in text


def test_of_nothing_it_says_so_and_draws_nothing(archive: Archive) -> None:
    text = as_html(run_report(archive, "sales_day", {}), "en").decode()
    assert ("There is nothing to tell." in text, "<svg" in text) == (True, False)


def test_too_many_rows_are_refused(archive: Archive) -> None:
    with pytest.raises(TooLongToPrintError):
        as_html(named(archive, *("anna" for _ in range(MOST_ROWS + 1))), "en")


async def test_a_browser_shows_it_and_lets_nothing_run(archive: Archive) -> None:
    fill(archive)
    async with at_the_door(archive) as client:
        given = await client.get("/v1/reports/sales_day", headers={"Accept": "text/html,*/*;q=0.8"})
    assert given.headers["content-type"] == "text/html; charset=utf-8"
    assert given.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert "content-disposition" not in given.headers
    assert given.text.startswith("<!doctype html>")
