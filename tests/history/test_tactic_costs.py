"""What a tactic costs is what was recorded, as it was corrected, of the days that are asked about."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.event import Event
from events.tactics import TacticCostAmended
from events.tactics import TacticCostRecorded as Cost
from projections.metrics import create_metrics_sql
from services.history.archive import Archive
from tests.events.examples.dates import TODAY, at
from tests.history.asking import ask, decide, empty_archive, refusal, tell
from tests.telling import ANNA, answered, won

REPORT = "tactic_effectiveness"
COLD, WARM = "cold calls", "warm calls"
DAY = timedelta(days=1)
FIRST = date(2026, 11, 20)


def spent(amount: int = 300, tactic: str = COLD, starts_on: date = TODAY, days: int = 1, **changes: Any) -> Cost:  # noqa: ANN401  # fields
    """Money spent on a tactic for so many days."""
    usual: dict[str, Any] = {
        "occurred_at": at(11),
        "day": TODAY,
        "cost": "c1",
        "tactic": tactic,
        "purpose": "a list",
        "amount_minor": amount,
        "currency": "RUB",
        "starts_on": starts_on,
        "ends_on": starts_on + days * DAY,
    }
    return Cost(**usual | changes)


def corrected(was: Cost, **changes: Any) -> TacticCostAmended:  # noqa: ANN401  # fields
    now = Cost.model_validate(dict(was) | changes)
    return TacticCostAmended(occurred_at=at(16), day=TODAY, cost=was.cost, reason="invoice", was=was, now=now)


def costs(archive: Archive, /, **asked: object) -> dict[tuple[str, str | None], int | None]:
    """What the report says that each tactic costs, by currency."""
    return {(row["tactic"], row["currency"]): row["cost_minor"] for row in ask(archive, REPORT, **asked)}


def called(tactic: str) -> Event:
    return answered(1, 60, call=tactic, direction="outbound", queue=None, tactic=tactic)


def test_what_a_tactic_brings_is_held_against_what_it_costs(archive: Archive) -> None:
    tell(archive, called(COLD), called(WARM))
    decide(archive, won(1_000, "d1", tactic=COLD), won(70, "d2", tactic=COLD, currency="USD"), spent(300))
    rub, usd, warm = ask(archive, REPORT)
    assert (rub["currency"], rub["cost_minor"], rub["per_cost"]) == ("RUB", 300, Decimal("3.33"))
    assert (usd["currency"], usd["cost_minor"], usd["per_cost"]) == ("USD", 0, None)
    assert (warm["tactic"], warm["cost_minor"], warm["per_cost"]) == (WARM, None, None), "nothing was ever told of it"


def test_nothing_is_held_against_a_tactic_of_which_only_a_cost_is_known(archive: Archive) -> None:
    decide(archive, spent(100, "a mailing"), won(5, tactic=WARM))
    assert {row["tactic"]: row["against"] for row in ask(archive, REPORT)} == {"a mailing": WARM, WARM: None}
    assert "no call and no sale was ever put down to such a tactic" in refusal(archive, REPORT, against="a mailing")


def test_each_day_of_an_interval_bears_an_equal_part_to_the_minor_unit(archive: Archive) -> None:
    decide(archive, spent(100, starts_on=FIRST, days=3))
    by_day = [costs(archive, **{"from": day, "to": day + DAY}) for day in (FIRST, FIRST + DAY, FIRST + 2 * DAY)]
    assert by_day == [{(COLD, "RUB"): 33}, {(COLD, "RUB"): 33}, {(COLD, "RUB"): 34}]
    assert costs(archive) == {(COLD, "RUB"): 100}
    assert costs(archive, **{"from": FIRST + DAY}) == {(COLD, "RUB"): 67}
    assert costs(archive, to=FIRST + 2 * DAY) == {(COLD, "RUB"): 66}
    assert costs(archive, to=FIRST) == costs(archive, **{"from": FIRST + 3 * DAY}) == {}


def test_on_days_that_bear_nothing_a_tactic_costs_nothing(archive: Archive) -> None:
    tell(archive, called(COLD))
    decide(archive, spent(100, starts_on=FIRST))
    [row] = ask(archive, REPORT, **{"from": TODAY})
    assert (row["touches"], row["cost_minor"], row["per_cost"]) == (1, 0, None)


def test_a_cost_counts_as_it_was_corrected(archive: Archive) -> None:
    tell(archive, called(COLD))
    first = spent(300, cost="c1")
    decide(archive, first, corrected(first, amount_minor=200))
    assert costs(archive) == {(COLD, "RUB"): 200}
    moved = spent(50, cost="c2")
    decide(archive, moved, corrected(moved, tactic=WARM, currency="USD"))
    assert costs(archive) == {(COLD, "RUB"): 200, (WARM, "USD"): 50}
    decide(archive, corrected(spent(200, cost="c1"), amount_minor=0))
    assert costs(archive)[COLD, "RUB"] == 0


def test_a_cost_that_turned_out_to_be_another_tactics_was_never_told_of_this_one(archive: Archive) -> None:
    tell(archive, called(COLD))
    first = spent(300)
    decide(archive, first, corrected(first, tactic=WARM))
    assert costs(archive) == {(COLD, None): None, (WARM, "RUB"): 300}


@pytest.mark.parametrize("days", [0, 1, 9])
def test_a_stretch_that_ends_before_it_begins_costs_nothing(archive: Archive, days: int) -> None:
    tell(archive, called(COLD))
    decide(archive, spent(100, starts_on=FIRST, days=30))
    assert costs(archive, **{"from": FIRST + 9 * DAY, "to": FIRST + (9 - days) * DAY}) == {}


@pytest.mark.parametrize("asked", [{"rep": ANNA}, {"novelty": "new"}])
def test_a_cost_is_put_down_to_no_rep_and_to_no_kind_of_customer(archive: Archive, asked: dict[str, str]) -> None:
    tell(archive, called(COLD))
    decide(archive, won(1_000, tactic=COLD), spent(300), spent(5, WARM, cost="c2"))
    [row] = ask(archive, REPORT, **asked)
    assert (row["tactic"], row["booked_minor"], row["cost_minor"], row["per_cost"]) == (COLD, 1_000, None, None)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(create_metrics_sql())
        yield con


AMOUNTS = st.integers(0, 10**14 - 1)


@settings(deadline=None)
@given(AMOUNTS, st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.lists(st.integers(1, 10**5), min_size=1, max_size=6))
def test_the_costs_of_the_parts_of_an_interval_add_up_to_that_of_the_whole(
    con: duckdb.DuckDBPyConnection, amount: int, starts_on: date, lengths: Sequence[int]
) -> None:
    lasts = sum(lengths)
    borders = [starts_on + sum(lengths[:number]) * DAY for number in range(len(lengths) + 1)]
    told = "SELECT cost_of_days_v1($amount::BIGINT, $starts_on::DATE, $ends_on::DATE, $first::DATE, $until::DATE)"
    of_all = {"amount": amount, "starts_on": starts_on, "ends_on": borders[-1]}
    asked = [of_all | {"first": first, "until": until} for first, until in pairwise(borders)]
    parts = [con.execute(told, each).fetchall()[0][0] for each in asked]
    assert sum(parts) == amount
    assert all(abs(part - Fraction(amount * length, lasts)) < 1 for part, length in zip(parts, lengths, strict=True)), (
        "no part is a whole minor unit away from its share"
    )
    whole = con.execute(told, of_all | {"first": None, "until": None}).fetchall()
    assert whole == [(amount,)]


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Draw costs, some of them corrected once or twice."""
    told = list[Event]()
    for number in range(draw(st.integers(0, 6))):
        latest = spent(cost=f"c{number}", **draw(_terms()))
        told.append(latest)
        for _ in range(draw(st.integers(0, 2))):
            amendment = corrected(latest, **draw(_terms()))
            latest = amendment.now
            told.append(amendment)
    return told


def _terms() -> st.SearchStrategy[dict[str, Any]]:
    early, late = st.integers(0, 9), st.integers(10, 18)
    return st.fixed_dictionaries(
        {
            "amount_minor": st.integers(0, 1_000),
            "tactic": st.sampled_from([COLD, WARM]),
            "currency": st.sampled_from(["RUB", "USD"]),
            "starts_on": early.map(lambda day: FIRST + day * DAY),
            "ends_on": late.map(lambda day: FIRST + day * DAY),
        }
    )


def reckoned(events: Sequence[Event], first: date, until: date) -> dict[tuple[str, str | None], int | None]:
    """Go through each cost as it was told last, day by day."""
    latest = dict[str, Cost]()
    for event in events:
        if isinstance(event, Cost):
            latest[event.cost] = event
        elif isinstance(event, TacticCostAmended):
            latest[event.cost] = event.now
    found = dict[tuple[str, str | None], int | None]()
    for cost in latest.values():
        lasts = (cost.ends_on - cost.starts_on).days
        passed = [cost.amount_minor * day // lasts for day in range(lasts + 1)]
        parts = {cost.starts_on + day * DAY: passed[day + 1] - passed[day] for day in range(lasts)}
        asked = [part for day, part in parts.items() if first <= day < until]
        if asked:
            key = (cost.tactic, cost.currency)
            found[key] = (found.get(key) or 0) + sum(asked)
    return found


@settings(deadline=None, max_examples=15)
@given(histories(), st.integers(0, 18), st.integers(1, 18))
def test_costs_are_what_a_person_reckons(events: list[Event], skipped: int, lasting: int) -> None:
    first = FIRST + skipped * DAY
    until = first + lasting * DAY
    with empty_archive() as archive:
        decide(archive, *events)
        assert costs(archive, **{"from": first, "to": until}) == reckoned(events, first, until)
        assert costs(archive) == reckoned(events, FIRST, FIRST + 99 * DAY)
