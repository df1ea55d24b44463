"""The last day that the log tells of, as of which a report is that is asked for no other, is reckoned in one place."""

import re
from datetime import date, timedelta

from services.history.archive import Archive
from services.history.questions import load_questions
from tests.events.examples.dates import TODAY
from tests.history.asking import decide, tell
from tests.telling import answered, won


def last_told(archive: Archive) -> date | None:
    with archive.reading() as reading:
        day: date | None
        [(day,)] = reading.con.execute("FROM last_told").fetchall()
        return day


def test_it_is_the_latest_of_all_that_counts(archive: Archive) -> None:
    tell(archive, answered(day=TODAY), answered(day=TODAY - timedelta(days=3)))
    assert last_told(archive) == TODAY
    decide(archive, won(day=TODAY + timedelta(days=1)))
    assert last_told(archive) == TODAY + timedelta(days=1)


def test_of_nothing_it_is_one_row_with_no_day(archive: Archive) -> None:
    assert last_told(archive) is None


def test_no_report_reckons_it_by_itself() -> None:
    reports = {name: each.sql for name, each in load_questions().items()}
    assert [name for name, sql in reports.items() if re.search(r"FROM counted\b", sql)] == []
    assert "stalled_deals" in [name for name, sql in reports.items() if "FROM last_told" in sql]
