"""The report on needed agents is Erlang C of the calls that came, as the calculator reckons it with forty digits."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.calls import CallEnded
from projections.erlang import Traffic
from services.history.archive import Archive
from tests.events.examples.dates import at
from tests.history.asking import Row, ask, columns, declared, empty_archive, refusal, tell, words
from tests.telling import SALES, SUPPORT, abandoned, answered

REPORT = "staffing_need"
QUARTER_S = 900


def quarter(calls: int, talk: int, hour: int = 9, queue: str = SALES) -> list[CallEnded]:
    """Calls of one quarter of an hour, each answered at once and handled for so long."""
    return [answered(0, talk, at(hour, 0, place), queue=queue) for place in range(calls)]


def test_a_published_example_comes_out_as_published(archive: Archive) -> None:
    """360 calls in half an hour of 240 s each are 48 erlangs: TV-45, of which 55 agents answer 84.59 % within 15 s."""
    tell(archive, *(answered(0, 240, at(9) + timedelta(seconds=2 * place)) for place in range(180)))
    assert ask(archive, REPORT, threshold=15, target=84) == [
        {
            "queue": SALES,
            "interval": at(9).replace(tzinfo=None),
            "calls": 180,
            "aht": Decimal("240.00"),
            "erlangs": Decimal("48.00"),
            "agents": 55,
            "service_level": Decimal("84.59"),
            "occupancy": Decimal("87.27"),
            "asa": Decimal("8.18"),
        }
    ]


def test_an_empty_archive_has_no_rows_but_all_columns(archive: Archive) -> None:
    assert ask(archive, REPORT) == []
    assert columns(archive, REPORT) == declared(REPORT)


def test_a_queue_that_handled_nothing_has_no_need(archive: Archive) -> None:
    tell(archive, abandoned(10))
    [row] = ask(archive, REPORT)
    assert row["calls"] == 1
    assert {row[column] for column in ("aht", "erlangs", "agents", "service_level", "occupancy", "asa")} == {None}


def test_more_traffic_than_any_queue_has_is_taken_for_a_mistake(archive: Archive) -> None:
    tell(archive, *quarter(2, 5_000_000))
    [row] = ask(archive, REPORT)
    assert (row["erlangs"], row["agents"]) == (Decimal("11111.11"), None)


def test_every_queue_is_handled_in_its_own_time_and_can_be_chosen(archive: Archive) -> None:
    tell(archive, *quarter(10, 90), *quarter(20, 45, queue=SUPPORT), *quarter(1, 90, hour=10))
    rows = ask(archive, REPORT)
    assert [(row["queue"], row["aht"], row["erlangs"]) for row in rows] == [
        (SALES, Decimal("90.00"), Decimal("1.00")),
        (SALES, Decimal("90.00"), Decimal("0.10")),
        (SUPPORT, Decimal("45.00"), Decimal("1.00")),
    ]
    assert ask(archive, REPORT, queue=SUPPORT) == rows[2:]
    assert ask(archive, REPORT, day="2026-11-24", zone="Europe/Moscow") == rows
    assert ask(archive, REPORT, **{"from": "2026-11-24T10:00:00Z"}) == rows[1:2]
    assert ask(archive, REPORT, to="2026-11-24T10:00:00Z") == [rows[0], rows[2]]


@pytest.mark.parametrize(
    ("name", "value"), [("target", "100"), ("target", "-1"), ("threshold", "-1"), ("threshold", "soon"), ("aht", "60")]
)
def test_what_cannot_be_asked_is_refused_by_name(archive: Archive, name: str, value: str) -> None:
    tell(archive, answered())
    assert name in words(refusal(archive, REPORT, **{name: value}))


def expected(calls: int, talks: Sequence[int], threshold: int, target: int) -> Row:
    """Reckon what the calculator says of a quarter."""
    traffic = Traffic(Fraction(calls), Fraction(QUARTER_S), Fraction(sum(talks), len(talks)))
    staffed = traffic.needed(Fraction(target, 100), Fraction(threshold))
    return {
        "agents": staffed.agents,
        "service_level": 100 * staffed.service_level,
        "occupancy": 100 * staffed.occupancy,
        "asa": staffed.asa_s,
    }


@settings(deadline=None, max_examples=8)
@given(
    st.lists(st.integers(1, 900), min_size=1, max_size=60),
    st.integers(0, 30),
    st.integers(1, 120),
    st.integers(1, 99),
)
def test_the_need_is_that_of_the_calculator(talks: list[int], lost: int, threshold: int, target: int) -> None:
    with empty_archive() as archive:
        tell(archive, *(answered(0, talk, at(9)) for talk in talks), *(abandoned(5, at(9)) for _ in range(lost)))
        [row] = ask(archive, REPORT, threshold=threshold, target=target)
    wanted = expected(len(talks) + lost, talks, threshold, target)
    assert row["agents"] == wanted.pop("agents")
    for column, exact in wanted.items():
        assert exact is not None
        assert abs(row[column] - exact) <= Decimal("0.005001"), column
