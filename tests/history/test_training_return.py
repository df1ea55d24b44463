"""The report on training holds those who were taught against those who were not, before and after."""

from datetime import timedelta
from decimal import Decimal

import pytest

from services.history.archive import Archive
from tests.events.examples.dates import TODAY
from tests.history.asking import ask, columns, decide, declared, refusal, tell, words
from tests.history.courses import (
    AFTER,
    BEFORE,
    COURSE,
    FIRST,
    GLEB,
    REPORT,
    STAFF,
    TITLE,
    assessed,
    call,
    certified,
    last_day,
    left,
    lost,
    passed,
    published,
    session,
    sold,
    whole,
)
from tests.history.organisation import NORTH, VERA, hired
from tests.telling import ANNA, BORIS, refunded


def test_every_number_of_a_programme(archive: Archive) -> None:
    tell(archive, call(ANNA, BEFORE, 100), call(ANNA, AFTER, 80), call(VERA, BEFORE, 60), call(VERA, AFTER, 50))
    decide(
        archive,
        *STAFF,
        published(),
        session(ANNA, BORIS, "trainee", cost_minor=900),
        certified(ANNA, FIRST),
        assessed(ANNA, 4_000, BEFORE),
        assessed(ANNA, 5_500, AFTER),
        sold(1_000, ANNA, BEFORE),
        lost(ANNA, BEFORE),
        sold(2_000, ANNA, AFTER),
        sold(500, BORIS, BEFORE),
        sold(600, BORIS, AFTER),
        refunded(100, day=AFTER, credits=whole(BORIS, 100)),
        sold(400, VERA, BEFORE),
        lost(VERA, BEFORE),
        lost(VERA, BEFORE),
        lost(VERA, BEFORE),
        sold(550, VERA, AFTER),
        lost(VERA, AFTER),
        last_day(GLEB),
    )
    assert ask(archive, REPORT) == [
        {
            "programme": COURSE,
            "title": TITLE,
            "currency": "RUB",
            "sessions": 1,
            "people": 3,
            "certified": 1,
            "unfinished": 0,
            "absent": 1,
            "measured": 2,
            "colleagues": 1,
            "cost_minor": 900,
            "cost_measured_minor": 600,
            "booked_before_minor": 1_500,
            "booked_after_minor": 2_500,
            "booked_change_minor": 1_000,
            "booked_change_others_minor": 300,
            "booked_gain_minor": 700,
            "return_on_cost": Decimal("16.67"),
            "win_rate_before": Decimal("66.67"),
            "win_rate_after": Decimal("100.00"),
            "win_rate_change": Decimal("33.33"),
            "win_rate_change_others": Decimal("25.00"),
            "win_rate_gain": Decimal("8.33"),
            "aht_before": Decimal("100.00"),
            "aht_after": Decimal("80.00"),
            "aht_change": Decimal("-20.00"),
            "aht_change_others": Decimal("-10.00"),
            "aht_gain": Decimal("-10.00"),
            "skills_compared": 1,
            "skill_change": Decimal("15.00"),
        }
    ]


def test_an_empty_archive_has_no_rows_but_all_columns(archive: Archive) -> None:
    assert ask(archive, REPORT) == []
    assert columns(archive, REPORT) == declared(REPORT)


def test_what_cannot_be_divided_or_compared_is_nothing(archive: Archive) -> None:
    decide(archive, *STAFF, session(ANNA, cost_minor=0), last_day())
    [row] = ask(archive, REPORT)
    assert (row["measured"], row["colleagues"], row["cost_minor"], row["booked_change_minor"]) == (1, 0, 0, 0)
    unknown = {name for name, value in row.items() if value is None}
    assert unknown == {
        *("title", "booked_change_others_minor", "booked_gain_minor", "return_on_cost", "skill_change"),
        *(f"win_rate_{part}" for part in ("before", "after", "change", "change_others", "gain")),
        *(f"aht_{part}" for part in ("before", "after", "change", "change_others", "gain")),
    }


def test_whose_days_after_are_not_over_is_counted_apart(archive: Archive) -> None:
    late = TODAY - timedelta(days=29)
    decide(archive, *STAFF, session(ANNA, BORIS), session(VERA, day=late, name="s2"), sold(100, VERA, late), last_day())
    [row] = ask(archive, REPORT)
    assert (row["people"], row["unfinished"], row["measured"], row["sessions"]) == (3, 1, 2, 2)
    assert (row["cost_minor"], row["cost_measured_minor"], row["booked_after_minor"]) == (600, 300, 0)
    [sooner] = ask(archive, REPORT, days=29)
    assert (sooner["unfinished"], sooner["measured"]) == (0, 3)


def test_who_came_or_left_in_between_is_counted_apart(archive: Archive) -> None:
    decide(
        archive,
        *STAFF,
        hired("newcomer", NORTH, FIRST - timedelta(days=29)),
        left(BORIS, FIRST + timedelta(days=30)),
        session(ANNA, BORIS, "newcomer"),
        sold(1_000, "newcomer", AFTER),
        last_day(),
    )
    [row] = ask(archive, REPORT)
    assert (row["people"], row["absent"], row["measured"], row["booked_after_minor"]) == (3, 2, 1, 0)


def test_the_days_of_a_course_are_neither_before_nor_after(archive: Archive) -> None:
    end = FIRST + timedelta(days=5)
    days = (
        FIRST - timedelta(days=3),
        FIRST - timedelta(days=2),
        FIRST,
        end,
        end + timedelta(days=2),
        end + timedelta(days=3),
    )
    amounts = (1, 10, 100, 1_000, 10_000, 100_000)
    sales = [sold(amount, ANNA, day) for amount, day in zip(amounts, days, strict=True)]
    decide(archive, *STAFF, session(ANNA), passed(ANNA, end), *sales, last_day())
    [row] = ask(archive, REPORT, days=2)
    assert (row["booked_before_minor"], row["booked_after_minor"]) == (10, 10_000)


def test_who_was_taught_anything_in_these_days_is_no_colleague_to_compare_with(archive: Archive) -> None:
    other = session(VERA, day=FIRST + timedelta(days=30), name="s2", programme=None, title="Product")
    decide(
        archive,
        *STAFF,
        session(ANNA),
        other,
        sold(100, ANNA, AFTER),
        sold(900, VERA, AFTER),
        sold(70, GLEB, AFTER),
        last_day(),
    )
    course, product = ask(archive, REPORT)
    assert (course["colleagues"], course["booked_change_others_minor"], course["booked_gain_minor"]) == (1, 70, 30)
    assert (product["programme"], product["title"], product["people"]) == (None, "Product", 1)


def test_money_stands_by_currency_and_all_else_again(archive: Archive) -> None:
    decide(
        archive,
        *STAFF,
        session(ANNA),
        session(ANNA, name="s2", cost_minor=20, currency="USD"),
        sold(50, ANNA, AFTER, currency="USD"),
        sold(8, VERA, AFTER, currency="EUR"),
        last_day(),
    )
    rows = {row["currency"]: row for row in ask(archive, REPORT)}
    assert {
        name: (row["cost_minor"], row["booked_gain_minor"], row["return_on_cost"]) for name, row in rows.items()
    } == {
        "EUR": (0, -8, None),
        "RUB": (300, 0, Decimal("-100.00")),
        "USD": (20, 50, Decimal("150.00")),
    }
    assert {row["sessions"] for row in rows.values()} == {2}


def test_days_and_programmes_can_be_chosen(archive: Archive) -> None:
    later = FIRST + timedelta(days=1)
    other = session(BORIS, day=later, name="s2", programme="course-2")
    decide(archive, *STAFF, session(ANNA), other, passed(VERA, later), last_day())
    assert [(row["programme"], row["people"]) for row in ask(archive, REPORT)] == [(COURSE, 2), ("course-2", 1)]
    assert [row["people"] for row in ask(archive, REPORT, programme="course-2")] == [1]
    assert [(row["people"], row["sessions"]) for row in ask(archive, REPORT, to=later)] == [(1, 1)]
    [course, _] = ask(archive, REPORT, **{"from": later})
    assert (course["people"], course["sessions"], course["currency"]) == (1, 0, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [("from", "soon"), ("days", "0"), ("days", "367"), ("days", str(2**40)), ("days", "x"), ("rep", ANNA)],
)
def test_what_cannot_be_asked_is_refused_by_name(archive: Archive, name: str, value: str) -> None:
    decide(archive, *STAFF, session(ANNA), last_day())
    assert name in words(refusal(archive, REPORT, **{name: value}))
