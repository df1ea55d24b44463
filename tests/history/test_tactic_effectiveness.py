"""The report on tactics counts touches and sales as a person does, and says of a difference only what they bear."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, sqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.calls import CallEnded
from events.deals import Credit, DealRefunded, DealWon
from events.event import Event
from services.history.archive import Archive
from tests.events.examples.dates import TODAY
from tests.history.asking import Row, ask, columns, decide, declared, empty_archive, refusal, tell, words
from tests.shares import POWER, Z, difference
from tests.telling import ANNA, BORIS, amended, answered, refunded, restated, won

REPORT = "tactic_effectiveness"
COLD, WARM = "cold calls", "warm calls"
TOMORROW = TODAY + timedelta(days=1)


def touch(call: str, tactic: str | None = COLD, talk: int = 60, **changes: Any) -> CallEnded:  # noqa: ANN401  # fields
    """An outbound call of Anna's that somebody took."""
    usual: dict[str, Any] = {"direction": "outbound", "queue": None, "tactic": tactic}
    return answered(1, talk, call=call, **usual | changes)


def missed(call: str, tactic: str = COLD, **changes: Any) -> CallEnded:  # noqa: ANN401  # fields
    """An outbound call of Anna's that nobody took."""
    return touch(call, tactic, 0, **{"outcome": "no_answer", "answered_at": None} | changes)


def sold(amount: int = 1_000, deal: str = "d1", tactic: str | None = COLD, **changes: Any) -> DealWon:  # noqa: ANN401  # fields
    return won(amount, deal, tactic=tactic, **changes)


def calls(count: int, tactic: str) -> list[CallEnded]:
    return [missed(f"{tactic}-{number}", tactic) for number in range(count)]


def sales(count: int, tactic: str) -> list[DealWon]:
    return [sold(1_000, f"{tactic}-{number}", tactic) for number in range(count)]


def test_every_number_of_a_tactic(archive: Archive) -> None:
    tell(
        archive,
        touch("1", talk=1_700, wrap_seconds=50),
        missed("2"),
        touch("3", talk=40, answered_by="machine"),
        touch("4", talk=10, outcome="voicemail"),
        touch("5", WARM, talk=900),
        touch("6", WARM, talk=900),
        touch("7", tactic=None),
        touch("8", direction="inbound"),
    )
    decide(archive, sold(3_000), refunded(1_000, tactic=COLD), sold(500, "d2", None), sold(901, "d3", WARM))
    cold, warm = ask(archive, REPORT)
    assert cold == {
        "tactic": COLD,
        "currency": "RUB",
        "touches": 4,
        "reached": 1,
        "hours": Decimal("0.50"),
        "deals_won": 1,
        "won_minor": 3_000,
        "refunded_minor": 1_000,
        "booked_minor": 2_000,
        "cost_minor": None,
        "per_touch_minor": 500,
        "per_hour_minor": 4_000,
        "per_cost": None,
        "win_share": Decimal("25.00"),
        "win_share_low": Decimal("4.56"),
        "win_share_high": Decimal("69.94"),
        "against": None,
        "difference": None,
        "difference_low": None,
        "difference_high": None,
        "needed_touches": None,
        "verdict": None,
    }
    assert (warm["touches"], warm["reached"], warm["win_share"]) == (2, 2, Decimal("50.00"))
    assert (warm["per_touch_minor"], warm["per_hour_minor"]) == (450, 1_802)
    assert (warm["against"], warm["difference"]) == (COLD, Decimal("25.00"))
    assert (warm["needed_touches"], warm["verdict"]) == (58, "too early to tell")


def test_an_empty_archive_has_no_rows_but_all_columns(archive: Archive) -> None:
    assert ask(archive, REPORT) == []
    assert columns(archive, REPORT) == declared(REPORT)


def test_what_cannot_be_divided_is_nothing(archive: Archive) -> None:
    tell(archive, missed("1", WARM))
    decide(archive, sold())
    cold, warm = ask(archive, REPORT)
    ratios = ("per_touch_minor", "per_hour_minor", "per_cost", "win_share", "win_share_low", "win_share_high")
    assert [cold[column] for column in ratios] == [None] * len(ratios)
    compared = ("difference", "difference_low", "difference_high", "needed_touches", "verdict")
    assert [cold[column] for column in compared] == [None] * len(compared)
    assert (cold["against"], cold["booked_minor"]) == (WARM, 1_000)
    assert (warm["currency"], warm["per_touch_minor"], warm["per_hour_minor"], warm["win_share"]) == (None, 0, None, 0)


def test_more_sales_than_calls_are_no_share_of_them(archive: Archive) -> None:
    tell(archive, touch("1"), touch("2"), touch("3", WARM))
    decide(archive, *sales(3, WARM))
    [_, warm] = ask(archive, REPORT)
    assert (warm["deals_won"], warm["per_touch_minor"]) == (3, 3_000)
    assert [warm[column] for column in ("win_share", "win_share_high", "difference", "verdict")] == [None] * 4


def test_a_verdict_waits_for_the_touches_that_it_needs(archive: Archive) -> None:
    """5 % and 20 % are told apart by 76 touches of each."""
    tell(archive, *calls(100, COLD), *calls(75, WARM))
    decide(archive, *sales(5, COLD), *sales(15, WARM))
    [_, early] = ask(archive, REPORT)
    assert (early["difference"], early["needed_touches"]) == (Decimal("15.00"), 76)
    assert early["difference_low"] > 0
    assert early["verdict"] == "too early to tell"
    tell(archive, *calls(5, "others"), *(missed(f"more-{number}", WARM) for number in range(5)))
    decide(archive, sold(1_000, "one more", WARM))
    rows = {row["tactic"]: row for row in ask(archive, REPORT)}
    assert (rows[WARM]["difference"], rows[WARM]["verdict"]) == (Decimal("15.00"), "better")
    assert (rows["others"]["win_share"], rows["others"]["verdict"]) == (Decimal("0.00"), "too early to tell")
    assert {row["tactic"]: row["verdict"] for row in ask(archive, REPORT, against=WARM)} == {
        COLD: "worse",
        "others": "too early to tell",
        WARM: None,
    }


def test_a_difference_that_is_worth_nothing_is_not_looked_for(archive: Archive) -> None:
    tell(archive, *calls(200, COLD), *calls(200, WARM))
    decide(archive, *sales(20, COLD), *sales(21, WARM))
    [_, warm] = ask(archive, REPORT, worth_bp=1_000)
    assert (warm["difference"], warm["needed_touches"]) == (Decimal("0.50"), 199)
    assert warm["verdict"] == "no difference seen"
    [_, closer] = ask(archive, REPORT)
    assert (closer["needed_touches"], closer["verdict"]) == (14_751, "too early to tell")


def test_a_call_counts_once_and_as_it_was_corrected(archive: Archive) -> None:
    first, second = touch("1", talk=60), touch("1", talk=30, queue="sales")
    tell(archive, first, second)
    [row] = ask(archive, REPORT)
    assert (row["touches"], row["hours"]) == (1, Decimal("0.02"))
    tell(archive, restated(second, second.model_copy(update={"tactic": WARM, "talk_seconds": 3_600}), number=1))
    assert [(row["tactic"], row["touches"], row["hours"]) for row in ask(archive, REPORT)] == [
        (COLD, 1, Decimal("0.02")),
        (WARM, 1, Decimal("1.00")),
    ]


def test_a_sale_counts_as_it_was_amended(archive: Archive) -> None:
    sale = sold(500)
    decide(archive, sale, amended(sale, sold(700, tactic=WARM)))
    [row] = ask(archive, REPORT)
    assert (row["tactic"], row["deals_won"], row["won_minor"]) == (WARM, 1, 700)


def test_money_stands_by_currency_and_all_else_again(archive: Archive) -> None:
    tell(archive, *calls(4, COLD))
    decide(archive, sold(400), sold(70, "d2", currency="USD"))
    rows = [(row["currency"], row["touches"], row["deals_won"], row["booked_minor"]) for row in ask(archive, REPORT)]
    assert rows == [("RUB", 4, 2, 400), ("USD", 4, 2, 70)]


def test_days_reps_and_novelty_can_be_chosen(archive: Archive) -> None:
    parts = (
        Credit(rep=ANNA, share_bp=7_500, amount_minor=750),
        Credit(rep=BORIS, share_bp=2_500, amount_minor=250),
    )
    tell(archive, touch("1"), touch("2", rep=BORIS), touch("3", day=TOMORROW))
    existing: dict[str, Any] = {"novelty": "existing", "novelty_evidence": ("00000000-0000-5000-8000-000000000000",)}
    decide(archive, sold(credits=parts), sold(100, "d2", day=TOMORROW, **existing))
    [boris] = ask(archive, REPORT, rep=BORIS)
    assert (boris["touches"], boris["deals_won"], boris["booked_minor"]) == (1, 1, 250)
    [before] = ask(archive, REPORT, to=TOMORROW)
    assert (before["touches"], before["booked_minor"]) == (2, 1_000)
    [after] = ask(archive, REPORT, **{"from": TOMORROW})
    assert (after["touches"], after["booked_minor"]) == (1, 100)
    [old] = ask(archive, REPORT, novelty="existing")
    assert (old["touches"], old["deals_won"], old["booked_minor"]) == (3, 1, 100)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", "soon"),
        ("to", "later"),
        ("novelty", "used"),
        ("against", "nobody's"),
        ("worth_bp", "0"),
        ("worth_bp", "5001"),
        ("campaign", "autumn"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(archive: Archive, name: str, value: str) -> None:
    tell(archive, touch("1"))
    assert name in words(refusal(archive, REPORT, **{name: value}))


days = st.integers(0, 5).map(lambda number: date(2026, 11, 20) + timedelta(days=number))
tactics = st.sampled_from([COLD, WARM, "letters first"])


@st.composite
def told(draw: st.DrawFn) -> Event:
    """Draw a call, a sale, or what goes back of one."""
    kind = draw(st.sampled_from(["reached", "missed", "missed", "won", "refunded"]))
    tactic, day = draw(tactics), draw(days)
    if kind == "reached":
        talk, wrap = draw(st.integers(0, 4_000)), draw(st.integers(0, 100))
        return touch(draw(st.uuids(version=4)).hex, tactic, talk, wrap_seconds=wrap, day=day)
    if kind == "missed":
        return missed(draw(st.uuids(version=4)).hex, tactic, day=day)
    amount, currency = draw(st.integers(1, 100_000)), draw(st.sampled_from(["RUB", "USD"]))
    made = won if kind == "won" else refunded
    return made(amount, tactic=tactic, day=day, currency=currency)


def hundredths(number: Fraction | float) -> Decimal:
    return Decimal(round(number * 100)) / 100


def compared(hits: int, tries: int, base_hits: int, base: int) -> Row:
    """Hold one tactic against another, a difference of a point being worth it."""
    lower, upper = difference((hits, tries), (base_hits, base))
    share, other = hits / tries, base_hits / base
    wanted = share if abs(share - other) >= 0.01 else other + (0.01 if other <= 0.5 else -0.01)
    middle = (wanted + other) / 2
    noise = Z * sqrt(2 * middle * (1 - middle)) + POWER * sqrt(wanted * (1 - wanted) + other * (1 - other))
    needed = max(30, ceil((noise / (wanted - other)) ** 2))
    told_apart = "better" if lower > 0 else "worse" if upper < 0 else "no difference seen"
    return {
        "difference": hundredths(100 * (Fraction(hits, tries) - Fraction(base_hits, base))),
        "needed_touches": needed,
        "verdict": "too early to tell" if min(tries, base) < needed else told_apart,
    }


def reckoned(events: Sequence[Event], tactic: str, currency: str | None) -> Row:
    """Go through what happened with one tactic."""
    tried = [event for event in events if isinstance(event, CallEnded) and event.tactic == tactic]
    deals = [event for event in events if isinstance(event, DealWon | DealRefunded) and event.tactic == tactic]
    wins = sum(isinstance(event, DealWon) for event in deals)
    in_currency = [event for event in deals if event.currency == currency]
    booked = sum(event.amount_minor * (1 if isinstance(event, DealWon) else -1) for event in in_currency)
    seconds = sum(call.talk_seconds + call.wrap_seconds for call in tried)
    return {
        "touches": len(tried),
        "reached": sum(call.answered_at is not None for call in tried),
        "hours": hundredths(Fraction(seconds, 3_600)),
        "deals_won": wins,
        "booked_minor": booked,
        "per_touch_minor": round(Fraction(booked, len(tried))) if tried else None,
        "per_hour_minor": round(Fraction(3_600 * booked, seconds)) if seconds else None,
        "win_share": hundredths(Fraction(100 * wins, len(tried))) if tried and wins <= len(tried) else None,
    }


@settings(deadline=None, max_examples=8)
@given(st.lists(told(), max_size=50))
def test_tactics_are_what_a_person_reckons(events: list[Event]) -> None:
    with empty_archive() as archive:
        tell(archive, *(event for event in events if isinstance(event, CallEnded)))
        decide(archive, *(event for event in events if not isinstance(event, CallEnded)))
        rows = ask(archive, REPORT)
    names = {str(event.tactic) for event in events if isinstance(event, CallEnded | DealWon | DealRefunded)}
    assert {row["tactic"] for row in rows} == names
    expected = {row["tactic"]: reckoned(events, row["tactic"], row["currency"]) for row in rows}
    most = max((row["touches"] for row in expected.values()), default=0)
    for row in rows:
        mine = reckoned(events, row["tactic"], row["currency"])
        assert {column: row[column] for column in mine} == mine
        if row["against"] is None:
            assert mine["touches"] == most, "without a wish, others are held against the tactic most used"
            continue
        base = expected[row["against"]]
        assert base["touches"] == most
        if mine["win_share"] is None or base["win_share"] is None:
            assert (row["difference"], row["needed_touches"], row["verdict"]) == (None, None, None)
            continue
        against = compared(mine["deals_won"], mine["touches"], base["deals_won"], base["touches"])
        assert {column: row[column] for column in against} == against
        assert -100 <= row["difference_low"] <= row["difference"] <= row["difference_high"] <= 100
