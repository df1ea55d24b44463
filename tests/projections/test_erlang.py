"""Erlang C against the sums of its textbook form, the published examples, and its laws."""

import json
from decimal import Decimal
from fractions import Fraction
from math import exp, factorial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.calc import BadInputError
from projections.calc_erlang import calc_erlang
from projections.erlang import Traffic

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "erlang.json").read_text("utf-8"))
QUEUE = {"calls": 360, "per_s": 1800, "aht_s": 240, "threshold_s": 15}

seconds = st.integers(1, 900).map(Fraction)
traffic = st.builds(Traffic, st.integers(0, 300).map(Fraction), st.just(Fraction(1800)), seconds)
thresholds = st.integers(0, 300).map(Fraction)
targets = st.fractions(0, Fraction(99, 100))


def p_wait(erlangs: Fraction, agents: int) -> Fraction:
    """The share of callers who wait, summed up over the states of the queue: exact."""
    below = sum((erlangs**busy / factorial(busy) for busy in range(agents)), Fraction(0))
    above = erlangs**agents / factorial(agents) * agents / (agents - erlangs)
    return above / (below + above)


@pytest.mark.parametrize("row", VECTORS, ids=[row["id"] for row in VECTORS])
def test_the_published_examples_come_out(row: dict[str, dict[str, object]]) -> None:
    answer = calc_erlang(row["input"])
    assert {name: answer[name] for name in row["expected"]} == row["expected"]


@given(traffic, st.integers(1, 20), thresholds)
def test_the_recursion_is_the_textbook_sum(queue: Traffic, spare: int, threshold: Fraction) -> None:
    agents = int(queue.erlangs) + spare
    found = queue.staffed(agents, threshold)
    wait = float(p_wait(queue.erlangs, agents))
    free = float(agents - queue.erlangs)
    assert float(found.p_wait) == pytest.approx(wait)
    assert float(found.service_level) == pytest.approx(1 - wait * exp(-free * float(threshold / queue.aht_s)))
    assert found.asa_s is not None
    assert float(found.asa_s) == pytest.approx(wait * float(queue.aht_s) / free)


@given(traffic, targets, thresholds)
def test_one_agent_fewer_than_needed_is_too_few(queue: Traffic, target: Fraction, threshold: Fraction) -> None:
    needed = queue.needed(target, threshold)
    wanted = Decimal(target.numerator) / Decimal(target.denominator)
    assert needed == queue.staffed(needed.agents, threshold)
    assert needed.service_level >= wanted
    if needed.agents:
        assert queue.staffed(needed.agents - 1, threshold).service_level < wanted


def test_nobody_calls_and_nobody_waits() -> None:
    assert calc_erlang({**QUEUE, "calls": 0, "target": "0.8"}) == {
        "erlangs": "0.00",
        "agents": 0,
        "occupancy": "0.0000",
        "p_wait": "0.0000",
        "service_level": "1.0000",
        "asa_s": "0.00",
    }


def test_with_no_more_agents_than_erlangs_the_queue_only_grows() -> None:
    answer = calc_erlang({**QUEUE, "agents": 48})
    assert (answer["occupancy"], answer["p_wait"], answer["service_level"]) == ("1.0000", "1.0000", "0.0000")
    assert answer["asa_s"] is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"calls": -1, "target": "0.8"}, "calls: -1"),
        ({"calls": True, "target": "0.8"}, "calls: True"),
        ({"aht_s": 0.5, "target": "0.8"}, "aht_s: 0.5"),
        ({"per_s": 0, "target": "0.8"}, "more than 0"),
        ({"calls": 999_999_999, "per_s": 1, "target": "0.8"}, "erlangs are more than"),
        ({"target": "1"}, "target: '1'"),
        ({"agents": "5.5"}, "agents: '5.5'"),
        ({"agents": 200_001}, "agents: 200001"),
        ({"agents": 5, "target": "0.8"}, "one of them"),
        ({}, "agents or target"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(given: dict[str, object], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        calc_erlang({**QUEUE, **given})
