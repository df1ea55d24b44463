"""The report on reps' performance equals what a person reckons from the same calls, deals and quotas."""

from collections.abc import Callable, Sequence
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
from events.people import UnitFormed
from services.history.archive import Archive
from tests.events.examples.dates import TODAY, at, when
from tests.history.asking import Row, ask, columns, decide, declared, empty_archive, refusal, tell, words
from tests.telling import (
    ANNA,
    BORIS,
    DECEMBER,
    JANUARY,
    NOVEMBER,
    abandoned,
    amended,
    answered,
    assigned,
    period,
    refunded,
    relieved,
    restated,
    won,
)

Line = tuple[str, date, str | None]
"""A rep, the first day of a period, and a currency."""

REPORT = "rep_performance"
OUTCOMES = ("answered", "transferred", "no_answer", "busy", "failed", "voicemail", "other")


def lost(deal: str = "d9", rep: str = ANNA, day: date = TODAY, currency: str = "RUB") -> DealLost:
    return DealLost(
        occurred_at=at(14),
        day=day,
        deal=deal,
        customer="x",
        rep=rep,
        amount_minor=700,
        currency=currency,
        reason="price",
        stage_left="offer",
        days_in_stage=3,
    )


def missed(outcome: str, **changes: Any) -> CallEnded:  # noqa: ANN401  # fields
    """An outbound call of Anna's that nobody answered."""
    return abandoned(direction="outbound", queue=None, rep=ANNA, outcome=outcome, **changes)


def test_every_number_of_a_rep(archive: Archive) -> None:
    calls = [
        answered(10, 60, wrap_seconds=20, hold_seconds=5),
        answered(10, 41, outcome="transferred_blind", direction="outbound"),
        missed("no_answer"),
        missed("busy"),
        missed("failed"),
        missed("voicemail"),
        missed("diverted"),
    ]
    quota = assigned(period(1_100))
    tell(archive, *calls)
    decide(archive, quota, relieved(100, quota), won(400), won(101, "d2"), refunded(1), lost())
    assert ask(archive, REPORT) == [
        {
            "rep": ANNA,
            "starts_on": NOVEMBER,
            "ends_on": DECEMBER,
            "currency": "RUB",
            "calls": 7,
            "outbound": 6,
            "handled": 2,
            "answered": 1,
            "transferred": 1,
            "no_answer": 1,
            "busy": 1,
            "failed": 1,
            "voicemail": 1,
            "other": 1,
            "talk_seconds": 101,
            "hold_seconds": 5,
            "wrap_seconds": 20,
            "handle_seconds": 121,
            "aht": Decimal("60.50"),
            "deals_won": 2,
            "deals_lost": 1,
            "win_rate": Decimal("66.67"),
            "won_minor": 501,
            "refunded_minor": 1,
            "booked_minor": 500,
            "average_deal_minor": 250,
            "quota_minor": 1_000,
            "attainment": Decimal("50.00"),
        }
    ]


def test_what_cannot_be_divided_is_nothing(archive: Archive) -> None:
    tell(archive, missed("busy"))
    [row] = ask(archive, REPORT)
    ratios = ("currency", "aht", "win_rate", "average_deal_minor", "quota_minor", "attainment")
    assert [row[column] for column in ratios] == [None] * len(ratios)
    assert (row["calls"], row["deals_won"], row["booked_minor"]) == (1, 0, 0)


def test_an_empty_archive_has_no_rows_but_all_columns(archive: Archive) -> None:
    assert ask(archive, REPORT) == []
    assert columns(archive, REPORT) == declared(REPORT)


def test_who_sold_nothing_has_the_whole_quota_before_them(archive: Archive) -> None:
    decide(archive, assigned(period(1_000)), lost(rep=BORIS))
    [anna, boris] = ask(archive, REPORT)
    assert (anna["booked_minor"], anna["attainment"], anna["win_rate"]) == (0, Decimal("0.00"), None)
    assert (boris["deals_lost"], boris["win_rate"], boris["attainment"]) == (1, Decimal("0.00"), None)


def test_a_quota_counts_where_its_period_lies_in_the_rows(archive: Archive) -> None:
    quota = assigned(period(1_000), period(300, DECEMBER, JANUARY))
    decide(archive, quota, won(500), won(150, "d2", day=DECEMBER))
    by_month = [(row["starts_on"], row["quota_minor"], row["attainment"]) for row in ask(archive, REPORT)]
    assert by_month == [(NOVEMBER, 1_000, Decimal("50.00")), (DECEMBER, 300, Decimal("50.00"))]
    [quarter] = ask(archive, REPORT, by="quarter")
    assert (quarter["starts_on"], quarter["ends_on"]) == (date(2026, 10, 1), JANUARY)
    assert (quarter["quota_minor"], quarter["attainment"]) == (1_300, Decimal("50.00"))
    assert {row["quota_minor"] for row in ask(archive, REPORT, by="week")} == {None}
    [cut] = ask(archive, REPORT, to="2026-11-25", **{"from": "2026-11-24"})
    assert (cut["starts_on"], cut["ends_on"], cut["quota_minor"]) == (TODAY, date(2026, 11, 25), None)


def test_what_is_asked_for_in_days_to_come_is_left_out(archive: Archive) -> None:
    decide(archive, assigned(period(1_000), period(300, DECEMBER, JANUARY)), won(500))
    assert [row["starts_on"] for row in ask(archive, REPORT)] == [NOVEMBER]


def test_a_units_quota_is_no_reps(archive: Archive) -> None:
    north = UnitFormed(**when(5), unit="north", kind="team", title="North", starts_on=NOVEMBER)
    decide(archive, north, assigned(period(1_000), holder="north", holder_kind="team"))
    assert ask(archive, REPORT) == []


def test_calls_stand_beside_each_currency(archive: Archive) -> None:
    tell(archive, answered())
    decide(archive, won(500), won(70, "d2", currency="USD"), lost(currency="USD"))
    rows = [(row["currency"], row["calls"], row["booked_minor"], row["win_rate"]) for row in ask(archive, REPORT)]
    assert rows == [("RUB", 1, 500, Decimal("100.00")), ("USD", 1, 70, Decimal("50.00"))]


def test_what_was_corrected_counts_as_it_is_now(archive: Archive) -> None:
    was, sale = answered(10, 60), won(500)
    tell(archive, was, restated(was, answered(10, 80, rep=BORIS), number=0))
    decide(archive, sale, amended(sale, won(600)))
    anna, boris = ask(archive, REPORT)
    assert (anna["rep"], anna["calls"], anna["talk_seconds"], anna["deals_won"]) == (ANNA, 0, 0, 1)
    assert (anna["won_minor"], anna["average_deal_minor"]) == (600, 600)
    assert (boris["calls"], boris["talk_seconds"], boris["aht"]) == (1, 80, Decimal("80.00"))


@pytest.mark.parametrize(("name", "value"), [("by", "fortnight"), ("from", "1.11.2026"), ("month", "2026-11")])
def test_what_cannot_be_asked_is_refused_by_name(archive: Archive, name: str, value: str) -> None:
    assert name in words(refusal(archive, REPORT, **{name: value}))


reps = st.sampled_from([ANNA, BORIS])
days = st.integers(0, 90).map(lambda number: date(2026, 10, 20) + timedelta(days=number))
currencies = st.sampled_from(["RUB", "USD"])
seconds = st.integers(0, 500)


@st.composite
def told(draw: st.DrawFn) -> Event:
    """Draw a call, a sale of one or two, what goes back of one, or a loss."""
    day, rep, currency, amount = draw(days), draw(reps), draw(currencies), draw(st.integers(2, 10_000))
    kind = draw(st.sampled_from(["answered", "missed", "won", "refunded", "lost"]))
    parts = draw(st.sampled_from([(rep,), (ANNA, BORIS)]))
    first = amount // len(parts)
    shares = [amount - first, first] if len(parts) > 1 else [amount]
    credits_ = tuple(
        Credit(rep=each, share_bp=5_000, amount_minor=share) for each, share in zip(parts, shares, strict=True)
    )
    if kind == "answered":
        outcome = draw(st.sampled_from(["answered", "transferred_attended", "voicemail"]))
        return answered(1, draw(seconds), rep=rep, day=day, outcome=outcome, wrap_seconds=draw(seconds))
    if kind == "missed":
        outcome = draw(st.sampled_from(["no_answer", "busy", "failed", "diverted"]))
        return missed(outcome, day=day, wrap_seconds=draw(seconds)).model_copy(update={"rep": rep})
    if kind == "lost":
        return lost(rep=rep, day=day, currency=currency)
    made: Callable[..., Event] = won if kind == "won" else refunded
    return made(amount, day=day, currency=currency, credits=credits_)


def week(day: date) -> date:
    return day - timedelta(days=day.weekday())


def hundredths(part: int, whole: int) -> Decimal | None:
    """A share in percent, exact until it is rounded once."""
    return Decimal(round(Fraction(10_000 * part, whole))) / 100 if whole else None


def reckoned(events: Sequence[Event]) -> dict[Line, Row]:
    """Reckon the weeks of reps event by event."""
    calls: dict[tuple[str, date], list[CallEnded]] = {}
    money: dict[Line, dict[str, int]] = {}
    for event in events:
        first = week(event.day)
        match event:
            case CallEnded():
                calls.setdefault((str(event.rep), first), []).append(event)
            case DealLost():
                _add(money, (event.rep, first, event.currency), lost=1)
            case DealWon():
                for part in event.credits:
                    _add(money, (part.rep, first, event.currency), won=1, gross=part.amount_minor)
            case DealRefunded():
                for part in event.credits:
                    _add(money, (part.rep, first, event.currency), back=part.amount_minor)
            case _:
                raise AssertionError(event)
    lines = {*money, *((*key, None) for key in calls if key not in {line[:2] for line in money})}
    nothing = {"won": 0, "gross": 0, "back": 0, "lost": 0}
    return {line: _row(calls.get(line[:2], []), {**nothing, **money.get(line, {})}) for line in lines}


def _add(money: dict[Line, dict[str, int]], key: Line, **amounts: int) -> None:
    sums = money.setdefault(key, {})
    for name, amount in amounts.items():
        sums[name] = sums.get(name, 0) + amount


def _row(calls: Sequence[CallEnded], sums: dict[str, int]) -> Row:
    handled = [call for call in calls if call.answered_at is not None]
    handle = sum(call.talk_seconds + call.wrap_seconds for call in handled)
    outcomes = {name: sum(call.outcome.startswith(name) for call in calls) for name in OUTCOMES[:-1]}
    return {
        "calls": len(calls),
        "handled": len(handled),
        **outcomes,
        "other": len(calls) - sum(outcomes.values()),
        "handle_seconds": handle,
        "aht": Decimal(round(Fraction(100 * handle, len(handled)))) / 100 if handled else None,
        "deals_won": sums["won"],
        "deals_lost": sums["lost"],
        "win_rate": hundredths(sums["won"], sums["won"] + sums["lost"]),
        "booked_minor": sums["gross"] - sums["back"],
        "average_deal_minor": round(Fraction(sums["gross"], sums["won"])) if sums["won"] else None,
    }


@settings(deadline=None, max_examples=8)
@given(st.lists(told(), max_size=40))
def test_weeks_are_those_that_a_person_reckons(events: list[Event]) -> None:
    with empty_archive() as archive:
        tell(archive, *(event for event in events if isinstance(event, CallEnded)))
        decide(archive, *(event for event in events if not isinstance(event, CallEnded)))
        rows = {(row["rep"], row["starts_on"], row["currency"]): row for row in ask(archive, REPORT, by="week")}
    expected = reckoned(events)
    assert rows.keys() == expected.keys()
    for key, row in expected.items():
        assert {column: rows[key][column] for column in row} == row
        assert sum(rows[key][outcome] for outcome in OUTCOMES) == row["calls"]
