"""The comparison of periods takes as many working days of both, as a person does with a calendar."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.calls import CallEnded
from events.deals import Credit, DealWon
from events.people import RepAssigned
from projections.calendar import working_dates
from services.history.archive import Archive
from services.history.errors import BadParametersError
from tests.events.examples.dates import TODAY, at, when
from tests.history.asking import Row, ask, columns, decide, declared, empty_archive, refusal, tell, words
from tests.history.organisation import NORTH, SOUTH, VERA, WEST, organisation
from tests.telling import ANNA, BORIS, amended, answered, refunded, won

REPORT = "period_comparison"
FIRST = date(2025, 9, 1)
OCTOBER = date(2026, 10, 5)
OPEN_DAYS = working_dates("RU", date(2025, 1, 1), date(2027, 6, 1))


ORGANISATION = organisation(FIRST)


def line(rows: Sequence[Row], level: str, comparison: str = "previous", name: str | None = None) -> Row:
    """Find the one row of somebody."""
    wanted = {"level": level, "comparison": comparison, "rep" if level == "rep" else "unit": name}
    [found] = [row for row in rows if wanted.items() <= row.items()]
    return found


def test_every_number_of_a_rep(archive: Archive) -> None:
    tell(archive, answered(), answered(), answered(day=OCTOBER))
    decide(archive, *ORGANISATION, won(300), refunded(60), won(120, "d2", day=OCTOBER), won(40, "d3", day=OCTOBER))
    assert line(ask(archive, REPORT, rep=ANNA), "rep", name=ANNA) == {
        "level": "rep",
        "rep": ANNA,
        "unit": NORTH,
        "comparison": "previous",
        "currency": "RUB",
        "starts_on": date(2026, 11, 1),
        "through_on": TODAY,
        "working_days": 16,
        "before_starts_on": date(2026, 10, 1),
        "before_through_on": date(2026, 10, 22),
        "before_known_at": datetime(2026, 10, 23, tzinfo=UTC),
        "before_working_days": 16,
        "calls": 2,
        "calls_before": 1,
        "calls_before_then": None,
        "calls_change": Decimal("100.00"),
        "deals_won": 1,
        "deals_won_before": 2,
        "deals_won_before_then": None,
        "deals_won_change": Decimal("-50.00"),
        "booked_minor": 240,
        "booked_minor_before": 160,
        "booked_minor_before_then": None,
        "booked_change": Decimal("50.00"),
    }


def test_an_empty_archive_has_no_rows_but_all_columns(archive: Archive) -> None:
    assert ask(archive, REPORT) == []
    assert columns(archive, REPORT) == declared(REPORT)


def test_what_came_after_as_many_working_days_is_left_out(archive: Archive) -> None:
    days = (date(2026, 10, 22), date(2026, 10, 23), TODAY, TODAY + timedelta(days=1))
    decide(archive, *(won(10**place, f"d{place}", day=day) for place, day in enumerate(days)))
    row = line(ask(archive, REPORT, as_of=TODAY), "company")
    assert (row["booked_minor_before"], row["booked_minor"]) == (1, 100)


def test_days_off_count_with_the_working_day_before_them(archive: Archive) -> None:
    days = (date(2026, 10, 13), date(2026, 10, 14), date(2026, 11, 15))
    decide(archive, *(won(10**place, f"d{place}", day=day) for place, day in enumerate(days)))
    row = line(ask(archive, REPORT, as_of="2026-11-15"), "company")
    assert (row["working_days"], row["before_through_on"], row["booked_minor_before"]) == (9, date(2026, 10, 13), 1)
    saturday = line(ask(archive, REPORT, as_of="2026-11-21"), "company")
    assert (saturday["working_days"], saturday["before_through_on"]) == (14, date(2026, 10, 20))


def test_a_month_with_fewer_working_days_counts_whole(archive: Archive) -> None:
    decide(archive, won(1, day=date(2026, 11, 30)), won(10, "d2", day=date(2026, 12, 31)))
    row = line(ask(archive, REPORT), "company")
    assert (row["working_days"], row["before_working_days"], row["booked_minor_before"]) == (22, 20, 1)


def test_a_former_period_before_the_first_call_or_sale_is_not_known(archive: Archive) -> None:
    decide(archive, *ORGANISATION, won(500))
    rows = ask(archive, REPORT)
    for row in rows:
        before = [row[column] for column in row if "before_" in column or "_before" in column or "change" in column]
        assert before[1:] == [None] * 12, row
        assert row["booked_minor"] == 500
    assert {row["comparison"] for row in rows} == {"previous", "year_before"}


def test_of_nothing_there_is_no_change_in_percent(archive: Archive) -> None:
    tell(archive, answered(rep=BORIS, day=OCTOBER))
    decide(archive, won(500))
    rows = ask(archive, REPORT)
    anna, boris = line(rows, "rep", name=ANNA), line(rows, "rep", name=BORIS)
    assert (anna["booked_minor_before"], anna["booked_change"], anna["calls_change"]) == (0, None, None)
    assert (boris["currency"], boris["calls"], boris["calls_change"]) == (None, 0, Decimal("-100.00"))


def test_a_year_is_compared_once(archive: Archive) -> None:
    decide(archive, won(500, day=date(2025, 11, 20)), won(100, "d2"))
    [anna, company] = ask(archive, REPORT, by="year")
    assert (anna["level"], company["level"], company["booked_change"]) == ("rep", "company", Decimal("-80.00"))
    assert (company["starts_on"], company["before_starts_on"]) == (date(2026, 1, 1), date(2025, 1, 1))


def test_a_day_far_from_what_the_log_tells_of_has_working_days_too(archive: Archive) -> None:
    tell(archive, answered(day=date(2025, 12, 30)), answered(day=date(2026, 12, 30)))
    decide(archive, *ORGANISATION)
    row = line(ask(archive, REPORT, by="year", as_of="2027-12-31"), "company")
    assert (row["working_days"], row["before_through_on"], row["calls_before"]) == (247, date(2026, 12, 31), 1)


def test_a_day_without_a_calendar_is_refused(archive: Archive) -> None:
    with pytest.raises(BadParametersError, match="as_of: working days are known from 1990 to 2100"):
        ask(archive, REPORT, as_of=date(2101, 1, 1))


def test_from_one_deal_a_team_gets_no_more_than_it_brought(archive: Archive) -> None:
    parts = tuple(Credit(rep=rep, share_bp=10_000, amount_minor=500) for rep in (ANNA, BORIS))
    decide(archive, *ORGANISATION, won(500, credits=parts, overlays=True))
    rows = ask(archive, REPORT)
    found = [(row["level"], row["booked_minor"], row["deals_won"]) for row in rows if row["comparison"] == "previous"]
    assert found == [("rep", 500, 1), ("rep", 500, 1), ("team", 500, 1), ("department", 500, 1), ("company", 500, 1)]


def test_what_somebody_did_stays_with_the_team_of_its_day(archive: Archive) -> None:
    move = RepAssigned(**when(5, day=FIRST), rep=ANNA, unit=SOUTH, post="sales", starts_on=date(2026, 11, 1))
    tell(archive, answered(), answered(day=OCTOBER), answered(day=OCTOBER))
    decide(archive, *ORGANISATION, move, won(100), won(70, "d2", day=OCTOBER))
    rows = ask(archive, REPORT)
    north, south = line(rows, "team", name=NORTH), line(rows, "team", name=SOUTH)
    assert (north["booked_minor"], north["booked_minor_before"], north["calls_before"]) == (0, 70, 2)
    assert (south["booked_minor"], south["booked_minor_before"], south["calls"]) == (100, 0, 1)
    assert line(rows, "rep", name=ANNA)["unit"] == SOUTH
    assert {row["level"] for row in ask(archive, REPORT, unit=NORTH)} == {"team"}


def test_an_amended_sale_is_restated(archive: Archive) -> None:
    sale = won(500, day=OCTOBER)
    decide(archive, sale, amended(sale, won(600, day=OCTOBER)), won(900, "d2"))
    assert line(ask(archive, REPORT), "company")["booked_change"] == Decimal("50.00")


@pytest.mark.parametrize(
    ("name", "value"), [("by", "week"), ("as_of", "yesterday"), ("country", "XX"), ("day", "2026-11-24")]
)
def test_what_cannot_be_asked_is_refused_by_name(archive: Archive, name: str, value: str) -> None:
    assert name in words(refusal(archive, REPORT, **{name: value}))


days = st.integers(0, 420).map(lambda number: date(2025, 10, 1) + timedelta(days=number))
reps = st.sampled_from([ANNA, BORIS, VERA])


def call(day: date, rep: str) -> CallEnded:
    return answered(day=day, rep=rep)


def sale(day: date, rep: str, amount: int) -> DealWon:
    credit = Credit(rep=rep, share_bp=10_000, amount_minor=amount)
    return won(amount, f"{day} {rep} {amount}", day=day, occurred_at=at(12), credits=(credit,))


told = st.lists(
    st.builds(call, days, reps) | st.builds(sale, days, reps, st.integers(1, 999)), min_size=10, max_size=60
)
LEVELS: dict[str, dict[str | None, set[str]]] = {
    "rep": {ANNA: {ANNA}, BORIS: {BORIS}, VERA: {VERA}},
    "team": {NORTH: {ANNA, BORIS}, SOUTH: {VERA}},
    "department": {WEST: {ANNA, BORIS, VERA}},
    "company": {None: {ANNA, BORIS, VERA}},
}


def same_share(as_of: date, former: date) -> set[date]:
    """Go through the month of `former` until as many working days are over as of the month of `as_of`."""
    left = sum(as_of.replace(day=1) <= day <= as_of for day in OPEN_DAYS)
    counted, day = set[date](), former.replace(day=1)
    while day.month == former.month:
        left -= day in OPEN_DAYS
        if left < 0 or (left == 0 and day not in OPEN_DAYS and as_of in OPEN_DAYS):
            break
        counted.add(day)
        day += timedelta(days=1)
    return counted


def change(now: int, before: int) -> Decimal | None:
    return Decimal(round(Fraction(10_000 * (now - before), before))) / 100 if before else None


@settings(deadline=None, max_examples=8)
@given(told, st.integers(0, 60).map(lambda number: date(2026, 10, 1) + timedelta(days=number)))
def test_all_levels_are_those_that_a_person_reckons(events: list[CallEnded | DealWon], as_of: date) -> None:
    with empty_archive() as archive:
        tell(archive, *(event for event in events if isinstance(event, CallEnded)))
        decide(archive, *ORGANISATION, *(event for event in events if isinstance(event, DealWon)))
        rows = ask(archive, REPORT, as_of=as_of)
    now = {as_of.replace(day=number) for number in range(1, as_of.day + 1)}
    former = {"previous": as_of.replace(day=1) - timedelta(days=1), "year_before": as_of.replace(day=1, year=2025)}
    seen = 0
    for comparison, month in former.items():
        before = same_share(as_of, month)
        is_known = any((event.day.year, event.day.month) <= (month.year, month.month) for event in events)
        for level, members in LEVELS.items():
            for name, those in members.items():
                was, is_now = (reckoned(events, those, span) for span in (before, now))
                if not any((*was, *is_now)):
                    continue
                row = line(rows, level, comparison, name)
                seen += 1
                found = row["calls_before"], row["deals_won_before"], row["booked_minor_before"]
                assert found == (was if is_known else (None, None, None))
                assert (row["calls"], row["deals_won"], row["booked_minor"]) == is_now
                assert row["booked_change"] == (change(is_now[2], was[2]) if is_known else None)
                through = max(before, default=month.replace(day=1) - timedelta(days=1))
                assert row["before_through_on"] == (through if is_known else None)
    assert seen == len(rows)


def reckoned(events: Sequence[CallEnded | DealWon], reps: set[str], span: set[date]) -> tuple[int, int, int]:
    """Count calls, deals and what they brought."""
    calls = sum(isinstance(event, CallEnded) and event.day in span and event.rep in reps for event in events)
    credited = [
        each for each in events if isinstance(each, DealWon) and each.credits[0].rep in reps and each.day in span
    ]
    return calls, len(credited), sum(each.amount_minor for each in credited)
