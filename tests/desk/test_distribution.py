"""Who gets the next lead: nginx's published order, fairness, and who is passed over."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.leads import Policy
from projections.calc import BadInputError
from services.desk.leads.calc import calc_distribution
from services.desk.leads.distribution import Member, Turn, choose

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "distribute.json").read_text("utf-8"))
POLICIES: list[Policy] = ["round_robin", "smooth_weighted", "least_loaded"]

weights = st.lists(st.integers(1, 9), min_size=1, max_size=6).map(lambda each: dict(zip("abcdef", each, strict=False)))
members = st.lists(
    st.builds(Member, st.just(""), st.integers(1, 9), st.integers(0, 9), st.sampled_from([None, None, "absent"])),
    min_size=1,
    max_size=6,
).map(lambda found: [Member(rep, m.weight, m.load, m.unfit) for rep, m in zip("abcdef", found, strict=False)])


def shared_out(policy: Policy, pool: Sequence[Member], leads: int) -> list[str | None]:
    turn, given_to = Turn(), list[str | None]()
    for _ in range(leads):
        choice = choose(policy, pool, turn)
        given_to.append(choice.rep)
        turn = choice.turn
    return given_to


@pytest.mark.parametrize("row", VECTORS, ids=[row["id"] for row in VECTORS])
def test_the_published_examples_come_out(row: dict[str, dict[str, object]]) -> None:
    answer = calc_distribution(row["input"])
    assert {name: answer[name] for name in row["expected"]} == row["expected"]


@given(weights)
def test_smooth_weights_give_each_as_many_of_a_round_as_they_weigh(of: dict[str, int]) -> None:
    pool = [Member(rep, weight) for rep, weight in of.items()]
    total = sum(of.values())
    given_to = shared_out("smooth_weighted", pool, 3 * total)
    assert Counter(given_to[:total]) == Counter(of)
    assert given_to[:total] * 3 == given_to


@given(weights, st.integers(1, 60))
def test_smooth_weights_never_leave_anybody_a_whole_round_behind(of: dict[str, int], leads: int) -> None:
    got = Counter(shared_out("smooth_weighted", [Member(rep, weight) for rep, weight in of.items()], leads))
    total = sum(of.values())
    assert all(abs(got[rep] * total - leads * weight) < total * len(of) for rep, weight in of.items())


@given(members, st.integers(1, 30))
def test_in_turn_means_that_nobody_is_two_leads_ahead(pool: list[Member], leads: int) -> None:
    got = Counter(shared_out("round_robin", pool, leads))
    fit = [member.rep for member in pool if member.unfit is None]
    assert not fit or max(got[rep] for rep in fit) - min(got[rep] for rep in fit) <= 1


@given(st.sampled_from(POLICIES), members)
def test_who_cannot_take_a_lead_gets_none_and_it_is_said_why(policy: Policy, pool: list[Member]) -> None:
    choice = choose(policy, pool, Turn())
    assert choice.skipped == {member.rep: member.unfit for member in pool if member.unfit is not None}
    fit = {member.rep for member in pool} - choice.skipped.keys()
    assert choice.rep in fit if fit else choice.rep is None


@given(members)
def test_the_least_loaded_for_their_weight_is_chosen(pool: list[Member]) -> None:
    rep = choose("least_loaded", pool, Turn()).rep
    fit = {member.rep: member for member in pool if member.unfit is None}
    assert rep is None or all(fit[rep].load * other.weight <= other.load * fit[rep].weight for other in fit.values())


def test_equals_take_turns_by_load_too() -> None:
    pool = [Member("a"), Member("b"), Member("c", load=1)]
    assert shared_out("least_loaded", pool, 4) == ["a", "b", "a", "b"]


def test_whoever_comes_back_goes_on_where_they_were() -> None:
    away = [Member("a"), Member("b", unfit="absent"), Member("c")]
    there = [Member("a"), Member("b"), Member("c")]
    first = choose("round_robin", there, Turn())
    second = choose("round_robin", away, first.turn)
    third = choose("round_robin", there, second.turn)
    assert [first.rep, second.rep, third.rep] == ["a", "c", "a"]
    weighed = choose("smooth_weighted", away, choose("smooth_weighted", there, Turn()).turn)
    assert weighed.rep == "c"
    assert sum(weighed.turn.current.values()) == 0


def test_a_lead_that_nobody_can_take_waits_and_no_turn_is_lost() -> None:
    turn = Turn("a", {"a": -1, "b": 1})
    nobody = choose("smooth_weighted", [Member("a", unfit="absent"), Member("b", unfit="full")], turn)
    assert (nobody.rep, nobody.skipped, nobody.turn) == (None, {"a": "absent", "b": "full"}, turn)


def test_capacity_is_never_passed() -> None:
    given_to = {"policy": "least_loaded", "members": ["a", "b"], "loads": {"a": 2}, "leads": 5, "capacity": 2}
    answer = calc_distribution(given_to)
    assert answer == {"assigned": ["b", "b", "a", "a", None], "skipped": {"a": "full", "b": "full"}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"policy": "fair"}, "policy"),
        ({"members": []}, "members"),
        ({"members": ["a", "a"]}, "members"),
        ({"absent": ["z"]}, "z"),
        ({"weights": {"a": 0}}, "weights.a"),
        ({"leads": -1}, "leads"),
        ({"colour": 1}, "colour"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        calc_distribution({"policy": "round_robin", "members": ["a", "b"], "leads": 2, **change})
