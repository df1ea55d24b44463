"""Every checker finds what is planted, passes what is right, and says of any history what trying all orders says."""

from collections.abc import Callable
from functools import partial
from itertools import combinations, permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.desk.linearizability import checker
from tests.desk.linearizability.history import Kind, Operation, Value
from tests.desk.linearizability.models import MODELS, State
from tests.desk.linearizability.porcupine import broken, porcupine

Check = Callable[[list[Operation]], list[str]]


def checks(path: Path) -> dict[str, Check]:
    """The checkers that there are: ours, and where there is Go and its modules can be had, porcupine."""
    program = porcupine()
    theirs = {} if program is None else {"porcupine": partial(broken, program, path=path)}
    return {"ours": checker.broken, **theirs}


def operation(kind: Kind, asked: dict[str, Value], answer: Value, call: int, back: int | None) -> Operation:
    return Operation(kind, kind, call, asked, answer, call, back)


def move(unit: str, under: str | None, answer: Value, call: int, back: int | None) -> Operation:
    return operation("units", {"do": "move", "unit": unit, "under": under}, answer, call, back)


def win(deal: str, answer: Value, call: int, back: int | None) -> Operation:
    return operation("sales", {"do": "win", "deal": deal}, answer, call, back)


def give(lead: str, answer: Value, call: int, back: int | None) -> Operation:
    return operation("leads", {"do": "assign", "lead": lead}, answer, call, back)


def approve(start: str, end: str, answer: Value, call: int, back: int | None) -> Operation:
    return operation("plans", {"do": "approve", "start": start, "end": end}, answer, call, back)


def read(kind: Kind, answer: Value, at: int = 100) -> Operation:
    return operation(kind, {"do": "read"}, answer, at, at + 1)


NO_PARENTS: dict[str, str | None] = {"A": None, "B": None, "C": None}
RIGHT: dict[str, list[Operation]] = {
    "one circle of two moves at once is refused": [
        move("A", "B", "done", 1, 10),
        move("B", "A", "unit-in-circle", 2, 9),
        read("units", NO_PARENTS | {"A": "B"}),
    ],
    "what nobody knows of may have happened": [
        move("A", "B", None, 1, None),
        move("B", "A", "unit-in-circle", 5, 9),
        read("units", NO_PARENTS | {"A": "B"}),
    ],
    "what nobody knows of may not have happened": [
        move("A", "B", None, 1, None),
        move("B", "A", "done", 5, 9),
        read("units", NO_PARENTS | {"B": "A"}),
    ],
    "of two first sales one is to a new customer": [win("a", "existing", 1, 9), win("b", "new", 2, 8)],
    "a deal is won once": [win("a", "new", 1, 3), win("a", "deal-not-open", 2, 4), read("sales", ["a"])],
    "one lead fits": [give("x", "nobody-can-take-lead", 1, 9), give("y", "done", 2, 8), read("leads", ["y"])],
    "plans side by side": [
        approve("01", "03", "done", 1, 4),
        approve("03", "05", "done", 2, 3),
        approve("02", "04", "headcount-plans-overlap", 2, 9),
        read("plans", ["01/03", "03/05"]),
    ],
}
WRONG: dict[str, list[Operation]] = {
    "a circle": [move("A", "B", "done", 1, 10), move("B", "A", "done", 2, 9)],
    "a circle of three": [
        move("A", "B", "done", 1, 10),
        move("B", "C", "done", 2, 9),
        move("C", "A", "done", 3, 8),
    ],
    "an acknowledged move that is lost": [move("A", "B", "done", 1, 2), read("units", NO_PARENTS)],
    "a move that was never asked for": [read("units", NO_PARENTS | {"A": "B"})],
    "a refusal for no reason": [move("A", "B", "unit-in-circle", 1, 2)],
    "a refusal by what came later": [move("B", "A", "unit-in-circle", 1, 2), move("A", "B", "done", 3, 4)],
    "an answer from the past": [
        move("A", "B", "done", 1, 2),
        move("A", None, "done", 3, 4),
        move("B", "A", "unit-in-circle", 5, 6),
    ],
    "two sales to a new customer": [win("a", "new", 1, 9), win("b", "new", 2, 8)],
    "a sale to nobody new": [win("a", "existing", 1, 2)],
    "a deal that is won twice": [win("a", "new", 1, 2), win("a", "existing", 3, 4)],
    "two leads for whom one fits": [give("x", "done", 1, 9), give("y", "done", 2, 8)],
    "a lead that is given and not there": [give("x", "done", 1, 2), read("leads", [])],
    "plans that overlap": [approve("01", "03", "done", 1, 9), approve("02", "04", "done", 2, 8)],
    "a plan that is there twice": [approve("01", "03", "done", 1, 2), approve("01", "03", "done", 3, 4)],
}


@pytest.mark.parametrize("history", RIGHT.values(), ids=RIGHT)
def test_what_is_right_passes(tmp_path: Path, history: list[Operation]) -> None:
    for name, check in checks(tmp_path / "history.json").items():
        assert check(history) == [], name


@pytest.mark.parametrize("history", WRONG.values(), ids=WRONG)
def test_what_is_planted_is_found(tmp_path: Path, history: list[Operation]) -> None:
    for name, check in checks(tmp_path / "history.json").items():
        assert check(history) == [history[0].kind], name


names = st.sampled_from(("A", "B", "C"))


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Value]:
    start, long = draw(st.integers(1, 9)), draw(st.integers(1, 4))
    return {"do": "approve", "start": f"{start:02}", "end": f"{start + long:02}"}


ASKED: dict[Kind, st.SearchStrategy[dict[str, Value]]] = {
    "units": st.fixed_dictionaries({"do": st.just("move"), "unit": names, "under": st.none() | names}),
    "sales": st.fixed_dictionaries({"do": st.just("win"), "deal": names}),
    "leads": st.fixed_dictionaries({"do": st.just("assign"), "lead": names}),
    "plans": plans(),
}


@st.composite
def histories(draw: st.DrawFn) -> list[Operation]:
    """Operations that took place one after the other, each asked for before and answered after, some with a lie."""
    kind = draw(st.sampled_from(tuple(ASKED)))
    state: State = ()
    found = list[Operation]()
    for number in range(draw(st.integers(1, 6))):
        asked = draw(ASKED[kind])
        answer, state = MODELS[kind](state, asked)
        answer = draw(st.sampled_from((answer, answer, answer, "done", "new", None)))
        call, back = number * 10 - draw(st.integers(0, 25)), number * 10 + draw(st.integers(1, 25))
        found.append(Operation(kind, kind, number, asked, answer, call, None if answer is None else back))
    return found


def in_some_order(history: list[Operation]) -> bool:
    """Whether some order explains the history, by trying them all: slow, and too simple to be wrong."""
    return any(map(_explains, permutations(history)))


def _explains(order: tuple[Operation, ...]) -> bool:
    if any(later.back is not None and later.back < each.call for each, later in combinations(order, 2)):
        return False
    state: State = ()
    for each in order:
        answer, state = MODELS[each.kind](state, each.asked)
        if each.back is not None and each.answer != answer:
            return False
    return True


@settings(max_examples=150)
@given(history=histories())
def test_every_checker_says_what_trying_all_orders_says(
    tmp_path_factory: pytest.TempPathFactory, history: list[Operation]
) -> None:
    expected = [] if in_some_order(history) else [history[0].arena]
    for name, check in checks(tmp_path_factory.mktemp("history") / "history.json").items():
        assert check(history) == expected, name
