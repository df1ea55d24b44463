"""The report on training holds those who were taught against those who were not, before and after, as a person does."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.calls import CallEnded
from events.deals import Credit, DealLost, DealRefunded, DealWon
from events.event import Event
from events.people import RepLeft
from events.training import CertificationGranted, ModulePassed, ProgrammePublished, SessionHeld, SkillAssessed
from services.history.archive import Archive
from tests.events.examples.dates import TODAY, when
from tests.history.asking import Row, ask, columns, decide, declared, empty_archive, refusal, tell, words
from tests.history.organisation import NORTH, VERA, hired, organisation
from tests.telling import ANNA, BORIS, answered, refunded, won

REPORT = "training_return"
COURSE, TITLE = "course-1", "Objections"
GLEB = "gleb"
FIRST = date(2026, 10, 10)
"""The day on which Anna is taught, in most tests."""
BEFORE, AFTER = FIRST - timedelta(days=1), FIRST + timedelta(days=1)
STAFF = (*organisation(date(2026, 1, 1)), *(hired(rep, NORTH, date(2026, 1, 1)) for rep in (GLEB, "dina")))


def session(*attended: str, day: date = FIRST, name: str = "s1", **changes: Any) -> SessionHeld:  # noqa: ANN401  # fields
    """People who were taught together, for 300."""
    usual: dict[str, Any] = {
        "session": name,
        "title": "Talks",
        "programme": COURSE,
        "minutes": 60,
        "cost_minor": 300,
        "currency": "RUB",
    }
    return SessionHeld(**when(9, day=day), attended=attended, **usual | changes)


def published(title: str = TITLE) -> ProgrammePublished:
    told = {"programme": COURSE, "programme_version": 1, "title": title, "kind": "skills", "starts_on": "2026-01-01"}
    module = {"module": "one", "pass_bp": 8_000}
    return ProgrammePublished.model_validate({**when(5, day=date(2026, 1, 1)), **told, "modules": [module]})


def passed(rep: str, day: date) -> ModulePassed:
    told = {
        "programme": COURSE,
        "programme_version": 1,
        "module": "one",
        "attempt": 1,
        "score_bp": 9_000,
        "pass_bp": 8_000,
    }
    return ModulePassed.model_validate({**when(10, day=day), **told, "rep": rep})


def certified(rep: str, day: date) -> CertificationGranted:
    return CertificationGranted(**when(11, day=day), rep=rep, programme=COURSE, programme_version=1)


def assessed(rep: str, level_bp: int, day: date, skill: str = "talk") -> SkillAssessed:
    return SkillAssessed(**when(12, day=day), rep=rep, skill=skill, level_bp=level_bp)


def sold(amount: int, rep: str, day: date, **changes: Any) -> DealWon:  # noqa: ANN401  # fields
    return won(amount, f"{rep}-{day}", day=day, credits=whole(rep, amount), **changes)


def whole(rep: str, amount: int) -> tuple[Credit]:
    return (Credit(rep=rep, share_bp=10_000, amount_minor=amount),)


def lost(rep: str, day: date) -> DealLost:
    told = {
        "deal": "lost",
        "customer": "x",
        "amount_minor": 1,
        "currency": "RUB",
        "reason": "price",
        "stage_left": "offer",
    }
    return DealLost.model_validate({**when(14, day=day), **told, "rep": rep, "days_in_stage": 3})


def call(rep: str, day: date, talk: int) -> CallEnded:
    return answered(1, talk, rep=rep, day=day)


def left(rep: str, day: date) -> RepLeft:
    return RepLeft(**when(5), rep=rep, unit=NORTH, post="sales", ends_on=day, initiative="rep")


def last_day(rep: str = "nobody") -> DealLost:
    """Something of the last business day, so that the log has come to it."""
    return lost(rep, TODAY)


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


DAYS = 4
"""Before and after, in what is drawn."""
SELLERS = (ANNA, BORIS, VERA, GLEB, "dina")
reps = st.sampled_from(SELLERS)
days = st.integers(0, 14).map(lambda number: FIRST + timedelta(days=number))


@st.composite
def told(draw: st.DrawFn) -> Event:
    """Draw a call, or what became of a deal."""
    rep, day, amount = draw(reps), draw(days), draw(st.integers(1, 10_000))
    kind = draw(st.sampled_from(["call", "won", "won", "refunded", "lost"]))
    if kind == "call":
        return call(rep, day, draw(st.integers(0, 900)))
    if kind == "lost":
        return lost(rep, day)
    made = won if kind == "won" else refunded
    return made(amount, day=day, credits=whole(rep, amount))


@st.composite
def sessions(draw: st.DrawFn) -> SessionHeld:
    """Draw a session of the course, or of another."""
    programme = draw(st.sampled_from([COURSE, COURSE, "course-2"]))
    attended = draw(st.sets(st.sampled_from([ANNA, BORIS, VERA]), min_size=1, max_size=2))
    name, cost = draw(st.uuids(version=4)).hex, draw(st.integers(0, 5_000))
    return session(*sorted(attended), day=draw(days), name=name, cost_minor=cost, programme=programme)


Sums = tuple[int, int, int, int, int]
"""Won, lost, handle time, handled calls and revenue."""


def did(events: Sequence[Event], rep: str, first: date, last: date) -> Sums:
    """Add up what somebody did on some days."""
    mine = [event for event in events if first <= event.day <= last]
    calls = [event for event in mine if isinstance(event, CallEnded) and event.rep == rep]
    wins = [event for event in mine if isinstance(event, DealWon) and event.credits[0].rep == rep]
    backs = [event for event in mine if isinstance(event, DealRefunded) and event.credits[0].rep == rep]
    return (
        len(wins),
        sum(isinstance(event, DealLost) and event.rep == rep for event in mine),
        sum(each.talk_seconds for each in calls),
        len(calls),
        sum(each.amount_minor for each in wins) - sum(each.amount_minor for each in backs),
    )


def ratio(part: Fraction, whole_: Fraction) -> Decimal | None:
    return Decimal(round(100 * part / whole_)) / 100 if whole_ else None


def less(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one - other


def reckoned(events: Sequence[Event], held: Sequence[SessionHeld]) -> Row:
    """Go through those who were taught in the course, one by one."""
    own = [[Fraction(0)] * 5, [Fraction(0)] * 5]
    others = [[Fraction(0)] * 5, [Fraction(0)] * 5]
    compared, course = True, [each for each in held if each.programme == COURSE]
    learners = sorted({rep for each in course for rep in each.attended})
    for rep in learners:
        taught_on = [each.day for each in course if rep in each.attended]
        first, last = min(taught_on), max(taught_on)
        spans = [
            (first - timedelta(days=DAYS), first - timedelta(days=1)),
            (last + timedelta(days=1), last + timedelta(days=DAYS)),
        ]
        busy = {name for each in held if spans[0][0] <= each.day <= spans[1][1] for name in each.attended}
        sums = {name: [did(events, name, *span) for span in spans] for name in SELLERS}
        colleagues = [name for name in sums if name not in busy and has_done_anything(events, name, spans)]
        compared = compared and bool(colleagues)
        for side in (0, 1):
            for place in range(5):
                own[side][place] += sums[rep][side][place]
                if colleagues:
                    others[side][place] += Fraction(
                        sum(sums[name][side][place] for name in colleagues), len(colleagues)
                    )
    (before, after), (before_o, after_o) = own, others
    win_rates = [ratio(100 * each[0], each[0] + each[1]) for each in (before, after, before_o, after_o)]
    handled = [ratio(each[2], each[3]) for each in (before, after, before_o, after_o)]
    gain = after[4] - before[4] - (after_o[4] - before_o[4])
    return {
        "people": len(learners),
        "measured": len(learners),
        "sessions": len(course),
        "cost_measured_minor": sum(each.cost_minor for each in course),
        "booked_change_minor": after[4] - before[4],
        "booked_gain_minor": gain if compared else None,
        "win_rate_before": win_rates[0],
        "win_rate_after": win_rates[1],
        "win_rate_change_others": less(win_rates[3], win_rates[2]) if compared else None,
        "aht_change": less(handled[1], handled[0]),
        "aht_change_others": less(handled[3], handled[2]) if compared else None,
    }


def has_done_anything(events: Sequence[Event], rep: str, spans: Sequence[tuple[date, date]]) -> bool:
    """Whether somebody had a call or a deal on these days."""
    names = (
        (event.day, event.rep if isinstance(event, CallEnded | DealLost) else event.credits[0].rep)
        for event in events
        if isinstance(event, CallEnded | DealLost | DealWon | DealRefunded)
    )
    return any(name == rep and first <= day <= last for day, name in names for first, last in spans)


def near(found: Decimal | int | None, expected: Decimal | int | Fraction | None) -> bool:
    """Whether two numbers are one, but for their rounding: of amounts to whole ones, of others to hundredths."""
    if found is None or expected is None:
        return found is expected
    of = Fraction(1, 50) if isinstance(found, Decimal) else Fraction(500_001, 1_000_000)
    return abs(Fraction(found) - Fraction(expected)) <= of


@settings(deadline=None, max_examples=8)
@given(st.lists(told(), min_size=15, max_size=50), st.lists(sessions(), min_size=1, max_size=3))
def test_before_and_after_are_what_a_person_reckons(events: list[Event], held: list[SessionHeld]) -> None:
    with empty_archive() as archive:
        tell(archive, *(event for event in events if isinstance(event, CallEnded)))
        decide(archive, *STAFF, *held, *(event for event in events if not isinstance(event, CallEnded)), last_day())
        rows = ask(archive, REPORT, days=DAYS, programme=COURSE)
    if not any(each.programme == COURSE for each in held):
        assert rows == []
        return
    [row] = rows
    wrong = {name: (row[name], value) for name, value in reckoned(events, held).items() if not near(row[name], value)}
    assert not wrong
    gain, cost = row["booked_gain_minor"], row["cost_measured_minor"]
    expected = None if gain is None else ratio(Fraction(100 * (gain - cost)), Fraction(cost))
    assert row["return_on_cost"] == expected
