"""The staffing table as of a day is what a person finds who goes through all seats one by one."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.event import Event
from events.people import (
    HeadcountPlanApproved,
    PlannedPost,
    PositionClosed,
    PositionFilled,
    PositionOpened,
    PositionVacated,
    RepLeft,
)
from services.history.archive import Archive
from tests.events.examples.dates import when
from tests.history.asking import ask, columns, decide, declared, empty_archive, refusal, words
from tests.telling import ANNA, BORIS, DECEMBER, NOVEMBER

REPORT = "staffing_table"
NORTH, SELLER, HEAD = "north", "seller", "head"
TENTH, TWENTIETH = date(2026, 11, 10), date(2026, 11, 20)


def plan(seats: int, unit: str = NORTH, starts_on: date = NOVEMBER, ends_on: date = DECEMBER) -> HeadcountPlanApproved:
    posts = (PlannedPost(post=SELLER, positions=seats, cost_minor=900),)
    return HeadcountPlanApproved(
        **when(6), plan=f"plan {unit}", unit=unit, posts=posts, currency="RUB", starts_on=starts_on, ends_on=ends_on
    )


def opened(seat: str, starts_on: date = NOVEMBER, post: str = SELLER, part: int = 10_000) -> PositionOpened:
    return PositionOpened(
        **when(7),
        position=seat,
        unit=NORTH,
        post=post,
        full_time_bp=part,
        cost_minor=100,
        currency="RUB",
        starts_on=starts_on,
    )


def filled(seat: str, rep: str = ANNA, starts_on: date = NOVEMBER) -> PositionFilled:
    return PositionFilled(**when(8), position=seat, unit=NORTH, post=SELLER, rep=rep, starts_on=starts_on)


def vacated(seat: str, ends_on: date, rep: str = ANNA) -> PositionVacated:
    return PositionVacated(**when(9), position=seat, unit=NORTH, post=SELLER, rep=rep, ends_on=ends_on)


def closed(seat: str, ends_on: date) -> PositionClosed:
    return PositionClosed(**when(10), position=seat, unit=NORTH, post=SELLER, ends_on=ends_on)


def left(rep: str, ends_on: date) -> RepLeft:
    return RepLeft(**when(11), rep=rep, unit=NORTH, post=SELLER, ends_on=ends_on, initiative="rep")


def test_every_number_of_a_post(archive: Archive) -> None:
    seats = [opened("1"), opened("2", part=5_000), opened("3"), opened("4", post=HEAD)]
    decide(archive, plan(5), *seats, filled("1"), filled("2", BORIS), left(BORIS, TENTH))
    seller, head = sorted(ask(archive, REPORT), key=lambda row: str(row["post"]), reverse=True)
    assert seller == {
        "unit": NORTH,
        "post": SELLER,
        "currency": "RUB",
        "planned": 5,
        "positions": 3,
        "to_open": 2,
        "filled": 2,
        "filled_by_left": 1,
        "vacant": 1,
        "full_time": Decimal("2.50"),
        "cost_minor": 300,
        "vacant_cost_minor": 100,
    }
    assert (head["planned"], head["positions"], head["to_open"], head["vacant"]) == (0, 1, 0, 1)


def test_an_empty_archive_has_no_rows_but_all_columns(archive: Archive) -> None:
    assert ask(archive, REPORT) == []
    assert columns(archive, REPORT) == declared(REPORT)


def test_a_plan_without_seats_stands_alone_while_it_is_in_force(archive: Archive) -> None:
    decide(archive, plan(3))
    [row] = ask(archive, REPORT)
    assert (row["planned"], row["positions"], row["to_open"], row["full_time"]) == (3, 0, 3, Decimal("0.00"))
    assert ask(archive, REPORT, as_of="2026-10-31") == ask(archive, REPORT, as_of=DECEMBER) == []


def test_what_the_plan_of_a_unit_below_provides_for_is_yet_to_open_there(archive: Archive) -> None:
    below = plan(2, unit="below").model_copy(update={"parent_plan": plan(3).plan})
    decide(archive, plan(3), below)
    rows = {row["unit"]: (row["planned"], row["to_open"]) for row in ask(archive, REPORT)}
    assert rows == {NORTH: (3, 1), "below": (2, 2)}


def test_who_comes_back_to_a_seat_has_it_again(archive: Archive) -> None:
    back = filled("1", starts_on=TWENTIETH)
    decide(archive, opened("1"), filled("1"), vacated("1", TENTH), back)
    days = (TENTH - timedelta(days=1), TENTH, TWENTIETH - timedelta(days=1), TWENTIETH)
    assert [ask(archive, REPORT, as_of=day)[0]["filled"] for day in days] == [1, 0, 0, 1]


def test_units_and_posts_can_be_chosen(archive: Archive) -> None:
    decide(archive, plan(1), plan(2, "south"), opened("1", post=HEAD))
    assert [(row["unit"], row["post"]) for row in ask(archive, REPORT, unit=NORTH)] == [(NORTH, HEAD), (NORTH, SELLER)]
    assert [(row["unit"], row["planned"]) for row in ask(archive, REPORT, post=SELLER)] == [(NORTH, 1), ("south", 2)]


@pytest.mark.parametrize(("name", "value"), [("as_of", "today"), ("day", "2026-11-24")])
def test_what_cannot_be_asked_is_refused_by_name(archive: Archive, name: str, value: str) -> None:
    assert name in words(refusal(archive, REPORT, **{name: value}))


@dataclass(frozen=True)
class Seat:
    """Days of November, counted from the first: when a seat is there, and when somebody has it."""

    opens: int
    takes: int | None
    leaves: int | None
    closes: int | None


def day(number: int) -> date:
    return NOVEMBER + timedelta(days=number)


@st.composite
def seats(draw: st.DrawFn) -> Seat:
    """Draw the days of a seat, each step after the one before; some steps are never taken."""
    opens = draw(st.integers(0, 20))
    takes = draw(st.none() | st.integers(opens, 25))
    leaves = None if takes is None else draw(st.none() | st.integers(takes + 1, 27))
    empty = opens if takes is None else leaves
    closes = None if empty is None else draw(st.none() | st.integers(empty + 1, 29))
    return Seat(opens, takes, leaves, closes)


def told(name: str, seat: Seat) -> list[Event]:
    events: list[Event] = [opened(name, day(seat.opens))]
    if seat.takes is not None:
        events.append(filled(name, starts_on=day(seat.takes)))
    if seat.leaves is not None:
        events.append(vacated(name, day(seat.leaves)))
    if seat.closes is not None:
        events.append(closed(name, day(seat.closes)))
    return events


def lasts(first: int | None, end: int | None, number: int) -> bool:
    return first is not None and first <= number and (end is None or number < end)


@settings(deadline=None, max_examples=8)
@given(st.lists(seats(), min_size=1, max_size=10), st.integers(0, 29))
def test_the_table_is_that_which_a_person_counts(drawn: list[Seat], number: int) -> None:
    with empty_archive() as archive:
        decide(archive, *(event for name, seat in enumerate(drawn) for event in told(str(name), seat)))
        rows = ask(archive, REPORT, as_of=day(number))
    there = [seat for seat in drawn if lasts(seat.opens, seat.closes, number)]
    manned = [seat for seat in there if lasts(seat.takes, seat.leaves, number)]
    expected = [(len(there), len(manned), len(there) - len(manned), 100 * len(there))] if there else []
    assert [(row["positions"], row["filled"], row["vacant"], row["cost_minor"]) for row in rows] == expected
