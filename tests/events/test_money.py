"""Money is shared out to the last kopeck."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.money import CurrencyMismatchError, Money, share_out

totals = st.integers(-(10**18), 10**18)
weights = st.dictionaries(st.integers(), st.integers(0, 10**9), min_size=1, max_size=24).filter(
    lambda shares: any(shares.values())
)


@given(totals, weights)
def test_the_parts_sum_to_the_total(total: int, shares: dict[int, int]) -> None:
    parts = share_out(total, shares)
    assert sum(parts.values()) == total
    assert list(parts) == list(shares)


@given(totals, weights)
def test_no_part_is_a_whole_unit_away_from_the_exact_share(total: int, shares: dict[int, int]) -> None:
    whole = sum(shares.values())
    for key, part in share_out(total, shares).items():
        assert abs(part - Fraction(total * shares[key], whole)) < 1


@given(totals, weights)
def test_who_has_no_weight_gets_nothing(total: int, shares: dict[int, int]) -> None:
    parts = share_out(total, shares)
    assert all(parts[key] == 0 for key, weight in shares.items() if weight == 0)


@given(totals, weights)
def test_a_greater_remainder_never_gets_less(total: int, shares: dict[int, int]) -> None:
    whole = sum(shares.values())
    parts = share_out(total, shares)
    odd = {key: parts[key] - total * weight // whole for key, weight in shares.items()}
    remainders = {key: total * weight % whole for key, weight in shares.items()}
    assert all(odd[more] >= odd[less] for more in shares for less in shares if remainders[more] > remainders[less])


@given(st.integers(0, 10**12), st.integers(1, 24))
def test_among_equals_the_odd_units_go_to_the_last(total: int, periods: int) -> None:
    parts = list(share_out(total, dict.fromkeys(range(periods), 1)).values())
    assert parts == sorted(parts)
    assert parts[-1] - parts[0] in (0, 1)


@given(st.integers(0, 10**12), st.integers(1, 24))
def test_or_to_the_first_where_that_is_the_rule(total: int, periods: int) -> None:
    equal = dict.fromkeys(range(periods), 1)
    first, last = share_out(total, equal, ties="first"), share_out(total, equal, ties="last")
    assert list(first.values()) == sorted(last.values(), reverse=True)


def test_ties_never_go_before_a_greater_remainder() -> None:
    weights = {"a": 1, "b": 1, "c": 2}
    assert share_out(10, weights, ties="first") == {"a": 3, "b": 2, "c": 5}
    assert share_out(10, weights) == {"a": 2, "b": 3, "c": 5}
    assert share_out(7, {"a": 3, "b": 3, "c": 4}, ties="first") == {"a": 2, "b": 2, "c": 3}


@pytest.mark.parametrize(
    ("total", "shares", "parts"),
    [
        (36_000_00, dict.fromkeys(range(12), 1), [3_000_00] * 12),  # A year of 36,000 is 3,000 a month (Oracle).
        (100_00, {"october": 1, "november": 1, "december": 1}, [33_33, 33_33, 33_34]),
        (480_000_01, {"rep-009": 7_000, "rep-012": 3_000}, [336_000_01, 144_000_00]),
        (10, {"a": 0, "b": 5}, [0, 10]),
        (-100, {"a": 1, "b": 1, "c": 1}, [-34, -33, -33]),
        (0, {"a": 3}, [0]),
    ],
)
def test_published_and_plain_cases(total: int, shares: dict[str, int], parts: list[int]) -> None:
    assert list(share_out(total, shares).values()) == parts


@pytest.mark.parametrize("shares", [{}, {"a": 0}, {"a": 2, "b": -1}])
def test_nothing_can_be_shared_out_among_nobody(shares: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="weights must be zero or more"):
        share_out(100, shares)


def test_money_of_one_currency_adds_up() -> None:
    assert Money(100, "RUB") + Money(-40, "RUB") == Money(60, "RUB")
    assert Money(100, "RUB") - Money(140, "RUB") == -Money(40, "RUB")


def test_money_of_two_currencies_does_not() -> None:
    with pytest.raises(CurrencyMismatchError, match="cannot combine RUB with EUR"):
        _ = Money(100, "RUB") - Money(1, "EUR")
