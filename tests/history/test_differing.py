"""How two answers differ: the rows that are not the same, told apart by their keys."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.history.columns import Column, Told, read_columns
from services.history.differing import By, Differing, Row, differing
from services.history.report import Field, Report

COLUMNS: tuple[Column, ...] = read_columns(
    [
        "rep text | Rep | Сотрудник",
        "day day | Day | День",
        "calls count | Calls | Звонки",
        "share percent | Share | Доля",
        "met flag | Met | Выполнено",
        "won map | Won | Продано",
    ]
)
NAMES, KEY = tuple(column.name for column in COLUMNS), ("rep", "day")
MIRRORED = {"added": "removed", "removed": "added", "changed": "changed"}


def answer(*rows: Sequence[Field]) -> Report:
    """Give an answer of these rows."""
    types = ("VARCHAR", "VARCHAR", "BIGINT", "DECIMAL(5,2)", "BOOLEAN", "MAP(VARCHAR, BIGINT)")
    return Report("one", Told("Q?", "В?"), KEY, None, None, {}, {}, COLUMNS, types, tuple(map(tuple, rows)), ())


def found(was: Report, now: Report) -> tuple[Differing, ...]:
    """Give what differs."""
    return differing(was, now, KEY)


def named(row: Sequence[Field]) -> Row:
    """Give a row by its columns."""
    return dict(zip(NAMES, row, strict=True))


values = st.tuples(
    st.none() | st.integers(0, 2),
    st.none() | st.sampled_from([Decimal("0.10"), Decimal("33.33")]),
    st.none() | st.booleans(),
    st.dictionaries(st.sampled_from(["RUB", "USD"]), st.integers(1, 3)),
)
places = st.tuples(st.none() | st.sampled_from(["anna", "boris"]), st.sampled_from(["2026-11-24", "2026-11-25"]))
answers = st.dictionaries(places, values).map(lambda rows: answer(*((*place, *told) for place, told in rows.items())))


@given(answers, answers)
def test_nothing_differs_if_and_only_if_the_rows_are_the_same(was: Report, now: Report) -> None:
    same = {row[:2]: row for row in was.rows} == {row[:2]: row for row in now.rows}
    assert (found(was, now) == ()) is same
    assert found(was, was) == ()


@given(answers, answers)
def test_the_other_way_round_it_is_the_opposite(was: Report, now: Report) -> None:
    there, back = found(was, now), found(now, was)
    assert [each.key for each in there] == [each.key for each in back]
    for one, other in zip(there, back, strict=True):
        assert (one.was, one.now, MIRRORED[one.change]) == (other.now, other.was, other.change)
        assert one.differ == other.differ
        assert dict(one.difference) == {name: opposite(by) for name, by in other.difference.items()}


@given(answers, answers)
def test_what_was_and_what_differs_come_to_what_is(was: Report, now: Report) -> None:
    rows = {row[:2]: named(row) for row in was.rows}
    for each in found(was, now):
        place = tuple(each.key.values())
        if each.now is None:
            assert rows.pop(place) == each.was
        else:
            assert rows.get(place) == each.was
            rows[place] = each.now
    assert rows == {row[:2]: named(row) for row in now.rows}


@given(answers, answers)
def test_the_difference_is_what_is_less_what_was(was: Report, now: Report) -> None:
    for each in found(was, now):
        if each.change != "changed":
            assert each.difference == {}
            continue
        assert each.was is not None
        assert each.now is not None
        numbers = {"calls", "share"} & {name for name in each.differ if None not in (each.was[name], each.now[name])}
        assert each.difference.keys() == numbers | ({"won"} & set(each.differ))
        for name in numbers:
            assert Decimal(str(each.was[name])) + Decimal(str(each.difference[name])) == Decimal(str(each.now[name]))


def test_of_a_row_in_which_a_number_is_another_its_columns_are_told() -> None:
    was = answer(("anna", "2026-11-24", 2, Decimal("50.00"), False, {"RUB": 500, "USD": 7}))
    now = answer(("anna", "2026-11-24", 3, Decimal("49.90"), True, {"RUB": 400, "EUR": 1, "USD": 7}))
    [each] = found(was, now)
    assert (each.change, each.key) == ("changed", {"rep": "anna", "day": "2026-11-24"})
    assert each.differ == ("calls", "share", "met", "won")
    assert each.difference == {"calls": 1, "share": Decimal("-0.10"), "won": {"RUB": -100, "EUR": 1}}


def test_rows_without_a_part_of_the_key_come_last_and_are_matched_as_well() -> None:
    was = answer((None, "2026-11-24", 5, None, None, {}), ("boris", "2026-11-24", 1, None, None, {}))
    changed = found(was, answer((None, "2026-11-24", 6, None, None, {})))
    assert [(each.key["rep"], each.change) for each in changed] == [("boris", "removed"), (None, "changed")]


def test_rows_of_one_key_cannot_be_told_apart() -> None:
    row: tuple[Field, ...] = ("anna", "2026-11-24", 1, None, None, {})
    with pytest.raises(ValueError, match=r"reports/one\.sql: two rows have the same rep, day"):
        found(answer(row, row), answer())


def opposite(by: By) -> By:
    """Give the same difference the other way round."""
    return {name: -amount for name, amount in by.items()} if isinstance(by, Mapping) else -by
