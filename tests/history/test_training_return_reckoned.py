"""What training brought, reckoned as a person does: one learner after the other, in plain Python."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from events.calls import CallEnded
from events.deals import DealLost, DealRefunded, DealWon
from events.event import Event
from events.training import SessionHeld
from tests.history.asking import Row, ask, decide, empty_archive, tell
from tests.history.courses import COURSE, FIRST, GLEB, REPORT, STAFF, call, last_day, lost, session, whole
from tests.history.organisation import VERA
from tests.telling import ANNA, BORIS, refunded, won

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
